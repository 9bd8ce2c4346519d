// Rate limit for calls to the IM service.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/base/token_bucket.h"
#include "daemon/im/im_service.h"

namespace rtcroom {

/// The budget is at most 200 calls a second of each command, fewer while the service answers
/// kTooFast. Nodes that share a store share the creates evenly; the rest one of them sends.
///
/// @threads safe from any thread.
/// @source protocol D.7.
class ImCallBudget {
 public:
  /// Their sum is the maximum of calls in any second.
  static constexpr std::uint32_t kPerSecond = 190;
  static constexpr std::uint32_t kBurst = 10;
  /// Lowest rate: two calls a second.
  static constexpr int kMaxHalvings = 6;
  /// Several kTooFast within this interval halve the rate once.
  static constexpr std::chrono::seconds kMinSlowDownInterval{1};
  /// Time without kTooFast after which one halving is undone.
  static constexpr std::chrono::seconds kRecovery{10};

  /// Takes one call out of the budget.
  /// @return  false when none is left now.
  [[nodiscard]] bool TryTake(GroupCommand command, MonotonicTime now);

  /// Earliest time at which a call is available if no other caller takes it; `now` if one is.
  [[nodiscard]] MonotonicTime NextFree(GroupCommand command, MonotonicTime now) const;

  /// The service answered kTooFast: halves the rate of this command.
  void SlowDown(GroupCommand command, MonotonicTime now);

  /// @param nodes  at least 1.
  void ShareCreates(std::size_t nodes);

  /// The current rate, for logs and metrics.
  [[nodiscard]] std::uint32_t PerSecond(GroupCommand command, MonotonicTime now) const;

 private:
  struct Rate {
    TokenBucket bucket{};
    int halvings = 0;  ///< as of `slowed_at`
    MonotonicTime slowed_at = MonotonicTime::min();
  };

  static int HalvingsAt(const Rate& rate, MonotonicTime now);
  [[nodiscard]] RateLimit LimitAt(GroupCommand command, MonotonicTime now) const REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::array<Rate, kGroupCommandCount> rates_ GUARDED_BY(mutex_);
  std::uint32_t sharers_ GUARDED_BY(mutex_) = 1;  ///< of the creates
};

}  // namespace rtcroom
