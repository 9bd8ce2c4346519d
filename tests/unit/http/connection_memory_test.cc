// The memory that connections hold for clients.
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/base/memory_reservation.h"
#include "daemon/http/response_writer.h"
#include "tests/support/loopback_socket.h"
#include "tests/unit/http/edge_fixture.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::EndsWith;
using testing::IsEmpty;

using ConnectionMemory = EdgeTest;

TEST_F(ConnectionMemory, RefusesAReplyBeyondTheMemoryLimit) {
  Serve([](const HttpRequest&) {
    return HttpReply{.body = std::string(kMostHeldBytes + 50'000'000, 'x')};
  });
  RawClient client(address());
  client.Send(RawPost("/inline", ""));
  EXPECT_TRUE(Eventually([&] { return counts_.closed == 1; }));
  EXPECT_THAT(Refusals(), ElementsAre(RefusalCause::kMemory));
}

TEST_F(ConnectionMemory, CountsTheMemoryOfAPartlySentReply) {
  constexpr std::size_t kBytes = 20'000'000;
  Serve(
      [&](const HttpRequest& request) {
        if (request.path == "/inline/short") return Describe(request);
        std::string body(4'000'000, 'x');
        body += "so far";
        body.resize(kBytes, 'y');
        return HttpReply{.body = std::move(body)};
      },
      {}, {.loops = 1});
  RawClient slow(address());
  slow.Send(RawPost("/inline/long", ""));
  (void)slow.ReceiveUntil("so far");
  // A reply to another client shows that the loop has finished the step that sent these bytes.
  RawClient other(address());
  other.Send(RawPost("/inline/short", ""));
  EXPECT_EQ(other.Receive().status, 200);
  EXPECT_GE(held_.held, kBytes);
}

