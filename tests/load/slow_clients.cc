#include "tests/load/slow_clients.h"

#include <chrono>
#include <utility>

#include <boost/asio/executor_work_guard.hpp>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "tests/load/endpoint_text.h"
#include "tests/support/raw_client.h"

namespace rtcroom {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

constexpr std::chrono::milliseconds kBytePause{100};
// Small segments and a small window: otherwise the system buffers megabytes per client.
constexpr int kSmallWindow = 2048;
constexpr int kSmallSegment = 536;

/// A TLS record of a ClientHello that announces more than it contains.
/// @source RFC 8446 4.1.2, 5.1.
std::string HalfAClientHello() {
  constexpr std::string_view kStart("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
  return std::string(kStart) + std::string(100, 'r');
}

/// The request that it sends slowly.
std::string WholeRequestOf(Slowness kind) {
  const std::string body = R"({"roomID":"none","padding":")" + std::string(2000, 'p') + "\"}";
  switch (kind) {
    case Slowness::kHead:
      return RawPost("/weapp/double_room/get_pushers", body,
                     "User-Agent: " + std::string(4000, 'a') + "\r\n");
    case Slowness::kBody:
      return RawPost("/weapp/double_room/get_pushers", body);
    case Slowness::kRead:
    case Slowness::kHandshake:
    case Slowness::kSilent:
      break;
  }
  return {};
}

}  // namespace

SlowClients::SlowClients(SlowTargets targets, std::size_t count) : targets_(std::move(targets)) {
  for (std::size_t i = 0; i < count; ++i) {
    const Slowness kind = kAllSlownesses.at(i % kAllSlownesses.size());
    const bool second_half = i / kAllSlownesses.size() % 2 == 1;
    Open(clients_.emplace_back(loop_, kind),
         kind == Slowness::kHandshake || (kind == Slowness::kSilent && second_half));
  }
  thread_ = std::jthread([this] {
    const auto stays = boost::asio::make_work_guard(loop_);
    loop_.run();
  });
}

SlowClients::~SlowClients() { loop_.stop(); }

void SlowClients::Open(Client& client, bool secured) {
  error_code ignored;  // `connected` reports failed connections
  ignored = client.socket.open(tcp::v4(), ignored);
  ignored = client.socket.bind({boost::asio::ip::make_address_v4(targets_.from), 0}, ignored);
  if (client.kind == Slowness::kRead) {
    ignored = client.socket.set_option(boost::asio::socket_base::receive_buffer_size(kSmallWindow),
                                       ignored);
    ::setsockopt(client.socket.native_handle(), IPPROTO_TCP, TCP_MAXSEG, &kSmallSegment,
                 sizeof kSmallSegment);
  }
  client.socket.async_connect(EndpointOf(secured ? targets_.https : targets_.http),
                              [this, &client](const error_code& failed) {
                                if (failed) return;
                                ++connected_;
                                Begin(client);
                              });
}

void SlowClients::Begin(Client& client) {
  error_code ignored;  // the server may already have closed it
  ignored = client.socket.non_blocking(true, ignored);
  const auto send = [&client, &ignored](std::string_view bytes) {
    client.socket.send(boost::asio::buffer(bytes), 0, ignored);
  };
  client.unsent = WholeRequestOf(client.kind);
  switch (client.kind) {
    case Slowness::kHead:
      return SendByteByByte(client);
    case Slowness::kBody: {
      const std::size_t head = client.unsent.find("\r\n\r\n") + 4;
      send(client.unsent.substr(0, head));
      client.unsent.erase(0, head);
      return SendByteByByte(client);
    }
    case Slowness::kRead:
      return send(targets_.requests);
    case Slowness::kHandshake:
      return send(HalfAClientHello());
    case Slowness::kSilent:
      return;
  }
}

void SlowClients::SendByteByByte(Client& client) {
  if (client.unsent.empty()) return;
  error_code failed;
  client.socket.send(boost::asio::buffer(client.unsent, 1), 0, failed);
  if (failed) return;
  client.unsent.erase(0, 1);
  client.pause.expires_after(kBytePause);
  client.pause.async_wait([this, &client](const error_code& cancelled) {
    if (!cancelled) SendByteByByte(client);
  });
}

}  // namespace rtcroom
