// Waiting rooms, viewers and custom fields on disk: across restarts, and when the disk or SQLite
// refuses a write.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/failing_vfs.h"
#include "tests/contract/sqlite_fixture.h"
#include "tests/support/live_rooms.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const RoomKey kLive = MakeKey(RoomKind::kLive, "live");

class SqliteLive : public SqliteFixture {
 protected:
  void SetUp() override { OpenStore(); }

  void MakeLiveRoomWithViewers() {
    Do(Creating(MakeRoom(kLive.kind, kLive.id.value, "creator", Dialect::kGen2)));
    for (const char* user : {"zoe", "amy"}) Do(Watching(kLive, user));
  }
  void Do(const RoomUpdate& update) { ASSERT_OK(Apply(*store_, update)); }
  void ReopenThatRefuses(const std::string& refused, const std::string& how) {
    Refuse(refused, how);
    OpenStore();
  }
  /// All rooms with their full state; list order is checked by `Listed`.
  std::vector<Room> Rooms() { return store_->rooms().Scan(0, 100)->rooms; }
  std::vector<std::string> Listed(const RoomListQuery& query) {
    return IdsOf(*store_->rooms().List(query));
  }
  std::size_t CountEvents() {
    return store_->rooms().ReadEvents(Cursor::Start(), 1000)->events.size();
  }
};

TEST_F(SqliteLive, KeepsViewersAndCustomFieldsAcrossARestart) {
  MakeLiveRoomWithViewers();
  Do(Watching(kLive, "zoe", "info of zoe"));
  Do(SettingCustom(kLive, "1"));
  const std::vector<Room> before = Rooms();
  OpenStore();
  EXPECT_EQ(Rooms(), before);
  EXPECT_THAT(ViewersOf(*store_, kLive), ElementsAre("zoe=info of zoe", "amy={}"));
  EXPECT_EQ(store_->rooms().Load(kLive)->custom, R"({"a":1})");
  Do(LeavingAudience(kLive, "zoe"));
  EXPECT_THAT(ViewersOf(*store_, kLive), ElementsAre("amy={}"));
  EXPECT_EQ(store_->rooms().Load(kLive)->audience_count, 1u);
}

TEST_F(SqliteLive, KeepsPreparedRoomsAndListOrderAcrossARestart) {
  for (const char* id : {"r1", "r2", "r3"}) Do(Preparing(MakeWaitingRoom(RoomKind::kMulti, id)));
  Do(Creating(MakeRoom(RoomKind::kMulti, "gen1")));
  Do(Creating(MakeRoom(RoomKind::kDouble, "other")));
  Do(Adding(MakeKey(RoomKind::kMulti, "r3"), "host"));
  Do(Adding(MakeKey(RoomKind::kMulti, "r1"), "host"));
  const std::vector<Room> before = Rooms();
  OpenStore();
  EXPECT_EQ(Rooms(), before);
  EXPECT_EQ(store_->rooms().CountRooms(RoomKind::kMulti), 4u);
  EXPECT_THAT(Listed({.kind = RoomKind::kMulti, .count = 9}), ElementsAre("gen1", "r3", "r1"));
  EXPECT_THAT(Listed({.kind = RoomKind::kMulti, .dialect = Dialect::kGen2, .index = 1, .count = 9}),
              ElementsAre("r1"));
  Do(Adding(MakeKey(RoomKind::kMulti, "r2"), "host"));
  EXPECT_THAT(Listed({.kind = RoomKind::kMulti, .count = 9}),
              ElementsAre("gen1", "r3", "r1", "r2"));
}

TEST_F(SqliteLive, KeepsListsByTypeAcrossARestart) {
  for (const char* id : {"1", "2", "3"}) Do(Creating(MakeWebrtcRoom(id, *id == '2' ? "b" : "a")));
  OpenStore();
  EXPECT_THAT(Listed({.kind = RoomKind::kWebrtc, .count = 9}), ElementsAre("1", "2", "3"));
  EXPECT_THAT(Listed({.kind = RoomKind::kWebrtc, .type = "a", .count = 9}), ElementsAre("1", "3"));
  EXPECT_THAT(Listed({.kind = RoomKind::kWebrtc, .type = "a", .index = 1, .count = 9}),
              ElementsAre("3"));
  Do(Destroying(MakeKey(RoomKind::kWebrtc, "2")));
  EXPECT_THAT(Listed({.kind = RoomKind::kWebrtc, .type = "b", .count = 9}), IsEmpty());
}

