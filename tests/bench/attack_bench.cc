// What honest users notice while others attack the message channel, or read nothing.
//   attack_bench [SECONDS]     10
// Prints the latency of heartbeats without an attack, and during each of them for so long, with the
// server's resident memory after it. Fails when the p99 of one is above 50 ms and above three times
// that without an attack, or a heartbeat gets no reply.
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

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tests/bench/bench_socket.h"
#include "tests/bench/channel_clients.h"
#include "tests/e2e/room_calls.h"
#include "tests/load/tls_line.h"
#include "tests/support/gen2_client.h"
#include "tests/support/latencies.h"
#include "tests/support/process_stats.h"
#include "tests/support/raw_client.h"
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
constexpr milliseconds kSoon{10};
constexpr milliseconds kFrameGap{55};  ///< a few more frames a second close a socket
constexpr int kAlive = 10;
constexpr milliseconds kAliveGap{200};  ///< as above
constexpr int kUnread = 500;
constexpr int kLogins = 8;
constexpr int kGroups = 16;
constexpr std::size_t kLargeFrame = 60'000;
constexpr int kLargeRooms = 100;
constexpr std::size_t kCursors = 16;
constexpr std::uint32_t kFirstAddress = 0x7f01'0001;  ///< 127.1.0.1

const std::string kChannel = "/channel/ws";
const std::string kSdks = fmt::format("/info?sdkappid={}", kTestAppId);  ///< with text frames

struct SdkRequest {
  std::string command{};
  nlohmann::json body = nlohmann::json::object();
};

std::string SdkFrame(std::string_view command, nlohmann::json head,
                     const nlohmann::json& body = nlohmann::json::object()) {
  head["servcmd"] = command;
  head["seq"] = 1;
  return BenchSocket::Frame(kTextOpcode, nlohmann::json({{"head", head}, {"body", body}}).dump());
}

std::string SdkLogin(std::size_t attacker) {
  const std::string user = fmt::format("attacker{}", attacker);
  return SdkFrame("im_open_status.wslogin", {{"identifier", user}, {"usersig", MakeTicket(user)}});
}

std::string Repeated(const std::string& text, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

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
  /// Sockets that open with frames, and again when they end, and then send frames without end.
  /// @param greeting  of each, by its number.
  void Send(std::size_t sockets, const std::function<std::string(std::size_t)>& greeting,
            const std::string& frames, milliseconds gap, const std::string& target = kChannel) {
    sockets_.resize(sockets);
    frames_.assign(sockets, frames);
    for (std::size_t i = 0; i < sockets; ++i) Open(i, greeting(i), target);
    if (!frames.empty()) asio::co_spawn(context_, KeepSending(gap), &Attackers::Note);
    Begin();
  }
  /// Today's IM SDKs that log in, and then send requests without end.
  void AskAsSdks(std::size_t sockets, std::vector<SdkRequest> requests, milliseconds gap) {
    requests_ = std::move(requests);
    Send(sockets, [](std::size_t i) { return SdkLogin(i); }, {}, gap, kSdks);
    asio::co_spawn(context_, KeepSending(gap), &Attackers::Note);
  }
  /// Connections that send requests and read nothing, each from an address of its own.
  void ReadNothing(std::uint32_t connections, const std::string& requests) {
    for (std::uint32_t i = 0; i < connections; ++i) {
      asio::co_spawn(context_, AskWithoutReading(kFirstAddress + i, requests), &Attackers::Note);
    }
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
  void Open(std::size_t i, const std::string& greeting, const std::string& target) {
    const auto again = [this, i, greeting, target] { Open(i, greeting, target); };
    sockets_[i] = std::make_unique<BenchSocket>(
        context_, client_tls_.get(),
        BenchSocket::Listener{
            .on_text = [this, i](std::string_view text) { OnText(i, text); },
            .on_end = [this, again](const std::string& /*why*/) { asio::post(context_, again); }});
    sockets_[i]->Open(endpoint_, greeting, target);
  }
  /// The reply to the login of an SDK has what its requests must have.
  void OnText(std::size_t i, std::string_view text) {
    if (requests_.empty() || text.find("A2Key") == std::string_view::npos) return;
    const nlohmann::json reply = nlohmann::json::parse(text)["body"];
    frames_[i].clear();
    for (const auto& [command, body] : requests_) {
      frames_[i] += SdkFrame(command, {{"a2", reply["A2Key"]}, {"tinyid", reply["TinyId"]}}, body);
    }
  }
  asio::awaitable<void> KeepSending(milliseconds gap) {
    asio::steady_timer timer(context_);
    while (true) {
      for (std::size_t i = 0; i < sockets_.size(); ++i) sockets_[i]->SendFrames(frames_[i]);
      timer.expires_after(gap);
      co_await timer.async_wait(asio::use_awaitable);
    }
  }
  asio::awaitable<void> AskWithoutReading(std::uint32_t address, std::string requests) {
    asio::ssl::stream<asio::ip::tcp::socket> stream(context_, tls_);
    stream.lowest_layer().open(asio::ip::tcp::v4());
    stream.lowest_layer().bind({asio::ip::address_v4(address), 0});
    co_await stream.lowest_layer().async_connect(endpoint_, asio::use_awaitable);
    co_await stream.async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);
    co_await asio::async_write(stream, asio::buffer(requests), asio::use_awaitable);
    asio::steady_timer timer(context_, steady_clock::time_point::max());
    co_await timer.async_wait(asio::use_awaitable);  // until the attack is over
  }

  const asio::ip::tcp::endpoint endpoint_;
  asio::io_context context_{1};
  asio::ssl::context tls_{asio::ssl::context::tls_client};
  const TlsContextPtr client_tls_ = MakeClientTlsContext("");
  std::vector<std::unique_ptr<BenchPhone>> phones_;
  std::vector<std::unique_ptr<BenchSocket>> sockets_;
  std::vector<std::string> frames_;  ///< of each socket, sent again and again
  std::vector<SdkRequest> requests_;
  std::jthread thread_;
};

