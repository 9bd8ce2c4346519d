// The SQLite store on a disk that fails, and how rarely it syncs on a disk that works.
#include <cstddef>
#include <filesystem>
#include <latch>
#include <limits>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/failing_vfs.h"
#include "tests/contract/sqlite_fixture.h"

namespace rtcroom {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class SqliteDisk : public SqliteFixture {
 protected:
  void SetUp() override {
    SqliteOptions options = Options();
    options.vfs = vfs_.name();
    OpenStore(options);
    ASSERT_OK(Apply(*store_, Creating(MakeRoom(kKey.kind, kKey.id.value))));
  }
  void TearDown() override { store_.reset(); }  // before the VFS methods are destroyed

  void ExpectThatWritesFailAndNothingElse() {
    EXPECT_ERROR(kStoreBroken, Apply(*store_, Adding(kKey, "bob")));
    EXPECT_ERROR(kStoreBroken, Apply(*store_, Creating(MakeRoom(RoomKind::kLive, "r2"))));
    EXPECT_ERROR(kStoreBroken, Apply(*store_, Destroying(kKey)));
    EXPECT_ERROR(kStoreBroken, store_->rooms().TrimEvents({.keep_since = kNoon, .max_events = 0}));
    EXPECT_ERROR(kStoreBroken, store_->Ping());

    EXPECT_THAT(UsersOf(*store_->rooms().Load(kKey)), ElementsAre("creator"));
    EXPECT_THAT(IdsOf(*store_->rooms().List({.kind = kKey.kind, .count = 5})), ElementsAre("r1"));
    EXPECT_EQ(store_->rooms().CountRooms(RoomKind::kLive), 0u);
    EXPECT_EQ(store_->rooms().ReadEvents(Cursor::Start(), 10)->events.size(), 2u);
    EXPECT_EQ(listener_.events().size(), 2u);
  }
  void ExpectThatWritesWorkAgain(std::uint64_t sequence = 2, std::size_t events = 5) {
    (void)store_->Ping();  // which still reports the earlier failure
    EXPECT_OK(store_->Ping());
    EXPECT_OK(Apply(*store_, Adding(kKey, "bob")));
    const auto created = Apply(*store_, Creating(MakeRoom(RoomKind::kLive, "r2")));
    ASSERT_OK(created);
    EXPECT_EQ(created->room.sequence, sequence);
    EXPECT_THAT(UsersOf(*store_->rooms().Load(kKey)), ElementsAre("creator", "bob"));
    EXPECT_EQ(store_->rooms().ReadEvents(Cursor::Start(), 20)->events.size(), events);
  }