TEST_F(SqliteLive, DoesNotReuseAListPlaceAfterARestart) {
  const RoomKey key = MakeKey(RoomKind::kMulti, "r1");
  Do(Preparing(MakeWaitingRoom(key.kind, "r1")));
  Do(Adding(key, "host"));
  const std::uint64_t place = store_->rooms().Load(key)->place;
  Do(Destroying(key, "host"));
  OpenStore();
  const auto again = Apply(*store_, Preparing(MakeWaitingRoom(key.kind, "r1")));
  ASSERT_OK(again);
  EXPECT_GT(again->room.sequence, place);
}

TEST_F(SqliteLive, UndoesAFailedViewerWriteOnly) {
  MakeLiveRoomWithViewers();
  ReopenThatRefuses("INSERT ON audiences WHEN NEW.user_id = 'bad'", "ABORT");
  const std::vector<RoomUpdate> batch = {Watching(kLive, "bob"), Watching(kLive, "bad"),
                                         Watching(kLive, "eve")};
  const auto outcomes = store_->rooms().UpdateAll(batch);
  EXPECT_OK(outcomes.at(0));
  EXPECT_ERROR(kStoreBroken, outcomes.at(1));
  EXPECT_OK(outcomes.at(2));
  EXPECT_THAT(ViewersOf(*store_, kLive), ElementsAre("zoe={}", "amy={}", "bob={}", "eve={}"));
  const Room room = *store_->rooms().Load(kLive);
  EXPECT_EQ(room.audience_count, 4u);
  EXPECT_EQ(room.last_event, 6u);
  EXPECT_EQ(CountEvents(), 6u);
}

TEST_F(SqliteLive, KeepsAViewerIfItsLeaveEventCannotBeWritten) {
  MakeLiveRoomWithViewers();
  ReopenThatRefuses("INSERT ON events WHEN NEW.type = 8", "ABORT");
  EXPECT_ERROR(kStoreBroken, Apply(*store_, LeavingAudience(kLive, "zoe")));
  EXPECT_THAT(ViewersOf(*store_, kLive), ElementsAre("zoe={}", "amy={}"));
  EXPECT_EQ(store_->rooms().Load(kLive)->audience_count, 2u);
  EXPECT_EQ(CountEvents(), 4u);
}

TEST_F(SqliteLive, KeepsARoomPreparedIfItsFirstPusherCannotBeWritten) {
  const RoomKey key = MakeKey(RoomKind::kMulti, "r1");
  Do(Preparing(MakeWaitingRoom(key.kind, "r1")));
  ReopenThatRefuses("INSERT ON events WHEN NEW.user_id = 'bad'", "ABORT");
  EXPECT_ERROR(kStoreBroken, Apply(*store_, Adding(key, "bad")));
  EXPECT_EQ(store_->rooms().Load(key)->place, 0u);
  EXPECT_THAT(Listed({.kind = key.kind, .count = 9}), IsEmpty());
  const auto added = Apply(*store_, Adding(key, "good"));
  ASSERT_OK(added);
  EXPECT_EQ(added->room.place, 2u) << "the unused number is assigned now";
  EXPECT_EQ(added->room.last_event, 3u);
  EXPECT_THAT(Listed({.kind = key.kind, .count = 9}), ElementsAre("r1"));
}

TEST_F(SqliteLive, KeepsCustomFieldsIfTheirEventCannotBeWritten) {
  MakeLiveRoomWithViewers();
  ReopenThatRefuses("UPDATE ON events", "ABORT");  // a second change in a commit updates its event
  const std::vector<RoomUpdate> batch = {SettingCustom(kLive, "1"), SettingCustom(kLive, "2"),
                                         Watching(kLive, "bob"), SettingCustom(kLive, "3")};
  const auto outcomes = store_->rooms().UpdateAll(batch);
  EXPECT_OK(outcomes.at(0));
  EXPECT_ERROR(kStoreBroken, outcomes.at(1));
  EXPECT_OK(outcomes.at(2));
  EXPECT_OK(outcomes.at(3));
  EXPECT_EQ(store_->rooms().Load(kLive)->custom, R"({"a":3})");
  EXPECT_EQ(store_->rooms().Load(kLive)->last_event, 7u);
  EXPECT_EQ(CountEvents(), 7u);
}

