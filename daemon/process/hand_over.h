// The hand-over from this program to its successor, within one process.
#pragma once

#include <chrono>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/process/inherited_sockets.h"

namespace rtcroom {

/// How this process was started, for a start of its successor.
struct StartCommand {
  std::filesystem::path program = {};         ///< absolute; empty when unknown
  std::vector<std::string> arguments = {};    ///< argv: the program's name, then `serve`
  std::vector<std::string> environment = {};  ///< `NAME=value` texts
};

/// @param arguments  of `main`, ended by a null pointer, as is `environment`.
/// Call it early: after an upgrade has put another file at the program's path, the system reports
/// the old one as deleted.
StartCommand OwnStartCommand(const char* const* arguments, const char* const* environment);

/// An upgrade without a lost request: the listening sockets stay open, and clients wait in their
/// backlog while the old program ends and the new one starts. The process keeps its pid, so that
/// its supervisor is not affected.
///
/// The order is: `CheckSuccessor`; then stop serving, close the store and end all threads, but
/// keep the sockets; then `Exec`.
///
/// @threads for one thread.
class HandOver {
 public:
  static constexpr std::chrono::seconds kCheckTimeout{10};

  /// `clock` must outlive it.
  HandOver(StartCommand command, const Clock& clock);

  /// Whether the program now at this one's path runs at all and accepts the current configuration:
  /// runs its `check-config`. Waits for at most `kCheckTimeout`; changes nothing.
  ///
  /// @errors  kUnavailable: one line with the reason against a hand-over.
  Status CheckSuccessor();

  /// Replaces this program by execve, with the same arguments and environment and with these
  /// sockets.
  ///
  /// Signals that the calling thread blocks stay blocked, on purpose: a signal that is pending or
  /// arrives from now on stays pending across execve, and the successor receives it when it waits
  /// for signals. Unblocked, a SIGTERM or SIGHUP at this moment would end the process.
  ///
  /// Call it when no other thread is left but the log's, and its lines are written. Returns only on
  /// failure; then nothing has changed, and the sockets can be served again.
  /// @return kUnavailable with the reason.
  [[nodiscard]] Error Exec(std::span<const NamedSocket> sockets);

 private:
  const StartCommand command_;
  const Clock& clock_;
};

}  // namespace rtcroom
