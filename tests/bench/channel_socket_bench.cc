// The message channel under load: new clients, each with one WebSocket over TLS. Their CPU is part
// of the output, since they share the machine with the server.
//   channel_socket_bench idle [SOCKETS [SECONDS]]                     10000, 60
//     the server's memory for each socket, and its CPU while only pings are sent
//   channel_socket_bench texts [MEMBERS [SECONDS]]                    1000, 60
//     1, 2 and 5 texts a second to all members of one room, SECONDS each
//   channel_socket_bench room [MEMBERS [PUSHERS [SECONDS]]]           300, 50, 60
//     a room with that many pushers (63 at most): 5 texts a second, and 5 pushers a second that
//     enter and leave
//   channel_socket_bench viewers [VIEWERS [SECONDS [LIKES [TEXTS]]]]  10000, 60, 5, 1
//     a live room, with that many likes and texts a second
//   channel_socket_bench peer [MEMBERS [SECONDS [ROUNDS]]]            1000, 10, 3
//     5 texts a second as above, in turn from rtcroomd and from tests/bench/ws_fan_out.mjs
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "tests/bench/channel_bench_server.h"
#include "tests/bench/channel_clients.h"
#include "tests/bench/socket_fleet.h"
#include "tests/e2e/room_calls.h"
#include "tests/support/child_process.h"
#include "tests/support/eventually.h"
#include "tests/support/gen2_client.h"
#include "tests/support/process_stats.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_directory.h"
#include "tests/support/test_certificate.h"

namespace rtcroom {
namespace {

namespace asio = boost::asio;
using std::chrono::seconds;
using std::chrono::steady_clock;

/// An action that is repeated at a steady rate during a measurement.
struct Activity {
  std::size_t per_second = 0;
  std::function<asio::awaitable<void>(std::size_t number)> act{};
};

/// A server and its clients, driven by the thread that calls its functions; the context has to
/// outlive it.
class Bench {
 public:
  Bench(asio::io_context& context, pid_t server, int port)
      : context_(context), server_(server), port_(port), fleet_(context, port) {
    tls_.set_verify_mode(asio::ssl::verify_none);
  }

  SocketFleet& fleet() { return fleet_; }
  [[nodiscard]] pid_t server() const { return server_; }

  /// That many sockets, in rooms of `members`: PREFIX0, PREFIX1, ...
  void Open(std::size_t sockets, const char* kind, const std::string& prefix, std::size_t members) {
    std::vector<SocketFleet::Seat> seats;
    for (std::size_t i = 0; i < sockets; ++i) {
      seats.push_back({.user = fmt::format("user{}", i),
                       .kind = kind,
                       .room = prefix + std::to_string(i / members)});
    }
    const std::size_t before = MemoryOf(server_).private_bytes;
    const auto begun = steady_clock::now();
    fleet_.Open(std::move(seats));
    const std::chrono::duration<double> took = steady_clock::now() - begun;
    RunFor(seconds(2));
    const double memory = static_cast<double>(MemoryOf(server_).private_bytes - before);
    std::cout << fmt::format(
                     "{} sockets opened in {:.1f} s; {:.1f} KiB of the server's memory each\n",
                     sockets, took.count(), memory / 1024 / static_cast<double>(sockets))
              << std::flush;
  }
  void RunFor(steady_clock::duration length) {
    const auto end = steady_clock::now() + length;
    while (steady_clock::now() < end) context_.run_until(end);
  }

  /// @return the server's CPU for each push, in microseconds.
  double Measure(const std::string& name, seconds length, std::size_t members,
                 const std::vector<Activity>& activities) {
    fleet_.Clear();
    acts_ = 0;
    const CpuMeter cpu(server_);
    std::size_t planned = 0;
    for (const Activity& activity : activities) {
      const std::size_t count = activity.per_second * static_cast<std::size_t>(length.count());
      planned += count;
      if (count > 0) Spawn(AtRate(activity, count));
    }
    RunFor(length);
    const std::string shares = cpu.Shares();
    constexpr int kMoreTurns = 100;  // of a tenth of a second
    for (int i = 0; i < kMoreTurns && fleet_.latencies().count() < planned * members; ++i) {
      RunFor(std::chrono::milliseconds(100));
    }
    const double each = cpu.MicrosecondsFor(std::max<std::size_t>(fleet_.pushes(), 1));
    std::cout << fmt::format(
        "{}: {} of {} made, {} ({} wanted); {} pushes in {} frames, {:.1f} us of CPU for each "
        "push; "
        "{}\n",
        name, acts_, planned, fleet_.latencies().Summary(), acts_ * members, fleet_.pushes(),
        fleet_.frames(), each, shares);
    if (fleet_.ended() > 0) {
      std::cout << fmt::format("  {} sockets ended: {}\n", fleet_.ended(), fleet_.last_end());
    }
    std::cout << std::flush;
    return each;
  }

