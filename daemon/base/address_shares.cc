#include "daemon/base/address_shares.h"

#include <algorithm>

namespace rtcroom {

AddressShares::Handle AddressShares::Add(std::string_view address, std::string_view user) {
  Handle handle;
  if (address.empty()) return handle;
  Holder& holder = holders_[std::string(address)];
  holder.address = address;
  holder.users.push_front(user);
  if (holder.users.size() == share_ + 1) above_share_.push_back(&holder);
  handle.holder = &holder;
  handle.user = holder.users.begin();
  return handle;
}

void AddressShares::Touch(const Handle& handle) {
  if (handle.holder == nullptr) return;
  std::list<std::string_view>& users = handle.holder->users;
  users.splice(users.begin(), users, handle.user);
}

void AddressShares::Remove(const Handle& handle) {
  if (handle.holder == nullptr) return;
  Holder& holder = *handle.holder;
  if (holder.users.size() == share_ + 1) std::erase(above_share_, &holder);
  holder.users.erase(handle.user);
  // A copy, since the key is erased with the holder.
  if (holder.users.empty()) holders_.erase(std::string(holder.address));
}

std::string_view AddressShares::EvictionCandidate(std::string_view new_address) const {
  const auto own = std::ranges::find(above_share_, new_address, &Holder::address);
  if (own != above_share_.end()) return (*own)->users.back();
  const auto most = std::ranges::max_element(
      above_share_, {}, [](const Holder* holder) { return holder->users.size(); });
  return most == above_share_.end() ? std::string_view() : (*most)->users.back();
}

}  // namespace rtcroom
