// Whether the process can serve: `/readyz`, and the metric of the same meaning.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "daemon/admin/admin_responder.h"
#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/base/result.h"

namespace rtcroom {

/// Ready while the store takes writes and the process does not drain.
///
/// A ping of the store writes and may hang. `/readyz` waits for one: one at a time, so a hanging
/// disk never blocks more than one thread. The metric must not wait: it reads the latest result and
/// requests a new one from a periodic task, so that an unobserved store is not written to.
///
/// @threads safe from any thread.
class ReadinessCheck {
 public:
  /// A ping that takes longer counts as a failure of `/readyz`: a commit takes milliseconds.
  static constexpr std::chrono::seconds kMaxPing{1};
  /// Bounds the connections that wait while a disk hangs.
  static constexpr std::size_t kMaxWaiting = 16;
  /// A request of `ReadLatest` that is pending for longer counts as a failure.
  static constexpr std::chrono::seconds kMaxPending{15};

  /// @param ping  makes a write; may block. An error gives the reason for "not ready".
  /// @param clock  outlives this.
  ReadinessCheck(std::function<Status()> ping, const Clock& clock)
      : ping_(std::move(ping)), clock_(clock) {}

  /// Not ready from now on.
  /// @return false if it was called before.
  bool BeginDraining() { return !draining_.exchange(true); }

  /// 200, or 503 with the reason, at once or later. Concurrent requests get the result of the
  /// running ping; 503 at once if that takes too long or too many requests wait for it. Blocks
  /// during the ping, unless another thread already runs it.
  void Answer(AdminResponder& responder) EXCLUDES(mutex_);

  /// The latest result, and requests a new one; does not block. True at first, since most starts
  /// write.
  bool ReadLatest() EXCLUDES(mutex_);

  /// Pings if `ReadLatest` was called since the last result. To be called periodically.
  void PingIfRead() EXCLUDES(mutex_);

 private:
  class Question;

  /// @return whether the caller must ping. Otherwise the responder was answered or queued.
  bool Begin(AdminResponder& responder) EXCLUDES(mutex_);
  /// Pings, and keeps the result for `ReadLatest`.
  Status Ping() EXCLUDES(mutex_);

  const std::function<Status()> ping_;
  const Clock& clock_;
  std::atomic<bool> draining_{false};
  Mutex mutex_;
  std::optional<MonotonicTime> asked_at_ GUARDED_BY(mutex_);  ///< while `Answer` pings
  std::vector<AdminResponder> waiting_ GUARDED_BY(mutex_);
  bool took_write_ GUARDED_BY(mutex_) = true;
  std::optional<MonotonicTime> wanted_since_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
