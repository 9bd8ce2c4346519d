// The end of a client whose request is answered later: whoever answers is told.
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <latch>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "daemon/base/memory_reservation.h"
#include "daemon/base/mutex.h"
#include "tests/unit/http/upgrade_fixture.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr std::array kLanes = {"/inline/later", "/worker/later"};

class OnClosedTest : public UpgradeTest {
 protected:
  /// Requests with `later` in their path wait until the test answers them.
  /// @param asks  to be told of the end of their clients.
  void ServeLater(bool asks = true) {
    ServeBy([this, asks](const HttpRequest& request, Responder& responder) {
      if (request.path.find("later") == std::string::npos) {
        return responder.Send(Describe(request));
      }
      if (asks) Ask(responder);
      const MutexLock lock(mutex_);
      pending_ = std::move(responder);
    });
  }
  using UpgradeTest::Ask;
  void Ask(Responder& responder) {
    responder.OnClosed([this] { ++told_; });
  }
  /// The right to answer the request that waits.
  Responder TakePending() {
    Responder pending;
    EXPECT_TRUE(Eventually([&] {
      const MutexLock lock(mutex_);
      if (pending_) pending = std::move(pending_);
      return static_cast<bool>(pending);
    }));
    EXPECT_TRUE(AnswersOnEachLoop());  // its handler may have been about to return
    return pending;
  }
  bool IsTold() {
    return Eventually([this] { return told_ > 0; });
  }

  std::atomic<int> told_{0};

 private:
  Mutex mutex_;
  Responder pending_ GUARDED_BY(mutex_);
};

TEST_P(OnClosedTest, TellsOnceThatTheClientHasDisconnected) {
  ServeLater();
  for (const char* const lane : kLanes) {
    told_ = 0;
    std::optional<RawClient> client(Ask(RawPost(lane, "")));
    Responder pending = TakePending();
    EXPECT_EQ(told_, 0) << lane;
    client.reset();
    EXPECT_TRUE(IsTold()) << lane;
    pending.Send({.body = "{}"});
    EXPECT_TRUE(Eventually([&] { return counts_.closed == counts_.opened; })) << lane;
    EXPECT_EQ(told_, 1) << lane;
  }
}

TEST_P(OnClosedTest, TellsThatTheConnectionWasCut) {
  ServeLater();
  for (const char* const lane : kLanes) {
    told_ = 0;
    RawClient client = Ask(RawPost(lane, ""));
    Responder pending = TakePending();
    client.CloseWriting();  // below TLS
    EXPECT_TRUE(IsTold()) << lane;
    pending.Send({.body = "{}"});
  }
}

TEST_P(OnClosedTest, TellsOnTheThreadOfTheConnection) {
  std::atomic<std::thread::id> of_connection;
  std::atomic<std::thread::id> of_call;
  Mutex mutex;
  Responder pending;
  ServeBy([&](const HttpRequest& request, Responder& responder) {
    if (request.path == "/inline/first") of_connection = std::this_thread::get_id();
    if (request.path != "/worker/later") return responder.Send(Describe(request));
    responder.OnClosed([&] { of_call = std::this_thread::get_id(); });
    const MutexLock lock(mutex);
    pending = std::move(responder);
  });
  std::optional<RawClient> client(Ask(RawPost("/inline/first", "") + RawPost("/worker/later", "")));
  EXPECT_EQ(client->Receive().status, 200);
  EXPECT_TRUE(Eventually([&] { return handler_->handled() == 2; }));
  client.reset();
  EXPECT_TRUE(Eventually([&] { return of_call.load() != std::thread::id(); }));
  EXPECT_EQ(of_call.load(), of_connection.load());
  const MutexLock lock(mutex);
  pending.Send({.body = "{}"});
}

TEST_P(OnClosedTest, SaysNothingAfterTheAnswer) {
  ServeLater();
  for (const char* const lane : kLanes) {
    {
      RawClient client = Ask(RawPost(lane, ""));
      TakePending().Send({.body = "{}"});
      EXPECT_EQ(client.Receive().status, 200) << lane;
    }
    EXPECT_TRUE(Eventually([&] { return counts_.closed == counts_.opened; })) << lane;
    EXPECT_EQ(told_, 0) << lane;
  }
}

