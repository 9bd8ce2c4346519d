#include "daemon/http/listening_socket.h"

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "daemon/base/system_error.h"

namespace rtcroom {
namespace {

constexpr int kBacklog = 4096;
/// The bound for each accepted connection; the kernel doubles it for its own overhead. Without a
/// bound it lets a client that does not read hold megabytes, which count for the process's cgroup.
constexpr int kSocketBufferBytes = 64 << 10;

struct HostAndPort {
  std::string host;
  std::string port;
};

Result<HostAndPort> Split(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos || colon + 1 == address.size()) {
    return Error{Errc::kUnavailable, fmt::format("{}: not host:port", address)};
  }
  std::string host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.empty() || host.find(':') != std::string::npos) {
    return Error{Errc::kUnavailable, fmt::format("{}: not host:port or [v6]:port", address)};
  }
  // The configuration reads it so: local programs connect to that address.
  if (host == "localhost") host = "127.0.0.1";
  return HostAndPort{.host = std::move(host), .port = address.substr(colon + 1)};
}

Error CannotListen(const std::string& address) {
  return SystemError("cannot listen on " + address, errno);
}

/// The numeric form; empty for a socket that no longer has an address.
HostAndPort NameOf(const sockaddr_storage& address, socklen_t size) {
  char host[NI_MAXHOST] = {};
  char port[NI_MAXSERV] = {};
  if (getnameinfo(reinterpret_cast<const sockaddr*>(&address), size, host, sizeof(host), port,
                  sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return {};
  }
  return {.host = host, .port = port};
}

void Enable(int socket, int level, int option) {
  const int on = 1;
  // These options only tune a socket that works without them.
  (void)setsockopt(socket, level, option, &on, sizeof(on));
}

/// Sets the bound for the connections that the socket will accept.
void BoundBuffers(int listening) {
  for (const int option : {SO_SNDBUF, SO_RCVBUF}) {
    // It cannot fail for a socket; a larger buffer is measured (`Transport::MeasureSystem`).
    (void)setsockopt(listening, SOL_SOCKET, option, &kSocketBufferBytes,
                     sizeof(kSocketBufferBytes));
  }
}

/// Whether IPv4 clients can connect to an IPv6 socket is otherwise a setting of the machine.
void SetFamilies(int socket, WildcardFamilies families) {
  const int v6_only = families == WildcardFamilies::kV6Only ? 1 : 0;
  // Without IPv4 in the kernel it may fail, and then there is nothing to accept.
  (void)setsockopt(socket, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof(v6_only));
}

/// An option of the level SOL_SOCKET; nullopt when the descriptor is not a socket.
std::optional<int> OptionOf(int descriptor, int option) {
  int value = 0;
  socklen_t size = sizeof(value);
  if (getsockopt(descriptor, SOL_SOCKET, option, &value, &size) != 0) return std::nullopt;
  return value;
}

/// The address in the format of the configuration; nullopt unless it is IPv4, IPv6 or a path.
std::optional<std::string> BoundAddress(int socket) {
  sockaddr_storage bound = {};
  socklen_t size = sizeof(bound);
  if (getsockname(socket, reinterpret_cast<sockaddr*>(&bound), &size) != 0) return std::nullopt;
  if (bound.ss_family == AF_UNIX) {
    const std::size_t most = size - offsetof(sockaddr_un, sun_path);
    const char* const path = reinterpret_cast<const sockaddr_un&>(bound).sun_path;
    if (most == 0 || path[0] == '\0') return std::nullopt;
    return fmt::format("unix:{}", std::string_view(path, strnlen(path, most)));
  }
  if (bound.ss_family != AF_INET && bound.ss_family != AF_INET6) return std::nullopt;
  const HostAndPort name = NameOf(bound, size);
  return bound.ss_family == AF_INET6 ? fmt::format("[{}]:{}", name.host, name.port)
                                     : fmt::format("{}:{}", name.host, name.port);
}

}  // namespace

Result<ListeningSocket> Listen(const std::string& address, WildcardFamilies families) {
  const Result<HostAndPort> wanted = Split(address);
  if (!wanted) return wanted.error();

  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int failed = getaddrinfo(wanted->host.c_str(), wanted->port.c_str(), &hints, &found);
      failed != 0) {
    return Error{Errc::kUnavailable,
                 fmt::format("cannot listen on {}: {}", address, gai_strerror(failed))};
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(found, freeaddrinfo);

  FileDescriptor socket(::socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return CannotListen(address);
  // A restart must not wait for the TIME_WAIT connections of the previous process.
  Enable(socket.get(), SOL_SOCKET, SO_REUSEADDR);
  if (found->ai_family == AF_INET6) SetFamilies(socket.get(), families);
  BoundBuffers(socket.get());
  if (bind(socket.get(), found->ai_addr, found->ai_addrlen) != 0 ||
      listen(socket.get(), kBacklog) != 0) {
    return CannotListen(address);
  }

  std::optional<std::string> bound = BoundAddress(socket.get());
  if (!bound) return CannotListen(address);
  return ListeningSocket{.socket = std::move(socket), .address = *std::move(bound)};
}

Result<ListeningSocket> AdoptListeningSocket(FileDescriptor socket) {
  const int descriptor = socket.get();
  const auto refusal = [&](const char* reason) {
    return Error{Errc::kUnavailable,
                 fmt::format("inherited descriptor {}: {}", descriptor, reason)};
  };
  if (fcntl(descriptor, F_GETFD) < 0) return refusal("not open");
  if (OptionOf(descriptor, SO_TYPE) != SOCK_STREAM) return refusal("not a stream socket");
  if (OptionOf(descriptor, SO_ACCEPTCONN) != 1) return refusal("not listening");
  std::optional<std::string> bound = BoundAddress(descriptor);
  if (!bound) return refusal("not a TCP socket, nor has it a path");

  const int modes = fcntl(descriptor, F_GETFL);
  if (modes < 0 || fcntl(descriptor, F_SETFL, modes | O_NONBLOCK) != 0 ||
      fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0 || listen(descriptor, kBacklog) != 0) {
    return refusal(std::generic_category().message(errno).c_str());
  }
  BoundBuffers(descriptor);
  return ListeningSocket{.socket = std::move(socket), .address = *std::move(bound)};
}

AcceptedSocket Accept(const FileDescriptor& listening) {
  sockaddr_storage peer = {};
  socklen_t size = sizeof(peer);
  AcceptedSocket accepted{
      .socket = FileDescriptor(accept4(listening.get(), reinterpret_cast<sockaddr*>(&peer), &size,
                                       SOCK_NONBLOCK | SOCK_CLOEXEC)),
      .peer = {}};
  if (!accepted.socket.valid()) return accepted;
  Enable(accepted.socket.get(), IPPROTO_TCP, TCP_NODELAY);
  accepted.peer = IpAddress::FromSockaddr(peer).value_or(IpAddress());
  return accepted;
}

}  // namespace rtcroom
