// Start and stop, and many connections on few workers.
#include <array>
#include <chrono>
#include <fstream>
#include <future>
#include <iterator>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

#include "tests/unit/http/edge_fixture.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class HttpServerLifetime : public EdgeTest {
 protected:
  /// As reported by the kernel: a listener that fails to start may have another cause.
  static bool HasIpv6Loopback() {
    std::ifstream addresses("/proc/net/if_inet6");
    const std::string text((std::istreambuf_iterator<char>(addresses)), {});
    return text.find("00000000000000000000000000000001 ") != std::string::npos;
  }

  Status StartAnother(const std::string& listen) {
    TestHandler handler{AnswerNow(Describe)};
    HttpListener other({.listen = {listen}}, handler, deps());
    return other.Start();
  }
};

TEST_F(HttpServerLifetime, ReportsThePortChosenByTheSystem) {
  Serve(Describe);
  EXPECT_THAT(address(), testing::MatchesRegex("127\\.0\\.0\\.1:[1-9][0-9]+"));
}

TEST_F(HttpServerLifetime, ReportsAnAddressInUse) {
  Serve(Describe);
  const Status second = StartAnother(address());
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().detail, "cannot listen on " + address() + ": Address already in use");
}

TEST_F(HttpServerLifetime, ReportsAnInvalidAddress) {
  for (const char* wrong : {"", "127.0.0.1", "127.0.0.1:", ":80", "::1:80", "127.0.0.1:http"}) {
    const Status started = StartAnother(wrong);
    ASSERT_FALSE(started.ok()) << wrong;
    EXPECT_THAT(started.error().detail, HasSubstr(wrong));
  }
}

TEST_F(HttpServerLifetime, ResolvesNoNames) {
  TestHandler handler{AnswerNow(Describe)};
  HttpListener server({.listen = {"localhost:0"}}, handler, deps());
  ASSERT_OK(server.Start());
  EXPECT_THAT(server.bound_address(), testing::StartsWith("127.0.0.1:"));
  std::array<char, 256> own_name{};
  ASSERT_EQ(::gethostname(own_name.data(), own_name.size() - 1), 0);
  EXPECT_FALSE(StartAnother(std::string(own_name.data()) + ":0").ok());
}

TEST_F(HttpServerLifetime, ServesIpv6) {
  if (!HasIpv6Loopback()) GTEST_SKIP() << "this machine's loopback interface has no ::1";
  TestHandler handler{AnswerNow(Describe)};
  HttpListener server({.listen = {"[::1]:0"}}, handler, deps());
  ASSERT_OK(server.Start());
  RawClient client(server.bound_address());
  client.Send(RawPost("/x", ""));
  EXPECT_THAT(client.Receive().body, HasSubstr("from ::1 "));
}

TEST_F(HttpServerLifetime, ServesIpv4OnTheWildcardOfIpv6) {
  if (!HasIpv6Loopback()) GTEST_SKIP() << "this machine's loopback interface has no ::1";
  TestHandler handler{AnswerNow(Describe)};
  HttpListener server({.listen = {"[::]:0"}}, handler, deps());
  ASSERT_OK(server.Start());
  const std::string port = server.bound_address().substr(server.bound_address().rfind(':'));
  for (const char* host : {"127.0.0.1", "[::1]"}) {
    RawClient client(host + port);
    client.Send(RawPost("/x", ""));
    const std::string from = host == std::string("127.0.0.1") ? "127.0.0.1" : "::1";
    EXPECT_THAT(client.Receive().body, HasSubstr("from " + from + " "));
  }
}

TEST_F(HttpServerLifetime, LeavesIpv4ToAnotherListenerOnRequest) {
  if (!HasIpv6Loopback()) GTEST_SKIP() << "this machine's loopback interface has no ::1";
  Serve(Describe);
  TestHandler handler{AnswerNow(Describe)};
  const std::string same_port = "[::]" + address().substr(address().rfind(':'));
  HttpListener server({.listen = {{same_port, WildcardFamilies::kV6Only}}}, handler, deps());
  EXPECT_OK(server.Start());
}

TEST_F(HttpServerLifetime, AnswersTheRunningRequestBeforeItStops) {
  std::latch entered(1);  // by the only request
  std::latch may_answer(1);
  Serve([&](const HttpRequest& request) {
    entered.count_down();
    may_answer.wait();
    return Describe(request);
  });
  RawClient client(address());
  client.Send(RawPost("/slow", ""));
  entered.wait();
  std::future<void> stopped = std::async(std::launch::async, [&] { server_->Stop(1h); });
  EXPECT_TRUE(Eventually([&] { return !AcceptsConnections(); }));
  may_answer.count_down();
  const RawReply reply = client.Receive();
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.Header("Connection"), "close");
  stopped.get();
}

TEST_F(HttpServerLifetime, DoesNotWaitForIdleClientsToStop) {
  Serve(Describe);
  RawClient client(address());
  client.Send(RawPost("/x", ""));
  ASSERT_EQ(client.Receive().status, 200);
  server_->Stop(1h);  // the fake clock does not advance
  EXPECT_EQ(client.ReceiveAll(), "");
}

