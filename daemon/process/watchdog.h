// Sends watchdog signals to the service manager while this process works.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/base/mutex.h"
#include "daemon/process/service_manager.h"

namespace rtcroom {

/// Called once, on any thread; quick and thread-safe. It may be called, or dropped, long after the
/// watchdog is destroyed.
using LivenessReply = std::function<void()>;

/// A part of the server that must not stall.
struct LivenessProbe {
  std::string name = {};
  /// The time it may take to answer, beyond the watchdog's own timeout.
  std::chrono::milliseconds extra_timeout{0};
  /// Submits a task that answers.
  /// @return false when the part does not accept it; it is retried at the next tick.
  std::function<bool(LivenessReply)> ask = {};
};

/// Answers for a thread that runs in rounds: each round answers the request made before it.
///
/// @threads safe from any thread.
class LoopHeartbeat {
 public:
  /// `LivenessProbe::ask` calls it; a later request replaces a pending one.
  bool Ask(LivenessReply reply) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    waiting_ = std::move(reply);
    return true;
  }

  /// Called once per round.
  void Answer() EXCLUDES(mutex_) {
    LivenessReply reply;
    {
      const MutexLock lock(mutex_);
      reply.swap(waiting_);
    }
    if (reply) reply();
  }

 private:
  Mutex mutex_;
  LivenessReply waiting_ GUARDED_BY(mutex_);
};

/// Repeatedly probes every part, and sends WATCHDOG=1 twice within the
/// manager's timeout as long as all of them answer. A part performs an operation that its clients
/// need, and a failure counts as an answer: on a full disk writes fail at once, and a restart would
/// not fix that.
///
/// @threads for one thread, but the answers may come from any.
class Watchdog {
 public:
  /// @param timeout  the manager's: without a signal for that long it ends the process. A part is
  ///         silent when its answer is pending for half of it, which leaves time to recover.
  Watchdog(std::chrono::microseconds timeout, std::vector<LivenessProbe> probes, const Clock& clock,
           ServiceManager& manager, Logger& logger);

  /// How often to call `Tick`.
  [[nodiscard]] std::chrono::milliseconds TickPeriod() const;

  void Tick();

 private:
  struct ProbeState {
    LivenessProbe probe = {};
    /// Set by the answer to the last request; shared with it, since it may outlive this object.
    std::shared_ptr<std::atomic<bool>> answered = {};
    MonotonicTime asked_at = {};
    bool is_taken = false;  ///< the part has accepted the request
    bool is_silent = false;
  };

  /// @return whether it is alive.
  bool Check(ProbeState& state, MonotonicTime now);
  static void Ask(ProbeState& state);

  const std::chrono::microseconds timeout_;
  const Clock& clock_;
  ServiceManager& manager_;
  Logger& logger_;
  std::vector<ProbeState> probes_;
  std::optional<MonotonicTime> last_signal_;
};

}  // namespace rtcroom
