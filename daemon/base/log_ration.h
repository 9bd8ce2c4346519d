// One log line in a while for what may happen very often.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include "daemon/base/clock.h"

namespace rtcroom {

/// Grants a line for the first event at once, and from then on at most one in `kPeriod`, which
/// stands for all events since the line before.
///
/// @threads for one thread, or behind the owner's lock.
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
