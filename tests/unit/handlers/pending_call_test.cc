// Calls that wait: each is answered once, by its owner, or when nothing is left to wait for.
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "handlers/shared/protocol_handler.h"
#include "tests/support/captured_log.h"
#include "tests/support/fake_clock.h"
#include "tests/support/recorded_reply.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;

class PendingCallTest : public testing::Test {
 protected:
  std::shared_ptr<PendingCall> Begin(const std::shared_ptr<RecordedReply>& reply) {
    HttpRequest request;
    Responder responder(reply, 0);
    Call call{.http = request, .responder = responder};
    return std::make_shared<PendingCall>(call, recorder_, RequestCharge(),
                                         PendingCall::Duration::kWaits);
  }
  static void Answer(PendingCall& call, std::string body) {
    call.Answer([&](RequestLabel& /*label*/) { return HttpReply{.body = std::move(body)}; });
  }
  /// The call is answered with "nothing" when it ends by itself.
  void Wait(const std::shared_ptr<PendingCall>& call, std::chrono::seconds wait = 45s) {
    call->Wait(calls_, clock_.Monotonic() + wait, [call] { Answer(*call, "nothing"); });
  }
  static std::string BodyOf(const std::shared_ptr<RecordedReply>& reply) {
    EXPECT_LE(reply->times_sent(), 1);
    return reply->reply() ? reply->reply()->body : "";
  }

  FakeClock clock_;
  CapturedLog log_;
  Logger logger_{LogFormat::kText, LogLevel::kError, log_.file()};
  RequestIds ids_{"t"};
  LastRequest recorded_;
  RequestRecorder recorder_{ids_, recorded_, clock_, logger_};
  PendingCalls calls_{clock_};
  // Shared with the calls.
  const std::shared_ptr<RecordedReply> reply_ = std::make_shared<RecordedReply>();
};

TEST_F(PendingCallTest, EndsAtItsDeadline) {
  const auto later = std::make_shared<RecordedReply>();
  Wait(Begin(later), 20s);
  Wait(Begin(reply_), 10s);
  clock_.Advance(9s);
  calls_.OnTick();
  EXPECT_EQ(BodyOf(reply_), "");
  clock_.Advance(1s);
  calls_.OnTick();
  EXPECT_EQ(BodyOf(reply_), "nothing");
  EXPECT_EQ(BodyOf(later), "");
  clock_.Advance(1h);
  calls_.OnTick();
  EXPECT_EQ(BodyOf(later), "nothing");
}

TEST_F(PendingCallTest, EndsAtOnceWithoutTimeToWait) {
  Wait(Begin(reply_), 0s);
  EXPECT_EQ(BodyOf(reply_), "nothing");
}

TEST_F(PendingCallTest, EndsAtTheStop) {
  Wait(Begin(reply_));
  calls_.Stop();
  EXPECT_EQ(BodyOf(reply_), "nothing");
  const auto later = std::make_shared<RecordedReply>();
  Wait(Begin(later));
  EXPECT_EQ(BodyOf(later), "nothing") << "at once";
}

TEST_F(PendingCallTest, EndsWithOthersThoughMoreMayWaitThen) {
  Wait(Begin(reply_));
  calls_.EndAll();
  EXPECT_EQ(BodyOf(reply_), "nothing");
  const auto later = std::make_shared<RecordedReply>();
  Wait(Begin(later));
  EXPECT_EQ(BodyOf(later), "");
  calls_.Stop();
}

TEST_F(PendingCallTest, EndsWithItsConnection) {
  Wait(Begin(reply_));
  reply_->Close();
  EXPECT_EQ(BodyOf(reply_), "nothing") << "for a client that still reads";
}

TEST_F(PendingCallTest, EndsInNoOtherWayOnceItIsAnswered) {
  const auto call = Begin(reply_);
  Wait(call);
  Answer(*call, "news");
  Answer(*call, "more");
  reply_->Close();
  clock_.Advance(1h);
  calls_.OnTick();
  calls_.Stop();
  EXPECT_EQ(BodyOf(reply_), "news");
  EXPECT_EQ(recorded_.count(), 1);
}

TEST_F(PendingCallTest, DoesNotWaitOnceItIsAnswered) {
  const auto call = Begin(reply_);
  Answer(*call, "news");
  Wait(call);
  calls_.Stop();
  EXPECT_EQ(BodyOf(reply_), "news");
}

TEST_F(PendingCallTest, EndsOnceThoughItIsNotAnsweredThen) {
  int ends = 0;
  const auto call = Begin(reply_);
  call->Wait(calls_, clock_.Monotonic() + 1s, [&] { ++ends; });
  reply_->Close();
  calls_.Stop();
  EXPECT_EQ(ends, 1);
  Answer(*call, "late");
  EXPECT_EQ(BodyOf(reply_), "late");
}

TEST_F(PendingCallTest, KeepsNothingOnceItIsAnswered) {
  const auto held = std::make_shared<int>();  // shared with the function that ends the call
  auto call = Begin(reply_);
  const std::weak_ptr<PendingCall> weak = call;
  call->Wait(calls_, clock_.Monotonic() + 1s, [call, held] {});
  Answer(*call, "news");
  EXPECT_EQ(held.use_count(), 1);
  call.reset();
  EXPECT_TRUE(weak.expired());
}

TEST_F(PendingCallTest, IsAnsweredOnceByWhoeverIsFirst) {
  for (int i = 0; i < 200; ++i) {
    const auto reply = std::make_shared<RecordedReply>();
    const auto call = Begin(reply);
    std::vector<std::jthread> threads;
    threads.emplace_back([&] { Wait(call); });
    threads.emplace_back([&] { Answer(*call, "news"); });
    threads.emplace_back([&] { reply->Close(); });
    threads.emplace_back([&] { calls_.EndAll(); });
    threads.clear();
    EXPECT_NE(BodyOf(reply), "");
  }
}

}  // namespace
}  // namespace rtcroom
