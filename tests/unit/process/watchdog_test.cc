#include "daemon/process/watchdog.h"

#include <chrono>
#include <cstddef>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/captured_log.h"
#include "tests/support/fake_clock.h"
#include "tests/support/recorded_notices.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

constexpr auto kTimeout = 10s;

/// A monitored part controlled by a test.
struct FakeComponent {
  bool takes_questions = true;
  bool answers = true;
  std::deque<LivenessReply> pending = {};

  bool Ask(LivenessReply reply) {
    if (!takes_questions) return false;
    if (answers) {
      reply();
    } else {
      pending.push_back(std::move(reply));
    }
    return true;
  }
  void AnswerAll() {
    for (const LivenessReply& reply : std::exchange(pending, {})) reply();
  }
};

class WatchdogTest : public testing::Test {
 protected:
  /// Ticks for the given time. @return the number of watchdog notifications sent.
  std::size_t SignalsWithin(std::chrono::milliseconds time) {
    for (std::chrono::milliseconds passed{0}; passed < time; passed += watchdog_.TickPeriod()) {
      clock_.Advance(watchdog_.TickPeriod());
      watchdog_.Tick();
    }
    const std::vector<std::string> notices = manager_.Take();
    for (const std::string& notice : notices) EXPECT_EQ(notice, "WATCHDOG=1");
    return notices.size();
  }
  [[nodiscard]] LivenessProbe Probe(std::string name, FakeComponent& component,
                                    std::chrono::milliseconds extra = {}) {
    return {.name = std::move(name),
            .extra_timeout = extra,
            .ask = [&component](LivenessReply reply) { return component.Ask(std::move(reply)); }};
  }

  FakeClock clock_;
  RecordedNotices manager_;
  CapturedLog log_;
  Logger logger_{LogFormat::kText, LogLevel::kDebug, log_.file()};
  FakeComponent loop_;
  FakeComponent reaper_;
  Watchdog watchdog_{
      kTimeout, {Probe("loop", loop_), Probe("reaper", reaper_, 3s)}, clock_, manager_, logger_};
};

TEST_F(WatchdogTest, PingsTwicePerTimeoutWhileAllPartsRespond) {
  const std::size_t signs = SignalsWithin(10 * kTimeout);
  EXPECT_GE(signs, 20U);
  EXPECT_LE(signs, 23U) << "at most one tick early";
}

TEST_F(WatchdogTest, StopsPingingIfAPartStopsResponding) {
  EXPECT_GT(SignalsWithin(kTimeout), 0U);
  loop_.answers = false;
  EXPECT_LE(SignalsWithin(kTimeout / 2), 1U) << "short delays are tolerated";
  EXPECT_LE(SignalsWithin(kTimeout / 2), 1U);
  EXPECT_EQ(SignalsWithin(10 * kTimeout), 0U);
  EXPECT_THAT(log_.Text(), HasSubstr("component_stalled component=loop"));
  EXPECT_THAT(log_.Text(), Not(HasSubstr("component=reaper")));
}

TEST_F(WatchdogTest, LogsAnUnresponsivePartOnce) {
  loop_.answers = false;
  SignalsWithin(10 * kTimeout);
  const std::string log = log_.Text();
  EXPECT_EQ(log.find("component_stalled"), log.rfind("component_stalled"));
}

TEST_F(WatchdogTest, ResumesPingingWhenThePartRecovers) {
  SignalsWithin(kTimeout);
  loop_.answers = false;
  SignalsWithin(3 * kTimeout);
  loop_.answers = true;
  loop_.AnswerAll();
  EXPECT_EQ(SignalsWithin(watchdog_.TickPeriod()), 1U) << "at once";
  EXPECT_EQ(SignalsWithin(kTimeout), 2U);
  EXPECT_THAT(log_.Text(), HasSubstr("component_recovered component=loop"));
}

TEST_F(WatchdogTest, AppliesALongerTimeoutToASlowPart) {
  SignalsWithin(kTimeout);
  reaper_.answers = false;
  SignalsWithin(kTimeout / 2 + 3s);
  EXPECT_THAT(log_.Text(), Not(HasSubstr("component_stalled")));
  SignalsWithin(1s);
  EXPECT_THAT(log_.Text(), HasSubstr("component_stalled component=reaper"));
}

TEST_F(WatchdogTest, TreatsAFullQueueAsUnresponsive) {
  SignalsWithin(kTimeout);
  loop_.takes_questions = false;
  SignalsWithin(kTimeout);
  EXPECT_EQ(SignalsWithin(kTimeout), 0U);
  loop_.takes_questions = true;
  EXPECT_GE(SignalsWithin(kTimeout), 1U);
}

TEST_F(WatchdogTest, ProbesAPartAgainOnlyAfterItsReply) {
  loop_.answers = false;
  SignalsWithin(kTimeout);
  EXPECT_EQ(loop_.pending.size(), 1U);
}

TEST_F(WatchdogTest, IgnoresRepliesAfterItsEnd) {
  FakeComponent late{.answers = false};
  {
    Watchdog watchdog(kTimeout, {Probe("late", late)}, clock_, manager_, logger_);
    watchdog.Tick();
  }
  late.AnswerAll();
}

TEST(LoopHeartbeat, AnswersEachProbeOnce) {
  LoopHeartbeat rounds;
  int answers = 0;
  rounds.Answer();
  EXPECT_TRUE(rounds.Ask([&] { ++answers; }));
  EXPECT_EQ(answers, 0) << "only in the next round";
  rounds.Answer();
  rounds.Answer();
  EXPECT_EQ(answers, 1);
}

}  // namespace
}  // namespace rtcroom
