// How many calls the IM service takes.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/base/token_bucket.h"
#include "daemon/im/im_service.h"

namespace rtcroom {

/// At most 200 calls a second of each command, and fewer while the service says that they are
/// too many.
///
/// @threads safe from any thread.
/// @source protocol D.7.
class ImCallBudget {
 public:
  /// No second sees more calls than both together.
  static constexpr std::uint32_t kPerSecond = 190;
  static constexpr std::uint32_t kBurst = 10;
  /// The rate is halved so many times at most: to two calls a second.
  static constexpr int kMaxHalvings = 6;
  /// Complaints of one burst of calls halve the rate once.
  static constexpr std::chrono::seconds kMinSlowDownInterval{1};
  /// How long it takes without a complaint until a halving is taken back, each.
  static constexpr std::chrono::seconds kRecovery{10};

  /// Takes one call out of the budget.
  /// @return  false when there is none left now.
  [[nodiscard]] bool TryTake(GroupCommand command, MonotonicTime now);

  /// When there will be a call to take, if nobody else takes it: `now` if there is one.
  [[nodiscard]] MonotonicTime NextFree(GroupCommand command, MonotonicTime now) const;

  /// The service complained (kTooFast): halves the rate of this command.
  void SlowDown(GroupCommand command, MonotonicTime now);

  /// The rate as it is now: for logs and metrics.
  [[nodiscard]] std::uint32_t PerSecond(GroupCommand command, MonotonicTime now) const;

 private:
  struct Rate {
    TokenBucket bucket{};
    int halvings = 0;  ///< when the last complaint came
    MonotonicTime slowed_at = MonotonicTime::min();
  };

  static int HalvingsAt(const Rate& rate, MonotonicTime now);
  static RateLimit LimitAt(const Rate& rate, MonotonicTime now);

  mutable Mutex mutex_;
  std::array<Rate, kGroupCommandCount> rates_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
