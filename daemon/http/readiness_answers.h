// Whether the server is ready, for all who ask at the same time.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/base/result.h"
#include "handlers/pending_reply.h"
#include "handlers/request.h"

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

  /// 200, or 503 with the reason. Blocks when nobody asks already.
  /// @return nothing when it deferred the reply.
  std::optional<HttpReply> Answer(const DeferReply& defer) EXCLUDES(mutex_);

 private:
  class Question;

  const std::function<Status()> is_ready_;
  const Clock& clock_;
  Mutex mutex_;
  std::optional<MonotonicTime> asked_at_ GUARDED_BY(mutex_);  ///< while somebody asks
  std::vector<std::shared_ptr<PendingReply>> waiting_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
