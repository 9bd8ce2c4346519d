// Rate limit of log lines for frequent events.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include "daemon/base/clock.h"

namespace rtcroom {

/// Allows a line for the first event at once, and then at most one per `kPeriod`, which stands for
/// all events since the previous line.
///
/// @threads one thread, or under the owner's lock.
class LogRation {
 public:
  static constexpr std::chrono::seconds kPeriod{10};

  /// Counts an event.
  /// @return how many events a line written now stands for, this one included; 0: none is due.
  [[nodiscard]] std::uint64_t Count(MonotonicTime now) {
    ++unwritten_;
    if (!IsDue(now)) return 0;
    written_at_ = now;
    return std::exchange(unwritten_, 0);
  }

  /// Whether the next event gets a line.
  [[nodiscard]] bool IsDue(MonotonicTime now) const {
    return !written_at_ || now - *written_at_ >= kPeriod;
  }

 private:
  std::optional<MonotonicTime> written_at_{};
  std::uint64_t unwritten_ = 0;
};

}  // namespace rtcroom
