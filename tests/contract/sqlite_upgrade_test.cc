// Upgrades of stores whose schema predates waiting rooms.
#include <filesystem>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/sqlite/store_check.h"
#include "tests/contract/failing_vfs.h"
#include "tests/contract/room_histories.h"
#include "tests/contract/sqlite_fixture.h"
#include "tests/support/live_rooms.h"
#include "tests/support/messages.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class SqliteUpgrade : public SqliteFixture, public testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    MakeOldStore(GetParam());
    OpenStore();
  }
  static constexpr RoomKind kKind = RoomKind::kMulti;
  const RoomKey kOld = MakeKey(kKind, "old_multi");
};

TEST_P(SqliteUpgrade, KeepsRoomsActiveAndInListOrder) {
  const auto page = store_->rooms().Scan(0, 10);
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
  EXPECT_THAT(IdsOf(*store_->rooms().List({.kind = RoomKind::kLive, .count = 10})),
              ElementsAre("old_live"));
  EXPECT_EQ(IdsOf(*store_->rooms().List({.kind = kKind, .count = 1})), std::vector{kOld.id.value});
}

TEST_P(SqliteUpgrade, ListsNewRoomsAfterUpgradedOnes) {
  std::vector<std::string> ids = IdsOf(*store_->rooms().List({.kind = kKind, .count = 10}));
  const std::uint64_t newest = store_->rooms().Scan(0, 10)->rooms.back().sequence;
  const auto made = Apply(*store_, Preparing(MakeWaitingRoom(kKind, "new")));
  ASSERT_OK(made);
  EXPECT_GT(made->room.sequence, newest);
  EXPECT_EQ(IdsOf(*store_->rooms().List({.kind = kKind, .count = 10})), ids);
  ASSERT_OK(Apply(*store_, Adding(MakeKey(kKind, "new"), "host")));
  ids.emplace_back("new");
  EXPECT_EQ(IdsOf(*store_->rooms().List({.kind = kKind, .count = 10})), ids);
}

TEST_P(SqliteUpgrade, AllowsViewersAndCustomFieldsInUpgradedRooms) {
  ASSERT_OK(Apply(*store_, Watching(kOld, "amy", "info")));
  ASSERT_OK(Apply(*store_, SettingCustom(kOld, "1")));
  ASSERT_OK(Apply(*store_, Deleting(kOld, "bob")));
  OpenStore();
  const Room room = *store_->rooms().Load(kOld);
  EXPECT_EQ(room.custom, R"({"a":1})");
  EXPECT_EQ(room.audience_count, 1u);
  EXPECT_EQ(room.last_event, 6u);
  EXPECT_THAT(UsersOf(room), ElementsAre("creator"));
  EXPECT_THAT(ViewersOf(*store_, kOld), ElementsAre("amy=info"));
}

TEST_P(SqliteUpgrade, KeepsEventsUnchanged) {
  const auto page = store_->rooms().ReadEvents({.epoch = "0123456789abcdef", .position = 4}, 100);
  ASSERT_OK(page);
  ASSERT_GE(page->events.size(), 9u);
  const RoomEvent& left = page->events.at(7).event;
  EXPECT_EQ(left.payload,
            EventPayload(PusherDeleted{
                .user_id = {"creator"}, .reason = LeaveReason::kRoomDestroyed, .new_creator = {}}));
}

/// Checks that each room's history equals that room's part of all events.
void ExpectHistories(Storage& store, const Cursor& from) {
  const auto all = store.rooms().ReadEvents(from, 1000);
  ASSERT_OK(all);
  ASSERT_FALSE(all->events.empty());
  for (const StoredEvent& stored : all->events) {
    const RoomKey& key = stored.event.room;
    EXPECT_EQ(PositionsOf(PagedHistory(store, key, 2)), PositionsOf(HistoryOf(all->events, key)))
        << key;
  }
}

