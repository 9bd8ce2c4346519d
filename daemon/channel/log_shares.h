// Shares of accounts and addresses in the log of messages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>

#include "daemon/base/clock.h"
#include "daemon/base/sip_hash.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// The bounds of the log of messages.
struct LogBounds {
  std::uint64_t bytes = std::uint64_t{1} << 30;
  std::uint64_t messages = 1'000'000;

  bool operator==(const LogBounds&) const = default;
};

/// The shares that each account and each address may add to the log, which displaces the oldest
/// messages of all: an account 1/32 of it at once and 1/32 an hour, an address 1/8 and 1/8. So
/// within an hour none displaces more than a sixteenth, or a quarter.
///
/// A message takes its part of the bytes or of the number of messages, whichever is more.
///
/// @threads for one thread at a time.
class LogShares {
 public:
  explicit LogShares(const LogBounds& bounds) : bounds_(bounds) {}

  /// Takes the message from both shares. A refusal costs nothing.
  /// @param address  an `AddressKey`; empty: unknown, and not counted.
  [[nodiscard]] bool Take(const UserId& account, const std::string& address, std::uint64_t bytes,
                          MonotonicTime now);

  /// Forgets those that may add their whole share.
  void ForgetOld(MonotonicTime now);
  [[nodiscard]] std::size_t size() const { return accounts_.size() + addresses_.size(); }

 private:
  const LogBounds bounds_;
  // The time from which each may add its whole share again.
  std::unordered_map<UserId, MonotonicTime> accounts_;
  std::unordered_map<std::string, MonotonicTime, NameHash> addresses_;
};

}  // namespace rtcroom
