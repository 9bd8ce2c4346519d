// Request handling of a connection: order, pacing, later replies, deadlines, draining.
#include <atomic>
#include <chrono>
#include <deque>
#include <future>
#include <latch>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "daemon/base/mutex.h"
#include "tests/unit/http/edge_fixture.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class ConnectionTest : public EdgeTest {
 protected:
  /// Requests with `later` in the path wait until the test answers them.
  void ServeLater() {
    ServeBy([this](const HttpRequest& request, Responder& responder) {
      if (request.path.find("later") == std::string::npos) {
        return responder.Send(Describe(request));
      }
      const MutexLock lock(mutex_);
      pending_.push_back(std::move(responder));
    });
  }
  void ServeBy(TestHandler::HandleRequest handle, EdgeThreadCounts threads = {.loops = 2}) {
    Serve(std::make_unique<TestHandler>(std::move(handle)), {}, threads);
  }
  /// Waits until the server refuses connections: later replies close theirs.
  void WaitUntilItStops() {
    ASSERT_TRUE(Eventually([this] { return !AcceptsConnections(); }));
  }
  std::size_t pending_count() {
    const MutexLock lock(mutex_);
    return pending_.size();
  }
  Responder TakePending() {
    EXPECT_TRUE(Eventually([&] { return pending_count() > 0; }));
    const MutexLock lock(mutex_);
    Responder first = std::move(pending_.front());
    pending_.pop_front();
    return first;
  }

  Mutex mutex_;
  std::deque<Responder> pending_ GUARDED_BY(mutex_);
};

TEST_F(ConnectionTest, AnswersInOrderAcrossLanes) {
  Serve(Describe);
  RawClient client(address());
  std::string requests;
  for (int i = 0; i < 50; ++i) {
    for (const char* lane : {"/inline", "/urgent", "/worker"}) {
      requests += RawPost(lane + std::to_string(i), "x");
    }
  }
  client.Send(requests);
  for (int i = 0; i < 50; ++i) {
    for (const char* lane : {"/inline", "/urgent", "/worker"}) {
      ASSERT_THAT(client.Receive().body, StartsWith("POST " + (lane + std::to_string(i)) + " "));
    }
  }
}

TEST_F(ConnectionTest, ADeferredReplyBlocksNoThread) {
  ServeLater();
  std::vector<RawClient> waiting;
  for (int i = 0; i < 100; ++i) {
    waiting.emplace_back(address()).Send(RawPost(i % 2 == 0 ? "/inline/later" : "/later", ""));
  }
  ASSERT_TRUE(Eventually([&] { return pending_count() == 100; }));
  RawClient other(address());
  other.Send(RawPost("/now", "") + RawPost("/inline/now", ""));
  EXPECT_EQ(other.Receive().status, 200);
  EXPECT_EQ(other.Receive().status, 200);
  for (int i = 0; i < 100; ++i) TakePending().Send({.body = "{}"});
  for (RawClient& client : waiting) EXPECT_EQ(client.Receive().body, "{}");
}

TEST_F(ConnectionTest, ADeferredReplyPrecedesRepliesToLaterRequests) {
  ServeLater();
  RawClient client(address());
  client.Send(RawPost("/later", "") + RawPost("/inline/next", ""));
  TakePending().Send({.status = 200, .headers = {{"X-Later", "yes"}}, .body = "{}"});
  const RawReply first = client.Receive();
  EXPECT_EQ(first.Header("X-Later"), "yes");
  EXPECT_EQ(first.Header("Content-Type"), kJsonType);
  EXPECT_THAT(client.Receive().body, HasSubstr("/inline/next"));
}

TEST_F(ConnectionTest, AnswersWith500IfADeferredReplyIsDropped) {
  ServeLater();
  RawClient client(address());
  client.Send(RawPost("/later", ""));
  static_cast<void>(TakePending());
  const RawReply reply = client.Receive();
  EXPECT_EQ(reply.status, 500);
  EXPECT_THAT(reply.body, HasSubstr(R"("code":6)"));
}

TEST_F(ConnectionTest, StopWaitsForADeferredReply) {
  ServeLater();
  RawClient client(address());
  client.Send(RawPost("/later", ""));
  Responder pending = TakePending();
  std::jthread stopping([this] { server_->Stop(1h); });
  WaitUntilItStops();
  pending.Send({.body = "{}"});
  const RawReply reply = client.Receive();
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.Header("Connection"), "close");
}

