#include "daemon/web/tcp_listeners.h"

#include <cerrno>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "daemon/base/file_descriptor.h"
#include "tests/support/loopback_socket.h"

namespace rtcroom {
namespace {

const IpAddress kHere = *IpAddress::Parse("127.0.0.1");

TEST(TcpListenersIn, AreThoseOfCandidates) {
  const std::vector<TcpListener> found = TcpListenersIn(
      "v=0\r\na=candidate:1 1 UDP 2015363327 10.0.0.1 50001 typ host\r\n"
      "a=candidate:2 1 TCP 1015021823 10.0.0.1 9 typ host tcptype active\r\n"
      "a=candidate:3 1 TCP 1010827519 127.0.0.1 50002 typ host tcptype passive\r\n"
      "a=candidate:4 1 TCP 1010827519 fd00::1 50003 typ host tcptype passive\r\n"
      "a=candidate:5 1 TCP 1 none 50004 typ host tcptype passive\r\n"
      "a=candidate:6 tcptype passive\r\n");
  const std::vector<TcpListener> expected = {
      {.address = kHere, .port = 50002}, {.address = *IpAddress::Parse("fd00::1"), .port = 50003}};
  EXPECT_EQ(found, expected);
}

/// Whether a connection to it is still waited for after some time; one that succeeds takes none.
bool IsShut(int port) {
  const FileDescriptor client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval patience{.tv_sec = 0, .tv_usec = 50'000};
  setsockopt(client.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 &&
         errno == EINPROGRESS;
}

TEST(ShutListeners, LetsNobodyConnectAnyMore) {
  const LoopbackSocket listener = LoopbackSocket::Listen();
  const LoopbackSocket other = LoopbackSocket::Listen();
  const LoopbackSocket client = LoopbackSocket::Connect(listener.Port());
  const LoopbackSocket server = listener.Accept();
  ShutListeners({{.address = kHere, .port = static_cast<std::uint16_t>(listener.Port())}});
  EXPECT_TRUE(IsShut(listener.Port()));
  EXPECT_FALSE(IsShut(other.Port()));
  // Who was there before goes on.
  client.Send("one.");
  EXPECT_EQ(server.ReceiveUntil("."), "one.");
  server.Send("two.");
  EXPECT_EQ(client.ReceiveUntil("."), "two.");
}

}  // namespace
}  // namespace rtcroom
