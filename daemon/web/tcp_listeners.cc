#include "daemon/web/tcp_listeners.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>

#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "daemon/base/parse_integer.h"
#include "daemon/web/sdp_offer.h"

namespace rtcroom {
namespace {

/// The listener with this descriptor; nullopt if the descriptor is anything else.
std::optional<TcpListener> ListenerAt(int fd) {
  int listens = 0;
  socklen_t size = sizeof(listens);
  if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0) return {};
  sockaddr_storage local{};
  size = sizeof(local);
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&local), &size) != 0) return {};
  const std::optional<IpAddress> address = IpAddress::FromSockaddr(local);
  if (!address) return {};
  // Ports are in the same place in both families.
  const std::uint16_t port = ntohs(reinterpret_cast<const sockaddr_in&>(local).sin_port);
  return TcpListener{.address = *address, .port = port};
}

/// The kernel drops what comes without a connection. A closed listener would be read for ever.
void DropAll(int fd) {
  sock_filter drop = BPF_STMT(BPF_RET | BPF_K, 0);
  const sock_fprog program{.len = 1, .filter = &drop};
  (void)setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

}  // namespace

std::vector<TcpListener> TcpListenersIn(std::string_view answer) {
  constexpr std::size_t kAddress = 4;
  constexpr std::size_t kPort = 5;
  std::vector<TcpListener> listeners;
  for (const std::string_view line : LinesOf(answer)) {
    const bool is_passive = line.find(" tcptype passive") != std::string_view::npos;
    if (!is_passive || !line.starts_with("a=candidate:")) continue;
    const std::vector<std::string_view> words = WordsOf(line);
    if (words.size() <= kPort) continue;
    const std::optional<IpAddress> address = IpAddress::Parse(words[kAddress]);
    const std::optional<std::uint16_t> port = ParsePort(words[kPort]);
    if (address && port) listeners.push_back({.address = *address, .port = *port});
  }
  return listeners;
}

void ShutListeners(const std::vector<TcpListener>& listeners) {
  if (listeners.empty()) return;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", failed)) {
    const auto fd = ParseInteger<int>(entry.path().filename().native());
    const std::optional<TcpListener> listener = fd ? ListenerAt(*fd) : std::nullopt;
    if (listener && std::ranges::find(listeners, *listener) != listeners.end()) DropAll(*fd);
  }
}

}  // namespace rtcroom
