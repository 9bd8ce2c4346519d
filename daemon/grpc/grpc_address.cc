#include "daemon/grpc/grpc_address.h"

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/base/system_error.h"

namespace rtcroom {
namespace {

constexpr std::string_view kUnix = "unix:";
constexpr int kBacklog = 4096;
constexpr mode_t kMode = S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP;

Error CannotListen(const std::string& address, int error_number) {
  return SystemError("cannot listen on " + address, error_number);
}

FileDescriptor UnixSocket() {
  return FileDescriptor(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

std::optional<sockaddr_un> UnixAddress(std::string_view path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  // Leaves room for the terminating NUL, which is already set.
  if (path.size() >= sizeof(address.sun_path)) return std::nullopt;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

int Bind(int socket, const sockaddr_un& address) {
  const bool bound =
      bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  return bound ? 0 : errno;
}

std::optional<SocketFile> SocketFileAt(const char* path) {
  struct stat found{};
  if (lstat(path, &found) != 0 || !S_ISSOCK(found.st_mode)) return std::nullopt;
  return SocketFile{.device = found.st_dev, .inode = found.st_ino};
}

// Whether the path leads to a socket without a listener.
bool IsAbandoned(const sockaddr_un& address) {
  if (!SocketFileAt(address.sun_path)) return false;
  const FileDescriptor probe = UnixSocket();
  return connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 &&
         errno == ECONNREFUSED;
}

Result<ListeningSocket> ListenUnix(const std::string& address) {
  const std::optional<sockaddr_un> path =
      UnixAddress(std::string_view(address).substr(kUnix.size()));
  if (!path) return CannotListen(address, ENAMETOOLONG);
  FileDescriptor socket = UnixSocket();
  // The file's mode is the socket's, less the umask, which may exclude the group.
  if (!socket.valid() || fchmod(socket.get(), S_IRUSR | S_IWUSR) != 0) {
    return CannotListen(address, errno);
  }
  int failed = Bind(socket.get(), *path);
  if (failed == EADDRINUSE && IsAbandoned(*path)) {
    unlink(path->sun_path);
    failed = Bind(socket.get(), *path);
  }
  if (failed != 0) return CannotListen(address, failed);
  if (chmod(path->sun_path, kMode) != 0 || listen(socket.get(), kBacklog) != 0) {
    return CannotListen(address, errno);
  }
  return ListeningSocket{.socket = std::move(socket), .address = address};
}

}  // namespace

Result<ListeningSocket> ListenForGrpc(const std::string& address, WildcardFamilies families) {
  return address.starts_with(kUnix) ? ListenUnix(address) : Listen(address, families);
}

std::optional<SocketFile> FindSocketFile(const std::string& address) {
  if (!address.starts_with(kUnix)) return std::nullopt;
  return SocketFileAt(address.c_str() + kUnix.size());
}

void RemoveSocketFile(const std::string& address, const SocketFile& file) {
  if (FindSocketFile(address) == file) unlink(address.c_str() + kUnix.size());
}

}  // namespace rtcroom