TEST_F(HttpServerLifetime, ClosesSlowClientsAfterTheDrainTimeout) {
  Serve(Describe);
  RawClient client(address());
  client.Send("POST /x HTTP/1.1\r\nContent-Le");
  server_->Stop(0ms);
  EXPECT_EQ(client.ReceiveAll(), "");
}

TEST_F(HttpServerLifetime, CanBeStoppedTwiceAndWithoutAStart) {
  Serve(Describe);
  server_->Stop(0ms);
  server_->Stop(0ms);
  TestHandler handler{AnswerNow(Describe)};
  HttpListener never({.listen = {"127.0.0.1:0"}}, handler, deps());
  never.Stop(0ms);
}

TEST_F(HttpServerLifetime, ServesOthersDespiteIdleConnections) {
  Serve(Describe, {}, {.loops = 1, .workers = 1});
  std::vector<RawClient> clients;
  for (int i = 0; i < 100; ++i) {
    RawClient& client = clients.emplace_back(address());
    if (i % 2 == 0) continue;  // sends nothing
    client.Send(RawPost("/x", ""));
    ASSERT_EQ(client.Receive().status, 200) << "connection " << i << " had to wait";
  }
  clients.front().Send(RawPost("/again", ""));
  EXPECT_EQ(clients.front().Receive().status, 200);
}

TEST_F(HttpServerLifetime, AnswersAFreshConnectionThatWasAcceptedBeforeTheStop) {
  Serve(Describe);
  RawClient fresh(address());
  ASSERT_TRUE(Eventually([&] { return counts_.opened == 1; }));
  std::future<void> stopped = std::async(std::launch::async, [&] { server_->Stop(1h); });
  ASSERT_TRUE(Eventually([&] { return !AcceptsConnections(); }));
  fresh.Send(RawPost("/x", ""));
  const RawReply reply = fresh.Receive();
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.Header("Connection"), "close");
  stopped.get();
}

TEST_F(HttpServerLifetime, BoundsTheWaitForANewConnectionOnStop) {
  Serve(Describe);
  RawClient silent(address());
  ASSERT_TRUE(Eventually([&] { return counts_.opened == 1; }));
  std::future<void> stopped = std::async(std::launch::async, [&] { server_->Stop(1h); });
  EXPECT_TRUE(Eventually([&] {
    clock_.Advance(1s);
    return stopped.wait_for(0s) == std::future_status::ready;
  }));
  EXPECT_EQ(silent.ReceiveAll(), "");
}

TEST_F(HttpServerLifetime, KeepsTheListeningSocketForTheSuccessor) {
  Serve(Describe);
  const std::string old_address = address();
  server_->Stop(0ms, SocketAfterStop::kKept);
  RawClient waiting(old_address);  // the kernel completes it and queues it in the backlog
  waiting.Send(RawPost("/x", ""));
  HttpListenerOptions options;
  options.inherited = server_->TakeSockets();
  TestHandler handler{AnswerNow(Describe)};
  HttpListener next(std::move(options), handler, deps());
  ASSERT_OK(next.Start());
  EXPECT_EQ(next.bound_address(), old_address);
  EXPECT_EQ(waiting.Receive().status, 200);
}

TEST_F(HttpServerLifetime, ServesSeveralAddressesAndKeepsTheirSockets) {
  Serve(Describe, {.listen = {"127.0.0.1:0", "127.0.0.2:0"}});
  const std::vector<std::string> addresses = server_->bound_addresses();
  ASSERT_EQ(addresses.size(), 2U);
  const auto expect_served = [&addresses] {
    for (const std::string& address : addresses) {
      RawClient client(address);
      client.Send(RawPost("/inline", ""));
      EXPECT_EQ(client.Receive().status, 200) << address;
    }
  };
  expect_served();
  server_->Stop(0ms, SocketAfterStop::kKept);
  HttpListenerOptions options;
  options.inherited = server_->TakeSockets();
  TestHandler handler{AnswerNow(Describe)};
  HttpListener next(std::move(options), handler, deps());
  ASSERT_OK(next.Start());
  EXPECT_EQ(next.bound_addresses(), addresses);
  expect_served();
}

TEST_F(HttpServerLifetime, SendsAWholeReplyDespiteUnreadInput) {
  constexpr std::size_t kLarge = 4'000'000;
  Serve([](const HttpRequest&) {
    return HttpReply{.status = 200, .body = std::string(kLarge, 'x')};
  });
  RawClient client(address());
  client.Send(RawPost("/x", "", "Connection: close\r\n") + std::string(20'000, '\n'));
  EXPECT_EQ(client.Receive().body.size(), kLarge);
}

TEST_F(HttpServerLifetime, ServesConcurrentConnections) {
  constexpr int kClients = 8;
  std::latch all_in(kClients);
  Serve(
      [&](const HttpRequest& request) {
        all_in.arrive_and_wait();  // returns only if all are served concurrently
        return Describe(request);
      },
      {}, {.loops = 2, .workers = kClients});
  std::vector<std::jthread> threads;
  threads.reserve(kClients);
  for (int i = 0; i < kClients; ++i) {
    threads.emplace_back([this] {
      RawClient client(address());
      client.Send(RawPost("/x", ""));
      EXPECT_EQ(client.Receive().status, 200);
    });
  }
}

}  // namespace
}  // namespace rtcroom
