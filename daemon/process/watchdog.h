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
using SignOfLife = std::function<void()>;

/// A part of the server that must not stall.
struct WatchedPart {
  std::string name = {};
  /// The time it may take to answer, beyond the watchdog's own timeout.
  std::chrono::milliseconds extra_patience{0};
  /// Submits a task that answers.
  /// @return false when the part does not accept it; it is retried at the next tick.
  std::function<bool(SignOfLife)> ask = {};
};

/// Answers for a thread that runs in rounds: each round answers the request made before it.
///
/// @threads safe from any thread.
class RoundSign {
 public:
  /// For `WatchedPart::ask`; a later request replaces a pending one.
  bool Ask(SignOfLife sign) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    waiting_ = std::move(sign);
    return true;
  }

  /// Called once per round.
  void Answer() EXCLUDES(mutex_) {
    SignOfLife sign;
    {
      const MutexLock lock(mutex_);
      sign.swap(waiting_);
    }
    if (sign) sign();
  }

 private:
  Mutex mutex_;
  SignOfLife waiting_ GUARDED_BY(mutex_);
};

/// Repeatedly requests a sign of life from every part, and sends WATCHDOG=1 twice within the
/// manager's timeout as long as all of them answer. A part performs an operation that its clients
/// need, and a failure counts as an answer: on a full disk writes fail at once, and a restart would
/// not fix that.
///
/// @threads for one thread, but the answers may come from any.
class Watchdog {
 public:
  /// @param timeout  the manager's: without a signal for that long it ends the process. A part is
  ///         silent when its answer is pending for half of it, which leaves time to recover.
  Watchdog(std::chrono::microseconds timeout, std::vector<WatchedPart> parts, const Clock& clock,
           ServiceManager& manager, Logger& logger);

  /// How often to call `Tick`.
  [[nodiscard]] std::chrono::milliseconds TickPeriod() const;

  void Tick();

 private:
  struct Watched {
    WatchedPart part = {};
    /// Set by the answer to the last request; shared with it, since it may outlive this object.
    std::shared_ptr<std::atomic<bool>> answered = {};
    MonotonicTime asked_at = {};
    bool is_taken = false;  ///< the part has accepted the request
    bool is_silent = false;
  };

  /// @return whether it is alive.
  bool Look(Watched& watched, MonotonicTime now);
  static void Ask(Watched& watched);

  const std::chrono::microseconds timeout_;
  const Clock& clock_;
  ServiceManager& manager_;
  Logger& logger_;
  std::vector<Watched> watched_;
  std::optional<MonotonicTime> last_sign_;
};

}  // namespace rtcroom
