#include "daemon/process/notify_socket.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/base/parse_integer.h"

namespace rtcroom {
namespace {

constexpr std::array<const char*, 3> kNotifyVariables = {"NOTIFY_SOCKET", "WATCHDOG_USEC",
                                                         "WATCHDOG_PID"};

/// A manager that does not read must not block the server for longer.
constexpr timeval kMostWaiting{.tv_sec = 1, .tv_usec = 0};

}  // namespace

NotifyVariables NotifyVariablesOf(const Environment& environment) {
  const auto value = [&environment](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
  };
  return {.socket = value("NOTIFY_SOCKET"),
          .watchdog_usec = value("WATCHDOG_USEC"),
          .watchdog_pid = value("WATCHDOG_PID")};
}

void UnsetNotifyVariables() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): the contract says when to call it
  for (const char* const name : kNotifyVariables) unsetenv(name);
}

bool IsNotifyVariable(std::string_view text) {
  return std::ranges::find(kNotifyVariables, text.substr(0, text.find('='))) !=
         kNotifyVariables.end();
}

Result<std::optional<std::chrono::microseconds>> WatchdogTimeout(const NotifyVariables& variables,
                                                                 pid_t own_pid) {
  using Timeout = std::optional<std::chrono::microseconds>;
  if (variables.watchdog_usec.empty()) return Timeout();
  // Variables inherited from a parent are ignored: they are for the parent.
  if (!variables.watchdog_pid.empty() &&
      ParseInteger<std::uint64_t>(variables.watchdog_pid) != static_cast<std::uint64_t>(own_pid)) {
    return Timeout();
  }
  const std::optional<std::uint64_t> timeout = ParseInteger<std::uint64_t>(variables.watchdog_usec);
  const bool is_usable = timeout && *timeout > 0 && *timeout < std::uint64_t{INT64_MAX};
  if (!is_usable) return Error{Errc::kBadRequest, "WATCHDOG_USEC: not a time in microseconds"};
  return Timeout(static_cast<std::int64_t>(*timeout));
}

Result<NotifySocket> NotifySocket::At(const std::string& address) {
  const bool is_abstract = address.starts_with('@');
  if (!is_abstract && !address.starts_with('/')) {
    return Error{Errc::kBadRequest, "NOTIFY_SOCKET: neither a path nor an abstract name"};
  }
  // A path has its NUL in the structure; an abstract name ends at the given length.
  if (address.size() + (is_abstract ? 0 : 1) > sizeof(sockaddr_un::sun_path)) {
    return Error{Errc::kBadRequest, "NOTIFY_SOCKET: too long"};
  }
  std::string name = address;
  if (is_abstract) name.front() = '\0';
  return NotifySocket(std::move(name));
}

void NotifySocket::Notify(std::string_view assignments) noexcept {
  // One socket per message, as in sd_notify(3): messages are rare, and this survives a restart of
  // the manager.
  const int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::ranges::copy(name_, address.sun_path);
  (void)setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &kMostWaiting, sizeof(kMostWaiting));
  (void)sendto(descriptor, assignments.data(), assignments.size(), MSG_NOSIGNAL,
               reinterpret_cast<const sockaddr*>(&address),
               static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size()));
  close(descriptor);
}

std::optional<NotifySocket> FindManager(const NotifyVariables& variables, Logger& logger) {
  if (variables.socket.empty()) return std::nullopt;
  Result<NotifySocket> socket = NotifySocket::At(variables.socket);
  if (socket) return *std::move(socket);
  logger.Warn("service_manager_unreachable", {{"reason", socket.error().detail}});
  return std::nullopt;
}

std::optional<std::chrono::microseconds> FindWatchdog(const NotifyVariables& variables,
                                                      Logger& logger) {
  const auto timeout = WatchdogTimeout(variables, getpid());
  if (timeout) return *timeout;
  logger.Warn("watchdog_disabled", {{"reason", timeout.error().detail}});
  return std::nullopt;
}

}  // namespace rtcroom
