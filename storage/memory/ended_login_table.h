// The ends of logins in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/core/ended_login_store.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// The functions are those of `EndedLoginStore`.
///
/// @threads for one thread at a time.
class EndedLoginTable {
 public:
  [[nodiscard]] std::vector<EndedLogin> Load(TimePoint now) const;
  void Put(std::span<const EndedLogin> logins);
  /// @return how many it removed.
  std::size_t RemoveEnded(TimePoint now);

  [[nodiscard]] std::vector<AccountValidity> LoadValidities() const;
  void PutValidity(const AccountValidity& validity);

 private:
  void PutOne(const EndedLogin& login);

  /// By account and instance.
  std::map<std::pair<UserId, std::uint64_t>, EndedLogin> logins_;
  std::map<UserId, AccountValidity> validities_;
};

}  // namespace rtcroom
