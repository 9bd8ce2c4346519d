// Whether the store accepts writes, for readers that must not wait for one.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/base/result.h"

namespace rtcroom {

/// `Read` returns the latest result and requests a new one. Another thread periodically checks the
/// store if a result was requested. So an unobserved store is not written to, and a hanging one is
/// detected without blocking the reader.
///
/// @threads safe from any thread.
class ReadinessProbe {
 public:
  /// A request that is pending for longer than this counts as a failure.
  static constexpr std::chrono::seconds kPatience{15};

  /// @param clock  outlives this.
  explicit ReadinessProbe(const Clock& clock) : clock_(clock) {}

  /// True at first, since most starts write; this call requests the actual result.
  bool Read() EXCLUDES(mutex_) {
    const MonotonicTime now = clock_.Monotonic();
    const MutexLock lock(mutex_);
    if (!wanted_since_) wanted_since_ = now;
    return took_writes_ && now - *wanted_since_ <= kPatience;
  }

  /// @param ping  makes a write; called only when a result was requested.
  void AskWhenWanted(const std::function<Status()>& ping) EXCLUDES(mutex_) {
    {
      const MutexLock lock(mutex_);
      if (!wanted_since_) return;
    }
    const bool took_write = ping().ok();
    const MutexLock lock(mutex_);
    took_writes_ = took_write;
    wanted_since_.reset();
  }

 private:
  const Clock& clock_;
  Mutex mutex_;
  bool took_writes_ GUARDED_BY(mutex_) = true;
  std::optional<MonotonicTime> wanted_since_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
