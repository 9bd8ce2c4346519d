// Tells the service manager that a start goes on.
#pragma once

#include <chrono>
#include <optional>

#include "daemon/base/clock.h"
#include "daemon/process/service_manager.h"

namespace rtcroom {

/// While a server starts there is nobody to ask for a sign of life, and a large store may take
/// minutes: it is read, and after an upgrade brought to a new schema. So the signs are given
/// unasked, and the time for the start is extended with each; but not for ever, so that a start
/// that hangs is ended.
///
/// @threads for one thread.
/// @source sd_notify(3): WATCHDOG, EXTEND_TIMEOUT_USEC.
class StartSigns {
 public:
  /// How long signs are given.
  static constexpr std::chrono::minutes kMost{15};
  /// By how much each sign extends the time for the start; much longer than the time between two.
  static constexpr std::chrono::seconds kExtension{60};

  /// @param watchdog_timeout  the manager's, where it has one.
  /// Begins now. Clock and manager outlive this.
  StartSigns(std::optional<std::chrono::microseconds> watchdog_timeout, const Clock& clock,
             ServiceManager& manager);

  /// How often `Tick` wants to be called.
  [[nodiscard]] std::chrono::milliseconds TickPeriod() const;

  /// Gives a sign, unless the time is over.
  void Tick();

 private:
  const std::optional<std::chrono::microseconds> watchdog_timeout_;
  const Clock& clock_;
  ServiceManager& manager_;
  const MonotonicTime begin_;
};

}  // namespace rtcroom
