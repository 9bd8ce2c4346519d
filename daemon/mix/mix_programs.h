// Starts the programs that mix streams.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/result.h"

namespace rtcroom {

/// A program that was started.
///
/// @threads for one thread: the one that started it.
class MixProgram {
 public:
  /// Kills it if it still runs.
  virtual ~MixProgram() = default;

  /// No effect after its end.
  virtual void Signal(int signal) = 0;

  /// The exit code in shell notation (128 + n for signal n); nullopt while it runs.
  virtual std::optional<int> ExitCode() = 0;
};

/// @threads for one thread.
class MixPrograms {
 public:
  virtual ~MixPrograms() = default;

  /// @param stream     what it makes, for log lines.
  /// @param arguments  with the path of the program first.
  /// @errors kUnavailable when it cannot be started.
  virtual Result<std::unique_ptr<MixProgram>> Start(const std::string& stream,
                                                    const std::vector<std::string>& arguments) = 0;
};

}  // namespace rtcroom
