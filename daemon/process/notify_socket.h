// The notification protocol of systemd.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "daemon/base/logger.h"
#include "daemon/base/result.h"
#include "daemon/config/environment.h"
#include "daemon/process/service_manager.h"

namespace rtcroom {

/// The variables that systemd sets for a service; empty where unset.
struct NotifyVariables {
  std::string socket = {};         ///< NOTIFY_SOCKET
  std::string watchdog_usec = {};  ///< WATCHDOG_USEC
  std::string watchdog_pid = {};   ///< WATCHDOG_PID
};

NotifyVariables NotifyVariablesOf(const Environment& environment);

/// Removes the variables from this process's environment, so that no child takes them as its own.
/// Call it while there is one thread.
void UnsetNotifyVariables();

/// Whether a `NAME=value` text is one of those variables.
bool IsNotifyVariable(std::string_view text);

/// The watchdog timeout of systemd, if it is enabled.
/// @errors kBadRequest for an invalid time.
/// @source sd_watchdog_enabled(3).
Result<std::optional<std::chrono::microseconds>> WatchdogTimeout(const NotifyVariables& variables,
                                                                 pid_t own_pid);

/// Sends datagrams to the socket that NOTIFY_SOCKET names.
///
/// The protocol is stable (systemd.io/PORTABILITY_AND_STABILITY), and sd_notify(3) contains a
/// client for programs without the library. Libsystemd would add a shared library, with four
/// compression and encryption libraries behind it, to a program that links most statically.
///
/// @threads safe from any thread.
class NotifySocket : public ServiceManager {
 public:
  /// @param address  a path, or `@` and a name in the abstract namespace.
  /// @errors kBadRequest for an address of another kind, or one that is too long.
  static Result<NotifySocket> At(const std::string& address);

  void Notify(std::string_view assignments) noexcept override;

 private:
  explicit NotifySocket(std::string name) : name_(std::move(name)) {}

  std::string name_;  ///< name in sockaddr_un: has a NUL instead of the `@`
};

/// The socket of the service manager, if there is one. A program also runs without it, so one that
/// cannot be used is only logged.
std::optional<NotifySocket> FindManager(const NotifyVariables& variables, Logger& logger);

/// The watchdog timeout of this process, if it has one that can be used; likewise.
std::optional<std::chrono::microseconds> FindWatchdog(const NotifyVariables& variables,
                                                      Logger& logger);

}  // namespace rtcroom
