// The results of a load run, for people and for programs.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "tests/load/phone_figures.h"
#include "tests/support/process_figures.h"

namespace rtcroom {

struct ServerFigures {
  MemoryFigures before = {};         ///< with no connection of the fleet
  MemoryFigures at_full = {};        ///< with all of them
  std::chrono::milliseconds cpu{0};  ///< over the measured time
};

struct FleetReport {
  std::size_t connections = 0;  ///< requested
  std::chrono::milliseconds measured{0};
  PhoneFigures phones = {};
  bool has_server = false;  ///< whether the server's process was measured
  ServerFigures server = {};

  [[nodiscard]] std::string Text() const;
  /// One object; times in milliseconds, memory in bytes per connection, CPU in percent of a core.
  [[nodiscard]] std::string Json() const;
};

}  // namespace rtcroom
