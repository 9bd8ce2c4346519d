// How often something may happen, and whether it may happen now.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "daemon/base/clock.h"

namespace rtcroom {

/// So many per second, or per hour, in the long run, and up to `burst` at once.
struct RateLimit {
  std::uint32_t per_second = 0;
  std::uint32_t burst = 1;     ///< 0 counts as 1; at most 1,000,000 of an hourly rate
  std::uint32_t per_hour = 0;  ///< counts where `per_second` is 0; both 0: no limit

  [[nodiscard]] constexpr bool IsOff() const { return per_second == 0 && per_hour == 0; }
  bool operator==(const RateLimit&) const = default;
};

/// The limit that paces instead of refusing: what one second brings goes at once, the rest at
/// exactly the rate. A page that loads with a handful of calls so feels nothing, and a change of
/// the rate meets debts of a second at most.
constexpr RateLimit PacedAt(std::uint32_t per_second) {
  return {.per_second = per_second, .burst = per_second};
}

/// A token bucket in eight bytes: all that it holds is the instant at which it is full again.
///
/// It may owe tokens: those that were charged up to another burst of them, those that were reserved
/// without a bound. The next token then takes longer to come.
///
/// The limit is the caller's and may be another at each call: what was taken before then counts
/// as the same span of time, and where no bucket of the limit could owe that much, as an empty one.
/// A token's time is rounded up to whole nanoseconds, so that the rate is never exceeded.
///
/// @threads for one thread, or behind the owner's lock.
class TokenBucket {
 public:
  /// Takes a token if there is one. A refusal costs nothing.
  [[nodiscard]] bool Take(MonotonicTime now, const RateLimit& limit) {
    if (limit.IsOff()) return true;
    full_at_ = FullAt(now, limit);
    if (full_at_ + TimeOfToken(limit) > now + TimeOfAll(limit)) return false;
    full_at_ += TimeOfToken(limit);
    return true;
  }

  /// Takes so many, whether they are there or not: for what has been done already.
  void Charge(MonotonicTime now, const RateLimit& limit, std::uint32_t tokens) {
    if (limit.IsOff()) return;
    const MonotonicTime most = now + 2 * TimeOfAll(limit);
    full_at_ = FullAt(now, limit);
    full_at_ += std::min<Span>(most - full_at_, TimeOfToken(limit) * tokens);
  }

  /// Until the tokens that were taken before they were there have come in; zero when none were.
  [[nodiscard]] std::chrono::nanoseconds Debt(MonotonicTime now, const RateLimit& limit) const {
    if (limit.IsOff()) return Span(0);
    return std::max(FullAt(now, limit) - now - TimeOfAll(limit), Span(0));
  }

  /// When `Take` will get a token, if nobody takes one before: `now` where it would get one.
  [[nodiscard]] MonotonicTime NextToken(MonotonicTime now, const RateLimit& limit) const {
    if (limit.IsOff()) return now;
    return std::max(now, FullAt(now, limit) + TimeOfToken(limit) - TimeOfAll(limit));
  }

  /// Takes a token that may still have to come in, behind those that were reserved before.
  ///
  /// The caller bounds how many wait: each adds a token's time to the debt.
  /// @return how long to wait for it from `now`; zero when it was there.
  [[nodiscard]] std::chrono::nanoseconds Reserve(MonotonicTime now, const RateLimit& limit) {
    if (limit.IsOff()) return Span(0);
    full_at_ = std::max(full_at_, now) + TimeOfToken(limit);
    return std::max(full_at_ - now - TimeOfAll(limit), Span(0));
  }

  /// When it is full if nothing more is taken: the later, the emptier it is.
  [[nodiscard]] MonotonicTime full_at() const { return full_at_; }

 private:
  using Span = std::chrono::nanoseconds;

  static Span TimeOfToken(const RateLimit& limit) {
    const bool hourly = limit.per_second == 0;
    const Span span = hourly ? Span(std::chrono::hours(1)) : Span(std::chrono::seconds(1));
    const std::uint32_t tokens = hourly ? limit.per_hour : limit.per_second;
    return (span + Span(tokens - 1)) / tokens;
  }
  /// At most 2^32 seconds, or 1,000,000 hours: far from the end of what a Span can hold.
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
