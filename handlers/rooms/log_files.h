// Log files that an operator may read remotely.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"

namespace rtcroom {

struct LogFile {
  std::string name{};  ///< relative to the folder, with `/` between its parts
  std::uint64_t bytes = 0;
};

/// @threads implementations are safe from any thread.
/// @source protocol F.8.
class LogFiles {
 public:
  virtual ~LogFiles() = default;

  /// The files that `ReadTail` would find, ordered by name and bounded in number; empty without a
  /// folder. Blocks on the disk.
  /// @errors kUnavailable when the folder cannot be read.
  virtual Result<std::vector<LogFile>> List() const = 0;

  /// The end of a file, from the beginning of a line on. Blocks on the disk.
  /// @param name  untrusted.
  /// @errors kFileNotFound for everything except a regular file below the folder: a missing file, a
  ///         path that leads out of the folder, a link, an invalid name. kUnavailable when it
  ///         cannot be read.
  virtual Result<std::string> ReadTail(std::string_view name) const = 0;
};

}  // namespace rtcroom
