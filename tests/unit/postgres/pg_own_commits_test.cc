// The commits of a process between the disk of the primary and the log.
#include "storage/postgres/pg_own_commits.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <thread>

#include <gtest/gtest.h>

#include "daemon/base/system_clock.h"
#include "tests/support/eventually.h"
#include "tests/support/matchers.h"

namespace rtcroom {
namespace {

class PgOwnCommitsTest : public testing::Test {
 protected:
  PgOwnCommits::Handle Answered(std::int64_t tag, std::int64_t rooms = 0) {
    const auto commit = own_.Expect(tag, rooms, clock_.Monotonic());
    own_.Answer(commit);
    return commit;
  }
  void Hear(std::int64_t tag) { own_.Hear(std::array{tag}); }
  Status AwaitNow(const PgOwnCommits::Handle& commit) {
    return own_.Await(commit, clock_.Monotonic());
  }

  const SystemClock clock_;
  PgOwnCommits own_;
};

TEST_F(PgOwnCommitsTest, IsCertainOnceTheLogTellsOfIt) {
  const auto first = Answered(1);
  const auto second = Answered(2);
  EXPECT_ERROR(kOutcomeUnknown, AwaitNow(first));
  Hear(2);
  EXPECT_ERROR(kOutcomeUnknown, AwaitNow(first));
  EXPECT_OK(AwaitNow(second));
  const std::jthread teller([&] { Hear(1); });
  EXPECT_OK(own_.Await(first, clock_.Monotonic() + kWaitTimeout));
}

TEST_F(PgOwnCommitsTest, TheLogMayTellOfItBeforeItIsAnswered) {
  const auto commit = own_.Expect(1, 0, clock_.Monotonic());
  Hear(1);
  own_.Answer(commit);
  EXPECT_OK(AwaitNow(commit));
  own_.EndRead(own_.answered());
  EXPECT_OK(AwaitNow(commit));
}

TEST_F(PgOwnCommitsTest, IsLostWhenAReadThatBeganLaterDoesNotTellOfIt) {
  const auto before = Answered(1);
  const std::uint64_t answered = own_.answered();
  const auto during = Answered(2);
  const auto unanswered = own_.Expect(3, 0, clock_.Monotonic());
  EXPECT_FALSE(own_.TakeLost());
  own_.EndRead(answered);
  EXPECT_ERROR(kStoreBusy, AwaitNow(before));
  EXPECT_ERROR(kOutcomeUnknown, AwaitNow(during));
  EXPECT_ERROR(kOutcomeUnknown, AwaitNow(unanswered));
  EXPECT_TRUE(own_.TakeLost());
  EXPECT_FALSE(own_.TakeLost());
}

TEST_F(PgOwnCommitsTest, CountsTheRoomsOfThoseThatAreOpen) {
  const auto made = Answered(1, 5);
  const auto ended = Answered(2, -2);
  EXPECT_EQ(own_.rooms(), 3);
  Hear(1);
  EXPECT_EQ(own_.rooms(), -2);
  own_.Forget(ended);
  EXPECT_EQ(own_.rooms(), 0);
}

TEST_F(PgOwnCommitsTest, WaitsForThoseThatHaveBeenOpenForLong) {
  EXPECT_EQ(own_.oldest(), std::nullopt);
  const MonotonicTime now = clock_.Monotonic();
  const auto old = own_.Expect(1, 0, now - std::chrono::seconds(2));
  const auto young = own_.Expect(2, 0, now);
  EXPECT_EQ(own_.oldest(), now - std::chrono::seconds(2));
  EXPECT_FALSE(own_.AwaitSince(now, now));
  const std::jthread teller([&] { Hear(1); });
  EXPECT_TRUE(own_.AwaitSince(now, now + kWaitTimeout));
  EXPECT_EQ(own_.oldest(), now);
}

}  // namespace
}  // namespace rtcroom