TEST_F(ConnectionTest, SendsAReadyReplyWithoutWaitingForTheLoop) {
  std::latch worker_entered(1);
  std::latch loop_is_blocked(1);
  std::latch is_answered(1);
  ServeBy(
      [&](const HttpRequest& request, Responder& responder) {
        if (request.path == "/inline/block") {
          loop_is_blocked.count_down();
          is_answered.wait();
          return responder.Send(Describe(request));
        }
        // On another thread, and before the handler returns.
        worker_entered.count_down();
        loop_is_blocked.wait();
        std::jthread([&] { responder.Send(Describe(request)); }).join();
      },
      {.loops = 1});
  RawClient client(address());
  client.Send(RawPost("/worker", ""));
  worker_entered.wait();
  RawClient other(address());
  other.Send(RawPost("/inline/block", ""));
  EXPECT_THAT(client.Receive().body, HasSubstr("/worker"));
  is_answered.count_down();
  EXPECT_EQ(other.Receive().status, 200);
}

TEST_F(ConnectionTest, AcceptsADeferredReplyAsItsHandlerReturns) {
  Mutex mutex;
  std::vector<std::jthread> senders;
  ServeBy([&](const HttpRequest& request, Responder& responder) {
    const MutexLock lock(mutex);
    senders.emplace_back([later = std::move(responder), reply = Describe(request)]() mutable {
      later.Send(std::move(reply));
    });
  });
  RawClient client(address());
  for (int i = 0; i < 300; ++i) {
    const std::string path = (i % 2 == 0 ? "/inline/" : "/worker/") + std::to_string(i);
    client.Send(RawPost(path, ""));
    ASSERT_THAT(client.Receive().body, HasSubstr(path + " "));
  }
  server_.reset();
}

TEST_F(ConnectionTest, IgnoresADeferredReplyToADisconnectedClient) {
  ServeLater();
  {
    RawClient client(address());
    client.Send(RawPost("/later", ""));
    ASSERT_TRUE(Eventually([&] { return pending_count() == 1; }));
  }
  TakePending().Send({.body = "{}"});
  EXPECT_TRUE(Eventually([&] { return counts_.closed == 1; }));
}

TEST_F(ConnectionTest, DelaysPacedRequestsWithoutRefusingThem) {
  Serve(Describe);
  server_->SetPace(1000);
  RawClient client(address());
  std::string requests;
  for (int i = 0; i < 1010; ++i) requests += RawPost("/paced", "");
  client.Send(requests);
  for (int i = 0; i < 1010; ++i) ASSERT_EQ(client.Receive().status, 200) << i;
  EXPECT_THAT(Refusals(), Contains(RefusalCause::kPaced)) << "the clock does not advance";
}

TEST_F(ConnectionTest, PacesOnlyPacedRequestsOfTheConnection) {
  Serve(Describe);
  server_->SetPace(1);
  RawClient client(address());
  client.Send(RawPost("/paced", ""));
  EXPECT_EQ(client.Receive().status, 200);
  for (int i = 0; i < 20; ++i) {
    client.Send(RawPost("/inline", ""));
    ASSERT_EQ(client.Receive().status, 200);
    RawClient other(address());
    other.Send(RawPost("/paced", ""));
    ASSERT_EQ(other.Receive().status, 200);
  }
  EXPECT_TRUE(Refusals().empty());
}

TEST_F(ConnectionTest, ServesUrgentRequestsFirstAndRefusesThemLast) {
  std::latch entered(1);
  std::latch may_go_on(1);
  Mutex mutex;
  std::vector<std::string> served;
  Serve(
      [&](const HttpRequest& request) {
        if (request.path == "/first") {
          entered.count_down();
          may_go_on.wait();
        }
        const MutexLock lock(mutex);
        served.push_back(request.path);
        return Describe(request);
      },
      {}, {.loops = 1, .workers = 1, .waiting = 1});
  RawClient first(address());
  first.Send(RawPost("/first", ""));
  entered.wait();
  RawClient second(address());
  second.Send(RawPost("/second", ""));
  ASSERT_TRUE(Eventually([&] { return threads_->workers().waiting() == 1; }));
  RawClient urgent(address());
  urgent.Send(RawPost("/urgent", ""));
  ASSERT_TRUE(Eventually([&] { return threads_->workers().waiting() == 2; }));

  RawClient refused(address());
  refused.Send(RawPost("/third", ""));
  const RawReply reply = refused.Receive();
  EXPECT_EQ(reply.status, 503);
  EXPECT_THAT(reply.body, HasSubstr(R"("code":6)"));
  EXPECT_THAT(Refusals(), ElementsAre(RefusalCause::kQueueFull));
  refused.Send(RawPost("/inline", ""));
  EXPECT_EQ(refused.Receive().status, 200) << "a full queue closes no connection";

  may_go_on.count_down();
  for (RawClient* client : {&first, &second, &urgent}) EXPECT_EQ(client->Receive().status, 200);
  const MutexLock lock(mutex);
  EXPECT_THAT(served, ElementsAre("/inline", "/first", "/urgent", "/second"));
}

