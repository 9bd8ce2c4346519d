// Whether the store takes writes, for those who must not wait for one.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/base/result.h"

namespace rtcroom {

/// Who reads gets the newest answer that there is, and makes the next one wanted. Another thread
/// comes by now and then and asks the store when one is. So a store that nobody looks at is not
/// written to, and one that hangs is noticed without hanging with it.
///
/// @threads safe from any thread.
class ReadinessProbe {
 public:
  /// An answer that is wanted for longer than this is one.
  static constexpr std::chrono::seconds kPatience{15};

  /// @param clock  outlives this.
  explicit ReadinessProbe(const Clock& clock) : clock_(clock) {}

  /// True at first, since a start writes mostly; this question is how it is found out.
  bool Read() EXCLUDES(mutex_) {
    const MonotonicTime now = clock_.Monotonic();
    const MutexLock lock(mutex_);
    if (!wanted_since_) wanted_since_ = now;
    return took_writes_ && now - *wanted_since_ <= kPatience;
  }

  /// @param ping  makes a write; called only when an answer is wanted.
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