TEST_P(OnClosedTest, TellsOfAClientThatHadGoneBefore) {
  std::latch entered(1);
  std::latch is_gone(1);
  Mutex mutex;
  Responder pending;
  ServeBy([&](const HttpRequest& request, Responder& responder) {
    if (request.path != "/worker/later") return responder.Send(Describe(request));
    entered.count_down();
    is_gone.wait();
    Ask(responder);
    const MutexLock lock(mutex);
    pending = std::move(responder);
  });
  std::optional<RawClient> client(Ask(RawPost("/worker/later", "")));
  entered.wait();
  client.reset();
  EXPECT_TRUE(AnswersOnEachLoop());
  EXPECT_EQ(told_, 0) << "the handler has not returned";
  is_gone.count_down();
  EXPECT_TRUE(IsTold());
  const MutexLock lock(mutex);
  pending.Send({.body = "{}"});
}

TEST_P(OnClosedTest, MayBeAskedForFromAnyThread) {
  ServeLater(/*asks=*/false);
  for (const char* const lane : kLanes) {
    told_ = 0;
    std::optional<RawClient> client(Ask(RawPost(lane, "")));
    Responder pending = TakePending();
    client.reset();
    EXPECT_TRUE(AnswersOnEachLoop());
    Ask(pending);
    EXPECT_TRUE(IsTold()) << lane;
    pending.Send({.body = "{}"});
  }
}

TEST_P(OnClosedTest, TellsOfAConnectionThatTheServerHasEnded) {
  constexpr std::size_t kSent = 40'000;
  ServeLater(/*asks=*/false);
  RawClient client = Ask(RawPost("/worker/later", ""));
  Responder pending = TakePending();
  EXPECT_TRUE(Eventually([&] { return counts_.closed + 1 == counts_.opened; }));
  client.Send(std::string(kSent, 'x'));
  EXPECT_TRUE(Eventually([&] { return held_.held >= kConnectionBytes + kSent; }));
  MemoryReservation others(held_);
  ASSERT_TRUE(others.Set(held_.most - held_.held));
  client.Send(std::string(kSent / 2, 'x'));
  EXPECT_TRUE(Eventually([&] { return counts_.closed == counts_.opened; }));
  Ask(pending);
  EXPECT_TRUE(IsTold());
}

TEST_P(OnClosedTest, TellsOfAStopThatWaitsNoLonger) {
  ServeLater();
  const RawClient client = Ask(RawPost("/worker/later", ""));
  Responder pending = TakePending();
  const std::jthread stopping([this] { server_->Stop(0ms); });
  EXPECT_TRUE(IsTold());
  pending.Send({.body = "{}"});
}

TEST_P(OnClosedTest, LeavesFurtherRequestsUntilTheAnswer) {
  ServeLater();
  for (const char* const lane : kLanes) {
    told_ = 0;
    RawClient client = Ask(RawPost(lane, ""));
    Responder pending = TakePending();
    client.Send(RawPost("/inline/next", "text"));
    EXPECT_TRUE(AnswersOnEachLoop());
    EXPECT_EQ(told_, 0) << lane;
    pending.Send({.body = "{}"});
    EXPECT_EQ(client.Receive().body, "{}") << lane;
    EXPECT_THAT(client.Receive().body, HasSubstr("/inline/next")) << lane;
    client.Send(RawPost(lane, ""));
    pending = TakePending();
    client.CloseWriting();
    EXPECT_TRUE(IsTold()) << lane;
    pending.Send({.body = "{}"});
  }
}

INSTANTIATE_TEST_SUITE_P(Wires, OnClosedTest, testing::Values(Wire::kPlain, Wire::kTls), WireName);

/// Over TLS, OpenSSL's client has no half-closed connection.
class HalfClosedTest : public OnClosedTest {};

TEST_P(HalfClosedTest, GetsItsAnswer) {
  for (const bool asks : {false, true}) {
    ServeLater(asks);
    for (const char* const lane : kLanes) {
      told_ = 0;
      RawClient client = Ask(RawPost(lane, ""));
      Responder pending = TakePending();
      client.CloseWriting();
      EXPECT_TRUE(asks ? IsTold() : AnswersOnEachLoop()) << lane;
      pending.Send({.body = "{}"});
      EXPECT_EQ(client.Receive().body, "{}") << lane;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Wires, HalfClosedTest, testing::Values(Wire::kPlain), WireName);

}  // namespace
}  // namespace rtcroom