std::string Nothing(std::size_t /*attacker*/) { return {}; }

std::string Request(std::string_view verb, const nlohmann::json& body) {
  return BenchSocket::Frame(kTextOpcode, nlohmann::json({{"id", 1}, {verb, body}}).dump());
}

nlohmann::json LoginOf(std::size_t attacker) {
  const std::string user = fmt::format("attacker{}", attacker);
  return {{"userID", user}, {"userSig", MakeTicket(user)}};
}

/// The place in the room of now.
/// @throws nlohmann::json::exception when the poll fails.
nlohmann::json CursorIn(ApiClient& client, nlohmann::json room) {
  const nlohmann::json poll = {{"connect", LoginOf(0)}, {"wait", 0}, {"cursors", {room}}};
  const ApiReply reply = client.Send({.target = "/channel/poll", .body = poll.dump()});
  room["cursor"] = reply.json.at("rooms").at(0).at("cursor");
  return room;
}

/// @param all_answered  becomes false when a heartbeat fails.
Latencies Beat(ApiClient& client, std::chrono::seconds length, bool& all_answered) {
  Latencies latencies;
  for (const auto until = steady_clock::now() + length; steady_clock::now() < until;) {
    const auto begun = steady_clock::now();
    const ApiReply reply =
        client.Call("multi_room", "pusher_heartbeat", MemberBody("room1", "host"));
    latencies.Add(steady_clock::now() - begun);
    if (reply.code() != kOk) {
      std::cerr << "pusher_heartbeat: " << reply.text << '\n';
      all_answered = false;
    }
    std::this_thread::sleep_for(milliseconds(5));
  }
  return latencies;
}

/// Attacks by the way of today's IM SDKs.
/// @param attack  measures one of them.
void AttackAsSdks(
    ApiClient& client,
    const std::function<void(const char*, const std::function<void(Attackers&)>&)>& attack) {
  const std::string alive = SdkFrame("heartbeat.alive", nlohmann::json::object());
  const nlohmann::json foreign = {{"a2", "x"}, {"tinyid", "1"}};
  attack("2,000 sockets of SDKs without a login",
         [](Attackers& all) { all.Send(2000, Nothing, {}, kSoon, kSdks); });
  attack("400 SDKs that send heartbeats", [&](Attackers& all) {
    all.Send(400, Nothing, Repeated(alive, kAlive), kAliveGap, kSdks);
  });
  attack("400 SDKs that send unknown commands and foreign logins", [&](Attackers& all) {
    all.Send(400, Nothing, SdkFrame("a.b", foreign) + SdkFrame("openim.getmsg", foreign),
             2 * kFrameGap, kSdks);
  });
  attack("400 SDKs that say hello",
         [](Attackers& all) { all.AskAsSdks(400, {{"im_open_status.wshello"}}, kFrameGap); });
  attack("32 sockets of 16 SDKs that log in", [](Attackers& all) {
    all.Send(
        32, [](std::size_t i) { return Repeated(SdkLogin(i % 16), kLogins); }, SdkLogin(0),
        kFrameGap, kSdks);
  });
  attack("50 SDKs with large frames", [&](Attackers& all) {
    const nlohmann::json body = {{"Cookie", std::string(kLargeFrame, 'x')}};
    all.Send(50, Nothing, SdkFrame("openim.getmsg", foreign, body), kFrameGap, kSdks);
  });
  std::vector<SdkRequest> joins;
  for (int i = 0; i < kGroups; ++i) {
    const std::string group = fmt::format("group{}", i);
    client.Call("multi_room", "create_room", CreateBody(fmt::format("owner{}", i), group));
    joins.push_back({"group_open_http_svc.apply_join_group", {{"GroupId", group}}});
    joins.push_back({"group_open_http_svc.quit_group", {{"GroupId", group}}});
  }
  attack("100 SDKs that join and leave 16 groups",
         [&joins](Attackers& all) { all.AskAsSdks(100, joins, kGroups * 2 * kFrameGap); });
  attack("2,000 SDKs that read nothing", [&alive](Attackers& all) {
    all.ReadNothing(2000, BenchSocket::Upgrade(kSdks) + Repeated(alive, kUnread));
  });
}