TEST(ReplyMemory, OfWhatWasSentIsFreed) {
  std::string bytes = std::string(100'000, 'x') + "rest";
  RemoveSent(100'000, bytes);
  EXPECT_EQ(bytes, "rest");
  EXPECT_LT(bytes.capacity(), 1000U);
}

TEST_F(ConnectionMemory, CountsTheMemoryOfAPartialRequest) {
  constexpr std::size_t kSent = 17'000'000;
  Serve(Describe, {.connections = {.max_body_bytes = 4 * kSent}});
  RawClient client(address());
  const std::string request = RawPost("/inline", std::string(2 * kSent, 'x'));
  client.Send(std::string_view(request).substr(0, kSent));
  EXPECT_TRUE(Eventually([&] { return held_.held > kSent * 3 / 2; }))
      << held_.held << ": a growing buffer holds up to twice its content";
}

TEST_F(ConnectionMemory, CountsEveryConnection) {
  Serve(Describe);
  std::optional<RawClient> one(address());
  const RawClient other(address());
  EXPECT_TRUE(Eventually([&] { return held_.held == 2 * kConnectionBytes; }));
  one.reset();
  EXPECT_TRUE(Eventually([&] { return held_.held == kConnectionBytes; }));
}

TEST_F(ConnectionMemory, KeepsAQuarterOfTheMemoryForConnectionsThatAreThere) {
  Serve(Describe);
  MemoryReservation others(held_);
  ASSERT_TRUE(others.Set(held_.most_for_newcomers() - kConnectionBytes));
  RawClient client(address());
  client.Send(RawPost("/inline", ""));
  EXPECT_EQ(client.Receive().status, 200);
  RawClient newcomer(address());
  EXPECT_EQ(newcomer.ReceiveAll(), "");
  EXPECT_THAT(Refusals(), ElementsAre(RefusalCause::kMemory));
  client.Send(RawPost("/inline", ""));
  EXPECT_EQ(client.Receive().status, 200);
}

TEST_F(ConnectionMemory, NeedsNoneForAReplyOfAWorkerThatIsTakenAtOnce) {
  Serve(Describe);
  RawClient client(address());
  ASSERT_TRUE(Eventually([&] { return held_.held == kConnectionBytes; }));
  MemoryReservation others(held_);
  ASSERT_TRUE(others.Set(held_.most - kConnectionBytes));
  for (int request = 0; request < 2; ++request) {
    client.Send(RawPost("/worker", ""));
    EXPECT_EQ(client.Receive().status, 200) << request;
  }
}

TEST_F(ConnectionMemory, EndsAClientThatLeavesMuchUnreadForANewcomer) {
  Serve(
      [](const HttpRequest& request) {
        if (request.path == "/inline/short") return Describe(request);
        return HttpReply{.body = std::string(4'000'000, 'x')};
      },
      {}, {.loops = 1});
  const RawClient idle(address());
  RawClient slow(address());
  slow.Send(RawPost("/inline/long", ""));
  ASSERT_TRUE(Eventually([&] { return held_.held > 3'000'000; }));
  MemoryReservation others(held_);
  ASSERT_TRUE(others.Set(held_.most_for_newcomers() - kMuchBytes));
  RawClient newcomer(address());
  newcomer.Send(RawPost("/inline/short", ""));
  EXPECT_EQ(newcomer.Receive().status, 200);
  EXPECT_EQ(counts_.closed, 1U);
  EXPECT_THAT(Refusals(), ElementsAre(RefusalCause::kMemory));
}

class LittleConnectionMemory : public EdgeTest {
 protected:
  MemoryTotal little_{.most = 3 * kConnectionBytes};  ///< admits two newcomers
};

TEST_F(LittleConnectionMemory, IsThatOfTheIdlestWhereItMayBeReplaced) {
  threads_.emplace(EdgeThreadCounts{.loops = 1}, logger_);
  handler_ = std::make_unique<TestHandler>(AnswerNow(Describe));
  server_.emplace(
      HttpListenerOptions{.listen = {"127.0.0.1:0"}, .connections = {.replaces_idle = true}},
      *handler_,
      HttpListenerDeps{.threads = *threads_,
                       .limiter = limiter_,
                       .held = little_,
                       .counts = counts_,
                       .clock = clock_,
                       .logger = logger_});
  ASSERT_OK(server_->Start());
  RawClient idlest(address());
  ASSERT_TRUE(Eventually([&] { return counts_.opened == 1; }));
  clock_.Advance(1s);
  const RawClient idle(address());
  ASSERT_TRUE(Eventually([&] { return counts_.opened == 2; }));
  RawClient newcomer(address());
  newcomer.Send(RawPost("/inline", ""));
  EXPECT_EQ(newcomer.Receive().status, 200);
  EXPECT_TRUE(idlest.IsReadable()) << "it has ended";
  EXPECT_FALSE(idle.IsReadable());
}

TEST_F(ConnectionMemory, CountsWhatTheKernelHoldsOfAClientThatWaits) {
  constexpr std::size_t kSent = 40'000;
  auto handler = std::make_unique<TestHandler>(AnswerNow(Describe));
  handler->delay = [](std::string_view /*client*/) { return 1h; };
  Serve(std::move(handler));
  RawClient client(address());
  client.Send(RawPost("/paced", ""));
  EXPECT_TRUE(Eventually([&] { return handler_->handled() == 0 && !Refusals().empty(); }));
  client.Send(std::string(kSent, 'x'));
  EXPECT_TRUE(Eventually([&] { return held_.held >= kConnectionBytes + kSent; }));
  MemoryReservation others(held_);
  ASSERT_TRUE(others.Set(held_.most - held_.held));
  client.Send(std::string(kSent / 2, 'x'));
  EXPECT_TRUE(Eventually([&] { return counts_.closed == 1; }));
  EXPECT_THAT(Refusals(), Contains(RefusalCause::kMemory));
}

TEST_F(ConnectionMemory, CountsWhatTheKernelHoldsOfAClientWhoseRequestIsNotAnswered) {
  constexpr std::size_t kSent = 40'000;
  for (const char* const path : {"/inline", "/worker"}) {
    Mutex mutex;
    Responder pending;
    Serve(std::make_unique<TestHandler>([&](const HttpRequest& request, Responder& responder) {
      if (!request.body.empty()) return responder.Send(Describe(request));
      const MutexLock lock(mutex);
      pending = std::move(responder);
    }));
    RawClient client(address());
    client.Send(RawPost(path, ""));
    EXPECT_TRUE(Eventually([&] { return handler_->handled() == 1; }));
    EXPECT_EQ(held_.held, kConnectionBytes);
    client.Send(RawPost(path, std::string(kSent, 'x')));
    EXPECT_TRUE(Eventually([&] { return held_.held >= kConnectionBytes + kSent; })) << path;
    {
      const MutexLock lock(mutex);
      pending.Send({.body = "at last"});
    }
    EXPECT_EQ(client.Receive().body, "at last");
    EXPECT_THAT(client.Receive().body, EndsWith("x")) << "what came meanwhile is read";
    EXPECT_TRUE(Eventually([&] { return held_.held == kConnectionBytes; })) << path;
    server_.reset();
  }
}

TEST_F(ConnectionMemory, CountsWhatAClientHasNotTakenWhileItsNextRequestIsNotAnswered) {
  constexpr std::size_t kBytes = 40'000;
  Mutex mutex;
  Responder pending;
  Serve(std::make_unique<TestHandler>([&](const HttpRequest& request, Responder& responder) {
    if (request.path == "/inline/long") return responder.Send({.body = std::string(kBytes, 'x')});
    const MutexLock lock(mutex);
    pending = std::move(responder);
  }));
  const std::string where = address();
  const LoopbackSocket client =
      LoopbackSocket::Connect(std::stoi(where.substr(where.rfind(':') + 1)), kSmallRequestBytes);
  client.Send(RawPost("/inline/long", "") + RawPost("/inline", ""));
  EXPECT_TRUE(Eventually([&] { return held_.held > kConnectionBytes + kBytes / 2; }));
  const MutexLock lock(mutex);
  pending.Send({});
}

TEST_F(ConnectionMemory, KeepsAnEighthOfTheMemoryForThoseThatHoldLittle) {
  Serve(
      [](const HttpRequest& request) {
        if (request.path == "/inline/short") return Describe(request);
        return HttpReply{.body = std::string(4'000'000, 'x')};
      },
      {}, {.loops = 1});
  RawClient honest(address());
  RawClient greedy(address());
  ASSERT_TRUE(Eventually([&] { return held_.held == 2 * kConnectionBytes; }));
  MemoryReservation others(held_);
  ASSERT_TRUE(others.Set(held_.most_for_greedy() - held_.held));
  greedy.Send(RawPost("/inline/long", ""));
  EXPECT_TRUE(Eventually([&] { return counts_.closed == 1; }));
  honest.Send(RawPost("/inline/short", std::string(20'000, 'x')));
  EXPECT_EQ(honest.Receive().status, 200);
  EXPECT_THAT(Refusals(), ElementsAre(RefusalCause::kMemory));
}

TEST_F(ConnectionMemory, EndsThoseThatHoldMostWhenAnotherNeedsLittle) {
  Serve(Describe, {}, {.loops = 1});
  RawClient honest(address());
  const RawClient idle(address());
  RawClient slow(address());
  slow.Send(RawPost("/inline", std::string(50'000, 'x')).substr(0, 40'000));
  ASSERT_TRUE(Eventually([&] { return held_.held >= 3 * kConnectionBytes + 40'000; }));
  MemoryReservation others(held_);
  ASSERT_TRUE(others.Set(held_.most - held_.held));
  const std::string request = RawPost("/inline", std::string(20'000, 'x'));
  honest.Send(std::string_view(request).substr(0, 10'000));
  EXPECT_TRUE(Eventually([&] { return counts_.closed == 1; }));
  honest.Send(std::string_view(request).substr(10'000));
  EXPECT_EQ(honest.Receive().status, 200);
  EXPECT_TRUE(slow.IsReadable()) << "it has ended";
  EXPECT_FALSE(idle.IsReadable());
}

TEST_F(ConnectionMemory, CountsWhatAClosedConnectionHasLeftInTheKernel) {
  constexpr std::size_t kMuch = 200'000;
  Serve([](const HttpRequest&) { return HttpReply{.body = std::string(500'000, 'x')}; }, {},
        {.loops = 1});
  const auto ask = [this] {
    RawClient client(address());
    client.Send(RawPost("/inline", "", "Connection: close\r\n"));
    return client;
  };
  RawClient late = ask();
  RawClient never = ask();
  never.CloseWriting();
  ASSERT_TRUE(Eventually([&] { return held_.held > 2 * kMuch; }));
  late.CloseWriting();
  EXPECT_GT(late.ReceiveAll().size(), 500'000U);
  EXPECT_TRUE(Eventually([&] { return counts_.closed == 1; }));
  EXPECT_GT(held_.held, kMuch);
  EXPECT_THAT(Refusals(), IsEmpty());
  clock_.Advance(ConnectionOptions().write_timeout);
  EXPECT_TRUE(Eventually([&] { return counts_.closed == 2; }));
  EXPECT_THAT(Refusals(), ElementsAre(RefusalCause::kWriteTimeout));
  EXPECT_EQ(held_.held, 0U);
}

}  // namespace
}  // namespace rtcroom
