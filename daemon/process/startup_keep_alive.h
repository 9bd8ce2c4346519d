// Keep-alive signals to the service manager during a start.
#pragma once

#include <atomic>
#include <chrono>
#include <optional>

#include "daemon/base/clock.h"
#include "daemon/process/service_manager.h"

namespace rtcroom {

/// No part can be checked while a server starts, and a large store may take minutes: it is read,
/// and after an upgrade migrated to a new schema. So the signals are sent unconditionally, and each
/// extends the start timeout; for a limited time, so that a start that hangs is ended. A start that
/// waits for something outside has no such limit.
///
/// @threads safe from any thread.
/// @source sd_notify(3): WATCHDOG, EXTEND_TIMEOUT_USEC.
class StartupKeepAlive {
 public:
  /// The longest time for which signals are sent, since the beginning or the last `Waits`.
  static constexpr std::chrono::minutes kMost{15};
  /// The time by which each signal extends the start timeout; much longer than the interval between
  /// two.
  static constexpr std::chrono::seconds kExtension{60};

  /// @param watchdog_timeout  the manager's, if it is enabled.
  /// Signals begin now. Clock and manager must outlive this object.
  StartupKeepAlive(std::optional<std::chrono::microseconds> watchdog_timeout, const Clock& clock,
                   ServiceManager& manager);

  /// How often to call `Tick`.
  [[nodiscard]] std::chrono::milliseconds TickPeriod() const;

  /// Sends a signal, unless the time is over.
  void Tick();

  /// The start does not hang, but waits. To be called again and again as long as it does.
  void Waits() { since_ = clock_.Monotonic(); }

 private:
  const std::optional<std::chrono::microseconds> watchdog_timeout_;
  const Clock& clock_;
  ServiceManager& manager_;
  std::atomic<MonotonicTime> since_;
};

}  // namespace rtcroom
