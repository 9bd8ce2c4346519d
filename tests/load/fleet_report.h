// The results of a load run, for people and for programs.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "tests/load/phone_stats.h"
#include "tests/support/process_stats.h"

namespace rtcroom {

struct ServerStats {
  MemoryUsage before = {};           ///< with no connection of the fleet
  MemoryUsage at_full = {};          ///< with all of them
  std::chrono::milliseconds cpu{0};  ///< over the measured time
};

struct FleetReport {
  std::size_t connections = 0;  ///< requested
  std::chrono::milliseconds measured{0};
  PhoneStats phones = {};
  bool has_server = false;  ///< whether the server's process was measured
  ServerStats server = {};

  [[nodiscard]] std::string Text() const;
  /// One object; times in milliseconds, memory in bytes per connection, CPU in percent of a core.
  [[nodiscard]] std::string Json() const;
};

}  // namespace rtcroom
