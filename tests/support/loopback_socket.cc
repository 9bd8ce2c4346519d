#include "tests/support/loopback_socket.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/eventually.h"

namespace rtcroom {
namespace {

constexpr int kBacklog = 64;
constexpr std::size_t kChunkBytes = 4096;

int Require(int outcome, const char* call) {
  if (outcome < 0) throw std::system_error(errno, std::generic_category(), call);
  return outcome;
}

sockaddr_in PortOfLoopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void SetTimeouts(int descriptor) {
  const timeval timeout{.tv_sec = kWaitTimeout.count(), .tv_usec = 0};
  Require(::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout),
          "setsockopt");
}

}  // namespace

LoopbackSocket LoopbackSocket::Listen() {
  LoopbackSocket socket = Bind();
  socket.BeginToListen();
  return socket;
}

LoopbackSocket LoopbackSocket::Bind(int port) {
  LoopbackSocket socket(Require(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
  // Connections of the port's previous owner may still be closing, and the holder of a reserved
  // port is also bound to it.
  const int yes = 1;
  Require(::setsockopt(socket.descriptor_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes),
          "setsockopt");
  const sockaddr_in address = PortOfLoopback(port);
  Require(::bind(socket.descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address),
          "bind");
  return socket;
}

LoopbackSocket LoopbackSocket::Connect(int port, int receive_buffer) {
  LoopbackSocket socket(Require(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
  if (receive_buffer != 0) {
    Require(::setsockopt(socket.descriptor_, SOL_SOCKET, SO_RCVBUF, &receive_buffer,
                         sizeof receive_buffer),
            "setsockopt");
  }
  const sockaddr_in address = PortOfLoopback(port);
  if (::connect(socket.descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
      0) {
    return LoopbackSocket(-1);
  }
  SetTimeouts(socket.descriptor_);
  return socket;
}

void LoopbackSocket::BeginToListen() const { Require(::listen(descriptor_, kBacklog), "listen"); }

LoopbackSocket::~LoopbackSocket() {
  if (valid()) ::close(descriptor_);
}

LoopbackSocket::LoopbackSocket(LoopbackSocket&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

int LoopbackSocket::Port() const {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  Require(::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
  return ntohs(address.sin_port);
}

LoopbackSocket LoopbackSocket::Accept() const {
  LoopbackSocket socket(::accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC));
  if (socket.valid()) SetTimeouts(socket.descriptor_);
  return socket;
}

void LoopbackSocket::Send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // an early close by the peer shows in its answer
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void LoopbackSocket::ShutDown() const { ::shutdown(descriptor_, SHUT_RDWR); }

std::string LoopbackSocket::ReceiveUntil(std::string_view end) const {
  std::string received;
  std::array<char, kChunkBytes> chunk{};
  while (received.find(end) == std::string::npos) {
    const ssize_t count = ::recv(descriptor_, chunk.data(), chunk.size(), 0);
    if (count <= 0) break;
    received.append(chunk.data(), static_cast<std::size_t>(count));
  }
  return received;
}

}  // namespace rtcroom
