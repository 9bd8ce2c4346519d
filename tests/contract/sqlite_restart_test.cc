// State of the SQLite store after a restart.
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/sqlite_fixture.h"
#include "tests/support/live_rooms.h"

namespace rtcroom {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;

class SqliteRestart : public SqliteFixture {
 protected:
  void SetUp() override { OpenStore(); }
};

TEST_F(SqliteRestart, KeepsSessions) {
  Session session{.user_id = {"bob"}, .token = {}, .last_use = kNoon};
  session.token.fill(std::byte{0xA5});
  session.number = *store_->sessions().PutSession(session);
  OpenStore();
  const auto stored = store_->sessions().LoadSessions(TimePoint(), 10);
  ASSERT_OK(stored);
  EXPECT_THAT(*stored, ElementsAre(session));
  EXPECT_GT(*store_->sessions().PutSession(session), session.number);
}

TEST_F(SqliteRestart, CountsStoredRoomsTowardTheMostRooms) {
  ASSERT_OK(Apply(*store_, Creating(MakeRoom(RoomKind::kMulti, "r1"))));
  SqliteOptions options = Options();
  options.limits.max_rooms = 1;
  OpenStore(options);
  EXPECT_ERROR(kTooManyRooms, Apply(*store_, Creating(MakeRoom(RoomKind::kMulti, "r2"))));
}

TEST_F(SqliteRestart, KeepsItsHistory) {
  ASSERT_OK(Apply(*store_, Creating(MakeRoom(RoomKind::kMulti, "r1"))));
  const auto first = store_->rooms().ReadEvents(Cursor::Start(), 1);
  SqliteOptions options = Options();
  options.new_epoch = "ffffffffffffffff";
  OpenStore(options);
  const auto rest = store_->rooms().ReadEvents(first->next, 10);
  ASSERT_OK(rest);
  ASSERT_EQ(rest->events.size(), 1u);
  EXPECT_EQ(rest->next.epoch, "00c0ffee00c0ffee");
}

TEST_F(SqliteRestart, DoesNotReuseThePositionOfATrimmedEvent) {
  ASSERT_OK(Apply(*store_, Creating(MakeRoom(RoomKind::kMulti, "r1"))));
  const Cursor first = store_->rooms().ReadEvents(Cursor::Start(), 1)->next;
  const Cursor end = store_->rooms().ReadEvents(Cursor::Start(), 10)->next;
  ASSERT_OK(store_->rooms().TrimEvents({.keep_since = kNoon + seconds(1), .max_events = 0}));
  OpenStore();
  EXPECT_ERROR(kCursorExpired, store_->rooms().ReadEvents(first, 10));
  ASSERT_OK(Apply(*store_, Adding(MakeKey(RoomKind::kMulti, "r1"), "bob")));
  const auto page = store_->rooms().ReadEvents(end, 10);
  ASSERT_OK(page);
  ASSERT_EQ(page->events.size(), 1u);
  EXPECT_GT(page->events.front().position, end.position);
}

TEST_F(SqliteRestart, KeepsTheByteCountOfItsEvents) {
  ASSERT_OK(Apply(*store_, Creating(MakeRoom(RoomKind::kMulti, "r1"))));
  ASSERT_OK(Apply(*store_, Adding(MakeKey(RoomKind::kMulti, "r1"), "bob")));
  ASSERT_OK(store_->rooms().TrimEvents({.keep_since = {}, .max_events = 2}));
  const auto page = store_->rooms().ReadEvents(Cursor::Start(), 10);
  ASSERT_OK(page);
  std::uint64_t bytes = 0;
  for (const StoredEvent& stored : page->events) bytes += StoredBytes(stored.event);
  OpenStore();
  EXPECT_EQ(*store_->rooms().TrimEvents({.keep_since = {}, .max_events = 10, .max_bytes = bytes}),
            0u);
  EXPECT_EQ(
      *store_->rooms().TrimEvents({.keep_since = {}, .max_events = 10, .max_bytes = bytes - 1}),
      1u);
}

TEST_F(SqliteRestart, LeavesOneFileBehind) {
  ASSERT_OK(Apply(*store_, Creating(MakeRoom(RoomKind::kMulti, "r1"))));
  EXPECT_TRUE(std::filesystem::exists(Path() + "-wal"));
  store_.reset();
  EXPECT_FALSE(std::filesystem::exists(Path() + "-wal"));
  EXPECT_FALSE(std::filesystem::exists(Path() + "-shm"));
}

TEST_F(SqliteRestart, KeepsNoMembersOfADestroyedRoom) {
  const RoomKey live = MakeKey(RoomKind::kLive, "r1");
  ASSERT_OK(Apply(*store_, Creating(MakeRoom(live.kind, "r1", "creator", Dialect::kGen2))));
  ASSERT_OK(Apply(*store_, Watching(live, "amy")));
  ASSERT_OK(Apply(*store_, Destroying(live)));
  store_.reset();
  // A failing CHECK constraint reports an error from plain SQL.
  RunSql(Path(),
         "CREATE TEMP TABLE counted (members INTEGER CHECK (members = 0));"
         "INSERT INTO counted SELECT count(*) FROM pushers;"
         "INSERT INTO counted SELECT count(*) FROM audiences");
}

}  // namespace
}  // namespace rtcroom
