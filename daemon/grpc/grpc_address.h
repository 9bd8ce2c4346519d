// The places where the gRPC server listens, and for whom: a port, or a socket in the file system.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <sys/types.h>

#include "daemon/base/result.h"
#include "daemon/http/listening_socket.h"

namespace rtcroom {

/// Who calls on a listener.
enum class GrpcCallers : std::uint8_t {
  kOperators,  ///< and programs of theirs, which may make all calls
  kWorkers,    ///< which may make FollowMixes and ServeWeb, and no other call of any service
};

/// Listens on `host:port`, `[v6]:port` or `unix:PATH`. Only the process's user and group may
/// connect to a socket in the file system (mode 0660), in a folder with the setgid bit the folder's
/// group instead. A stale one, as after a crash, is replaced.
///
/// @errors  kUnavailable; the detail names the address and the reason.
Result<ListeningSocket> ListenForGrpc(const std::string& address,
                                      WildcardFamilies families = WildcardFamilies::kBoth);

/// Identifies the file a socket was bound to, even if its path is replaced.
struct SocketFile {
  dev_t device = 0;
  ino_t inode = 0;
  bool operator==(const SocketFile&) const = default;
};

/// The file of a `unix:PATH`; nullopt for any other address, or if there is no socket.
std::optional<SocketFile> FindSocketFile(const std::string& address);

/// Unlinks the file of a `unix:PATH`, unless the path now leads to another file.
/// @param file  of a socket that is still open, so that its inode number is not reused.
void RemoveSocketFile(const std::string& address, const SocketFile& file);

}  // namespace rtcroom
