// Where the gRPC server listens: a port, or a socket in the file system.
#pragma once

#include <optional>
#include <string>

#include <sys/types.h>

#include "daemon/base/result.h"
#include "daemon/http/listening_socket.h"

namespace rtcroom {

/// Listens on `host:port`, `[v6]:port` or `unix:PATH`. Only the process's user and group may
/// connect to a socket in the file system (mode 0660). A stale one, as after a crash, is replaced.
///
/// @errors  kUnavailable; the detail names the address and the reason.
Result<ListeningSocket> ListenForGrpc(const std::string& address);

/// Which file a socket was bound to, whatever becomes of its path.
struct SocketFile {
  dev_t device = 0;
  ino_t inode = 0;
  bool operator==(const SocketFile&) const = default;
};

/// The file of a `unix:PATH`; nothing for any other address, or where there is no socket.
std::optional<SocketFile> FindSocketFile(const std::string& address);

/// Takes the file of a `unix:PATH` out of the file system, unless the path leads to another one by
/// now: somebody else's.
/// @param file  of a socket that is still open, so that no other file can have got its number.
void RemoveSocketFile(const std::string& address, const SocketFile& file);

}  // namespace rtcroom