  /// Texts of the first client.
  Activity Texts(std::size_t per_second) {
    return {.per_second = per_second,
            .act = [this](std::size_t /*number*/) -> asio::awaitable<void> {
              fleet_.Say(0);
              co_return;
            }};
  }
  /// Calls of the room API, on a connection of their own.
  /// @param call_of  path, without the leading slash, and body of the call with that number.
  Activity Calls(std::size_t per_second,
                 std::function<std::pair<std::string, std::string>(std::size_t number)> call_of) {
    auto connection = std::make_shared<BenchConnection>(context_, tls_);
    auto is_open = std::make_shared<bool>(false);
    const asio::ip::tcp::endpoint server(asio::ip::make_address("127.0.0.1"),
                                         static_cast<std::uint16_t>(port_));
    return {.per_second = per_second,
            .act = [=, call_of = std::move(call_of)](std::size_t number) -> asio::awaitable<void> {
              if (!std::exchange(*is_open, true)) co_await connection->Connect(server);
              const auto [path, body] = call_of(number);
              const std::string reply = co_await connection->Post(path, body);
              if (reply.find(R"("code":0,)") == std::string::npos) throw std::runtime_error(reply);
            }};
  }

 private:
  asio::awaitable<void> AtRate(Activity activity, std::size_t count) {
    asio::steady_timer timer(context_);
    const auto begun = steady_clock::now();
    for (std::size_t i = 0; i < count; ++i) {
      timer.expires_at(begun + i * steady_clock::duration(seconds(1)) / activity.per_second);
      co_await timer.async_wait(asio::use_awaitable);
      co_await activity.act(i);
      ++acts_;
    }
  }
  void Spawn(asio::awaitable<void> task) {
    asio::co_spawn(context_, std::move(task), [](const std::exception_ptr& fault) {
      if (fault) std::rethrow_exception(fault);
    });
  }

  asio::io_context& context_;
  const pid_t server_;
  const int port_;
  asio::ssl::context tls_{asio::ssl::context::tls_client};
  SocketFleet fleet_;
  std::size_t acts_ = 0;  ///< texts and calls that were made
};

void CreateRooms(ServerProcess& server, const std::string& prefix, std::size_t rooms) {
  ApiClient api = server.Https();
  for (std::size_t room = 0; room < rooms; ++room) {
    api.Call("multi_room", "create_room", CreateBody("host", prefix + std::to_string(room)));
  }
}

void MeasureIdle(ServerProcess& server, std::size_t sockets, seconds length) {
  constexpr std::size_t kMembers = 10;
  CreateRooms(server, "room", (sockets + kMembers - 1) / kMembers);
  asio::io_context context(1);
  Bench bench(context, server.child().pid(), server.PortOf("https"));
  bench.Open(sockets, "multi", "room", kMembers);
  const CpuMeter cpu(bench.server());
  bench.RunFor(length);
  std::cout << fmt::format("idle for {} s: {}; {} sockets ended\n", length.count(), cpu.Shares(),
                           bench.fleet().ended());
}

void MeasureTexts(ServerProcess& server, std::size_t members, seconds length) {
  CreateRooms(server, "room", 1);
  asio::io_context context(1);
  Bench bench(context, server.child().pid(), server.PortOf("https"));
  bench.Open(members, "multi", "room", members);
  for (const std::size_t rate : std::array<std::size_t, 3>{1, 2, 5}) {
    bench.Measure(fmt::format("{} texts/s to {}", rate, members), length, members,
                  {bench.Texts(rate)});
  }
}

void MeasureRoom(ServerProcess& server, std::size_t members, std::size_t pushers, seconds length) {
  constexpr std::size_t kRate = 5;
  CreateRooms(server, "room", 1);
  ApiClient api = server.Https();
  for (std::size_t i = 1; i < pushers; ++i) {
    const ApiReply added =
        api.Call("multi_room", "add_pusher", PusherBody("room0", fmt::format("pusher{}", i)));
    if (added.code() != kOk) throw std::runtime_error(added.text);
  }
  asio::io_context context(1);
  Bench bench(context, server.child().pid(), server.PortOf("https"));
  bench.Open(members, "multi", "room", members);
  // Only those who enter have a stamp.
  const auto enter = [](std::size_t number) -> std::pair<std::string, std::string> {
    nlohmann::json body = PusherBody("room0", fmt::format("guest{}", number));
    body["userName"] = StampNow();
    return {"weapp/multi_room/add_pusher", body.dump()};
  };
  const auto leave = [](std::size_t number) -> std::pair<std::string, std::string> {
    return {"weapp/multi_room/delete_pusher",
            MemberBody("room0", fmt::format("guest{}", number)).dump()};
  };
  Activity guests = bench.Calls(kRate, enter);
  Activity leaves = bench.Calls(kRate, leave);
  guests.act = [come = guests.act, go = leaves.act](std::size_t number) -> asio::awaitable<void> {
    co_await come(number);
    co_await go(number);
  };
  const std::string name =
      fmt::format("{} texts/s and {} pushers/s that enter and leave", kRate, kRate);
  bench.Measure(name, length, members, {bench.Texts(kRate), guests});
}

void MeasureViewers(ServerProcess& server, std::size_t viewers, seconds length, std::size_t likes,
                    std::size_t texts) {
  Gen2Client host = LoggedIn(server, "host", "live_room");
  host.Call("create_room", {{"userID", "host"}, {"roomID", "show0"}, {"roomInfo", "a show"}});
  const ApiReply added = host.Call("add_pusher", PusherBody("show0", "host"));
  if (added.code() != kOk) throw std::runtime_error(added.text);
  asio::io_context context(1);
  Bench bench(context, server.child().pid(), server.PortOf("https"));
  bench.Open(viewers, "live", "show", viewers);
  const std::string path =
      fmt::format("weapp/live_room/set_custom_field?userID=host&token={}", host.token());
  const std::string like = R"({"roomID":"show0","fieldName":"likes","operation":"inc"})";
  const std::size_t before = MemoryOf(bench.server()).private_bytes;
  bench.Measure(fmt::format("{} likes/s and {} texts/s to {}", likes, texts, viewers), length,
                viewers, {bench.Texts(texts), bench.Calls(likes, [&](std::size_t /*number*/) {
                            bench.fleet().NoteLike();
                            return std::pair(path, like);
                          })});
  std::cout << fmt::format(
      "the server's memory: {:.1f} MiB before, {:.1f} after\n",
      static_cast<double>(before) / 1024 / 1024,
      static_cast<double>(MemoryOf(bench.server()).private_bytes) / 1024 / 1024);
}

/// The peer as a process.
class PeerProcess {
 public:
  PeerProcess() {
    WriteTestCertificate(File("cert.pem"), File("key.pem"));
    child_ = std::make_unique<ChildProcess>(
        ChildCommand{.program = RTCROOM_NODE,
                     .arguments = {RTCROOM_WS_FAN_OUT, File("cert.pem"), File("key.pem")},
                     .stdout_file = File("out"),
                     .stderr_file = File("err")});
    if (!Eventually([this] { return ReadWholeFile(File("out")).ends_with('\n'); })) {
      throw std::runtime_error("the peer does not start:\n" + ReadWholeFile(File("err")));
    }
  }
  [[nodiscard]] pid_t pid() const { return child_->pid(); }
  [[nodiscard]] int Port() const { return std::stoi(ReadWholeFile(File("out"))); }

