// How the SQLite store meets a disk that fails, and how seldom it waits for one that works.
#include <latch>
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

using testing::ElementsAre;

class SqliteDisk : public SqliteFixture {
 protected:
  void SetUp() override {
    SqliteOptions options = Options();
    options.vfs = vfs_.name();
    OpenStore(options);
    ASSERT_OK(Apply(*store_, Creating(MakeRoom(kKey.kind, kKey.id.value))));
  }
  void TearDown() override { store_.reset(); }  // before the files' methods go

  void ExpectThatWritesFailAndNothingElse() {
    EXPECT_ERROR(kStoreBroken, Apply(*store_, Adding(kKey, "bob")));
    EXPECT_ERROR(kStoreBroken, Apply(*store_, Creating(MakeRoom(RoomKind::kLive, "r2"))));
    EXPECT_ERROR(kStoreBroken, Apply(*store_, Destroying(kKey)));
    EXPECT_ERROR(kStoreBroken, store_->TrimEvents({.keep_since = kNoon, .max_events = 0}));
    EXPECT_ERROR(kStoreBroken, store_->Ping());

    EXPECT_THAT(UsersOf(*store_->Load(kKey)), ElementsAre("creator"));
    EXPECT_THAT(IdsOf(*store_->List({.kind = kKey.kind, .count = 5})), ElementsAre("r1"));
    EXPECT_EQ(store_->CountRooms(RoomKind::kLive), 0u);
    EXPECT_EQ(store_->ReadEvents(Cursor::Start(), 10)->events.size(), 2u);
    EXPECT_EQ(listener_.changes().size(), 1u);
  }
  void ExpectThatWritesWorkAgain() {
    EXPECT_OK(store_->Ping());
    EXPECT_OK(Apply(*store_, Adding(kKey, "bob")));
    const auto created = Apply(*store_, Creating(MakeRoom(RoomKind::kLive, "r2")));
    ASSERT_OK(created);
    EXPECT_EQ(created->room.sequence, 2u);
    EXPECT_THAT(UsersOf(*store_->Load(kKey)), ElementsAre("creator", "bob"));
    EXPECT_EQ(store_->ReadEvents(Cursor::Start(), 10)->events.size(), 5u);
  }

  const RoomKey kKey = MakeKey(RoomKind::kMulti, "r1");
  FailingVfs vfs_{"failing"};
};

TEST_F(SqliteDisk, AFullDiskStopsWritesUntilThereIsSpaceAgain) {
  vfs_.write_failure = SQLITE_FULL;
  ExpectThatWritesFailAndNothingElse();
  vfs_.write_failure = SQLITE_OK;
  ExpectThatWritesWorkAgain();
}

TEST_F(SqliteDisk, ADiskThatCannotSyncIsNeverTrusted) {
  vfs_.sync_failure = SQLITE_IOERR_FSYNC;
  ExpectThatWritesFailAndNothingElse();
  vfs_.sync_failure = SQLITE_OK;
  ExpectThatWritesWorkAgain();
}

TEST_F(SqliteDisk, AFailedCommitFailsTheWholeBatch) {
  vfs_.write_failure = SQLITE_FULL;
  const std::vector<RoomUpdate> batch = {Adding(kKey, "bob"), Adding(kKey, "amy", 1),
                                         Creating(MakeRoom(RoomKind::kLive, "r2"))};
  for (const auto& outcome : store_->UpdateAll(batch)) EXPECT_ERROR(kStoreBroken, outcome);
  vfs_.write_failure = SQLITE_OK;
  ExpectThatWritesWorkAgain();
}

TEST_F(SqliteDisk, ABatchIsOneWaitForTheDisk) {
  std::vector<RoomUpdate> batch;
  batch.reserve(100);
  for (int i = 0; i < 100; ++i) {
    batch.push_back(Creating(MakeRoom(RoomKind::kLive, "live" + std::to_string(i))));
  }
  const int before = vfs_.syncs;
  for (const auto& outcome : store_->UpdateAll(batch)) ASSERT_OK(outcome);
  EXPECT_EQ(vfs_.syncs - before, 1);
}

TEST_F(SqliteDisk, AnUpdateThatChangesNothingDoesNotWaitForTheDisk) {
  const int before = vfs_.syncs;
  EXPECT_ERROR(kRoomFull, Apply(*store_, Adding(kKey, "bob", 1)));
  EXPECT_EQ(vfs_.syncs, before);
}

TEST_F(SqliteDisk, APingIsARealWrite) {
  const int before = vfs_.syncs;
  EXPECT_OK(store_->Ping());
  EXPECT_EQ(vfs_.syncs - before, 1);
}

TEST_F(SqliteDisk, ReadsDoNotWaitForTheWriter) {
  std::latch writing(1);
  std::latch read(1);
  const std::jthread writer([&] {
    const auto added = store_->Update(kKey, [&](const Room* stored) {
      writing.count_down();
      read.wait();
      return rules::AddPusher(stored, Dialect::kGen1, MakePusher("bob"), {}, {}, kNoon);
    });
    EXPECT_OK(added);
  });
  writing.wait();
  EXPECT_THAT(UsersOf(*store_->Load(kKey)), ElementsAre("creator"));
  EXPECT_EQ(store_->List({.kind = kKey.kind, .count = 5})->size(), 1u);
  EXPECT_EQ(store_->Scan(0, 5)->rooms.size(), 1u);
  EXPECT_EQ(store_->ReadEvents(Cursor::Start(), 10)->events.size(), 2u);
  EXPECT_EQ(store_->CountRooms(kKey.kind), 1u);
  read.count_down();
}

TEST_F(SqliteDisk, AnotherProgramThatWritesMakesItBusy) {
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(Path().c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_ERROR(kStoreBusy, Apply(*store_, Adding(kKey, "bob")));
  EXPECT_OK(store_->Load(kKey));
  sqlite3_close(other);
  EXPECT_OK(Apply(*store_, Adding(kKey, "bob")));
}

}  // namespace
}  // namespace rtcroom
