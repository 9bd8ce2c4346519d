// Whether the server is ready, for all who ask at the same time.
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

/// Asks once at a time, and so never holds more than one thread, however long the disk under the
/// question hangs. Who comes meanwhile gets the same answer when it is there; a question that takes
/// too long, or has too many waiting already, is itself the answer: 503 at once.
///
/// @threads safe from any thread.
class ReadinessAnswers {
 public:
  /// A commit takes milliseconds: who would wait for one that has taken this long gives up himself.
  static constexpr std::chrono::seconds kPatience{1};
  /// Bounds the connections that a disk which hangs can hold.
  static constexpr std::size_t kMostWaiting = 16;

  /// @param is_ready  may block; called by one thread at a time. An error says why not.
  /// @param clock  outlives this.
  ReadinessAnswers(std::function<Status()> is_ready, const Clock& clock)
      : is_ready_(std::move(is_ready)), clock_(clock) {}

  /// 200, or 503 with the reason, at once or later. Blocks while it asks, unless another thread
  /// asks already.
  void Answer(AdminResponder& responder) EXCLUDES(mutex_);

 private:
  class Question;

  /// Has the caller ask, unless another thread does: then answers, or keeps the responder.
  bool Begin(AdminResponder& responder) EXCLUDES(mutex_);

  const std::function<Status()> is_ready_;
  const Clock& clock_;
  Mutex mutex_;
  std::optional<MonotonicTime> asked_at_ GUARDED_BY(mutex_);  ///< while somebody asks
  std::vector<AdminResponder> waiting_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
