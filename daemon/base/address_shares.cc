#include "daemon/base/address_shares.h"

#include <algorithm>

namespace rtcroom {

AddressShares::Place AddressShares::Add(std::string_view address, std::string_view user) {
  Place place;
  if (address.empty()) return place;
  Holder& holder = holders_[std::string(address)];
  holder.address = address;
  holder.users.push_front(user);
  if (holder.users.size() == share_ + 1) above_share_.push_back(&holder);
  place.holder = &holder;
  place.user = holder.users.begin();
  return place;
}

void AddressShares::Touch(const Place& place) {
  if (place.holder == nullptr) return;
  std::list<std::string_view>& users = place.holder->users;
  users.splice(users.begin(), users, place.user);
}

void AddressShares::Remove(const Place& place) {
  if (place.holder == nullptr) return;
  Holder& holder = *place.holder;
  if (holder.users.size() == share_ + 1) std::erase(above_share_, &holder);
  holder.users.erase(place.user);
  // A copy, since the key is erased with the holder.
  if (holder.users.empty()) holders_.erase(std::string(holder.address));
}

std::string_view AddressShares::FirstToGo(std::string_view newcomers_address) const {
  const auto own = std::ranges::find(above_share_, newcomers_address, &Holder::address);
  if (own != above_share_.end()) return (*own)->users.back();
  const auto most = std::ranges::max_element(
      above_share_, {}, [](const Holder* holder) { return holder->users.size(); });
  return most == above_share_.end() ? std::string_view() : (*most)->users.back();
}

}  // namespace rtcroom
