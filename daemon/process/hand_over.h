// The way from this program to its successor, within one process.
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

/// How this process was started, so that the same can be done again.
struct StartCommand {
  std::filesystem::path program = {};         ///< absolute; empty when the system does not tell
  std::vector<std::string> arguments = {};    ///< its own name first, then `serve`
  std::vector<std::string> environment = {};  ///< `NAME=value` texts
};

/// @param arguments  of `main`, ended by a null pointer, as is `environment`.
/// To be called early: after an upgrade has put another file at the program's path, the system
/// tells of the old one as deleted.
StartCommand OwnStartCommand(const char* const* arguments, const char* const* environment);

/// An upgrade without a lost request: the listening sockets stay open all the time, and clients
/// wait in their backlog while the old program ends and the new one starts. The process keeps
/// its pid, so that whoever watches it notices nothing.
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

  /// Whether the program that is now found where this one was started from runs at all and can
  /// use the configuration as it is now: asks its `check-config`. Waits for at most
  /// `kCheckTimeout`; nothing has changed afterwards.
  ///
  /// @errors  kUnavailable: one line that says why it is better to stay.
  Status CheckSuccessor();

  /// Becomes that program, with the same arguments and environment and with these sockets.
  ///
  /// Signals that the calling thread blocks stay blocked, on purpose: one that arrives from now
  /// on, or has arrived and was not waited for yet, is kept by the kernel across execve, and the
  /// successor finds it when it waits for signals itself. Unblocked, a SIGTERM or SIGHUP in this
  /// moment would end the process.
  ///
  /// Must be called when no other thread is left but the log's, whose lines are written. Returns
  /// only when it failed; then all is as it was before, and the sockets can go on to be served.
  /// @return kUnavailable with the reason.
  [[nodiscard]] Error Exec(std::span<const NamedSocket> sockets);

 private:
  const StartCommand command_;
  const Clock& clock_;
};

}  // namespace rtcroom
