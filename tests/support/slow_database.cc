#include "tests/support/slow_database.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <poll.h>
#include <sys/socket.h>

namespace rtcroom {
namespace {

constexpr std::size_t kReceivedBytes = 65536;
constexpr std::size_t kLengthBytes = 4;
/// The version of the protocol that a start asks for; other messages without a type have other
/// numbers there.
constexpr std::uint32_t kMajorVersion = 3;
constexpr char kBind = 'B';

std::uint32_t BigEndian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

/// @return nullopt when the other end is gone.
std::optional<std::string> Receive(const LoopbackSocket& from) {
  std::array<char, kReceivedBytes> chunk{};
  const ssize_t count = ::recv(from.descriptor(), chunk.data(), chunk.size(), 0);
  if (count <= 0) return std::nullopt;
  return std::string(chunk.data(), static_cast<std::size_t>(count));
}

}  // namespace

SlowDatabase::SlowDatabase(int server_port, std::chrono::milliseconds delay, Listener on_statement)
    : server_port_(server_port),
      delay_(delay),
      on_statement_(std::move(on_statement)),
      thread_([this] { Relay(); }) {}

SlowDatabase::~SlowDatabase() { listener_.ShutDown(); }

void SlowDatabase::Relay() {
  while (true) {
    std::vector<pollfd> entries = {{.fd = listener_.descriptor(), .events = POLLIN, .revents = 0}};
    for (const Connection& connection : connections_) {
      for (const LoopbackSocket* const end : {&connection.client, &connection.server}) {
        entries.push_back({.fd = end->descriptor(), .events = POLLIN, .revents = 0});
      }
    }
    ::poll(entries.data(), entries.size(), -1);
    if ((entries[0].revents & POLLHUP) != 0) return;
    auto entry = entries.begin() + 1;
    std::erase_if(connections_, [&](Connection& connection) {
      const bool has_sent = entry++->revents != 0;
      const bool is_answered = entry++->revents != 0;
      if (has_sent && !PassMessages(connection)) return true;
      if (!is_answered) return false;
      const std::optional<std::string> answer = Receive(connection.server);
      if (answer) connection.client.Send(*answer);
      return !answer;
    });
    if ((entries[0].revents & POLLIN) != 0) Accept();
  }
}

void SlowDatabase::Accept() {
  LoopbackSocket client = listener_.Accept();
  if (!client.valid()) return;
  LoopbackSocket server = LoopbackSocket::Connect(server_port_);
  if (!server.valid()) return;
  connections_.push_back({.client = std::move(client), .server = std::move(server)});
}

bool SlowDatabase::PassMessages(Connection& connection) {
  const std::optional<std::string> bytes = Receive(connection.client);
  if (!bytes) return false;
  std::string& received = connection.received;
  received += *bytes;
  while (true) {
    const std::size_t type_bytes = connection.has_begun ? 1 : 0;
    if (received.size() < type_bytes + kLengthBytes) return true;
    const std::size_t size =
        type_bytes + BigEndian(std::string_view(received).substr(type_bytes, kLengthBytes));
    if (received.size() < size) return true;
    const std::string message = received.substr(0, size);
    received.erase(0, size);
    if (connection.has_begun) {
      Delay(message);
    } else {
      connection.has_begun =
          BigEndian(std::string_view(message).substr(kLengthBytes, 2)) == kMajorVersion;
    }
    connection.server.Send(message);
  }
}

void SlowDatabase::Delay(std::string_view message) {
  if (message.front() != kBind) return;
  // The names of a portal and of a statement, each with a zero byte behind it.
  const std::string_view names = message.substr(1 + kLengthBytes);
  const std::string_view statement = names.substr(names.find('\0') + 1);
  on_statement_(statement.substr(0, statement.find('\0')));
  std::this_thread::sleep_for(delay_);
}

}  // namespace rtcroom
