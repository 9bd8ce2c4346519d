// Where the gRPC server listens: a port, or a socket in the file system.
#pragma once

#include <string>

#include "daemon/core/result.h"
#include "daemon/edge/listening_socket.h"

namespace rtcroom {

/// Listens on `host:port`, `[v6]:port` or `unix:PATH`. Only its owner may use a socket in the file
/// system (mode 0600). One that nobody listens on any more, as after a crash, is replaced.
///
/// @errors  kUnavailable; the detail names the address and the reason.
Result<ListeningSocket> ListenForGrpc(const std::string& address);

/// Takes what is left of a `unix:PATH` out of the file system, once its socket has been closed.
/// Does nothing for any other address, nor where somebody else listens by now.
void RemoveSocketFile(const std::string& address);

}  // namespace rtcroom