TEST_P(SqliteUpgrade, KeepsRoomHistories) {
  ExpectHistories(*store_, Cursor::Start());
  ASSERT_OK(Apply(*store_, Deleting(kOld, "bob")));
  ASSERT_OK(Apply(*store_, Destroying(kOld)));
  ASSERT_OK(Apply(*store_, Creating(MakeRoom(kKind, kOld.id.value))));
  ExpectHistories(*store_, Cursor::Start());
}

/// Makes tables of the newest version those of version 6.
constexpr std::string_view kTablesOfVersion6 =
    "ALTER TABLE rooms DROP COLUMN mix_width; ALTER TABLE rooms DROP COLUMN mix_height;"
    "ALTER TABLE pushers DROP COLUMN mix_x; ALTER TABLE pushers DROP COLUMN mix_y;"
    "ALTER TABLE pushers DROP COLUMN mix_width; ALTER TABLE pushers DROP COLUMN mix_height;"
    "ALTER TABLE pushers DROP COLUMN mix_layer; ALTER TABLE pushers DROP COLUMN mix_parts;"
    "DROP TABLE recordings; DROP TABLE revocations;"
    "DROP TABLE messages; DROP TABLE message_rooms; DROP TABLE settled_messages;"
    "DROP TABLE group_joins; DROP TABLE ended_logins; DROP TABLE account_validities;"
    "DROP TABLE account_groups; DROP TABLE read_positions;"
    "ALTER TABLE meta DROP COLUMN last_message_position; ALTER TABLE meta DROP COLUMN removal_ms;"
    "ALTER TABLE meta DROP COLUMN message_bytes;"
    "DROP TABLE deliveries; DROP INDEX events_by_evicted_user;"
    "DROP INDEX audiences_by_seat;"
    "CREATE TABLE group_tasks (group_id TEXT PRIMARY KEY, task INTEGER NOT NULL) STRICT,"
    " WITHOUT ROWID;"
    "CREATE TABLE reader_positions (reader TEXT PRIMARY KEY, epoch TEXT NOT NULL,"
    " position INTEGER NOT NULL) STRICT, WITHOUT ROWID;";

class SqliteUpgradeOfVersion4 : public SqliteFixture {};

TEST_F(SqliteUpgradeOfVersion4, GivesEachRoomItsHistory) {
  OpenStore();
  for (const char* const id : {"r1", "r2", "r1", "r3"}) {
    const RoomKey key = MakeKey(RoomKind::kMulti, id);
    ASSERT_OK(Apply(*store_, Creating(MakeRoom(key.kind, id))));
    ASSERT_OK(Apply(*store_, Adding(key, "bob")));
    ASSERT_OK(Apply(*store_, Deleting(key, "bob")));
    if (key.id.value != "r3") {
      ASSERT_OK(Apply(*store_, Destroying(key)));
    }
  }
  store_.reset();
  RunSql(Path(),
         std::string(kTablesOfVersion6) +
             "DROP INDEX events_by_ended_room; ALTER TABLE events DROP COLUMN previous;"
             " ALTER TABLE rooms DROP COLUMN last_position; ALTER TABLE events DROP COLUMN field;"
             " ALTER TABLE meta DROP COLUMN event_bytes; DROP TABLE probe;"
             " PRAGMA user_version = 4");
  OpenStore();
  ExpectHistories(*store_, Cursor::Start());
}

