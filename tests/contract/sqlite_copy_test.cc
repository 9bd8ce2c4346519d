// Copies of a store: their content, and their effect on the store and its observers.
#include <atomic>
#include <filesystem>
#include <fstream>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/sqlite/store_check.h"
#include "storage/sqlite/store_copy.h"
#include "tests/contract/failing_vfs.h"
#include "tests/contract/sqlite_fixture.h"
#include "tests/support/full_store.h"

namespace rtcroom {
namespace {

using testing::HasSubstr;

constexpr const char* kNewEpoch = "feedfeedfeedfeed";

class SqliteCopy : public SqliteFixture {
 protected:
  std::string CopyPath() const { return (directory_.path() / "copy.db").string(); }
  Status Copy(const std::string& vfs = {}) {
    return store_->CopyTo({.to = CopyPath(), .new_epoch = kNewEpoch, .vfs = vfs});
  }
  std::unique_ptr<SqliteStore> OpenCopy() {
    auto opened = SqliteStore::Open({.path = CopyPath()}, nobody_);
    EXPECT_OK(opened);
    return opened ? *std::move(opened) : nullptr;
  }
  static std::vector<StoreFinding> FindingsIn(const std::string& path) {
    const auto report = CheckStore({.path = path});
    EXPECT_OK(report);
    return report ? report->findings.kept() : std::vector<StoreFinding>{{"store", "unreadable"}};
  }

  static std::vector<RoomEvent> EventsOf(Storage& store) {
    const Result<EventPage> page = store.rooms().ReadEvents(Cursor::Start(), 1000);
    std::vector<RoomEvent> events;
    for (const StoredEvent& stored : page->events) events.push_back(stored.event);
    return events;
  }