 private:
  [[nodiscard]] std::string File(const char* name) const {
    return (directory_.path() / name).string();
  }

  const TempDirectory directory_;
  std::unique_ptr<ChildProcess> child_;
};

void MeasurePeer(ServerProcess& server, std::size_t members, seconds length, std::size_t rounds) {
  constexpr std::size_t kRate = 5;
  const PeerProcess peer;
  CreateRooms(server, "room", 1);
  asio::io_context context(1);  // of both, so that the waiting ones answer pings
  Bench own(context, server.child().pid(), server.PortOf("https"));
  Bench other(context, peer.pid(), peer.Port());
  own.Open(members, "multi", "room", members);
  other.Open(members, "multi", "room", members);
  std::vector<double> ratios;
  for (std::size_t round = 0; round < rounds; ++round) {
    const double used = own.Measure("rtcroomd", length, members, {own.Texts(kRate)});
    const double used_by_peer = other.Measure("ws", length, members, {other.Texts(kRate)});
    ratios.push_back(used / used_by_peer);
  }
  std::ranges::sort(ratios);
  std::cout << fmt::format("CPU of rtcroomd for each push, in that of ws: {:.2f} (median of {})\n",
                           ratios[ratios.size() / 2], ratios.size());
}

int Run(const std::string& what, const std::vector<std::size_t>& given) {
  const auto number = [&](std::size_t place, std::size_t otherwise) {
    return given.size() > place ? given[place] : otherwise;
  };
  const auto length = [&](std::size_t place, std::size_t otherwise) {
    return seconds(static_cast<int>(number(place, otherwise)));
  };
  RaiseLimitOfDescriptors();
  ServerProcess server({.settings = ChannelBenchSettings()});
  if (what == "idle") {
    MeasureIdle(server, number(0, 10'000), length(1, 60));
  } else if (what == "texts") {
    MeasureTexts(server, number(0, 1'000), length(1, 60));
  } else if (what == "room") {
    MeasureRoom(server, number(0, 300), number(1, 50), length(2, 60));
  } else if (what == "viewers") {
    MeasureViewers(server, number(0, 10'000), length(1, 60), number(2, 5), number(3, 1));
  } else if (what == "peer") {
    MeasurePeer(server, number(0, 1'000), length(1, 10), number(2, 3));
  } else {
    throw std::runtime_error("idle, texts, room, viewers or peer: see the head of the source");
  }
  return 0;
}

}  // namespace
}  // namespace rtcroom

int main(int argc, char** argv) {
  try {
    std::vector<std::size_t> given;
    for (int i = 2; i < argc; ++i) given.push_back(std::stoul(argv[i]));
    return rtcroom::Run(argc > 1 ? argv[1] : "", given);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
