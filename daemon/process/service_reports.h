// State reports to the service manager.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/process/service_manager.h"

namespace rtcroom {

/// Reports the state of the service in the terms of sd_notify(3).
///
/// @threads safe from any thread.
class ServiceReports {
 public:
  /// Both must outlive this object.
  ServiceReports(ServiceManager& manager, const Clock& clock) : manager_(manager), clock_(clock) {}

  /// All listeners are open: after a start, a reload or a hand-over, and also after a refused
  /// reload or hand-over, when nothing has changed.
  void Ready() EXCLUDES(mutex_);

  /// The program runs, and waits for its database for as long as it takes. To the manager it has
  /// started: whatever waits for the start, such as an installation, goes on. Sent when the reason
  /// has changed.
  void WaitingForDatabase(std::string_view reason) EXCLUDES(mutex_);

  /// The configuration is reloaded, or a successor takes over, from now until `Ready`. The
  /// successor keeps the pid of this process, so no MAINPID is sent.
  void Reloading(std::string_view what) EXCLUDES(mutex_);

  void Stopping() EXCLUDES(mutex_);

  /// One line for `systemctl status`; sent only when it has changed.
  void Status(std::string_view line) EXCLUDES(mutex_);

  /// A keep-alive without a health check: for the phases of a start and a stop in which no part can
  /// be checked.
  void KeepAlive() { manager_.Notify("WATCHDOG=1"); }

 private:
  void SendLocked(std::string_view assignments, std::string_view status) REQUIRES(mutex_);

  ServiceManager& manager_;
  const Clock& clock_;
  Mutex mutex_;
  std::string status_ GUARDED_BY(mutex_);
};

/// Keep-alives of a process whose loop is its only part.
///
/// @threads for the loop's thread.
class LoopKeepAlive {
 public:
  /// @param timeout  the manager's; nullopt: it wants none.
  LoopKeepAlive(std::optional<std::chrono::microseconds> timeout, const Clock& clock,
                ServiceReports& reports)
      : timeout_(timeout), clock_(clock), reports_(reports) {}

  /// The loop has gone round. Sends a signal if none was sent for a quarter of the timeout.
  void Round();

 private:
  const std::optional<std::chrono::microseconds> timeout_;
  const Clock& clock_;
  ServiceReports& reports_;
  MonotonicTime sent_at_{};
};

}  // namespace rtcroom
