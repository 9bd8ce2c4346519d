// Reports of the SQLite store to its observer.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/base/mutex.h"
#include "tests/contract/failing_vfs.h"
#include "tests/contract/sqlite_fixture.h"
#include "tests/support/compiled_once.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

/// Commits and errors, in order.
class RecordedWork : public StoreObserver {
 public:
  void OnCommitBegun() noexcept override {
    const MutexLock lock(mutex_);
    EXPECT_FALSE(std::exchange(is_committing_, true)) << "commits do not overlap";
  }
  void OnCommitEnded(const CommitStats& stats) noexcept override {
    const MutexLock lock(mutex_);
    EXPECT_TRUE(std::exchange(is_committing_, false));
    commits_.push_back(stats);
  }
  void OnStoreError(StoreOperation operation, Errc error) noexcept override {
    const MutexLock lock(mutex_);
    errors_.emplace_back(operation, error);
  }
  void OnWriteConfirmed() noexcept override {
    const MutexLock lock(mutex_);
    ++confirmed_;
  }

  std::vector<CommitStats> TakeCommits() {
    const MutexLock lock(mutex_);
    return std::exchange(commits_, {});
  }
  std::vector<std::pair<StoreOperation, Errc>> TakeErrors() {
    const MutexLock lock(mutex_);
    return std::exchange(errors_, {});
  }
  int TakeConfirmed() {
    const MutexLock lock(mutex_);
    return std::exchange(confirmed_, 0);
  }

 private:
  Mutex mutex_;
  bool is_committing_ GUARDED_BY(mutex_) = false;
  int confirmed_ GUARDED_BY(mutex_) = 0;
  std::vector<CommitStats> commits_ GUARDED_BY(mutex_);
  std::vector<std::pair<StoreOperation, Errc>> errors_ GUARDED_BY(mutex_);
};

class SqliteObserver : public SqliteFixture {
 protected:
  void SetUp() override {
    SqliteOptions options = Options();
    options.vfs = vfs_.name();
    options.observer = &work_;
    OpenStore(options);
  }
  void TearDown() override { store_.reset(); }  // before the VFS methods are destroyed

  /// The only commit since the last call.
  CommitStats OnlyCommit() {
    const std::vector<CommitStats> commits = work_.TakeCommits();
    EXPECT_EQ(commits.size(), 1U);
    return commits.empty() ? CommitStats{} : commits.front();
  }

  FailingVfs vfs_{"observed"};
  RecordedWork work_;
};

TEST_F(SqliteObserver, ReceivesTheGroupSizeOfACommitBeforeItIsAnswered) {
  const std::vector<RoomUpdate> batch = {Creating(MakeRoom(RoomKind::kMulti, "r1")),
                                         Creating(MakeRoom(RoomKind::kMulti, "r2")),
                                         Creating(MakeRoom(RoomKind::kLive, "r2"))};
  (void)store_->rooms().UpdateAll(batch);
  const CommitStats stats = OnlyCommit();
  EXPECT_EQ(stats.writes, 3U);
  EXPECT_TRUE(stats.succeeded);
  EXPECT_EQ(stats.retained_events, 4U) << "two per room";
  EXPECT_THAT(work_.TakeErrors(), IsEmpty()) << "an existing room is not an error of the store";

  EXPECT_OK(store_->rooms().TrimEvents({.keep_since = kNoon, .max_events = 1}));
  EXPECT_EQ(OnlyCommit().retained_events, 1U);
}

TEST_F(SqliteObserver, ReceivesConfirmedWrites) {
  const RoomUpdate create = Creating(MakeRoom(RoomKind::kMulti, "r1"));
  vfs_.write_failure = SQLITE_FULL;
  EXPECT_FALSE(Apply(*store_, create));
  EXPECT_EQ(work_.TakeConfirmed(), 0);
  vfs_.write_failure = SQLITE_OK;
  ASSERT_OK(Apply(*store_, create));
  EXPECT_EQ(work_.TakeConfirmed(), 1);
  EXPECT_ERROR(kRoomNotFound, Apply(*store_, Adding(MakeKey(RoomKind::kMulti, "r2"), "u")));
  EXPECT_EQ(work_.TakeConfirmed(), 0) << "nothing was written";
}

TEST_F(SqliteObserver, ReceivesFailedWrites) {
  vfs_.write_failure = SQLITE_FULL;
  EXPECT_ERROR(kStoreBroken, Apply(*store_, Creating(MakeRoom(RoomKind::kMulti, "r1"))));
  EXPECT_FALSE(OnlyCommit().succeeded);
  EXPECT_THAT(work_.TakeErrors(), ElementsAre(Pair(StoreOperation::kWrite, Errc::kStoreBroken)));
  vfs_.write_failure = SQLITE_OK;
  (void)store_->Ping();  // reports the failure of the previous commit
  EXPECT_TRUE(OnlyCommit().succeeded);
  EXPECT_THAT(work_.TakeErrors(), IsEmpty());
}

TEST_F(SqliteObserver, ReceivesBusyErrors) {
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(Path().c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_ERROR(kStoreBusy, store_->Ping());
  EXPECT_THAT(work_.TakeErrors(), ElementsAre(Pair(StoreOperation::kWrite, Errc::kStoreBusy)));
  sqlite3_close(other);
}

TEST_F(SqliteObserver, ReceivesFailedReads) {
  AllowCompilingAgain();
  RunSql(Path(), "DROP TABLE events");
  EXPECT_ERROR(kStoreBroken, store_->rooms().ReadEvents(Cursor::Start(), 1));
  EXPECT_THAT(work_.TakeErrors(), ElementsAre(Pair(StoreOperation::kRead, Errc::kStoreBroken)));
  EXPECT_ERROR(kRoomNotFound, store_->rooms().Load(MakeKey(RoomKind::kMulti, "r1")));
  EXPECT_THAT(work_.TakeErrors(), IsEmpty()) << "a missing room is not an error";
}

}  // namespace
}  // namespace rtcroom
