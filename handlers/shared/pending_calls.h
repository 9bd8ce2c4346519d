// The calls that wait for something new, and when each ends by itself.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"

namespace rtcroom {

class PendingCall;

/// Ends calls that wait (`PendingCall::Wait`) at their deadlines, and all of them at the stop.
///
/// @threads safe from any thread. No lock is held while a call ends.
class PendingCalls {
 public:
  /// @param clock  outlives this object.
  explicit PendingCalls(const Clock& clock) : clock_(clock) {}

  /// Ends those whose deadline has passed: to be called often.
  void OnTick() { EndUntil(clock_.Monotonic()); }
  void EndAll() { EndUntil(MonotonicTime::max()); }
  /// Call it before the server stops: it ends all, and later ones at once.
  void Stop() {
    is_stopping_ = true;
    EndAll();
  }

 private:
  friend class PendingCall;
  /// The calls by deadline; shared with those who answer.
  using Calls = std::multimap<MonotonicTime, std::shared_ptr<PendingCall>>;

  /// @return nullopt when the call is to end at once.
  std::optional<Calls::iterator> Add(MonotonicTime until, std::shared_ptr<PendingCall> call)
      EXCLUDES(mutex_);
  void Remove(Calls::iterator call) EXCLUDES(mutex_);
  void EndUntil(MonotonicTime time) EXCLUDES(mutex_);

  const Clock& clock_;
  std::atomic<bool> is_stopping_{false};
  Mutex mutex_;
  Calls calls_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
