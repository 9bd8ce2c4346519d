// The notification protocol of systemd.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "daemon/base/result.h"
#include "daemon/process/service_manager.h"

namespace rtcroom {

/// What systemd tells a service in its environment; texts are empty where it says nothing.
struct NotifyVariables {
  std::string socket = {};         ///< NOTIFY_SOCKET
  std::string watchdog_usec = {};  ///< WATCHDOG_USEC
  std::string watchdog_pid = {};   ///< WATCHDOG_PID
};

/// Takes the variables out of the environment of this process, so that no child takes them for its
/// own. To be called while there is one thread.
void UnsetNotifyVariables();

/// Whether a `NAME=value` text is one of those variables.
bool IsNotifyVariable(std::string_view text);

/// How long systemd waits for a sign of life, where it does.
/// @errors kBadRequest for what is no such time.
/// @source sd_watchdog_enabled(3).
Result<std::optional<std::chrono::microseconds>> WatchdogTimeout(const NotifyVariables& variables,
                                                                 pid_t own_pid);

/// Sends datagrams to the socket that NOTIFY_SOCKET names.
///
/// The protocol is promised to stay (systemd.io/PORTABILITY_AND_STABILITY), and sd_notify(3) prints
/// a client of it for those who want no library. Libsystemd would be one more shared library, with
/// four compression and encryption libraries behind it, in a program that links most statically.
///
/// @threads safe from any thread.
class NotifySocket : public ServiceManager {
 public:
  /// @param address  a path, or a name in the abstract namespace behind an `@`.
  /// @errors kBadRequest for an address of another kind, or one that is too long.
  static Result<NotifySocket> At(const std::string& address);

  void Notify(std::string_view assignments) noexcept override;

 private:
  explicit NotifySocket(std::string name) : name_(std::move(name)) {}

  std::string name_;  ///< as in sockaddr_un: with a NUL instead of the `@`
};

}  // namespace rtcroom
