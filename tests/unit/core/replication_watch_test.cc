#include "daemon/core/replication_watch.h"

#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/captured_log.h"
#include "tests/support/fake_clock.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

class FakeReplication : public ReplicationSource {
 public:
  [[nodiscard]] bool IsLate() const override { return late; }
  StoreReplication Ask(const std::stop_token& /*stop*/) override {
    ++asked;
    return seen;
  }

  StoreReplication seen{.primaries = {{.host = "a:1", .timeline = 3}}, .standbys = 1};
  bool late = false;
  int asked = 0;
};

class ReplicationWatchTest : public testing::Test {
 protected:
  /// What it logs then.
  std::string Next(ReplicationWatch& watch) {
    const std::size_t before = log_.Text().size();
    clock_.Advance(ReplicationWatch::kPeriod);
    watch.Watch({});
    return log_.Text().substr(before);
  }

  FakeClock clock_;
  CapturedLog log_;
  Logger logger_{LogFormat::kJson, LogLevel::kInfo, log_.file()};
  FakeReplication source_;
  ReplicationState state_;
  ReplicationWatch watch_{source_, ReplicationWatch::Asynchronous::kWarned, state_, clock_,
                          logger_};
};

TEST_F(ReplicationWatchTest, AsksEveryTenSecondsAndAtOnceWhenACommitIsLate) {
  watch_.Watch({});
  clock_.Advance(ReplicationWatch::kPeriod - 1ms);
  watch_.Watch({});
  EXPECT_EQ(source_.asked, 1);
  source_.late = true;
  watch_.Watch({});
  EXPECT_EQ(source_.asked, 2);
  source_.late = false;
  clock_.Advance(ReplicationWatch::kPeriod);
  watch_.Watch({});
  EXPECT_EQ(source_.asked, 3);
}

TEST_F(ReplicationWatchTest, LogsOnceThatTheStandbyIsLostAndOnceThatItIsBack) {
  EXPECT_THAT(Next(watch_), IsEmpty());
  source_.seen.standbys = 0;
  source_.seen.wait = StandbyWait::kAbsent;
  EXPECT_THAT(Next(watch_), AllOf(HasSubstr("\"database_without_standby\""),
                                  HasSubstr("waits for a synchronous standby, none is connected")));
  EXPECT_TRUE(state_.lacks_standby);
  EXPECT_THAT(Next(watch_), IsEmpty());
  source_.seen.wait = StandbyWait::kNone;
  EXPECT_THAT(Next(watch_), HasSubstr("changes that were answered are lost with its machine"));
  const std::vector<StorePrimary> asked = std::exchange(source_.seen.primaries, {});
  EXPECT_THAT(Next(watch_), IsEmpty());
  EXPECT_TRUE(state_.lacks_standby) << "nothing is known";
  source_.seen = {.primaries = asked, .standbys = 1};
  EXPECT_THAT(Next(watch_), HasSubstr("\"database_has_standby\""));
  EXPECT_FALSE(state_.lacks_standby);
}

TEST_F(ReplicationWatchTest, AcceptsADatabaseThatNeedsNoStandbyUntilItsCommitsWaitForOne) {
  ReplicationWatch accepting(source_, ReplicationWatch::Asynchronous::kAccepted, state_, clock_,
                             logger_);
  source_.seen.standbys = 0;
  EXPECT_THAT(Next(accepting), IsEmpty());
  source_.seen.wait = StandbyWait::kSilent;
  EXPECT_THAT(Next(accepting), HasSubstr("which does not answer"));
}

TEST_F(ReplicationWatchTest, LogsTwoMachinesThatTakeWritesUntilThereIsOne) {
  source_.seen.primaries.insert(source_.seen.primaries.begin(), {.host = "b:1", .timeline = 4});
  EXPECT_THAT(Next(watch_), AllOf(HasSubstr("\"two_primaries\""), HasSubstr("\"error\""),
                                  HasSubstr("b:1 (timeline 4), a:1 (timeline 3)")));
  EXPECT_TRUE(state_.has_two_primaries);
  // The newer one cannot be asked: the other has been replaced all the same.
  source_.seen.primaries.erase(source_.seen.primaries.begin());
  EXPECT_THAT(Next(watch_), IsEmpty());
  EXPECT_TRUE(state_.has_two_primaries);
  source_.seen.primaries.front() = {.host = "b:1", .timeline = 4};
  EXPECT_THAT(Next(watch_), AllOf(HasSubstr("\"one_primary\""), HasSubstr("b:1")));
  EXPECT_FALSE(state_.has_two_primaries);
}

}  // namespace
}  // namespace rtcroom