TEST_F(SqliteUpgradeOfVersion4, UsesBoundedMemoryForManyEvents) {
  OpenStore();
  store_.reset();
  RunSql(Path(),
         std::string(kTablesOfVersion6) +
             fmt::format(
                 "DROP INDEX events_by_ended_room; ALTER TABLE events DROP COLUMN previous;"
                 "ALTER TABLE rooms DROP COLUMN last_position;"
                 "ALTER TABLE events DROP COLUMN field;"
                 "ALTER TABLE meta DROP COLUMN event_bytes; DROP TABLE probe;"
                 "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {0})"
                 "INSERT INTO events (position, room_kind, room_id, room_number, room_sequence,"
                 " dialect, type, at_ms) SELECT i, 2, printf('room_%08x_%04x', i % 20000, 7),"
                 " i % 20000, i / 20000 + 1, 1, 2, {1} FROM n;"
                 "UPDATE meta SET last_event_position = {0}, last_room_sequence = 20000;"
                 "PRAGMA user_version = 4",
                 200'000, kNoon.time_since_epoch().count()));
  const sqlite3_int64 before = sqlite3_memory_used();
  (void)sqlite3_memory_highwater(/*resetFlag=*/1);
  OpenStore();
  EXPECT_LT(sqlite3_memory_highwater(0) - before, 12 << 20);
}

INSTANTIATE_TEST_SUITE_P(Schemas, SqliteUpgrade,
                         testing::Values("schema_0001.sql", "schema_0002_used.sql"), NameOfDump);

/// Runs for every released schema, the newest included.
class SqliteUpgradeInterrupted : public SqliteUpgrade {
 protected:
  void SetUp() override { MakeOld(); }

  void MakeOld() {
    store_.reset();
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(Path() + suffix);
    MakeOldStore(GetParam());
  }
  std::string Ask(const std::string& question) {
    std::string answer;
    sqlite3* database = nullptr;
    EXPECT_EQ(sqlite3_open(Path().c_str(), &database), SQLITE_OK);
    const auto add = [](void* text, int columns, char** values, char**) {
      for (int i = 0; i < columns; ++i) {
        *static_cast<std::string*>(text) += values[i] == nullptr ? "-" : values[i];
        *static_cast<std::string*>(text) += ' ';
      }
      return 0;
    };
    EXPECT_EQ(sqlite3_exec(database, question.c_str(), add, &answer, nullptr), SQLITE_OK);
    sqlite3_close(database);
    return answer;
  }
  std::string Content() {
    return Ask(
        "PRAGMA user_version; SELECT name FROM sqlite_schema ORDER BY name;"
        "SELECT * FROM meta; SELECT * FROM rooms; SELECT * FROM pushers;"
        "SELECT * FROM events");
  }
};

TEST_P(SqliteUpgradeInterrupted, LeavesTheOldStoreUnchanged) {
  FailingVfs vfs("upgrade");
  SqliteOptions options = Options();
  options.vfs = vfs.name();
  const std::string old = Content();
  int cut_short = 0;
  // The upgrade is one transaction: after its first writes, a third of the others is enough.
  for (int space = 0;; space += space < 10 ? 1 : 3) {
    vfs.writes_left = space;
    const auto opened = SqliteStore::Open(options, listener_);
    vfs.writes_left = std::numeric_limits<int>::max();
    if (opened) break;
    ++cut_short;
    ASSERT_EQ(Content(), old) << "after " << space << " writes";
  }
  EXPECT_GT(cut_short, 0);
  EXPECT_EQ(Ask("PRAGMA integrity_check"), "ok ");
  OpenStore();
  EXPECT_THAT(store_->rooms().Scan(0, 10)->rooms, testing::Not(IsEmpty()));
}

INSTANTIATE_TEST_SUITE_P(Schemas, SqliteUpgradeInterrupted,
                         testing::Values("schema_0001.sql", "schema_0002.sql",
                                         "schema_0002_used.sql", "schema_0003_used.sql",
                                         "schema_0004_used.sql", "schema_0005_used.sql",
                                         "schema_0006_used.sql", "schema_0007_used.sql",
                                         "schema_0008_used.sql", "schema_0009_used.sql",
                                         "schema_0010_used.sql"),
                         NameOfDump);

class SqliteUpgradePopulated : public SqliteUpgrade {};

TEST_P(SqliteUpgradePopulated, KeepsAllData) {
  const auto page = store_->rooms().Scan(0, 10);
  ASSERT_OK(page);
  EXPECT_THAT(IdsOf(page->rooms), ElementsAre("multi", "waiting", "live", "777"));
  EXPECT_FALSE(page->rooms.at(1).IsActive());
  EXPECT_THAT(UsersOf(page->rooms.at(0)), ElementsAre("creator", "bob"));
  EXPECT_EQ(page->rooms.at(2).custom, R"({"likes":1})");
  EXPECT_EQ(page->rooms.at(3).type, "school");
  EXPECT_EQ(page->rooms.at(3).creator.value, "eve");
  EXPECT_THAT(ViewersOf(*store_, MakeKey(RoomKind::kLive, "live")),
              ElementsAre("zoe=info of zoe", "amy={}"));
  EXPECT_EQ(store_->rooms().ReadEvents(Cursor::Start(), 100)->events.size(), 19u);
  EXPECT_EQ(store_->bans().LoadBans(TimePoint())->size(), 1u);
  // The task of its group; the events after the position are those of a webrtc room.
  EXPECT_EQ(store_->deliveries().CountDeliveries()->groups, 1u);
  EXPECT_EQ(store_->deliveries().LoadDeliveries(DeliveryKind::kDestroyGroup, 10)->size(), 1u);
  const std::size_t sessions = std::string(GetParam()).starts_with("schema_0003") ? 0 : 1;
  EXPECT_EQ(store_->sessions().LoadSessions(TimePoint(), 10)->size(), sessions);
  ASSERT_OK(Apply(*store_, Adding(MakeKey(RoomKind::kDouble, "waiting"), "host")));
  EXPECT_EQ(store_->rooms().Load(MakeKey(RoomKind::kDouble, "waiting"))->creator.value, "host");
}

TEST_P(SqliteUpgradePopulated, KeepsFullCustomEventsAndWritesFieldEvents) {
  const RoomKey live = MakeKey(RoomKind::kLive, "live");
  ASSERT_OK(Apply(*store_, SettingField(live, "title", R"("x")")));
  const auto events = store_->rooms().ReadRoomEvents(live, std::nullopt, 2);
  ASSERT_OK(events);
  EXPECT_EQ(events->at(0).event.payload,
            EventPayload(
                CustomChanged{.field = R"("title")", .value = R"("x")", .user_id = {"somebody"}}));
  EXPECT_EQ(events->at(1).event.payload,
            EventPayload(CustomChanged{.field = "", .value = R"({"likes":1})"}));
  const auto report = CheckStore({.path = Path()});
  ASSERT_OK(report);
  EXPECT_EQ(report->findings.count(), 0u) << report->findings.kept().front().what;
}

TEST_P(SqliteUpgradePopulated, AllowsRevocationsWithChangesOfUpgradedRooms) {
  EXPECT_THAT(*store_->bans().LoadRevocations(TimePoint()), IsEmpty());
  const Revocation revocation{.stream = "1_bob", .until = kNoon};
  ASSERT_OK(Apply(*store_, Revoking(Deleting(MakeKey(kKind, "multi"), "bob"), {revocation})));
  OpenStore();
  EXPECT_THAT(*store_->bans().LoadRevocations(TimePoint()), ElementsAre(revocation));
}

TEST_P(SqliteUpgradePopulated, AllowsRecordings) {
  EXPECT_THAT(*store_->recordings().ListRecordings({}), IsEmpty());
  const Recording recording{.file = "1_bob-1.flv", .ended_at = kNoon};
  ASSERT_OK(store_->recordings().PutRecordings({&recording, 1}));
  EXPECT_EQ(store_->recordings().ListRecordings({})->size(), 1u);
}

TEST_P(SqliteUpgradePopulated, AllowsMixesInUpgradedRooms) {
  const RoomKey live = MakeKey(RoomKind::kLive, "live");
  EXPECT_FALSE(store_->rooms().Load(live)->mix);
  ASSERT_OK(Apply(*store_, Mixing(live, {{.user_id = {"creator"}}})));
  OpenStore();
  EXPECT_EQ(store_->rooms().Load(live)->mix, kMixCanvas);
  EXPECT_EQ(store_->rooms().Load(live)->pushers.at(0).mix_place, MixPlace());
}

TEST_P(SqliteUpgradePopulated, CountsTheBytesOfExistingEvents) {
  const auto page = store_->rooms().ReadEvents(Cursor::Start(), 100);
  ASSERT_OK(page);
  std::uint64_t bytes = 0;
  for (const StoredEvent& stored : page->events) bytes += StoredBytes(stored.event);
  EXPECT_EQ(*store_->rooms().TrimEvents(
                {.keep_since = TimePoint(), .max_events = 100, .max_bytes = bytes}),
            0u);
  EXPECT_EQ(*store_->rooms().TrimEvents(
                {.keep_since = TimePoint(), .max_events = 100, .max_bytes = bytes - 1}),
            1u);
}

INSTANTIATE_TEST_SUITE_P(Schemas, SqliteUpgradePopulated,
                         testing::Values("schema_0003_used.sql", "schema_0004_used.sql",
                                         "schema_0005_used.sql", "schema_0006_used.sql",
                                         "schema_0007_used.sql", "schema_0008_used.sql"),
                         NameOfDump);

class SqliteUpgradeWithoutMessages : public SqliteUpgrade {};

TEST_P(SqliteUpgradeWithoutMessages, AllowsMessagesInUpgradedRooms) {
  const std::uint64_t room = store_->rooms().Load(MakeKey(RoomKind::kLive, "live"))->sequence;
  EXPECT_EQ(*store_->messages().NewestMessage(), 0u);
  EXPECT_EQ(*store_->messages().NewestRoomMessage(room), 0u);
  const auto appended = store_->messages().AppendMessage(
      {.room_number = room, .content = {.sender = {"amy"}, .body = "hello"}});
  ASSERT_OK(appended);
  EXPECT_EQ(appended->seq, 1u);
  ASSERT_OK(store_->messages().AppendMessage(
      {.receiver = {"bob"}, .content = {.sender = {"amy"}, .body = "hello"}}));
  OpenStore();
  EXPECT_EQ(store_->messages().ReadMessages(0, 10)->size(), 2u);
}

INSTANTIATE_TEST_SUITE_P(Schemas, SqliteUpgradeWithoutMessages,
                         testing::Values("schema_0003_used.sql", "schema_0004_used.sql",
                                         "schema_0005_used.sql", "schema_0006_used.sql",
                                         "schema_0007_used.sql"),
                         NameOfDump);

class SqliteUpgradeOfVersion8 : public SqliteFixture {};

TEST_F(SqliteUpgradeOfVersion8, KeepsMessagesAndGroups) {
  MakeOldStore("schema_0008_used.sql");
  OpenStore();
  const auto messages = store_->messages().ReadMessages(0, 10);
  EXPECT_THAT(BodiesOf(*messages), ElementsAre("last words", "1", "2", "3", "settled", "pending"));
  for (const StoredMessage& message : *messages) {
    EXPECT_EQ(message.content.type, MessageType::kElements) << message;
  }
  EXPECT_THAT(BodiesOf(*store_->messages().ReadPendingMessages({"bob"}, TimePoint(), 10)),
              ElementsAre("pending"));
  const std::uint64_t room = store_->rooms().Load(MakeKey(RoomKind::kMulti, "multi"))->sequence;
  EXPECT_EQ(*store_->messages().NewestRoomMessage(room), 3u);
  const auto groups = store_->accounts().LoadGroupJoins();
  ASSERT_OK(groups);
  ASSERT_EQ(groups->size(), 1u);
  EXPECT_EQ(groups->front().join->account, UserId{"bob"});
  EXPECT_EQ(groups->front().join->room_number, room);
}

TEST_F(SqliteUpgradeOfVersion8, CountsTheBytesOfExistingMessages) {
  MakeOldStore("schema_0008_used.sql");
  OpenStore();
  const auto messages = store_->messages().ReadMessages(0, 10);
  ASSERT_OK(messages);
  std::uint64_t bytes = 0;
  for (const StoredMessage& message : *messages) bytes += StoredBytes(message);
  EXPECT_EQ(*store_->messages().TrimMessages({.max_bytes = bytes}), 0u);
  EXPECT_EQ(*store_->messages().TrimMessages({.max_bytes = bytes - 1}), 1u);
}

class SqliteUpgradeOfVersion9 : public SqliteFixture {};

TEST_F(SqliteUpgradeOfVersion9, KeepsRevocationsAndRecordings) {
  MakeOldStore("schema_0009_used.sql");
  OpenStore();
  EXPECT_THAT(
      *store_->bans().LoadRevocations(TimePoint()),
      ElementsAre(Revocation{.stream = "1_gone", .until = kNoon + std::chrono::minutes(10)}));
  const auto recordings = store_->recordings().ListRecordings({});
  ASSERT_OK(recordings);
  ASSERT_EQ(recordings->size(), 1u);
  EXPECT_EQ(recordings->front().file, "1_bob-1700000000.flv");
  EXPECT_THAT(UsersOf(*store_->rooms().Load(MakeKey(RoomKind::kMulti, "multi"))),
              ElementsAre("creator", "bob"));
}

class SqliteUpgradeOfVersion10 : public SqliteFixture {};

TEST_F(SqliteUpgradeOfVersion10, BeginsRemovalsWithTheLatestDateOfWhatIsStored) {
  MakeOldStore("schema_0010_used.sql");
  OpenStore();
  const auto removal = store_->LoadRemovalTime();
  ASSERT_OK(removal);
  EXPECT_EQ(removal->mark, std::nullopt);
  EXPECT_EQ(removal->newest, kNoon + std::chrono::seconds(10));
}

class SqliteUpgradeOfVersion2 : public SqliteFixture {};

TEST_F(SqliteUpgradeOfVersion2, NotifiesTheGroupOfAnEventAfterTheReadersPosition) {
  MakeOldStore("schema_0002.sql");
  OpenStore();
  const auto notices = store_->deliveries().LoadDeliveries(DeliveryKind::kNotifyGroup, 10);
  ASSERT_OK(notices);
  ASSERT_EQ(notices->size(), 1u);
  EXPECT_EQ(notices->front().group, RoomId{"old_multi"});
}

TEST_F(SqliteUpgradeOfVersion2, KeepsBansTasksAndRoomNumbers) {
  MakeOldStore("schema_0002_used.sql");
  OpenStore();
  const Ban ban{.room = MakeKey(RoomKind::kLive, "old_live"),
                .user_id = {"troll"},
                .until = kNoon + std::chrono::minutes(10)};
  const Cursor position{.epoch = "0123456789abcdef", .position = 15};
  EXPECT_THAT(*store_->bans().LoadBans(kNoon), ElementsAre(ban));
  const auto destroys = store_->deliveries().LoadDeliveries(DeliveryKind::kDestroyGroup, 10);
  ASSERT_OK(destroys);
  ASSERT_EQ(destroys->size(), 1u);
  EXPECT_EQ(destroys->front().group, RoomId{"room_0badc0de_0001"});
  EXPECT_EQ(store_->deliveries().CountDeliveries()->groups, 1u);
  EXPECT_EQ(*store_->rooms().Newest(), position);
  const auto page = store_->rooms().ReadEvents({.epoch = position.epoch, .position = 13}, 10);
  ASSERT_OK(page);
  ASSERT_EQ(page->events.size(), 2u);
  for (const StoredEvent& stored : page->events) EXPECT_EQ(stored.room_number, 6u);
}

}  // namespace
}  // namespace rtcroom