TEST_F(ConnectionTest, PacesNewConnectionsByTheirAddress) {
  std::atomic<int> asked{0};
  auto handler = std::make_unique<TestHandler>(AnswerNow(Describe));
  handler->delay = [&](std::string_view client) {
    EXPECT_EQ(client, "127.0.0.1");
    return ++asked > 2 ? 1ms : 0ms;
  };
  Serve(std::move(handler));
  for (int i = 0; i < 4; ++i) {
    RawClient client(address());
    client.Send(RawPost("/paced", "") + RawPost("/inline", ""));
    EXPECT_EQ(client.Receive().status, 200);
    EXPECT_EQ(client.Receive().status, 200);
  }
  EXPECT_EQ(asked, 4) << "no other request waits";
  EXPECT_THAT(Refusals(), ElementsAre(RefusalCause::kPaced, RefusalCause::kPaced));
}

TEST_F(ConnectionTest, ServesOtherConnectionsBetweenSlices) {
  constexpr int kLists = 100;
  constexpr int kSlicesOfAList = 10;
  std::vector<RawClient> lists;
  std::optional<RawClient> heart;
  // Accessed only by the loop after its start.
  int waiting = 0;
  int slices = 0;
  std::atomic<int> beaten_after{-1};
  ServeBy(
      [&](const HttpRequest& request, Responder& responder) {
        if (request.path == "/inline/beat") {
          beaten_after = slices - kLists;
          return responder.Send(Describe(request));
        }
        ++waiting;
        const auto pending = std::make_shared<Responder>(std::move(responder));
        pending->RunInSlices([&, pending, left = kSlicesOfAList]() mutable {
          if (waiting < kLists) return false;
          if (++slices == kLists) heart->Send(RawPost("/inline/beat", ""));
          if (--left > 0) return false;
          pending->Send({.body = "{}"});
          return true;
        });
      },
      {.loops = 1});
  heart.emplace(address());
  for (int i = 0; i < kLists; ++i) {
    lists.emplace_back(address()).Send(RawPost("/inline/list", ""));
  }
  EXPECT_EQ(heart->Receive().status, 200);
  for (RawClient& list : lists) EXPECT_EQ(list.Receive().status, 200);
  EXPECT_EQ(slices, kLists * kSlicesOfAList);
  EXPECT_LE(beaten_after, kLists) << "slices of other requests that ran before it";
}

TEST_F(ConnectionTest, StopsSlicedWorkOfClosedConnections) {
  std::atomic<int> slices{0};
  ServeBy([&](const HttpRequest&, Responder& responder) {
    const auto pending = std::make_shared<Responder>(std::move(responder));
    pending->RunInSlices([&, pending] {
      ++slices;
      return false;
    });
  });
  RawClient client(address());
  client.Send(RawPost("/inline/list", ""));
  ASSERT_TRUE(Eventually([&] { return slices > 0; }));
  server_->Stop(0ms);
}

TEST_F(ConnectionTest, MeasuresDurationIncludingTheQueueTime) {
  std::latch entered(1);
  std::latch may_go_on(1);
  std::vector<std::chrono::nanoseconds> durations;  // accessed by the single worker only
  Serve(
      [&](const HttpRequest& request) {
        if (request.path == "/first") {
          entered.count_down();
          may_go_on.wait();
        }
        durations.push_back(clock_.Monotonic() - request.begun);
        return Describe(request);
      },
      {}, {.loops = 1, .workers = 1, .waiting = 1});
  RawClient first(address());
  first.Send(RawPost("/first", ""));
  entered.wait();
  RawClient second(address());
  second.Send(RawPost("/second", ""));
  ASSERT_TRUE(Eventually([&] { return threads_->workers().waiting() == 1; }));
  clock_.Advance(3s);
  may_go_on.count_down();
  for (RawClient* client : {&first, &second}) EXPECT_EQ(client->Receive().status, 200);
  server_.reset();  // waits for the worker's task
  EXPECT_THAT(durations, ElementsAre(3s, 3s));
}

