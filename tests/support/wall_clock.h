// The wall clock of servers, set by a test.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/temp_directory.h"

namespace rtcroom {

/// Environment variable with the path of a file that holds a ClockOffset.
inline constexpr const char* kClockOffsetVariable = "RTCROOM_CLOCK_OFFSET";

/// Seconds from the system's wall clock to that of a server, which maps the file.
using ClockOffset = std::atomic<std::int64_t>;
static_assert(ClockOffset::is_always_lock_free);

/// Read by servers with its environment whenever they ask for the time. Their monotonic clocks are
/// the system's.
class WallClockFile {
 public:
  WallClockFile() {
    std::ofstream{file()};
    Set({});
  }

  /// @param offset  from the system's time. @throws std::runtime_error without the file.
  void Set(std::chrono::seconds offset) const {
    const std::int64_t seconds = offset.count();
    // The file is never shorter: a server that reads beyond its end would be killed.
    std::ofstream stream(file(), std::ios::in | std::ios::out | std::ios::binary);
    stream.write(reinterpret_cast<const char*>(&seconds), sizeof(seconds)).flush();
    if (!stream) throw std::runtime_error("no offset of a clock");
  }
  /// For `ServerOptions`.
  /// @param library  path of rtcroom_offset_clock.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> Environment(
      const char* library) const {
    return {{"LD_PRELOAD", library}, {kClockOffsetVariable, file().string()}};
  }

 private:
  [[nodiscard]] std::filesystem::path file() const { return directory_.path() / "offset"; }

  const TempDirectory directory_;
};

}  // namespace rtcroom
