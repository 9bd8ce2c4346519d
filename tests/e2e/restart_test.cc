// A server is replaced by another, with the same sockets, without an effect on clients.
#include <atomic>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/base/mutex.h"
#include "tests/e2e/room_calls.h"
#include "tests/support/cycles.h"
#include "tests/support/loopback_socket.h"
#include "tests/support/metrics_text.h"
#include "tests/support/process_stats.h"
#include "tests/support/raw_client.h"
#include "tests/support/sanitizers.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

/// A connection that sent no request for this long may be closed by a stopping server.
constexpr std::chrono::seconds kGrace{2};

/// Sends requests from several threads, each on a separate connection, until its destruction.
class NewConnections {
 public:
  explicit NewConnections(const ServerProcess& server)
      : http_(server.AddressOf("http")),
        https_(server.AddressOf("https")),
        certificate_(server.certificate()) {
    for (const Secured secured : {Secured::kNo, Secured::kNo, Secured::kYes, Secured::kYes}) {
      threads_.emplace_back([this, secured](const std::stop_token& stop) {
        while (!stop.stop_requested()) CallOnce(secured);
      });
    }
  }

  [[nodiscard]] std::size_t answered() const { return answered_; }
  std::vector<std::string> failures() {
    const MutexLock lock(mutex_);
    return failures_;
  }
  void End() { threads_.clear(); }

 private:
  enum class Secured : std::uint8_t { kNo, kYes };

  void CallOnce(Secured secured) {
    std::string failure;
    const auto begun = std::chrono::steady_clock::now();
    auto sent = begun;
    try {
      RawClient client =
          secured == Secured::kNo ? RawClient(http_) : RawClient(https_, {.trusted = certificate_});
      client.Send(
          RawPost("/weapp/multi_room/get_pushers", RoomBody("r1").dump(), "Connection: close\r\n"));
      sent = std::chrono::steady_clock::now();
      const RawReply reply = client.Receive();
      if (reply.code() == kOk) {
        ++answered_;
        return;
      }
      failure = reply.status == 0 ? "closed without a reply" : reply.head + reply.body;
    } catch (const std::exception& thrown) {
      failure = thrown.what();
      sent = std::chrono::steady_clock::now();
    }
    if (sent - begun >= kGrace) return;  // a busy machine: the test itself was late
    const MutexLock lock(mutex_);
    failures_.push_back((secured == Secured::kNo ? "http: " : "https: ") + failure);
  }

  const std::string http_;
  const std::string https_;
  const std::filesystem::path certificate_;
  std::atomic<std::size_t> answered_{0};
  Mutex mutex_;
  std::vector<std::string> failures_ GUARDED_BY(mutex_);
  std::vector<std::jthread> threads_;  // last: they use all of the above
};

TEST(Restart, UnderLoadFailsNoRequest) {
  const std::size_t restarts = Cycles(8);
  ServerProcess server({.settings = {{"limits.per_address_rate", "0/s"}, {"log.level", "info"}}});
  ASSERT_EQ(server.Https().Call("multi_room", "create_room", CreateBody("u1", "r1")).code(), kOk);
  const std::size_t descriptors = OpenDescriptorsOf(server.child().pid());

  NewConnections callers(server);
  for (std::size_t i = 0; i < restarts && !HasFailure(); ++i) {
    const std::size_t answered = callers.answered();
    server.HandOver();
    EXPECT_TRUE(Eventually([&] { return callers.answered() > answered; })) << "restart " << i;
    EXPECT_THAT(callers.failures(), IsEmpty()) << "restart " << i;
  }
  callers.End();
  EXPECT_THAT(callers.failures(), IsEmpty());
  RecordProperty("requests", std::to_string(callers.answered()));
  // Descriptors left open by a program are inherited by the next one: one more with each restart.
  // (A server under load has opened some on first use.) The thread sanitizer itself leaves open the
  // pipes to its symbolizer.
  EXPECT_TRUE(IsServerUnderThreadSanitizer() || Eventually([&] {
                return OpenDescriptorsOf(server.child().pid()) < descriptors + restarts / 2;
              }))
      << OpenDescriptorsOf(server.child().pid()) << " open, " << descriptors << " before";
  EXPECT_EQ(server.child().WaitForExit(std::chrono::milliseconds(0)), std::nullopt)
      << "it is the same process";
}

TEST(Restart, KeepsRoomsAndMembers) {
  ServerProcess server;
  ApiClient before = server.Https();
  ASSERT_EQ(before.Call("double_room", "create_room", CreateBody("u1", "r1")).code(), kOk);
  const std::string state = WholeState(before);
  server.HandOver();
  ApiClient after = server.Https();
  EXPECT_EQ(WholeState(after), state);
  EXPECT_EQ(after.Call("double_room", "pusher_heartbeat", MemberBody("r1", "u1")).code(), kOk);
}

TEST(Restart, KeepsEachAddressOfAListener) {
  ServerProcess server(
      {.settings = {{"server.http_listen", {"127.0.0.1:0", "127.0.0.2:0", "127.0.0.3:0"}}}});
  std::vector<std::string> addresses;
  const std::string log = server.Log();
  const std::string before = R"("listener":"http","address":")";
  for (std::size_t at = log.find(before); at != std::string::npos; at = log.find(before, at)) {
    at += before.size();
    addresses.push_back(log.substr(at, log.find('"', at) - at));
  }
  ASSERT_EQ(addresses.size(), 3U);
  server.HandOver();
  for (const std::string& address : addresses) {
    RawClient client(address);
    client.Send(RawPost("/weapp/double_room/get_room_list", R"({"index":0,"cnt":1})"));
    EXPECT_EQ(client.Receive().code(), kOk) << address;
  }
}

