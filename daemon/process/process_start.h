// When this process began, whatever programs it has run since.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/clock.h"
#include "daemon/config/environment.h"

namespace rtcroom {

/// The system tells the start as a time since the boot. What that is in UTC comes out otherwise
/// each time that it is reckoned, if only by a millisecond; so it is reckoned once, and each
/// program hands the outcome on to its successor, in the environment.
struct ProcessStart {
  std::uint64_t ticks = 0;  ///< since the boot: no other process with this pid has the same
  TimePoint at{};

  /// `NAME=value`, for a successor.
  [[nodiscard]] std::string Variable() const;

  bool operator==(const ProcessStart&) const = default;
};

/// What a predecessor in this process has handed on, or else what the system tells now; nothing
/// when it does not.
/// @source proc(5), field 22 of /proc/pid/stat. An execve does not change it.
std::optional<ProcessStart> FindProcessStart(const Environment& environment, const Clock& clock);

/// Whether a `NAME=value` text is that variable.
bool IsProcessStartVariable(std::string_view text);

}  // namespace rtcroom
