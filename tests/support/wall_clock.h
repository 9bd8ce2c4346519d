// The wall clock of a server, set by a test.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/temp_directory.h"

namespace rtcroom {

/// Read by libfaketime in the server whenever it asks for the time. The monotonic clock is the
/// system's.
class WallClockFile {
 public:
  WallClockFile() { Set("+0"); }

  /// @param offset  from the real time, such as "-8d".
  void Set(std::string_view offset) const {
    const std::filesystem::path fresh = directory_.path() / "fresh";
    std::ofstream(fresh) << offset << "\n";
    std::filesystem::rename(fresh, file());
  }
  /// For `ServerOptions`.
  /// @param library  path of libfaketime.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> Environment(
      const char* library) const {
    return {{"LD_PRELOAD", library},
            {"FAKETIME_TIMESTAMP_FILE", file().string()},
            {"FAKETIME_NO_CACHE", "1"},
            {"FAKETIME_DONT_FAKE_MONOTONIC", "1"}};
  }

 private:
  [[nodiscard]] std::filesystem::path file() const { return directory_.path() / "clock"; }

  const TempDirectory directory_;
};

}  // namespace rtcroom
