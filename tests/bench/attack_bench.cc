// What honest users notice while others attack the message channel.
//   attack_bench [SECONDS]     10
// Prints the latency of heartbeats without an attack, and during each of them for so long. Fails
// when the p99 of one is above 50 ms and above three times that without an attack.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "tests/bench/bench_socket.h"
#include "tests/bench/channel_clients.h"
#include "tests/e2e/room_calls.h"
#include "tests/load/tls_line.h"
#include "tests/support/gen2_client.h"
#include "tests/support/latencies.h"
#include "tests/support/server_process.h"
#include "tests/support/web_socket_frames.h"

namespace rtcroom {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kLongestP99{50};
constexpr int kPings = 500;  ///< in one write
constexpr int kTexts = 30;
constexpr std::size_t kTextBytes = 7900;

/// Attackers, which one thread drives until this ends. One that fails begins again.
class Attackers {
 public:
  explicit Attackers(const ServerProcess& server)
      : endpoint_(asio::ip::make_address("127.0.0.1"),
                  static_cast<std::uint16_t>(server.PortOf("https"))) {
    tls_.set_verify_mode(asio::ssl::verify_none);
  }
  ~Attackers() {
    context_.stop();
    thread_.join();
  }
  Attackers(const Attackers&) = delete;
  Attackers& operator=(const Attackers&) = delete;

  /// Members of a room whose polls ask for all of its messages, again and again.
  void PollFromStart(std::size_t accounts, std::size_t polls) {
    for (std::size_t i = 0; i < accounts; ++i) {
      phones_.push_back(std::make_unique<BenchPhone>(context_, tls_, fmt::format("attacker{}", i)));
      asio::co_spawn(context_, Attack(*phones_.back(), polls), &Attackers::Note);
    }
    Begin();
  }
  /// Sockets without a login that send pings as fast as they can.
  void Ping(std::size_t sockets) {
    sockets_.resize(sockets);
    for (std::unique_ptr<BenchSocket>& socket : sockets_) Open(socket);
    asio::co_spawn(context_, KeepPinging(), &Attackers::Note);
    Begin();
  }

 private:
  /// The server may end their connections.
  static void Note(const std::exception_ptr& fault) {
    try {
      if (fault) std::rethrow_exception(fault);
    } catch (const std::exception& error) {
      std::cerr << "an attacker ended: " << error.what() << '\n';
    }
  }
  void Begin() {
    thread_ = std::jthread([this] { context_.run(); });
  }
  asio::awaitable<void> Attack(BenchPhone& phone, std::size_t polls) {
    co_await phone.Enter(endpoint_, "room1");
    if (&phone == phones_.front().get()) co_await Fill(phone);
    for (std::size_t i = 0; i < polls; ++i) {
      asio::co_spawn(context_, Poll(phone), &Attackers::Note);
    }
  }
  /// As many as one account may send at once.
  asio::awaitable<void> Fill(BenchPhone& phone) {
    BenchConnection connection(context_, tls_);
    co_await connection.Connect(endpoint_);
    for (int i = 0; i < kTexts; ++i) {
      co_await phone.SendText(connection, std::string(kTextBytes, 'x'));
    }
  }
  asio::awaitable<void> Poll(BenchPhone& phone) {
    BenchConnection connection(context_, tls_);
    co_await connection.Connect(endpoint_);
    co_await phone.PollFromStart(connection);
  }
  void Open(std::unique_ptr<BenchSocket>& socket) {
    socket = std::make_unique<BenchSocket>(
        context_, client_tls_.get(),
        BenchSocket::Listener{.on_text = [](std::string_view /*text*/) {},
                              .on_end =
                                  [this, &socket](const std::string& /*why*/) {
                                    asio::post(context_, [this, &socket] { Open(socket); });
                                  }});
    socket->Open(endpoint_, {});
  }
  asio::awaitable<void> KeepPinging() {
    std::string pings;
    for (int i = 0; i < kPings; ++i) pings += BenchSocket::Frame(kPingOpcode, {});
    asio::steady_timer timer(context_);
    while (true) {
      for (const std::unique_ptr<BenchSocket>& socket : sockets_) socket->SendFrames(pings);
      timer.expires_after(milliseconds(10));
      co_await timer.async_wait(asio::use_awaitable);
    }
  }

  const asio::ip::tcp::endpoint endpoint_;
  asio::io_context context_{1};
  asio::ssl::context tls_{asio::ssl::context::tls_client};
  const TlsContextPtr client_tls_ = MakeClientTlsContext("");
  std::vector<std::unique_ptr<BenchPhone>> phones_;
  std::vector<std::unique_ptr<BenchSocket>> sockets_;
  std::jthread thread_;
};

Latencies Beat(const ServerProcess& server, std::chrono::seconds length) {
  Latencies latencies;
  ApiClient client = server.Https();
  for (const auto until = steady_clock::now() + length; steady_clock::now() < until;) {
    const auto begun = steady_clock::now();
    const ApiReply reply =
        client.Call("multi_room", "pusher_heartbeat", MemberBody("room1", "host"));
    latencies.Add(steady_clock::now() - begun);
    if (reply.code() != kOk) std::cerr << "pusher_heartbeat: " << reply.text << '\n';
    std::this_thread::sleep_for(milliseconds(5));
  }
  return latencies;
}

int Run(std::chrono::seconds length) {
  // With the limits of an installation.
  const ServerProcess server({.settings = WithLogins({{"channel.enabled", true},
                                                      {"auth.trust_imuserid", true},
                                                      {"limits.per_address_rate", "200/s"},
                                                      {"limits.per_user_rate", "20/s"},
                                                      {"room.heartbeat_timeout", "1h"},
                                                      {"log.level", "info"}})});
  server.Https().Call("multi_room", "create_room", CreateBody("host", "room1"));
  const Latencies alone = Beat(server, length);
  fmt::print("alone: {}\n", alone.Summary());
  const auto bound = std::max<Latencies::Duration>(kLongestP99, 3 * alone.Percentile(99));
  bool holds = true;
  const auto attack = [&](const char* what, const std::function<void(Attackers&)>& begin) {
    Attackers attackers(server);
    begin(attackers);
    std::this_thread::sleep_for(std::chrono::seconds(2));  // until all have begun
    const Latencies honest = Beat(server, length);
    holds = holds && honest.Percentile(99) <= bound;
    fmt::print("{}: {}\n", what, honest.Summary());
  };
  attack("64 polls of 16 accounts", [](Attackers& all) { all.PollFromStart(16, 4); });
  attack("400 sockets of pings", [](Attackers& all) { all.Ping(400); });
  return holds ? 0 : 1;
}

}  // namespace
}  // namespace rtcroom

int main(int argc, char** argv) {
  return rtcroom::Run(std::chrono::seconds(argc > 1 ? std::stoi(argv[1]) : 10));
}
