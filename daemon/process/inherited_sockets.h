// Listening sockets that were open before this process, or this program, began.
#pragma once

#include <optional>
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

/// What systemd passes to a service that has a socket unit, and what `PassedSockets` passes to
/// the next program. Clients that connect meanwhile wait in the socket's backlog.
///
/// @source  sd_listen_fds(3).
/// @threads for one thread.
class InheritedSockets {
 public:
  static constexpr int kFirstDescriptor = 3;

  /// None.
  InheritedSockets() = default;
  /// Those that this process kept itself.
  explicit InheritedSockets(std::vector<NamedSocket> sockets) : waiting_(std::move(sockets)) {}

  /// Those that LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES tell of: none unless they are meant
  /// for `own_pid`. To be called once, before this process opens descriptors of its own.
  ///
  /// @param first  where they begin; another number is for tests.
  /// @errors  kUnavailable when the variables cannot be read, or a descriptor is no listening
  ///          socket; the detail is one line.
  static Result<InheritedSockets> FromEnvironment(const Environment& environment, pid_t own_pid,
                                                  int first = kFirstDescriptor);

  /// The socket of that name; else the one that is bound to `address`, as the configuration
  /// writes it. A socket of that name counts wherever it is bound: whoever passed it decided. But
  /// one in the file system is for `grpc` only.
  std::optional<ListeningSocket> Take(std::string_view name, std::string_view address);

  /// @errors  kUnavailable while there is a socket that no listener took: its clients would wait
  ///          for ever. The detail names the descriptor and its address.
  [[nodiscard]] Status CheckAllTaken() const;

 private:
  std::vector<NamedSocket> waiting_;
};

/// Takes the variables out of this process's environment, so that no child believes they are
/// meant for it. To be called before there are other threads.
void UnsetListenVariables();

/// Whether a `NAME=value` text is one of those variables.
bool IsListenVariable(std::string_view text);

}  // namespace rtcroom
