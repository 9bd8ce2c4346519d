// The start time of this process, independent of the programs it has executed since.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/clock.h"
#include "daemon/config/environment.h"

namespace rtcroom {

/// The system reports the start relative to the boot. Converting it to UTC gives slightly different
/// results each time, so it is converted once, and each program passes the result to its successor
/// in the environment.
struct ProcessStart {
  std::uint64_t ticks = 0;  ///< since the boot: unique among processes with this pid
  TimePoint at{};

  /// `NAME=value`, for a successor.
  [[nodiscard]] std::string Variable() const;

  bool operator==(const ProcessStart&) const = default;
};

/// The value passed on by a predecessor in this process, else the one from the system; nullopt when
/// that is unavailable.
/// @source proc(5), field 22 of /proc/pid/stat. An execve does not change it.
std::optional<ProcessStart> FindProcessStart(const Environment& environment, const Clock& clock);

/// Whether a `NAME=value` text is that variable.
bool IsProcessStartVariable(std::string_view text);

}  // namespace rtcroom
