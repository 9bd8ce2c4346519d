// Commits between the disk of the primary and the confirmation by the log.
#include "storage/postgres/pg_pending_commits.h"

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

class PgPendingCommitsTest : public testing::Test {
 protected:
  PgPendingCommits::Handle Committed(std::int64_t tag, std::int64_t rooms = 0) {
    const auto commit = commits_.Add(tag, rooms, clock_.Monotonic());
    commits_.MarkCommitted(commit);
    return commit;
  }
  void Confirm(std::int64_t tag) { commits_.Confirm(std::array{tag}); }
  Status AwaitNow(const PgPendingCommits::Handle& commit) {
    return commits_.Await(commit, clock_.Monotonic());
  }

  const SystemClock clock_;
  PgPendingCommits commits_;
};

TEST_F(PgPendingCommitsTest, IsConfirmedOnceTheLogHasIt) {
  const auto first = Committed(1);
  const auto second = Committed(2);
  EXPECT_ERROR(kOutcomeUnknown, AwaitNow(first));
  Confirm(2);
  EXPECT_ERROR(kOutcomeUnknown, AwaitNow(first));
  EXPECT_OK(AwaitNow(second));
  const std::jthread confirming([&] { Confirm(1); });
  EXPECT_OK(commits_.Await(first, clock_.Monotonic() + kWaitTimeout));
}

TEST_F(PgPendingCommitsTest, TheLogMayHaveItBeforeTheServerAcknowledgesIt) {
  const auto commit = commits_.Add(1, 0, clock_.Monotonic());
  Confirm(1);
  commits_.MarkCommitted(commit);
  EXPECT_OK(AwaitNow(commit));
  commits_.EndRead(commits_.committed());
  EXPECT_OK(AwaitNow(commit));
}

TEST_F(PgPendingCommitsTest, IsLostWhenAReadThatBeganLaterDoesNotFindIt) {
  const auto before = Committed(1);
  const std::uint64_t committed = commits_.committed();
  const auto during = Committed(2);
  const auto unacknowledged = commits_.Add(3, 0, clock_.Monotonic());
  EXPECT_FALSE(commits_.TakeLost());
  commits_.EndRead(committed);
  EXPECT_ERROR(kStoreBusy, AwaitNow(before));
  EXPECT_ERROR(kOutcomeUnknown, AwaitNow(during));
  EXPECT_ERROR(kOutcomeUnknown, AwaitNow(unacknowledged));
  EXPECT_TRUE(commits_.TakeLost());
  EXPECT_FALSE(commits_.TakeLost());
}

TEST_F(PgPendingCommitsTest, CountsTheRoomsOfPendingCommits) {
  const auto made = Committed(1, 5);
  const auto ended = Committed(2, -2);
  EXPECT_EQ(commits_.rooms(), 3);
  Confirm(1);
  EXPECT_EQ(commits_.rooms(), -2);
  commits_.Remove(ended);
  EXPECT_EQ(commits_.rooms(), 0);
}

TEST_F(PgPendingCommitsTest, WaitsForCommitsThatHaveBeenPendingForLong) {
  EXPECT_EQ(commits_.oldest(), std::nullopt);
  const MonotonicTime now = clock_.Monotonic();
  const auto old = commits_.Add(1, 0, now - std::chrono::seconds(2));
  const auto young = commits_.Add(2, 0, now);
  EXPECT_EQ(commits_.oldest(), now - std::chrono::seconds(2));
  EXPECT_FALSE(commits_.AwaitAddedBefore(now, now));
  const std::jthread confirming([&] { Confirm(1); });
  EXPECT_TRUE(commits_.AwaitAddedBefore(now, now + kWaitTimeout));
  EXPECT_EQ(commits_.oldest(), now);
}

}  // namespace
}  // namespace rtcroom