  RecordingListener nobody_;
};

TEST_F(SqliteCopy, ContainsAllRoomsEventsMessagesBansRevocationsRecordingsAndDeliveries) {
  OpenStore();
  FillStore(*store_);
  ASSERT_OK(Copy());
  const auto copy = OpenCopy();
  ASSERT_NE(copy, nullptr);
  EXPECT_EQ(copy->rooms().Scan(0, 100)->rooms, store_->rooms().Scan(0, 100)->rooms);
  EXPECT_EQ(EventsOf(*copy), EventsOf(*store_));
  EXPECT_EQ(*copy->bans().LoadBans(TimePoint()), *store_->bans().LoadBans(TimePoint()));
  EXPECT_EQ(*copy->bans().LoadRevocations(TimePoint()),
            *store_->bans().LoadRevocations(TimePoint()));
  EXPECT_EQ(copy->bans().LoadRevocations(TimePoint())->size(), 1u);
  EXPECT_EQ(*copy->recordings().ListRecordings({}), *store_->recordings().ListRecordings({}));
  EXPECT_EQ(copy->recordings().ListRecordings({})->size(), 1u);
  EXPECT_EQ(*copy->deliveries().LoadDeliveries(DeliveryKind::kDestroyGroup, 10),
            *store_->deliveries().LoadDeliveries(DeliveryKind::kDestroyGroup, 10));
  EXPECT_EQ(copy->deliveries().CountDeliveries()->groups, 1u);
  EXPECT_EQ(*copy->sessions().LoadSessions(TimePoint(), 10),
            *store_->sessions().LoadSessions(TimePoint(), 10));
  EXPECT_EQ(*copy->messages().ReadMessages(0, 100), *store_->messages().ReadMessages(0, 100));
  EXPECT_EQ(copy->messages().ReadPendingMessages({"bob"}, {}, 10)->size(), 1u);
  EXPECT_EQ(ViewersOf(*copy, MakeKey(RoomKind::kLive, "live")),
            ViewersOf(*store_, MakeKey(RoomKind::kLive, "live")));
  EXPECT_TRUE(FindingsIn(CopyPath()).empty());
}

TEST_F(SqliteCopy, HasAnEpochOfItsOwn) {
  OpenStore();
  FillStore(*store_);
  const Cursor newest = *store_->rooms().Newest();
  ASSERT_OK(Copy());
  const auto copy = OpenCopy();
  ASSERT_NE(copy, nullptr);
  EXPECT_ERROR(kCursorExpired, copy->rooms().ReadEvents(newest, 10));
  EXPECT_EQ(copy->rooms().Newest()->epoch, kNewEpoch);
  EXPECT_EQ(*store_->rooms().Newest(), newest);  // the store itself remains usable
}

TEST_F(SqliteCopy, IsASingleFile) {
  OpenStore();
  FillStore(*store_);
  ASSERT_OK(Copy());
  for (const char* companion : {"-wal", "-shm", "-journal"}) {
    EXPECT_FALSE(std::filesystem::exists(CopyPath() + companion)) << companion;
  }
}

TEST_F(SqliteCopy, IsAConsistentSnapshotDuringWrites) {
  OpenStore();
  FillStore(*store_);
  std::atomic<int> made{0};
  std::jthread writer([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const std::string id = "w" + std::to_string(made);
      EXPECT_OK(Apply(*store_, Creating(MakeRoom(RoomKind::kMulti, id))));
      EXPECT_OK(Apply(*store_, Adding(MakeKey(RoomKind::kMulti, id), "bob")));
      ++made;
    }
  });
  for (int round = 0; round < 5; ++round) {
    const int acknowledged = made;
    ASSERT_OK(Copy());
    EXPECT_TRUE(FindingsIn(CopyPath()).empty());
    const auto copy = OpenCopy();
    ASSERT_NE(copy, nullptr);
    for (int i = 0; i < acknowledged; ++i) {
      EXPECT_OK(copy->rooms().Load(MakeKey(RoomKind::kMulti, "w" + std::to_string(i))));
    }
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(CopyPath() + suffix);
  }
  writer.request_stop();
}

TEST_F(SqliteCopy, DoesNotOverwriteAnExistingFile) {
  OpenStore();
  std::ofstream(CopyPath()) << "something";
  const Status refused = Copy();
  EXPECT_ERROR(kStoreBroken, refused);
  EXPECT_EQ(std::filesystem::file_size(CopyPath()), 9u);
}

TEST_F(SqliteCopy, RejectsAFileThatIsNotAStore) {
  const StoreCopyOptions options{.to = CopyPath(), .new_epoch = kNewEpoch};
  EXPECT_ERROR(kStoreBroken, CopyStore(Path(), options));
  EXPECT_FALSE(std::filesystem::exists(Path()));  // reading creates no file
  std::filesystem::remove(CopyPath());
  RunSql(Path(), "CREATE TABLE notes (text TEXT)");
  EXPECT_ERROR(kStoreBroken, CopyStore(Path(), options));
}

TEST_F(SqliteCopy, RefusesToCopyDamage) {
  OpenStore();
  FillStore(*store_);
  store_.reset();
  RunSql(Path(), "DELETE FROM rooms WHERE kind = 2");  // not their members
  OpenStore();
  EXPECT_ERROR(kStoreBroken, Copy());
}

TEST_F(SqliteCopy, IsCancelledByAStopRequest) {
  OpenStore();
  FillStore(*store_);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_ERROR(kUnavailable,
               store_->CopyTo({.to = CopyPath(), .new_epoch = kNewEpoch}, stop.get_token()));
}

TEST_F(SqliteCopy, FailsWhenTheDiskIsFull) {
  FailingVfs vfs("full for copies");
  OpenStore();
  FillStore(*store_);
  vfs.write_failure = SQLITE_FULL;
  const Status failed = Copy(vfs.name());
  EXPECT_ERROR(kStoreBroken, failed);
  ASSERT_FALSE(failed.ok());
  EXPECT_THAT(failed.error().detail, HasSubstr("full"));
  EXPECT_OK(Apply(*store_, Creating(MakeRoom(RoomKind::kMulti, "after"))));
}

}  // namespace
}  // namespace rtcroom
