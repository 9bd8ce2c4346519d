// What stores of the schemas before rooms could wait become when they are opened.
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/sqlite_fixture.h"
#include "tests/support/live_rooms.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class SqliteUpgrade : public SqliteFixture, public testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    std::ostringstream dump;
    dump << std::ifstream(std::string(RTCROOM_TEST_DATA "/") + GetParam()).rdbuf();
    ASSERT_FALSE(dump.str().empty());
    RunSql(Path(), dump.str());
    OpenStore();
  }
  static constexpr RoomKind kKind = RoomKind::kMulti;
  const RoomKey kOld = MakeKey(kKind, "old_multi");
};

TEST_P(SqliteUpgrade, EveryRoomIsActiveAndStandsWhereItStood) {
  const auto page = store_->Scan(0, 10);
  ASSERT_OK(page);
  ASSERT_FALSE(page->rooms.empty());
  for (const Room& room : page->rooms) {
    EXPECT_TRUE(room.IsActive());
    EXPECT_EQ(room.place, room.sequence);
    EXPECT_EQ(room.custom, "{}");
    EXPECT_EQ(room.type, "");
    EXPECT_EQ(room.audience_count, 0u);
    EXPECT_THAT(ViewersOf(*store_, room.key), IsEmpty());
  }
  EXPECT_THAT(IdsOf(*store_->List({.kind = RoomKind::kLive, .count = 10})),
              ElementsAre("old_live"));
  EXPECT_EQ(IdsOf(*store_->List({.kind = kKind, .count = 1})), std::vector{kOld.id.value});
}

TEST_P(SqliteUpgrade, NewRoomsComeAfterTheOldOnes) {
  std::vector<std::string> ids = IdsOf(*store_->List({.kind = kKind, .count = 10}));
  const std::uint64_t newest = store_->Scan(0, 10)->rooms.back().sequence;
  const auto made = Apply(*store_, Preparing(MakeWaitingRoom(kKind, "new")));
  ASSERT_OK(made);
  EXPECT_GT(made->room.sequence, newest);
  EXPECT_EQ(IdsOf(*store_->List({.kind = kKind, .count = 10})), ids);
  ASSERT_OK(Apply(*store_, Adding(MakeKey(kKind, "new"), "host")));
  ids.emplace_back("new");
  EXPECT_EQ(IdsOf(*store_->List({.kind = kKind, .count = 10})), ids);
}

TEST_P(SqliteUpgrade, OldRoomsTakeAllThatIsNew) {
  ASSERT_OK(Apply(*store_, Watching(kOld, "amy", "info")));
  ASSERT_OK(Apply(*store_, SettingCustom(kOld, "{1}")));
  ASSERT_OK(Apply(*store_, Deleting(kOld, "bob")));
  OpenStore();
  const Room room = *store_->Load(kOld);
  EXPECT_EQ(room.custom, "{1}");
  EXPECT_EQ(room.audience_count, 1u);
  EXPECT_EQ(room.last_event, 6u);
  EXPECT_THAT(UsersOf(room), ElementsAre("creator"));
  EXPECT_THAT(ViewersOf(*store_, kOld), ElementsAre("amy=info"));
}

TEST_P(SqliteUpgrade, OldEventsAreReadAsTheyWere) {
  const auto page = store_->ReadEvents({.epoch = "0123456789abcdef", .position = 4}, 100);
  ASSERT_OK(page);
  ASSERT_GE(page->events.size(), 9u);
  const RoomEvent& left = page->events.at(7).event;
  EXPECT_EQ(left.happening,
            RoomHappening(PusherDeleted{
                .user_id = {"creator"}, .reason = LeaveReason::kRoomDestroyed, .new_creator = {}}));
}

INSTANTIATE_TEST_SUITE_P(Schemas, SqliteUpgrade,
                         testing::Values("schema_0001.sql", "schema_0002_used.sql"),
                         [](const auto& param_info) {
                           return std::string(param_info.param).substr(0, 11);
                         });

class SqliteUpgradeOfVersion2 : public SqliteFixture {};

TEST_F(SqliteUpgradeOfVersion2, KeepsBansTasksPositionsAndRoomNumbers) {
  std::ostringstream dump;
  dump << std::ifstream(RTCROOM_TEST_DATA "/schema_0002_used.sql").rdbuf();
  RunSql(Path(), dump.str());
  OpenStore();
  const Ban ban{.room = MakeKey(RoomKind::kLive, "old_live"),
                .user_id = {"troll"},
                .until = kNoon + std::chrono::minutes(10)};
  const GroupTask task{.group = {"room_0badc0de_0001"}, .kind = GroupTaskKind::kMaking};
  const Cursor position{.epoch = "0123456789abcdef", .position = 15};
  EXPECT_THAT(*store_->LoadBans(kNoon), ElementsAre(ban));
  EXPECT_THAT(*store_->LoadGroupTasks(), ElementsAre(task));
  EXPECT_EQ(*store_->LoadPosition("im"), position);
  EXPECT_EQ(*store_->Newest(), position);
  const auto page = store_->ReadEvents({.epoch = position.epoch, .position = 13}, 10);
  ASSERT_OK(page);
  ASSERT_EQ(page->events.size(), 2u);
  for (const StoredEvent& stored : page->events) EXPECT_EQ(stored.room_number, 6u);
}

}  // namespace
}  // namespace rtcroom
