// Readiness checks, shared by concurrent requests.
#pragma once

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

/// Runs one check at a time, so a hanging disk never blocks more than one thread. Concurrent
/// requests get the result of the running check. If that takes too long, or too many requests
/// already wait for it, they get 503 at once.
///
/// @threads safe from any thread.
class ReadinessAnswers {
 public:
  /// A check that takes longer counts as a failure: a commit takes milliseconds.
  static constexpr std::chrono::seconds kPatience{1};
  /// Bounds the connections that wait while a disk hangs.
  static constexpr std::size_t kMostWaiting = 16;

  /// @param is_ready  may block; called by one thread at a time. An error gives the reason.
  /// @param clock  outlives this.
  ReadinessAnswers(std::function<Status()> is_ready, const Clock& clock)
      : is_ready_(std::move(is_ready)), clock_(clock) {}

  /// 200, or 503 with the reason, at once or later. Blocks during the check, unless another thread
  /// already runs it.
  void Answer(AdminResponder& responder) EXCLUDES(mutex_);

 private:
  class Question;

  /// @return whether the caller must run the check. Otherwise one is running, and the responder was
  ///         answered or queued.
  bool Begin(AdminResponder& responder) EXCLUDES(mutex_);

  const std::function<Status()> is_ready_;
  const Clock& clock_;
  Mutex mutex_;
  std::optional<MonotonicTime> asked_at_ GUARDED_BY(mutex_);  ///< while a check runs
  std::vector<AdminResponder> waiting_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