int Run(std::chrono::seconds length) {
  // With the limits of an installation.
  (void)RaiseLimitOfDescriptors();
  ServerProcess server({.settings = WithLogins({{"channel.enabled", true},
                                                {"channel.sdks", true},
                                                {"auth.trust_imuserid", true},
                                                {"limits.per_address_rate", "200/s"},
                                                {"limits.per_user_rate", "20/s"},
                                                {"room.heartbeat_timeout", "1h"},
                                                {"log.level", "info"}})});
  ApiClient client = server.Https();  // connected before any attacker
  client.Call("multi_room", "create_room", CreateBody("host", "room1"));
  for (int i = 0; i < kLargeRooms; ++i) {
    nlohmann::json body = CreateBody(fmt::format("creator{}", i));
    body["roomName"] = std::string(1024, 'x');
    client.Call("double_room", "create_room", body);
  }
  const nlohmann::json room = {{"kind", "multi"}, {"roomID", "room1"}};
  const nlohmann::json old = CursorIn(client, room);
  bool holds = true;
  const Latencies alone = Beat(client, length, holds);
  std::cout << fmt::format("alone: {}\n", alone.Summary()) << std::flush;
  const auto bound = std::max<Latencies::Duration>(kLongestP99, 3 * alone.Percentile(99));
  const auto attack = [&](const char* what, const std::function<void(Attackers&)>& begin) {
    Attackers attackers(server);
    begin(attackers);
    std::this_thread::sleep_for(std::chrono::seconds(2));  // until all have begun
    const Latencies honest = Beat(client, length, holds);
    holds = holds && honest.Percentile(99) <= bound;
    std::cout << fmt::format("{}: {}, {} MiB resident\n", what, honest.Summary(),
                             MemoryOf(server.child().pid()).resident_bytes >> 20)
              << std::flush;
  };
  attack("64 polls of 16 accounts", [](Attackers& all) { all.PollFromStart(16, 4); });
  attack("400 sockets of pings", [](Attackers& all) {
    const std::string pings = Repeated(BenchSocket::Frame(kPingOpcode, {}), kPings);
    all.Send(400, Nothing, pings, kSoon);
  });
  // Each takes the place of the one before, which connects again.
  attack("32 sockets of 16 accounts that connect with 16 old cursors", [&old](Attackers& all) {
    const auto greeting = [&old](std::size_t i) {
      nlohmann::json connect = LoginOf(i % 16);
      connect["cursors"] = std::vector(kCursors, old);
      return Request("connect", connect);
    };
    all.Send(32, greeting, {}, kSoon);
  });
  attack("200 sockets that ask for long histories", [&room](Attackers& all) {
    all.Send(
        200, [](std::size_t i) { return Request("connect", LoginOf(i)); }, Request("history", room),
        kFrameGap);
  });
  attack("2,000 readers of large lists that read nothing", [](Attackers& all) {
    const std::string ask = RawPost("/weapp/double_room/get_room_list", R"({"index":0,"cnt":200})",
                                    "Content-Type: application/json\r\n");
    all.ReadNothing(2000, ask + ask + ask);
  });
  AttackAsSdks(client, attack);
  return holds ? 0 : 1;
}

}  // namespace
}  // namespace rtcroom

int main(int argc, char** argv) {
  return rtcroom::Run(std::chrono::seconds(argc > 1 ? std::stoi(argv[1]) : 10));
}