TEST_F(ConnectionTest, EndsIfAClientDoesNotReadItsReply) {
  Serve([](const HttpRequest&) { return HttpReply{.body = std::string(8'000'000, 'x')}; });
  RawClient client(address());
  client.Send(RawPost("/inline", ""));
  ASSERT_TRUE(Eventually([&] { return handler_->handled() == 1; }));
  EXPECT_TRUE(Eventually([&] {
    clock_.Advance(100ms);
    return counts_.closed == 1;
  }));
  EXPECT_THAT(Refusals(), ElementsAre(RefusalCause::kWriteTimeout));
}

TEST_F(ConnectionTest, IgnoresAnEmptyLineAfterABody) {
  Serve(Describe);
  RawClient client(address());
  client.Send(RawPost("/inline", "") + "\r\n");
  EXPECT_EQ(client.Receive().status, 200);
  clock_.Advance(10s);  // longer than the request timeout
  client.Send(RawPost("/inline/next", ""));
  EXPECT_THAT(client.Receive().body, HasSubstr("/next"));
  EXPECT_TRUE(Refusals().empty());
}

TEST_F(ConnectionTest, SurvivesAnExceptionInARefusal) {
  class Thrower : public TestHandler {
   public:
    using TestHandler::TestHandler;
    HttpReply Refuse(int /*status*/, std::string_view /*reason*/) override {
      throw std::runtime_error("no refusal");
    }
  };
  Serve(std::make_unique<Thrower>(AnswerNow([](const HttpRequest& request) -> HttpReply {
    if (request.path == "/good") return Describe(request);
    throw std::runtime_error("no answer");
  })));
  for (const char* request : {"/inline", "/worker"}) {
    RawClient client(address());
    client.Send(RawPost(request, ""));
    EXPECT_EQ(client.ReceiveAll(), "") << request;
  }
  RawClient garbage(address());
  garbage.Send("garbage\r\n\r\n");
  EXPECT_EQ(garbage.ReceiveAll(), "");
  RawClient slow(address());
  slow.Send("POST /x");
  EXPECT_TRUE(Eventually([&] {
    clock_.Advance(1s);
    return slow.IsReadable();
  }));
  RawClient good(address());
  good.Send(RawPost("/good", ""));
  EXPECT_EQ(good.Receive().status, 200);
}

TEST_F(ConnectionTest, AnswersRequestsReceivedBeforeAStop) {
  std::latch entered(1);
  std::latch may_go_on(1);
  Serve([&](const HttpRequest& request) {
    if (request.path == "/first") {
      entered.count_down();
      may_go_on.wait();
    }
    return Describe(request);
  });
  RawClient client(address());
  client.Send(RawPost("/first", "") + RawPost("/inline/second", "") + RawPost("/third", ""));
  entered.wait();
  std::jthread stopping([this] { server_->Stop(1h); });
  WaitUntilItStops();
  may_go_on.count_down();
  EXPECT_EQ(client.Receive().Header("Connection"), "");
  EXPECT_EQ(client.Receive().Header("Connection"), "");
  const RawReply last = client.Receive();
  EXPECT_THAT(last.body, HasSubstr("/third"));
  EXPECT_EQ(last.Header("Connection"), "close");
}

TEST_F(ConnectionTest, ServesOtherConnectionsBetweenPipelinedRequests) {
  Serve(Describe, {}, {.loops = 1});
  RawClient greedy(address());
  RawClient other(address());
  std::string requests;
  for (int i = 0; i < 2000; ++i) requests += RawPost("/inline", "");
  greedy.Send(requests);
  other.Send(RawPost("/inline", ""));
  EXPECT_EQ(other.Receive().status, 200);
  for (int i = 0; i < 2000; ++i) ASSERT_EQ(greedy.Receive().status, 200) << i;
}

TEST_F(ConnectionTest, AnswersRequestsBeforeGarbage) {
  Serve(Describe);
  RawClient client(address());
  client.Send(RawPost("/inline", "") + "garbage\r\n\r\n" + RawPost("/inline", ""));
  EXPECT_EQ(client.Receive().status, 200);
  EXPECT_EQ(client.Receive().status, 400);
  EXPECT_EQ(client.ReceiveAll(), "");
}

}  // namespace
}  // namespace rtcroom
