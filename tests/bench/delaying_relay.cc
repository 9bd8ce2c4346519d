#include "tests/bench/delaying_relay.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <utility>
#include <vector>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

namespace rtcroom {
namespace {

constexpr std::size_t kChunkBytes = 65536;

/// Otherwise small packets would wait for acknowledgements of earlier ones.
void SendAtOnce(const LoopbackSocket& socket) {
  const int yes = 1;
  ::setsockopt(socket.descriptor(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

}  // namespace

DelayingRelay::DelayingRelay(int server_port, std::chrono::microseconds delay)
    : server_port_(server_port), delay_(delay), thread_([this] { Relay(); }) {}

DelayingRelay::~DelayingRelay() { listener_.ShutDown(); }

void DelayingRelay::Relay() {
  while (Wait()) {
    std::erase_if(connections_, [this](Connection& connection) {
      if (!Receive(connection.client) || !Receive(connection.server)) return true;
      Deliver(connection.client, connection.server);
      Deliver(connection.server, connection.client);
      return false;
    });
  }
}

bool DelayingRelay::Wait() {
  std::vector<pollfd> entries = {{.fd = listener_.descriptor(), .events = POLLIN, .revents = 0}};
  std::optional<Time> due;
  const auto watch = [&](const End& end, const End& other) {
    short events = POLLIN;
    if (end.is_full) {
      events |= POLLOUT;
    } else if (!other.sent.empty()) {
      const Time first = other.sent.front().due;
      due = due ? std::min(*due, first) : first;
    }
    entries.push_back({.fd = end.socket.descriptor(), .events = events, .revents = 0});
  };
  for (const Connection& connection : connections_) {
    watch(connection.client, connection.server);
    watch(connection.server, connection.client);
  }
  timespec timeout{};
  if (due) {
    const auto wait = std::max(*due - std::chrono::steady_clock::now(), Time::duration::zero());
    timeout.tv_nsec = std::chrono::nanoseconds(wait).count();  // less than a second
  }
  ::ppoll(entries.data(), entries.size(), due ? &timeout : nullptr, nullptr);
  if ((entries[0].revents & POLLHUP) != 0) return false;
  if ((entries[0].revents & POLLIN) != 0) Accept();
  return true;
}

void DelayingRelay::Accept() {
  LoopbackSocket client = listener_.Accept();
  if (!client.valid()) return;
  LoopbackSocket server = LoopbackSocket::Connect(server_port_);
  if (!server.valid()) return;
  SendAtOnce(client);
  SendAtOnce(server);
  connections_.push_back(
      {.client = {.socket = std::move(client)}, .server = {.socket = std::move(server)}});
}

bool DelayingRelay::Receive(End& from) {
  std::array<char, kChunkBytes> chunk{};
  const ssize_t count = ::recv(from.socket.descriptor(), chunk.data(), chunk.size(), MSG_DONTWAIT);
  if (count < 0) return errno == EAGAIN;
  if (count == 0) return false;
  from.sent.push_back({.due = std::chrono::steady_clock::now() + delay_,
                       .bytes = std::string(chunk.data(), static_cast<std::size_t>(count))});
  return true;
}

void DelayingRelay::Deliver(End& from, End& to) {
  const Time now = std::chrono::steady_clock::now();
  to.is_full = false;
  while (!from.sent.empty() && from.sent.front().due <= now) {
    std::string& bytes = from.sent.front().bytes;
    const ssize_t sent =
        ::send(to.socket.descriptor(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    bytes.erase(0, static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
    if (!bytes.empty()) {
      to.is_full = true;
      return;
    }
    from.sent.pop_front();
  }
}

}  // namespace rtcroom
