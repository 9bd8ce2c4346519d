// A program that a test runs: started, signalled, awaited, and never left behind.
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

/// A socket that a child finds open, as systemd passes it: descriptors from 3 on, told of by
/// LISTEN_FDS, LISTEN_PID and LISTEN_FDNAMES.
/// @source sd_listen_fds(3).
struct PassedSocket {
  std::string name = {};
  int descriptor = -1;  ///< of the parent, who keeps it
};

struct ChildCommand {
  std::filesystem::path program = {};
  std::vector<std::string> arguments = {};  ///< without the program's own name
  /// Added to the test's own environment, from which every RTCROOMD_ variable is taken out.
  std::vector<std::pair<std::string, std::string>> environment = {};
  std::filesystem::path stdout_file = {};  ///< appended to
  std::filesystem::path stderr_file = {};  ///< appended to
  std::vector<PassedSocket> sockets = {};
};

/// @threads for one thread. The kernel kills the child when the thread that started it ends, so
///          that a test that dies leaves no server behind.
class ChildProcess {
 public:
  /// @throws std::system_error when it cannot be started.
  explicit ChildProcess(const ChildCommand& command);
  /// Kills it when it still runs.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }

  /// Does nothing when it has ended.
  void Signal(int signal) const;

  /// The exit code as a shell tells it (128 + n for signal n), or nothing while it still runs at
  /// the end of `patience`.
  std::optional<int> WaitForExit(std::chrono::milliseconds patience = kPatience);

 private:
  pid_t pid_ = -1;
  int pid_descriptor_ = -1;
  std::optional<int> exit_code_;
};

/// What a program that ran to its end left behind.
struct FinishedCommand {
  int exit_code = -1;  ///< -1: it had to be killed for not ending
  std::string out;
  std::string err;
};

/// Runs a program and waits for its end. The output files of `command` are not used.
FinishedCommand RunToEnd(ChildCommand command, std::chrono::milliseconds patience = kPatience);

/// The whole of a file; empty when there is none.
std::string ReadWholeFile(const std::filesystem::path& file);

}  // namespace rtcroom
