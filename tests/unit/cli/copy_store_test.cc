// The copy of a store in SQLite to PostgreSQL.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "daemon/process/data_directory.h"
#include "storage/postgres/pg_import.h"
#include "storage/sqlite/sqlite_store.h"
#include "storage/sqlite/store_source.h"
#include "tests/support/full_store.h"
#include "tests/unit/cli/database_fixture.h"

namespace rtcroom {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr char kSourceEpoch[] = "0123456789abcdef";
constexpr std::size_t kAll = 1000;
const RoomKey kMultiRoom = MakeKey(RoomKind::kMulti, "multi");
const RoomKey kLiveRoom = MakeKey(RoomKind::kLive, "live");

template <typename T>
T Valued(Result<T> result) {
  EXPECT_OK(result);
  return result ? *std::move(result) : T{};
}

class CopyStoreCommand : public DatabaseTest {
 protected:
  CopyStoreCommand() { FillStore(*source_); }

  std::unique_ptr<SqliteStore> OpenSource() {
    auto store = SqliteStore::Open(
        {.path = SourcePath(), .new_epoch = kSourceEpoch, .durability = Durability::kOff}, deaf_);
    if (!store) throw std::runtime_error(store.error().detail);
    return *std::move(store);
  }
  [[nodiscard]] std::string SourcePath() const {
    return (directory_.path() / "rtcroomd.db").string();
  }

  int Copy() {
    source_.reset();
    const std::string config =
        MakeFile("rtcroomd.toml", "store.data_dir = \"" + directory_.path().string() + "\"\n");
    return Run({"copy-store", "--config", config, "--from", "sqlite:rtcroomd.db", "--to", Url()});
  }

  /// What a store tells of itself, but for its epoch and the positions of events.
  void ExpectSame(Storage& copy) {
    source_ = OpenSource();
    Storage& source = *source_;
    EXPECT_EQ(Valued(copy.rooms().Scan(0, kAll)).rooms, Valued(source.rooms().Scan(0, kAll)).rooms);
    for (const Room& room : Valued(source.rooms().Scan(0, kAll)).rooms) {
      EXPECT_EQ(ViewersOf(copy, room.key), ViewersOf(source, room.key));
      EXPECT_EQ(EventsOf(copy, room.key), EventsOf(source, room.key));
    }
    const RoomKey gone = MakeKey(RoomKind::kDouble, "gone");
    EXPECT_EQ(EventsOf(copy, gone), EventsOf(source, gone));
    EXPECT_EQ(AllEventsOf(copy), AllEventsOf(source));
    for (const RoomKind kind : kAllRoomKinds) {
      const RoomListQuery query{.kind = kind, .count = 100};
      EXPECT_EQ(IdsOf(Valued(copy.rooms().List(query))), IdsOf(Valued(source.rooms().List(query))));
      EXPECT_EQ(copy.rooms().CountRooms(kind), source.rooms().CountRooms(kind));
    }
    EXPECT_EQ(Valued(copy.bans().LoadBans({})), Valued(source.bans().LoadBans({})));
    EXPECT_EQ(Valued(copy.bans().LoadRevocations({})), Valued(source.bans().LoadRevocations({})));
    EXPECT_EQ(Valued(copy.recordings().ListRecordings({})),
              Valued(source.recordings().ListRecordings({})));
    EXPECT_THAT(
        Valued(copy.sessions().LoadSessions({}, kAll)),
        testing::UnorderedElementsAreArray(Valued(source.sessions().LoadSessions({}, kAll))));
    for (const auto kind : {DeliveryKind::kDestroyGroup, DeliveryKind::kCreateGroup,
                            DeliveryKind::kNotifyGroup, DeliveryKind::kDismissRoom}) {
      EXPECT_EQ(Valued(copy.deliveries().LoadDeliveries(kind, kAll)),
                Valued(source.deliveries().LoadDeliveries(kind, kAll)));
    }
    EXPECT_EQ(Valued(copy.deliveries().CountDeliveries()).groups,
              Valued(source.deliveries().CountDeliveries()).groups);
    EXPECT_EQ(Valued(copy.messages().ReadMessages(0, kAll)),
              Valued(source.messages().ReadMessages(0, kAll)));
    EXPECT_EQ(Valued(copy.messages().NewestMessage()), Valued(source.messages().NewestMessage()));
    EXPECT_EQ(Valued(copy.messages().ReadPendingMessages({"bob"}, {}, kAll)),
              Valued(source.messages().ReadPendingMessages({"bob"}, {}, kAll)));
    EXPECT_EQ(Valued(copy.accounts().LoadGroupJoins()), Valued(source.accounts().LoadGroupJoins()));
    EXPECT_EQ(Valued(copy.accounts().ReadAccountGroups({"bob"})),
              Valued(source.accounts().ReadAccountGroups({"bob"})));
    EXPECT_EQ(Valued(copy.accounts().ReadPositionsOf({"bob"}, 9)),
              Valued(source.accounts().ReadPositionsOf({"bob"}, 9)));
    EXPECT_EQ(Valued(copy.ended_logins().LoadEndedLogins(TimePoint())),
              Valued(source.ended_logins().LoadEndedLogins(TimePoint())));
    EXPECT_EQ(Valued(copy.ended_logins().LoadAccountValidities()),
              Valued(source.ended_logins().LoadAccountValidities()));
    const std::uint64_t multi = Valued(source.rooms().Load(kMultiRoom)).sequence;
    EXPECT_EQ(Valued(copy.messages().NewestRoomMessage(multi)),
              Valued(source.messages().NewestRoomMessage(multi)));
  }

