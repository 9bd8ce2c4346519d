// What the service manager is told, and when.
#pragma once

#include <string>
#include <string_view>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/process/service_manager.h"

namespace rtcroom {

/// The life of the service in the words of sd_notify(3).
///
/// @threads safe from any thread.
class ServiceReports {
 public:
  /// Both must outlive it.
  ServiceReports(ServiceManager& manager, const Clock& clock) : manager_(manager), clock_(clock) {}

  /// Everything listens: after a start, a reload or a hand-over, and also when one of the two was
  /// refused and all is as before.
  void Ready() EXCLUDES(mutex_);

  /// From now until `Ready` the configuration is taken up, or a successor takes over. That one has
  /// the pid of this process, so there is no MAINPID to tell of: the manager knows it already.
  void Reloading(std::string_view what) EXCLUDES(mutex_);

  void Stopping() EXCLUDES(mutex_);

  /// One line for `systemctl status`; said only when it has changed.
  void Status(std::string_view line) EXCLUDES(mutex_);

  /// A sign of life that owes nothing to anybody's health: for the parts of a start and a stop in
  /// which there is nobody to ask.
  void StillBusy() { manager_.Notify("WATCHDOG=1"); }

 private:
  void SayLocked(std::string_view assignments, std::string_view status) REQUIRES(mutex_);

  ServiceManager& manager_;
  const Clock& clock_;
  Mutex mutex_;
  std::string status_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
