// Who came to the operator's port without its token.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "daemon/base/logger.h"
#include "daemon/base/mutex.h"
#include "daemon/core/clock.h"

namespace rtcroom {

/// Tells the log: of the first at once, and from then on at most once in `kPeriod`, with how many
/// there were since the line before. Whoever guesses cannot fill the log with it.
///
/// @threads safe from any thread.
class RefusedOperators {
 public:
  static constexpr std::chrono::seconds kPeriod{10};

  /// Both outlive this.
  RefusedOperators(const Clock& clock, Logger& logger) : clock_(clock), logger_(logger) {}

  /// @param peer_address  of the one who is refused now.
  void Note(const std::string& peer_address) EXCLUDES(mutex_);

 private:
  const Clock& clock_;
  Logger& logger_;
  Mutex mutex_;
  std::uint64_t untold_ GUARDED_BY(mutex_) = 0;
  std::optional<MonotonicTime> told_at_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
