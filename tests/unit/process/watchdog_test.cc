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
struct FakePart {
  bool takes_questions = true;
  bool answers = true;
  std::deque<SignOfLife> owed = {};

  bool Ask(SignOfLife sign) {
    if (!takes_questions) return false;
    if (answers) {
      sign();
    } else {
      owed.push_back(std::move(sign));
    }
    return true;
  }
  void AnswerAll() {
    for (const SignOfLife& sign : std::exchange(owed, {})) sign();
  }
};

class WatchdogTest : public testing::Test {
 protected:
  /// Ticks for the given time. @return the number of watchdog notifications sent.
  std::size_t SignsWithin(std::chrono::milliseconds time) {
    for (std::chrono::milliseconds passed{0}; passed < time; passed += watchdog_.TickPeriod()) {
      clock_.Advance(watchdog_.TickPeriod());
      watchdog_.Tick();
    }
    const std::vector<std::string> notices = manager_.Take();
    for (const std::string& notice : notices) EXPECT_EQ(notice, "WATCHDOG=1");
    return notices.size();
  }
  [[nodiscard]] WatchedPart Watched(std::string name, FakePart& part,
                                    std::chrono::milliseconds extra = {}) {
    return {.name = std::move(name), .extra_patience = extra, .ask = [&part](SignOfLife sign) {
              return part.Ask(std::move(sign));
            }};
  }

  FakeClock clock_;
  RecordedNotices manager_;
  CapturedLog log_;
  Logger logger_{LogFormat::kText, LogLevel::kDebug, log_.file()};
  FakePart loop_;
  FakePart reaper_;
  Watchdog watchdog_{kTimeout,
                     {Watched("loop", loop_), Watched("reaper", reaper_, 3s)},
                     clock_,
                     manager_,
                     logger_};
};

TEST_F(WatchdogTest, GivesASignTwiceWithinTheTimeAsLongAsAllAnswer) {
  const std::size_t signs = SignsWithin(10 * kTimeout);
  EXPECT_GE(signs, 20U);
  EXPECT_LE(signs, 23U) << "early by a tick at most";
}

TEST_F(WatchdogTest, FallsSilentWhenAPartDoes) {
  EXPECT_GT(SignsWithin(kTimeout), 0U);
  loop_.answers = false;
  EXPECT_LE(SignsWithin(kTimeout / 2), 1U) << "it may be slow for a while";
  EXPECT_LE(SignsWithin(kTimeout / 2), 1U);
  EXPECT_EQ(SignsWithin(10 * kTimeout), 0U);
  EXPECT_THAT(log_.Text(), HasSubstr("part_is_silent part=loop"));
  EXPECT_THAT(log_.Text(), Not(HasSubstr("part=reaper")));
}

TEST_F(WatchdogTest, SaysOnceWhichPartIsSilent) {
  loop_.answers = false;
  SignsWithin(10 * kTimeout);
  const std::string log = log_.Text();
  EXPECT_EQ(log.find("part_is_silent"), log.rfind("part_is_silent"));
}

TEST_F(WatchdogTest, GivesSignsAgainWhenThePartComesBack) {
  SignsWithin(kTimeout);
  loop_.answers = false;
  SignsWithin(3 * kTimeout);
  loop_.answers = true;
  loop_.AnswerAll();
  EXPECT_EQ(SignsWithin(watchdog_.TickPeriod()), 1U) << "at once";
  EXPECT_EQ(SignsWithin(kTimeout), 2U);
  EXPECT_THAT(log_.Text(), HasSubstr("part_answers_again part=loop"));
}

TEST_F(WatchdogTest, HasMorePatienceWithAPartThatNeedsIt) {
  SignsWithin(kTimeout);
  reaper_.answers = false;
  SignsWithin(kTimeout / 2 + 3s);
  EXPECT_THAT(log_.Text(), Not(HasSubstr("part_is_silent")));
  SignsWithin(1s);
  EXPECT_THAT(log_.Text(), HasSubstr("part_is_silent part=reaper"));
}

TEST_F(WatchdogTest, TakesAQueueThatIsFullForSilence) {
  SignsWithin(kTimeout);
  loop_.takes_questions = false;
  SignsWithin(kTimeout);
  EXPECT_EQ(SignsWithin(kTimeout), 0U);
  loop_.takes_questions = true;
  EXPECT_GE(SignsWithin(kTimeout), 1U);
}

TEST_F(WatchdogTest, AsksAPartAgainOnlyWhenItHasAnswered) {
  loop_.answers = false;
  SignsWithin(kTimeout);
  EXPECT_EQ(loop_.owed.size(), 1U);
}

TEST_F(WatchdogTest, TakesNoNoticeOfAnswersThatComeAfterItsEnd) {
  FakePart late{.answers = false};
  {
    Watchdog watchdog(kTimeout, {Watched("late", late)}, clock_, manager_, logger_);
    watchdog.Tick();
  }
  late.AnswerAll();
}

TEST(RoundSign, AnswersOnceForEachQuestion) {
  RoundSign rounds;
  int answers = 0;
  rounds.Answer();
  EXPECT_TRUE(rounds.Ask([&] { ++answers; }));
  EXPECT_EQ(answers, 0) << "not before the next round";
  rounds.Answer();
  rounds.Answer();
  EXPECT_EQ(answers, 1);
}

}  // namespace
}  // namespace rtcroom
