// How many of the places in a full table each address has taken.
#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "daemon/base/sip_hash.h"

namespace rtcroom {

/// Knows for each address which users came from it, those that were used last first. An address
/// that has more than a share of all places is the first to give some back: so nobody who brings
/// many names pushes out those who came from elsewhere, while any number may come from one address
/// as long as there is room.
///
/// @threads for one thread, or behind the owner's lock.
class AddressShares {
 private:
  struct Holder {
    std::string address{};
    std::list<std::string_view> users{};  ///< latest use first
  };

 public:
  /// Where a user is noted; one of no address is noted nowhere.
  class Place {
   private:
    friend AddressShares;
    Holder* holder = nullptr;
    std::list<std::string_view>::iterator user{};
  };

  /// @param share  how many an address may have before it is the first to give some back.
  explicit AddressShares(std::size_t share) : share_(share) {}

  /// @param address  as `AddressKey` makes it; empty: nobody knows.
  /// @param user     must live until it is removed.
  Place Add(std::string_view address, std::string_view user);
  /// It was used just now. Allocates nothing.
  void Touch(const Place& place);
  void Remove(const Place& place);

  /// Who of an address with more than its share was used longest ago: of the newcomer's own
  /// address, else of the one that has the most.
  /// @return empty when no address has more than its share.
  [[nodiscard]] std::string_view FirstToGo(std::string_view newcomers_address) const;

 private:
  const std::size_t share_;
  std::unordered_map<std::string, Holder, NameHash> holders_;
  std::vector<const Holder*> above_share_;  ///< as few as shares make a whole
};

}  // namespace rtcroom
