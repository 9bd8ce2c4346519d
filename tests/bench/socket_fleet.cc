#include "tests/bench/socket_fleet.h"

#include <charconv>
#include <optional>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "tests/support/gen2_client.h"
#include "tests/support/web_socket_frames.h"

namespace rtcroom {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kOpeningAtOnce = 50;
constexpr std::size_t kTextBytes = 100;
constexpr std::string_view kStamp = "sent=";
constexpr std::string_view kLikes = R"("field":"likes","value":)";

/// The number after `name`; nullopt without it.
std::optional<std::int64_t> NumberAfter(std::string_view name, std::string_view line) {
  const std::size_t at = line.find(name);
  if (at == std::string_view::npos) return std::nullopt;
  std::int64_t number = 0;
  std::from_chars(line.data() + at + name.size(), line.data() + line.size(), number);
  return number;
}

}  // namespace

std::string StampNow(std::size_t bytes) {
  std::string text = fmt::format("{}{} ", kStamp, steady_clock::now().time_since_epoch().count());
  if (text.size() < bytes) text.resize(bytes, 'x');
  return text;
}

SocketFleet::SocketFleet(boost::asio::io_context& context, int port)
    : context_(context),
      server_(boost::asio::ip::make_address("127.0.0.1"), static_cast<std::uint16_t>(port)) {
  SSL_CTX_set_read_ahead(tls_.get(), 1);  // a record takes one system call instead of two
}

void SocketFleet::Open(std::vector<Seat> seats) {
  for (Seat& seat : seats) {
    clients_.push_back(std::make_unique<Client>(Client{.seat = std::move(seat)}));
  }
  for (std::size_t i = 0; i < kOpeningAtOnce; ++i) OpenNext();
  while (subscribed_ < clients_.size()) context_.run_one();
}

void SocketFleet::OpenNext() {
  if (opened_ == clients_.size()) return;
  Client& client = *clients_[opened_++];
  client.socket = std::make_unique<BenchSocket>(
      context_, tls_.get(),
      BenchSocket::Listener{
          .on_text = [this, &client](std::string_view text) { OnText(client, text); },
          .on_end = [this, &client](const std::string& why) { OnEnd(client, why); }});
  const Seat& seat = client.seat;
  const std::string connect = fmt::format(
      R"({{"id":1,"connect":{{"userID":"{}","userSig":"{}"}}}})", seat.user, MakeTicket(seat.user));
  const std::string subscribe =
      fmt::format(R"({{"id":2,"subscribe":{{"kind":"{}","roomID":"{}"}}}})", seat.kind, seat.room);
  client.socket->Open(server_, BenchSocket::Frame(kTextOpcode, connect) +
                                   BenchSocket::Frame(kTextOpcode, subscribe));
}

void SocketFleet::Say(std::size_t client) {
  const Client& from = *clients_[client];
  from.socket->Send(
      fmt::format(R"({{"id":3,"send":{{"kind":"{}","roomID":"{}","type":"text","body":"{}"}}}})",
                  from.seat.kind, from.seat.room, StampNow(kTextBytes)));
}

void SocketFleet::Clear() {
  latencies_.Clear();
  frames_ = 0;
  pushes_ = 0;
}

void SocketFleet::OnText(Client& client, std::string_view text) {
  const steady_clock::time_point now = steady_clock::now();
  ++frames_;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() == text.size() ? line.size() : line.size() + 1);
    if (line.starts_with(R"({"id":)")) {
      OnReply(client, line);
      continue;
    }
    ++pushes_;
    if (const auto stamp = NumberAfter(kStamp, line)) {
      latencies_.Add(now - steady_clock::time_point(steady_clock::duration(*stamp)));
    } else if (const auto likes = NumberAfter(kLikes, line)) {
      latencies_.Add(now - likes_.at(static_cast<std::size_t>(*likes - 1)));
    }
  }
}

void SocketFleet::OnReply(Client& client, std::string_view line) {
  if (line.find(R"("error":)") != std::string_view::npos)
    throw std::runtime_error(std::string(line));
  if (client.is_subscribed || !line.starts_with(R"({"id":2,)")) return;
  client.is_subscribed = true;
  ++subscribed_;
  OpenNext();
}

void SocketFleet::OnEnd(const Client& client, const std::string& why) {
  if (!client.is_subscribed) throw std::runtime_error("a socket ended at once: " + why);
  ++ended_;
  last_end_ = why;
}

}  // namespace rtcroom