TEST_F(SqliteLive, WritesNoEventForAnUndoneChange) {
  MakeLiveRoomWithViewers();
  ReopenThatRefuses("INSERT ON bans", "ABORT");  // written after the event
  RoomUpdate undone = SettingCustom(kLive, "1");
  undone.edit = [set = undone.edit](const Room* stored) {
    Result<RoomChange> change = set(stored);
    change->ban = Ban{.room = kLive, .user_id = {"troll"}, .until = kNoon};
    return change;
  };
  const std::vector<RoomUpdate> batch = {undone, Watching(kLive, "bob", "info of bob"),
                                         SettingCustom(kLive, "2")};
  EXPECT_ERROR(kStoreBroken, store_->rooms().UpdateAll(batch).at(0));
  const auto page = store_->rooms().ReadEvents(Cursor::Start(), 10);
  ASSERT_EQ(page->events.size(), 6u);
  EXPECT_EQ(page->events.at(4).event.payload,
            EventPayload(AudienceAdded{
                .user_id = {"bob"}, .user_info = "info of bob", .audience_count = 3}));
  EXPECT_EQ(page->events.at(5).event.payload,
            EventPayload(CustomChanged{.field = R"("a")", .value = "2", .user_id = {"somebody"}}));
}

TEST_F(SqliteLive, UndoesViewerChangesOfALostTransaction) {
  MakeLiveRoomWithViewers();
  ReopenThatRefuses("INSERT ON audiences WHEN NEW.user_id = 'bad'", "ROLLBACK");
  const std::vector<RoomUpdate> batch = {LeavingAudience(kLive, "zoe"), Watching(kLive, "bob"),
                                         SettingCustom(kLive, "1"), Watching(kLive, "bad")};
  for (const auto& outcome : store_->rooms().UpdateAll(batch)) EXPECT_ERROR(kStoreBroken, outcome);
  EXPECT_THAT(ViewersOf(*store_, kLive), ElementsAre("zoe={}", "amy={}"));
  EXPECT_EQ(store_->rooms().Load(kLive)->custom, "{}");
  Do(SettingCustom(kLive, "2"));
  EXPECT_EQ(store_->rooms().Load(kLive)->last_event, 5u);
}

class SqliteLiveDisk : public SqliteLive {
 protected:
  void SetUp() override { OpenOnFailingDisk(); }
  void TearDown() override { store_.reset(); }  // before the VFS methods are destroyed
  void OpenOnFailingDisk() {
    SqliteOptions options = Options();
    options.vfs = vfs_.name();
    OpenStore(options);
  }
  FailingVfs vfs_{"failing-live"};
};

TEST_F(SqliteLiveDisk, UndoesViewerChangesThatCouldNotBeWritten) {
  MakeLiveRoomWithViewers();
  const std::vector<RoomUpdate> batch = {LeavingAudience(kLive, "zoe"), Watching(kLive, "bob"),
                                         Watching(kLive, "amy", "new")};
  vfs_.write_failure = SQLITE_FULL;
  for (const auto& outcome : store_->rooms().UpdateAll(batch)) EXPECT_ERROR(kStoreBroken, outcome);
  EXPECT_THAT(ViewersOf(*store_, kLive), ElementsAre("zoe={}", "amy={}"));
  store_.reset();  // the disk still fails
  vfs_.write_failure = SQLITE_OK;
  OpenOnFailingDisk();
  EXPECT_THAT(ViewersOf(*store_, kLive), ElementsAre("zoe={}", "amy={}"));
  EXPECT_EQ(store_->rooms().Load(kLive)->audience_count, 2u);
  EXPECT_EQ(CountEvents(), 4u);
  for (const auto& outcome : store_->rooms().UpdateAll(batch)) ASSERT_OK(outcome);
  OpenOnFailingDisk();
  EXPECT_THAT(ViewersOf(*store_, kLive), ElementsAre("amy=new", "bob={}"));
  EXPECT_EQ(CountEvents(), 7u);
}

TEST_F(SqliteLiveDisk, KeepsUnsyncedViewerChangesAtomicAcrossARestart) {
  MakeLiveRoomWithViewers();
  const std::vector<RoomUpdate> batch = {LeavingAudience(kLive, "zoe"), Watching(kLive, "bob")};
  vfs_.sync_failure = SQLITE_IOERR_FSYNC;
  for (const auto& outcome : store_->rooms().UpdateAll(batch)) EXPECT_ERROR(kStoreBroken, outcome);
  EXPECT_THAT(ViewersOf(*store_, kLive), ElementsAre("zoe={}", "amy={}"));
  store_.reset();
  vfs_.sync_failure = SQLITE_OK;
  OpenOnFailingDisk();
  // The failed commit may still have reached the disk.
  const bool whole = CountEvents() == 6;
  EXPECT_EQ(CountEvents(), whole ? 6u : 4u);
  EXPECT_EQ(store_->rooms().Load(kLive)->last_event, CountEvents());
  EXPECT_EQ(ViewersOf(*store_, kLive), whole ? std::vector<std::string>({"amy={}", "bob={}"})
                                             : std::vector<std::string>({"zoe={}", "amy={}"}));
}

}  // namespace
}  // namespace rtcroom
