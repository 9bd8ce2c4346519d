// How many of the entries of a full table each address holds.
#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "daemon/base/sip_hash.h"

namespace rtcroom {

/// Lists the users of each address, most recently used first. An address above its share of all
/// entries loses entries first: a client with many names cannot push out users of other addresses,
/// and any number of users may share one address while there is room.
///
/// @threads one thread, or under the owner's lock.
class AddressShares {
 private:
  struct Holder {
    std::string address{};
    std::list<std::string_view> users{};  ///< most recently used first
  };

 public:
  /// Handle of an added user; empty for a user without an address.
  class Handle {
   private:
    friend AddressShares;
    Holder* holder = nullptr;
    std::list<std::string_view>::iterator user{};
  };

  /// @param share  how many entries an address may hold before it loses entries first.
  explicit AddressShares(std::size_t share) : share_(share) {}

  /// @param address  as `AddressKey` makes it; empty: unknown.
  /// @param user     must live until it is removed.
  Handle Add(std::string_view address, std::string_view user);
  /// Marks the user as just used. Allocates nothing.
  void Touch(const Handle& handle);
  void Remove(const Handle& handle);

  /// The least recently used user of an address above its share: of the new user's own address,
  /// else of the address with the most users.
  /// @return empty when no address has more than its share.
  [[nodiscard]] std::string_view EvictionCandidate(std::string_view new_address) const;

 private:
  const std::size_t share_;
  std::unordered_map<std::string, Holder, NameHash> holders_;
  std::vector<const Holder*> above_share_;  ///< at most total / share entries
};

}  // namespace rtcroom
