// Tells the service manager that this process works, for as long as it does.
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

/// Called once, from whatever thread was asked; quick and safe from any. It may be called, or
/// dropped, long after the watchdog is gone.
using SignOfLife = std::function<void()>;

/// A part of the server that must not stand still.
struct WatchedPart {
  std::string name = {};
  /// How long it may take to answer, beyond the watchdog's own patience.
  std::chrono::milliseconds extra_patience{0};
  /// Hands it a task that answers.
  /// @return false when the part does not even take it; it is asked again at the next tick then.
  std::function<bool(SignOfLife)> ask = {};
};

/// Where a thread that comes round again and again answers: once for each round, and whoever asked
/// before that is answered.
///
/// @threads safe from any thread.
class RoundSign {
 public:
  /// For `WatchedPart::ask`; a later question takes the place of one that still waits.
  bool Ask(SignOfLife sign) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    waiting_ = std::move(sign);
    return true;
  }

  /// Another round.
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

/// Asks every part for a sign of life, again and again, and sends WATCHDOG=1 twice within the
/// manager's time as long as all of them give one. A part is asked to do what its clients want of
/// it, so that a failure is an answer as well: on a full disk writes fail, at once, and a new start
/// would mend nothing.
///
/// @threads for one thread, but the answers come from any.
class Watchdog {
 public:
  /// @param timeout  the manager's: without a sign for so long it ends the process. A part is
  ///                 silent when it owes an answer for half of it, so that there is time to come
  ///                 back.
  Watchdog(std::chrono::microseconds timeout, std::vector<WatchedPart> parts, const Clock& clock,
           ServiceManager& manager, Logger& logger);

  /// How often `Tick` wants to be called.
  [[nodiscard]] std::chrono::milliseconds TickPeriod() const;

  void Tick();

 private:
  struct Watched {
    WatchedPart part = {};
    /// Set by the answer to the last question; shared with it, since it may outlive us.
    std::shared_ptr<std::atomic<bool>> answered = {};
    MonotonicTime asked_at = {};
    bool is_taken = false;  ///< the part has the question
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
