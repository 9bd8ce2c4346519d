// The stored messages that a new one may repeat.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>

#include "daemon/base/clock.h"
#include "daemon/core/message_store.h"
#include "daemon/core/node_renewal.h"

namespace rtcroom {

/// How long a message counts as a repetition of one with the same sender and number.
inline constexpr std::chrono::minutes kRepeatedWithin{5};

/// How far the log of messages had come `kRepeatedWithin` ago, by the monotonic clock: dates of
/// messages are those of the servers that took them, whose wall clocks may differ, and jump.
///
/// Only the dates tell how old the messages are that were stored before this server began. For the
/// first `kRepeatedWithin` they count as later by `kClockAllowance` than they say.
///
/// @threads for one thread at a time.
class RepeatWindow {
 public:
  static constexpr std::chrono::minutes kClockAllowance = kMostClockDifferenceAtStart;

  /// This server begins now. Before, all messages are taken to be recent.
  /// @param newest  position of the newest message; 0 for none.
  void Begin(std::uint64_t newest, MonotonicTime now) {
    marks_.assign({{.by = now, .position = newest}});
  }
  /// The log has come that far now.
  void Advance(std::uint64_t newest, MonotonicTime now) {
    const MonotonicTime by = std::chrono::ceil<std::chrono::seconds>(now);
    if (marks_.size() == 1 || marks_.back().by < by) marks_.push_back({.by = by});
    marks_.back().position = std::max(marks_.back().position, newest);
    ForgetOld(now);
  }
  /// Returns the messages that one of now may repeat. The window is at most a second longer than
  /// `kRepeatedWithin`.
  [[nodiscard]] RepeatsAfter For(const MessageContent& message, MonotonicTime now) {
    ForgetOld(now);
    const Mark& first = marks_.front();
    if (first.by + kRepeatedWithin <= now) return {.position = first.position};
    return {.position = first.position,
            .sent_at = message.sent_at - kRepeatedWithin - kClockAllowance};
  }

 private:
  /// All messages up to the position were stored by then.
  struct Mark {
    MonotonicTime by{};
    std::uint64_t position = 0;
  };
  void ForgetOld(MonotonicTime now) {
    while (marks_.size() > 1 && marks_[1].by + kRepeatedWithin <= now) marks_.pop_front();
  }

  /// Each mark stands for a second; only the first may be older than `kRepeatedWithin`. There is
  /// always one.
  std::deque<Mark> marks_{{.by = MonotonicTime::min(), .position = 0}};
};

}  // namespace rtcroom
