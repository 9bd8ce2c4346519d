// Which files the SQLite store opens, and the errors for those it rejects.
#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/sqlite_fixture.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class SqliteOpen : public SqliteFixture {
 protected:
  void MakeStoreWithRooms(int rooms) {
    OpenStore();
    std::vector<RoomUpdate> creating;
    creating.reserve(static_cast<std::size_t>(rooms));
    for (int i = 0; i < rooms; ++i) {
      creating.push_back(Creating(MakeRoom(RoomKind::kMulti, "r" + std::to_string(i))));
    }
    for (const auto& created : store_->rooms().UpdateAll(creating)) ASSERT_OK(created);
    store_.reset();
  }
};

TEST_F(SqliteOpen, CreatesAMissingStore) {
  OpenStore();
  EXPECT_TRUE(std::filesystem::exists(Path()));
  EXPECT_EQ(store_->rooms().ReadEvents(Cursor::Start(), 1)->next.epoch, Options().new_epoch);
}

TEST_F(SqliteOpen, CreatesAStoreInAnEmptyFile) {
  std::ofstream(Path()).close();
  OpenStore();
  EXPECT_OK(Apply(*store_, Creating(MakeRoom(RoomKind::kMulti, "r1"))));
}

TEST_F(SqliteOpen, RefusesToCreateAStoreWithoutAnEpoch) {
  EXPECT_THAT(Refusal({.path = Path()}).detail, HasSubstr("epoch"));
}

TEST_F(SqliteOpen, OpensAStoreOfSchemaVersion1) {
  MakeOldStore("schema_0001.sql");
  OpenStore();

  const auto page = store_->rooms().Scan(0, 10);
  ASSERT_OK(page);
  const std::vector<Room>& rooms = page->rooms;
  ASSERT_THAT(IdsOf(rooms), ElementsAre("old_multi", "old_live"));
  const Room& multi = rooms.front();
  EXPECT_EQ(multi.sequence, 2u);
  EXPECT_EQ(multi.key.kind, RoomKind::kMulti);
  EXPECT_EQ(multi.info, "info of old_multi");
  EXPECT_EQ(multi.created_at, kNoon);
  EXPECT_EQ(multi.last_event, 3u);
  EXPECT_THAT(UsersOf(multi), ElementsAre("creator", "bob"));
  EXPECT_EQ(multi.pushers.back().push_url, MakePusher("bob").push_url);

  const auto events = store_->rooms().ReadEvents({.epoch = "0123456789abcdef", .position = 4}, 10);
  ASSERT_OK(events);
  ASSERT_EQ(events->events.size(), 9u);
  EXPECT_EQ(events->events.front().position, 5u);
  EXPECT_ERROR(kCursorExpired,
               store_->rooms().ReadEvents({.epoch = "0123456789abcdef", .position = 3}, 10));

  EXPECT_EQ(events->events.front().room_number, 0u);  // not recorded by that version

  const auto added = Apply(*store_, Creating(MakeRoom(RoomKind::kDouble, "new")));
  ASSERT_OK(added);
  EXPECT_EQ(added->room.sequence, 5u);  // room 4 is destroyed; its number is not reused
  EXPECT_EQ(store_->rooms()
                .ReadEvents({.epoch = "0123456789abcdef", .position = 13}, 1)
                ->events.front()
                .room_number,
            5u);

  const Session session{.user_id = {"bob"}, .token = {}, .number = 1, .last_use = kNoon};
  EXPECT_THAT(*store_->sessions().LoadSessions(TimePoint(), 10), IsEmpty());
  EXPECT_EQ(*store_->sessions().PutSession(session), session.number);
  EXPECT_THAT(*store_->sessions().LoadSessions(TimePoint(), 10), ElementsAre(session));
}

TEST_F(SqliteOpen, RefusesAStoreOfANewerVersion) {
  MakeStoreWithRooms(1);
  RunSql(Path(), "PRAGMA user_version = 999");
  EXPECT_THAT(Refusal(Options()).detail, HasSubstr("newer rtcroomd"));
}

TEST_F(SqliteOpen, RefusesAFileThatIsNoDatabase) {
  std::ofstream(Path()) << std::string(8192, 'x');
  EXPECT_THAT(Refusal(Options()).detail, HasSubstr("not a database"));
}

TEST_F(SqliteOpen, RefusesAndKeepsTheDatabaseOfAnotherProgram) {
  RunSql(Path(), "CREATE TABLE notes (text TEXT)");
  const auto size = std::filesystem::file_size(Path());
  EXPECT_THAT(Refusal(Options()).detail, HasSubstr("another program"));
  EXPECT_EQ(std::filesystem::file_size(Path()), size);
}

TEST_F(SqliteOpen, RefusesADamagedStore) {
  MakeStoreWithRooms(200);
  const auto size = std::filesystem::file_size(Path());
  ASSERT_GT(size, 20'000u);
  {
    std::fstream file(Path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(size - 8192));
    file << std::string(4096, '\xff');
  }
  const Error refusal = Refusal(Options());
  EXPECT_EQ(refusal.code, Errc::kStoreBroken);
  EXPECT_THAT(refusal.detail, testing::AnyOf(HasSubstr("damaged"), HasSubstr("malformed")));
}

TEST_F(SqliteOpen, RefusesARoomOfAnUnknownKind) {
  MakeStoreWithRooms(1);
  RunSql(Path(), "UPDATE rooms SET kind = 99");
  EXPECT_THAT(Refusal(Options()).detail, HasSubstr("no known kind"));
}

TEST_F(SqliteOpen, DisablesTheGlobalAllocationMutexOfSqlite) {
  OpenStore();
  EXPECT_EQ(sqlite3_memory_used(), 0) << "memory statistics take a global mutex";
}

TEST_F(SqliteOpen, RefusesADirectoryThatCannotHoldAFile) {
  std::ofstream(directory_.path() / "file").close();
  SqliteOptions options = Options();
  options.path = (directory_.path() / "file" / "rooms.db").string();
  const Error refusal = Refusal(options);
  EXPECT_EQ(refusal.code, Errc::kStoreBroken);
  EXPECT_THAT(refusal.detail, HasSubstr("unable to open"));
}

}  // namespace
}  // namespace rtcroom
