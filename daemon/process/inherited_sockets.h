// Listening sockets that were opened before this process, or this program, started.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "daemon/base/result.h"
#include "daemon/config/environment.h"
#include "daemon/http/listening_socket.h"

namespace rtcroom {

/// A listening socket and the listener it is for: `http`, `https`, `admin`, `grpc`.
struct NamedSocket {
  std::string name = {};
  ListeningSocket listening = {};
};

/// The sockets that systemd passes to a service with a socket unit, or `PassedSockets` to the next
/// program. Clients that connect meanwhile wait in the socket's backlog.
///
/// @source  sd_listen_fds(3).
/// @threads for one thread.
class InheritedSockets {
 public:
  static constexpr int kFirstDescriptor = 3;

  /// No sockets.
  InheritedSockets() = default;
  /// Sockets that this process kept itself.
  explicit InheritedSockets(std::vector<NamedSocket> sockets) : waiting_(std::move(sockets)) {}

  /// The sockets of LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES: none unless they are meant for
  /// `own_pid`. Call it once, before this process opens other descriptors.
  ///
  /// @param first  the first descriptor; another number is for tests.
  /// @errors  kUnavailable when the variables cannot be parsed, or a descriptor is not a listening
  ///         socket; the detail is one line.
  static Result<InheritedSockets> FromEnvironment(const Environment& environment, pid_t own_pid,
                                                  int first = kFirstDescriptor);

  struct Taken {
    std::vector<ListeningSocket> sockets = {};
    std::vector<std::string> missing = {};  ///< addresses to listen on
  };

  /// The sockets of that name, which may be bound to any addresses and take the place of all that
  /// are configured; without any, those bound to `addresses`, as the configuration writes them. A
  /// Unix-domain socket matches `grpc` only.
  Taken Take(std::string_view name, std::span<const std::string> addresses);

  /// It keeps the socket for the next listener of its name.
  void PutBack(NamedSocket socket) { waiting_.push_back(std::move(socket)); }

  /// @errors  kUnavailable while there is a socket that no listener took: its clients would wait
  ///         forever. The detail names the descriptor and its address.
  [[nodiscard]] Status CheckAllTaken() const;

 private:
  template <typename Matches>
  std::optional<ListeningSocket> TakeIf(Matches matches);

  std::vector<NamedSocket> waiting_;
};

/// Removes the variables from this process's environment, so that no child takes them as its own.
/// Call it before other threads start.
void UnsetListenVariables();

/// Whether a `NAME=value` text is one of those variables.
bool IsListenVariable(std::string_view text);

}  // namespace rtcroom