  /// Creates rooms; each round is one group.
  /// @return the number of groups committed; the others leave nothing behind.
  int WriteMegabytes(int rounds, const std::string& name) {
    int committed = 0;
    for (int round = 0; round < rounds; ++round) {
      std::vector<RoomUpdate> batch;
      for (int i = 0; i < 40; ++i) {  // few, but long, as each one takes long to make
        Room room = MakeRoom(RoomKind::kDouble, name + std::to_string(round * 1000 + i));
        room.info = std::string(13'000, 'i');
        batch.push_back(Creating(room));
      }
      const auto outcomes = store_->rooms().UpdateAll(batch);
      const bool done = outcomes.front().ok();
      for (const auto& outcome : outcomes) EXPECT_EQ(outcome.ok(), done);
      EXPECT_EQ(store_->rooms().Load(batch.back().key).ok(), done);
      if (done) ++committed;
    }
    return committed;
  }

  const RoomKey kKey = MakeKey(RoomKind::kMulti, "r1");
  FailingVfs vfs_{"failing"};
};

TEST_F(SqliteDisk, RecoversFromRepeatedWriteFailuresOfEveryKind) {
  for (int round = 0; round < 5; ++round) {
    for (const int failure :
         {SQLITE_FULL, SQLITE_IOERR_WRITE, SQLITE_READONLY, SQLITE_IOERR, SQLITE_IOERR_FSYNC}) {
      (failure == SQLITE_IOERR_FSYNC ? vfs_.sync_failure : vfs_.write_failure) = failure;
      ExpectThatWritesFailAndNothingElse();
      vfs_.write_failure = SQLITE_OK;
      vfs_.sync_failure = SQLITE_OK;
      EXPECT_ERROR(kStoreBroken, store_->Ping()) << "the previous commit failed";
      EXPECT_OK(store_->Ping());
    }
  }
  ExpectThatWritesWorkAgain();
}

TEST_F(SqliteDisk, CommitsAGroupAtomicallyWhenTheDiskFillsUp) {
  int failed = 0;
  for (int space = 0;; ++space) {
    vfs_.writes_left = space;
    const std::string id = "room" + std::to_string(space);
    const auto outcomes = store_->rooms().UpdateAll(std::vector<RoomUpdate>{
        Creating(MakeRoom(RoomKind::kMulti, id)), Adding(MakeKey(RoomKind::kMulti, id), "bob")});
    vfs_.writes_left = std::numeric_limits<int>::max();
    const auto stored = store_->rooms().Load(MakeKey(RoomKind::kMulti, id));
    if (outcomes.front().ok()) {
      EXPECT_OK(outcomes.back());
      ASSERT_OK(stored);
      EXPECT_THAT(UsersOf(*stored), ElementsAre("creator", "bob"));
      break;
    }
    ++failed;
    EXPECT_ERROR(kStoreBroken, outcomes.back());
    EXPECT_ERROR(kRoomNotFound, stored);
  }
  EXPECT_GT(failed, 1);
  ExpectThatWritesWorkAgain(3u, 8u);
}

TEST_F(SqliteDisk, ReportsAFailedReadAndServesTheNextOne) {
  ASSERT_OK(Apply(*store_, Adding(kKey, "amy")));  // so that no connection caches the new pages
  vfs_.read_failure = SQLITE_IOERR_READ;
  EXPECT_ERROR(kStoreBroken, store_->rooms().Load(kKey));
  EXPECT_ERROR(kStoreBroken, store_->rooms().Scan(0, 10));
  EXPECT_ERROR(kStoreBroken, store_->rooms().ReadEvents(Cursor::Start(), 10));
  vfs_.read_failure = SQLITE_OK;
  for (int each_reader = 0; each_reader < 10; ++each_reader) {
    EXPECT_THAT(UsersOf(*store_->rooms().Load(kKey)), ElementsAre("creator", "amy"));
    EXPECT_OK(store_->rooms().Scan(0, 10));
    EXPECT_EQ(store_->rooms().ReadEvents(Cursor::Start(), 10)->events.size(), 3u);
  }
  EXPECT_OK(Apply(*store_, Adding(kKey, "bob")));
}

TEST_F(SqliteDisk, ReportsAReadFailureAsTheCauseOfAFailedWrite) {
  RunSql(Path(), "UPDATE meta SET pings = 7");  // so that the writer caches none of the pages
  const auto begins_to_fail = [this](const Room* stored) {
    vfs_.read_failure = SQLITE_IOERR_READ;
    return rules::AddPusher(stored, Dialect::kGen1, MakePusher("bob"), {}, {}, kNoon);
  };
  const auto outcomes = store_->rooms().UpdateAll(std::vector<RoomUpdate>{
      {.key = kKey, .edit = begins_to_fail}, Creating(MakeRoom(RoomKind::kLive, "r2"))});
  vfs_.read_failure = SQLITE_OK;
  for (const auto& outcome : outcomes) {
    EXPECT_ERROR(kStoreBroken, outcome);
    EXPECT_THAT(outcome.error().detail, AllOf(HasSubstr("took its whole group with it"),
                                              HasSubstr("disk I/O error (SQLite 266)")));
  }
  ExpectThatWritesWorkAgain();
}

TEST_F(SqliteDisk, CheckpointsTheWalAsSoonAsTheDatabaseIsWritable) {
  const auto log_size = [&] { return std::filesystem::file_size(Path() + "-wal"); };
  vfs_.database_write_failure = SQLITE_FULL;
  EXPECT_EQ(WriteMegabytes(20, "failing"), 20);
  const auto grown = log_size();
  EXPECT_GT(grown, 16u << 20);
  vfs_.database_write_failure = SQLITE_OK;
  EXPECT_EQ(WriteMegabytes(15, "working"), 15);
  EXPECT_LT(log_size(), grown + (12u << 20));  // overwritten from the start, not extended
}

TEST_F(SqliteDisk, CheckpointsAWalThatFillsTheDisk) {
  vfs_.most_log_bytes = 6 << 20;  // less than the usual limit
  EXPECT_GE(WriteMegabytes(20, "room"), 15);
  (void)store_->Ping();  // the last group may be one of the failed ones
  EXPECT_OK(store_->Ping());
  EXPECT_OK(Apply(*store_, Adding(kKey, "bob")));
}

TEST_F(SqliteDisk, AFailedCommitFailsTheWholeBatch) {
  vfs_.write_failure = SQLITE_FULL;
  const std::vector<RoomUpdate> batch = {Adding(kKey, "bob"), Adding(kKey, "amy", 1),
                                         Creating(MakeRoom(RoomKind::kLive, "r2"))};
  for (const auto& outcome : store_->rooms().UpdateAll(batch)) EXPECT_ERROR(kStoreBroken, outcome);
  vfs_.write_failure = SQLITE_OK;
  ExpectThatWritesWorkAgain();
}

TEST_F(SqliteDisk, SyncsABatchOnce) {
  std::vector<RoomUpdate> batch;
  batch.reserve(100);
  for (int i = 0; i < 100; ++i) {
    batch.push_back(Creating(MakeRoom(RoomKind::kLive, "live" + std::to_string(i))));
  }
  const int before = vfs_.syncs;
  for (const auto& outcome : store_->rooms().UpdateAll(batch)) ASSERT_OK(outcome);
  EXPECT_EQ(vfs_.syncs - before, 1);
}

TEST_F(SqliteDisk, DoesNotSyncForAnUpdateWithoutChanges) {
  const int before = vfs_.syncs;
  EXPECT_ERROR(kRoomFull, Apply(*store_, Adding(kKey, "bob", 1)));
  EXPECT_EQ(vfs_.syncs, before);
}

TEST_F(SqliteDisk, PingCommitsAWrite) {
  const int before = vfs_.syncs;
  EXPECT_OK(store_->Ping());
  EXPECT_EQ(vfs_.syncs - before, 1);
}

TEST_F(SqliteDisk, PingNeedsAsMuchSpaceAsAddingAPusher) {
  const auto log_size = [&] {
    return static_cast<sqlite3_int64>(std::filesystem::file_size(Path() + "-wal"));
  };
  EXPECT_OK(store_->Ping());                  // creates what later pings overwrite
  vfs_.database_write_failure = SQLITE_FULL;  // so that the log only grows
  const std::string text(1024, 't');
  Pusher guest = MakePusher("guest");
  guest.user_name = guest.user_avatar = guest.push_url = guest.accelerate_url = text;
  constexpr sqlite3_int64 kNoLimit = std::numeric_limits<sqlite3_int64>::max();
  for (sqlite3_int64 space = 0;; space += 1024) {
    const sqlite3_int64 end = log_size();
    vfs_.most_log_bytes = end + space;
    const auto joined = store_->rooms().Update(kKey, [&](const Room* stored) {
      return rules::AddPusher(stored, Dialect::kGen1, guest, {}, {}, kNoon);
    });
    if (joined) {
      EXPECT_GT(space, 4096);
      break;
    }
    // Fails for lack of space, not only because of an earlier failure.
    EXPECT_ERROR(kStoreBroken, store_->Ping()) << space;
    vfs_.most_log_bytes = kNoLimit;
    (void)store_->Ping();
    const sqlite3_int64 after = log_size();
    vfs_.most_log_bytes = after + space;
    EXPECT_ERROR(kStoreBroken, store_->Ping()) << space;
    vfs_.most_log_bytes = kNoLimit;
    (void)store_->Ping();
  }
}

TEST_F(SqliteDisk, PingReportsThePrecedingFailedCommit) {
  vfs_.write_failure = SQLITE_FULL;
  EXPECT_ERROR(kStoreBroken, Apply(*store_, Adding(kKey, "bob")));
  vfs_.write_failure = SQLITE_OK;
  const Status ping = store_->Ping();
  ASSERT_FALSE(ping.ok());
  EXPECT_THAT(ping.error().detail, HasSubstr("full"));
  EXPECT_OK(store_->Ping()) << "the previous ping was a successful commit";

  vfs_.write_failure = SQLITE_FULL;
  EXPECT_ERROR(kStoreBroken, Apply(*store_, Adding(kKey, "bob")));
  vfs_.write_failure = SQLITE_OK;
  EXPECT_OK(Apply(*store_, Adding(kKey, "bob")));
  EXPECT_OK(store_->Ping());
}

TEST_F(SqliteDisk, ReadsBetweenCommitsTakeNoFileLock) {
  ASSERT_OK(store_->rooms().Load(kKey));
  const int before = vfs_.log_locks;
  for (int i = 0; i < 10; ++i) {
    EXPECT_THAT(UsersOf(*store_->rooms().Load(kKey)), ElementsAre("creator"));
    EXPECT_EQ(store_->rooms().List({.kind = kKey.kind, .count = 5})->size(), 1u);
    EXPECT_EQ(store_->rooms().Scan(0, 5)->rooms.size(), 1u);
  }
  EXPECT_EQ(vfs_.log_locks, before);
  ASSERT_OK(Apply(*store_, Adding(kKey, "bob")));
  EXPECT_THAT(UsersOf(*store_->rooms().Load(kKey)), ElementsAre("creator", "bob"));
}

TEST_F(SqliteDisk, IdleReadersDoNotBlockCheckpoints) {
  // As many concurrent loads as readers, so that every reader has a snapshot of this state.
  const SqliteOptions options = Options();
  std::latch all(static_cast<std::ptrdiff_t>(options.readers));
  {
    std::vector<std::jthread> threads;
    for (std::size_t reader = 0; reader < options.readers; ++reader) {
      threads.emplace_back([&] {
        all.arrive_and_wait();
        for (int i = 0; i < 100; ++i) EXPECT_OK(store_->rooms().Load(kKey));
      });
    }
  }
  EXPECT_EQ(WriteMegabytes(35, "room"), 35);
  EXPECT_LT(std::filesystem::file_size(Path() + "-wal"), 24u << 20);
}

TEST_F(SqliteDisk, ReportsBusyWhileAnotherProcessWrites) {
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(Path().c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_ERROR(kStoreBusy, Apply(*store_, Adding(kKey, "bob")));
  EXPECT_OK(store_->rooms().Load(kKey));
  sqlite3_close(other);
  EXPECT_OK(Apply(*store_, Adding(kKey, "bob")));
}

}  // namespace
}  // namespace rtcroom
