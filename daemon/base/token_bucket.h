// Rate limit arithmetic.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "daemon/base/clock.h"

namespace rtcroom {

/// A rate per second, or per hour, and a burst of up to `burst` at once.
struct RateLimit {
  std::uint32_t per_second = 0;
  std::uint32_t burst = 1;     ///< 0 counts as 1; at most 1,000,000 of an hourly rate
  std::uint32_t per_hour = 0;  ///< used where `per_second` is 0; both 0: no limit

  [[nodiscard]] constexpr bool IsOff() const { return per_second == 0 && per_hour == 0; }
  bool operator==(const RateLimit&) const = default;
};

/// The limit for pacing instead of refusing: one second's worth passes at once, the rest at exactly
/// the rate. A page that loads with a few calls is not delayed, and a change of the rate meets
/// debts of at most a second.
constexpr RateLimit PacedAt(std::uint32_t per_second) {
  return {.per_second = per_second, .burst = per_second};
}

/// A token bucket in eight bytes: its only state is the instant at which it is full again.
///
/// It may be in debt: charged tokens up to one more burst, reserved tokens without a bound. The
/// next token then takes longer to arrive.
///
/// The caller passes the limit, which may differ at each call: tokens taken before then count as
/// the same span of time, and a span beyond the maximum debt of the new limit counts as an empty
/// bucket. A token's time is rounded up to whole nanoseconds, so that the rate is never exceeded.
///
/// @threads one thread, or under the owner's lock.
class TokenBucket {
 public:
  /// Takes a token if more than `left` are available. A refusal costs nothing.
  /// @param left  less than the burst.
  [[nodiscard]] bool Take(MonotonicTime now, const RateLimit& limit, std::uint32_t left = 0) {
    if (limit.IsOff()) return true;
    full_at_ = FullAt(now, limit);
    if (full_at_ + TimeOfToken(limit) * (1 + std::int64_t{left}) > now + TimeOfAll(limit)) {
      return false;
    }
    full_at_ += TimeOfToken(limit);
    return true;
  }

  /// Takes that many tokens, available or not: for work that has been done already.
  void Charge(MonotonicTime now, const RateLimit& limit, std::uint32_t tokens) {
    if (limit.IsOff()) return;
    const MonotonicTime most = now + 2 * TimeOfAll(limit);
    full_at_ = FullAt(now, limit);
    full_at_ += std::min<Span>(most - full_at_, TimeOfToken(limit) * tokens);
  }

  /// Time until the debt is paid; zero without debt.
  [[nodiscard]] std::chrono::nanoseconds Debt(MonotonicTime now, const RateLimit& limit) const {
    if (limit.IsOff()) return Span(0);
    return std::max(FullAt(now, limit) - now - TimeOfAll(limit), Span(0));
  }

  /// The time at which `Take` succeeds next, if no other tokens are taken: `now` if it would
  /// succeed now.
  [[nodiscard]] MonotonicTime NextToken(MonotonicTime now, const RateLimit& limit) const {
    if (limit.IsOff()) return now;
    return std::max(now, FullAt(now, limit) + TimeOfToken(limit) - TimeOfAll(limit));
  }

  /// Takes a token that may not be available yet, after those that were reserved before.
  ///
  /// The caller bounds the number of waiters: each adds a token's time to the debt.
  /// @return how long to wait for it from `now`; zero when it was available.
  [[nodiscard]] std::chrono::nanoseconds Reserve(MonotonicTime now, const RateLimit& limit) {
    if (limit.IsOff()) return Span(0);
    full_at_ = std::max(full_at_, now) + TimeOfToken(limit);
    return std::max(full_at_ - now - TimeOfAll(limit), Span(0));
  }

  /// The time at which it is full if no more tokens are taken: the emptier, the later.
  [[nodiscard]] MonotonicTime full_at() const { return full_at_; }

 private:
  using Span = std::chrono::nanoseconds;

  static Span TimeOfToken(const RateLimit& limit) {
    const bool hourly = limit.per_second == 0;
    const Span span = hourly ? Span(std::chrono::hours(1)) : Span(std::chrono::seconds(1));
    const std::uint32_t tokens = hourly ? limit.per_hour : limit.per_second;
    return (span + Span(tokens - 1)) / tokens;
  }
  /// The time is at most 2^32 seconds, or 1,000,000 hours: far below the limit of a Span.
  static Span TimeOfAll(const RateLimit& limit) {
    return TimeOfToken(limit) * std::max(limit.burst, std::uint32_t{1});
  }

  [[nodiscard]] MonotonicTime FullAt(MonotonicTime now, const RateLimit& limit) const {
    const Span all = TimeOfAll(limit);
    return full_at_ > now + 2 * all ? now + all : std::max(full_at_, now);
  }

  MonotonicTime full_at_ = MonotonicTime::min();
};

}  // namespace rtcroom
