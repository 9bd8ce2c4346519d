// Runs another program with a time limit.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"

namespace rtcroom {

struct BoundedCommand {
  std::filesystem::path program = {};
  std::vector<std::string> arguments = {};    ///< argv, with the program's name first
  std::vector<std::string> environment = {};  ///< `NAME=value` texts
  std::chrono::milliseconds timeout{};        ///< then the program is killed
};

struct CommandOutcome {
  int exit_code = 0;        ///< that of a shell: 128 + n for signal n
  std::string output = {};  ///< first 4 KiB of both streams
};

/// Runs it without input and with no signal blocked or ignored. Waits for its end.
/// @errors  kUnavailable when it cannot be started or takes too long.
Result<CommandOutcome> RunBounded(const BoundedCommand& command, const Clock& clock);

}  // namespace rtcroom