  static std::vector<RoomEvent> EventsOf(Storage& store, const RoomKey& key) {
    std::vector<RoomEvent> events;
    for (StoredEvent& stored : Valued(store.rooms().ReadRoomEvents(key, std::nullopt, kAll))) {
      events.push_back(std::move(stored.event));
    }
    return events;
  }
  static std::vector<RoomEvent> AllEventsOf(Storage& store) {
    Cursor cursor = Cursor::Start();
    std::vector<RoomEvent> events;
    for (StoredEvent& stored : Valued(store.rooms().ReadEvents(cursor, kAll)).events) {
      events.push_back(std::move(stored.event));
    }
    return events;
  }
  void ExpectValid() { EXPECT_EQ(Run({"check-store", "--store", Url()}), 0) << out() << err(); }

  std::unique_ptr<SqliteStore> source_ = OpenSource();
};

TEST_F(CopyStoreCommand, CopiesAllThatAStoreHolds) {
  ASSERT_OK(Apply(*source_, Mixing(kMultiRoom, {{.user_id = {"bob"}, .place = {.x = 8}}})));
  const GroupJoinChange joined{
      .instance = ~std::uint64_t{0},
      .join = GroupJoin{.account = {"bob"}, .room = kMultiRoom, .room_number = 2, .serial = 3}};
  ASSERT_OK(source_->accounts().RecordGroupJoins({&joined, 1}));
  ASSERT_OK(source_->messages().AppendMessage({.receiver = {"bob"},
                                               .content = {.sender = {"amy"},
                                                           .body = "hi",
                                                           .client_time = 7,
                                                           .custom = "custom",
                                                           .priority = 2,
                                                           .is_unguarded = true,
                                                           .wants_receipt = true,
                                                           .type = MessageType::kCustom,
                                                           .cmd = "cmd",
                                                           .avatar = "avatar"}}));
  const std::vector<AccountGroupChange> groups = {
      {.group = {.account = {"bob"}, .room_number = 2, .room = kMultiRoom, .read = 1}},
      {.group = {.account = {"bob"}, .instance = ~std::uint64_t{0}, .received = 3}}};
  ASSERT_OK(source_->accounts().RecordAccountGroups(groups));
  const ReadPosition read{.reader = {"bob"}, .peer = {"amy"}, .until = kNoon};
  ASSERT_OK(source_->accounts().RecordReadPositions({&read, 1}));
  const EndedLogin ended{.account = {"bob"}, .instance = ~std::uint64_t{0}, .expires = kNoon};
  ASSERT_OK(source_->ended_logins().PutEndedLogins({&ended, 1}));
  ASSERT_OK(source_->ended_logins().PutAccountValidity({.account = {"bob"}}));
  const Recording owned{
      .file = "owned.flv",
      .stream = "s",
      .owner = StreamOwner{.room = kMultiRoom, .room_number = 2, .user_id = {"b"}},
      .bytes = 7,
      .started_at = kNoon,
      .ended_at = kNoon};
  ASSERT_OK(source_->recordings().PutRecordings({&owned, 1}));
  ASSERT_OK(source_->deliveries().ChangeDeliveries(
      {.group = {"multi"}, .enqueue = DeliveryKind::kCreateGroup}, kNoon));
  Delivery parked =
      Valued(source_->deliveries().LoadDeliveries(DeliveryKind::kCreateGroup, 1)).front();
  parked.next_try = kParked;
  ASSERT_OK(source_->deliveries().PostponeDelivery(parked));

  EXPECT_EQ(Copy(), 0) << err();
  EXPECT_THAT(out(), AllOf(StartsWith("schema 17, epoch 0123456789abcdef: 4 rooms, "),
                           HasSubstr("postgresql://***: all of it was copied, with the new epoch " +
                                     Query("SELECT epoch FROM meta"))));
  EXPECT_NE(Query("SELECT epoch FROM meta"), kSourceEpoch);
  ExpectValid();
  ExpectSame(*OpenDatabase());
}

TEST_F(CopyStoreCommand, CopiesAStoreWhoseOldEventsAndMessagesWereRemoved) {
  ASSERT_OK(source_->rooms().TrimEvents({.keep_since = TimePoint::max(), .max_events = 3}));
  ASSERT_OK(source_->messages().TrimMessages({.keep_since = TimePoint::max()}));
  EXPECT_EQ(Copy(), 0) << err();
  ExpectValid();
  const auto copy = OpenDatabase();
  ExpectSame(*copy);
  EXPECT_THAT(Valued(copy->messages().ReadMessages(0, kAll)), IsEmpty());
}

// Numbers of rooms and logins are positions in PostgreSQL, and are never given twice.
TEST_F(CopyStoreCommand, LeavesTheStoreReadyForWrites) {
  Session session{.user_id = {"bob"}, .token = {}, .last_use = kNoon};
  for (int login = 0; login < 100; ++login)
    session.number = Valued(source_->sessions().PutSession(session));
  const std::uint64_t last_message = Valued(source_->messages().NewestMessage());
  const std::vector<Room> rooms = Valued(source_->rooms().Scan(0, kAll)).rooms;
  EXPECT_EQ(Copy(), 0) << err();
  const auto copy = OpenDatabase();
  ExpectSame(*copy);
  ASSERT_OK(Apply(*copy, Creating(MakeRoom(RoomKind::kMulti, "new"))));
  EXPECT_GT(Valued(copy->rooms().Load(MakeKey(RoomKind::kMulti, "new"))).sequence,
            std::max(rooms.back().sequence, session.number));
  ASSERT_OK(Apply(*copy, Adding(kMultiRoom, "carl")));
  ASSERT_OK(Apply(*copy, Watching(kLiveRoom, "ann")));
  ASSERT_OK(Apply(*copy, Destroying(kMultiRoom)));
  EXPECT_GT(Valued(copy->sessions().PutSession(session)), session.number);
  EXPECT_GT(Valued(copy->messages().AppendMessage(
                       {.receiver = {"bob"}, .content = MakeMessage("zoe", "hi")}))
                .position,
            last_message);
  ExpectValid();
}

TEST_F(CopyStoreCommand, RefusesAStoreThatIsNotEmpty) {
  ASSERT_OK(
      OpenDatabase()->sessions().PutSession({.user_id = {"bob"}, .token = {}, .last_use = kNoon}));
  Execute("DELETE FROM nodes");
  EXPECT_EQ(Copy(), 1);
  EXPECT_EQ(err(),
            "postgresql://***: the store in the database is not empty, and what is there is not"
            " replaced\nNothing was copied.\n");
  EXPECT_EQ(Query("SELECT count(*)::text FROM rooms"), "0");
}

TEST_F(CopyStoreCommand, RefusesADatabaseThatNodesUse) {
  Execute("INSERT INTO nodes (node, link, version) VALUES (7, 0, 1)");
  EXPECT_EQ(Copy(), 1);
  EXPECT_THAT(err(), StartsWith("postgresql://***: 1 nodes are registered in the database"));
}

TEST_F(CopyStoreCommand, RefusesASourceThatAServerUses) {
  source_.reset();
  const auto lock = DataDirectory::Open(directory_.path());
  ASSERT_OK(lock);
  EXPECT_EQ(Copy(), 1);
  EXPECT_THAT(err(), EndsWith(": stop the server first\n"));
}

TEST_F(CopyStoreCommand, RefusesASourceWithFaults) {
  source_.reset();
  Result<Database> database = Database::Open(SourcePath(), {}, Database::Access::kReadWrite);
  ASSERT_OK(database);
  ASSERT_OK(database->Execute("UPDATE rooms SET last_event = 90 WHERE id = 'multi'"));
  EXPECT_EQ(Copy(), 1);
  EXPECT_THAT(err(), AllOf(StartsWith("multi room multi: its newest event is"),
                           EndsWith("1 findings; nothing was copied\n")));
  EXPECT_EQ(Query("SELECT count(*)::text FROM rooms"), "0");
}

TEST_F(CopyStoreCommand, RefusesWhatIsNoSource) {
  EXPECT_EQ(Run({"copy-store", "--from", "memory:", "--to", Url()}), 2);
  EXPECT_EQ(err(), "--from: must be sqlite:PATH\n");
  EXPECT_EQ(Run({"copy-store", "--from", "sqlite:../x.db", "--to", Url()}), 2);
  EXPECT_EQ(err(), "--from: must be below store.data_dir\n");
}

TEST_F(CopyStoreCommand, LeavesNothingWhenItBreaksOff) {
  source_.reset();
  Result<StoreSource> source = StoreSource::Open(SourcePath());
  ASSERT_OK(source);
  {
    PgImport target(*PgAddress::Parse(url_), system_clock_);
    ASSERT_OK(target.Begin());
    const StoreTable& rooms = StoreTables().front();
    ASSERT_OK(
        source->Read(rooms, 2, [&](const StoreCells& cells) { return target.Put(rooms, cells); }));
  }
  EXPECT_EQ(Query("SELECT count(*)::text FROM rooms"), "0");
  EXPECT_EQ(Copy(), 0) << err();
}

}  // namespace
}  // namespace rtcroom
