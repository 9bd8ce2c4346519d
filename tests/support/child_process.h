// A program run by a test: started, signalled, awaited, and always terminated.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "tests/support/eventually.h"

namespace rtcroom {

/// A socket inherited by a child as systemd passes it: descriptors from 3 on, announced by
/// LISTEN_FDS, LISTEN_PID and LISTEN_FDNAMES.
/// @source sd_listen_fds(3).
struct PassedSocket {
  std::string name = {};
  int descriptor = -1;  ///< in the parent, which keeps ownership
};

struct ChildCommand {
  std::filesystem::path program = {};
  std::vector<std::string> arguments = {};  ///< without the program's own name
  /// Added to the test's own environment, without its RTCROOMD_ variables.
  std::vector<std::pair<std::string, std::string>> environment = {};
  std::filesystem::path stdout_file = {};  ///< appended to
  std::filesystem::path stderr_file = {};  ///< appended to
  std::vector<PassedSocket> sockets = {};
};

/// @threads for one thread. The kernel kills the child when the thread that started it ends, so
/// that a test that dies leaves no server running.
class ChildProcess {
 public:
  /// @throws std::system_error when it cannot be started.
  explicit ChildProcess(const ChildCommand& command);
  /// Kills the process if it still runs.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }

  /// No effect after its end.
  void Signal(int signal) const;

  /// The exit code in shell notation (128 + n for signal n), or nullopt when it still runs after
  /// `timeout`.
  std::optional<int> WaitForExit(std::chrono::milliseconds timeout = kWaitTimeout);

 private:
  pid_t pid_ = -1;
  int pid_descriptor_ = -1;
  std::optional<int> exit_code_;
};

/// The result of a completed program.
struct FinishedCommand {
  int exit_code = -1;  ///< -1: killed because it did not end in time
  std::string out;
  std::string err;
};

/// Runs a program and waits for its end. Ignores the output files of `command`.
FinishedCommand RunToEnd(ChildCommand command, std::chrono::milliseconds timeout = kWaitTimeout);

/// The content of a file; empty when it does not exist.
std::string ReadWholeFile(const std::filesystem::path& file);

}  // namespace rtcroom
