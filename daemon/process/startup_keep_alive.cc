#include "daemon/process/startup_keep_alive.h"

#include <algorithm>

#include <fmt/format.h>

namespace rtcroom {

StartupKeepAlive::StartupKeepAlive(std::optional<std::chrono::microseconds> watchdog_timeout,
                                   const Clock& clock, ServiceManager& manager)
    : watchdog_timeout_(watchdog_timeout),
      clock_(clock),
      manager_(manager),
      since_(clock.Monotonic()) {}

std::chrono::milliseconds StartupKeepAlive::TickPeriod() const {
  constexpr std::chrono::milliseconds kLongest = kExtension / 6;
  if (!watchdog_timeout_) return kLongest;
  // Four times per timeout, so that one late signal does no harm.
  const auto period = std::chrono::duration_cast<std::chrono::milliseconds>(*watchdog_timeout_ / 4);
  return std::clamp(period, std::chrono::milliseconds(1), kLongest);
}

void StartupKeepAlive::Tick() {
  if (clock_.Monotonic() - since_.load() >= kMost) return;
  manager_.Notify(fmt::format("{}EXTEND_TIMEOUT_USEC={}", watchdog_timeout_ ? "WATCHDOG=1\n" : "",
                              std::chrono::microseconds(kExtension).count()));
}

}  // namespace rtcroom