TEST(Restart, KeepsMoreRoomsThanAreReadAtATime) {
  constexpr int kRooms = 1100;
  ServerProcess server({.settings = {{"limits.per_address_rate", "0/s"}}});
  ApiClient before = server.Http();
  for (int i = 0; i < kRooms; ++i) {
    const std::string number = std::to_string(i);
    ASSERT_EQ(before.Call("multi_room", "create_room", CreateBody("u" + number, number)).code(),
              kOk);
  }
  server.HandOver();
  ApiClient after = server.Http();
  for (int i = 0; i < kRooms; ++i) {
    const std::string number = std::to_string(i);
    ASSERT_EQ(after.Call("multi_room", "pusher_heartbeat", MemberBody(number, "u" + number)).code(),
              kOk)
        << number;
  }
}

TEST(Restart, KeepsTheProcessStartTime) {
  ServerProcess server;
  const auto start = [&server] {
    return MetricsText::Read(server.Admin().Get("/metrics").text).Of("process_start_time_seconds");
  };
  const double before = start();
  EXPECT_GT(before, 0);
  for (int restart = 0; restart < 2; ++restart) {
    server.HandOver();
    EXPECT_EQ(start(), before);
  }
  // The result might be equal by chance, so check the successor's input, too.
  const std::string environment =
      ReadWholeFile("/proc/" + std::to_string(server.child().pid()) + "/environ");
  EXPECT_THAT(environment, AllOf(HasSubstr("RTCROOM_PROCESS_START="),
                                 HasSubstr(':' + std::to_string(std::llround(before * 1000)))));
  ASSERT_EQ(server.Terminate(), 0);
  server.Start();
  EXPECT_GT(start(), before);
}

TEST(Restart, IsRefusedWithAnInvalidConfiguration) {
  ServerProcess server;
  const std::string config = ReadWholeFile(server.config_file());
  const auto refused = [&](const std::string& changed, const std::string& reason) {
    std::ofstream(server.config_file()) << changed;
    server.Signal(SIGUSR2);
    return Eventually([&] {
      const std::string log = server.Log();
      const std::size_t at = log.rfind(R"("event":"hand_over_refused")");
      return at != std::string::npos && log.find(reason, at) != std::string::npos;
    });
  };
  EXPECT_TRUE(refused(config + "[nonsense]\nkey = 1\n", "nonsense"));
  const std::string listen = R"(server.http_listen = "127.0.0.1:0")";
  std::string off = config;
  ASSERT_NE(off.find(listen), std::string::npos);
  off.replace(off.find(listen), listen.size(), R"(server.http_listen = "")");
  EXPECT_TRUE(refused(off, "server.http_listen: has changed"));
  EXPECT_EQ(server.Http().Call("double_room", "create_room", CreateBody("u1")).code(), kOk);
}

/// HTTP and HTTPS as a socket unit of systemd passes them.
class SocketActivation : public testing::Test {
 protected:
  [[nodiscard]] ServerOptions Options() const {
    return {.settings = {{"server.http_listen", Address(http_)},
                         {"server.https_listen", Address(https_)}},
            .sockets = {{.name = "http", .descriptor = http_.descriptor()},
                        {.name = "https", .descriptor = https_.descriptor()}}};
  }
  static std::string Address(const LoopbackSocket& socket) {
    return "127.0.0.1:" + std::to_string(socket.Port());
  }

  const LoopbackSocket http_ = LoopbackSocket::Listen();
  const LoopbackSocket https_ = LoopbackSocket::Listen();
};

TEST_F(SocketActivation, AnswersClientsThatConnectedBeforeTheStart) {
  RawClient early(Address(http_));
  early.Send(RawPost("/weapp/double_room/get_room_list", R"({"index":0,"cnt":1})"));
  const ServerProcess server(Options());
  EXPECT_EQ(early.Receive().code(), kOk);
  EXPECT_EQ(server.PortOf("http"), http_.Port());
  EXPECT_EQ(server.PortOf("https"), https_.Port());
  ApiClient secured = server.Https();
  EXPECT_EQ(secured.Call("double_room", "create_room", CreateBody("u1")).code(), kOk);
}

TEST_F(SocketActivation, AnswersClientsThatConnectedAfterAKill) {
  ServerProcess server(Options());
  server.Kill9();
  RawClient between(Address(http_));
  between.Send(RawPost("/weapp/double_room/get_room_list", R"({"index":0,"cnt":1})"));
  server.Start();
  EXPECT_EQ(between.Receive().code(), kOk);
}

TEST_F(SocketActivation, FailsNoRequestAcrossAStopAndStart) {
  constexpr int kUpgrades = 10;
  ServerOptions options = Options();
  options.settings["limits.per_address_rate"] = "0/s";
  options.settings["log.level"] = "info";
  ServerProcess server(std::move(options));
  ASSERT_EQ(server.Https().Call("multi_room", "create_room", CreateBody("u1", "r1")).code(), kOk);

  NewConnections callers(server);
  for (int i = 0; i < kUpgrades && !HasFailure(); ++i) {
    ASSERT_EQ(server.Terminate(), 0);
    server.Start();
    const std::size_t answered = callers.answered();
    EXPECT_TRUE(Eventually([&] { return callers.answered() > answered; })) << "upgrade " << i;
  }
  callers.End();
  EXPECT_THAT(callers.failures(), IsEmpty());
}

TEST_F(SocketActivation, PassesTheSocketsOn) {
  ServerProcess server(Options());
  server.HandOver();
  ApiClient secured = server.Https();
  EXPECT_EQ(secured.Call("double_room", "create_room", CreateBody("u1")).code(), kOk);
}

}  // namespace
}  // namespace rtcroom
