// Findings of the store check, and what it leaves unchanged.
#include "storage/sqlite/store_check.h"

#include <fstream>
#include <ostream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/sqlite_fixture.h"
#include "tests/support/full_store.h"

namespace rtcroom {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class StoreCheckTest : public SqliteFixture {
 protected:
  void SetUp() override {
    OpenStore();
    FillStore(*store_);
  }
  std::vector<std::string> Findings(const std::optional<RoomLimits>& limits = {}) {
    const auto report = CheckStore({.path = Path(), .limits = limits});
    if (!report) return {report.error().detail};
    std::vector<std::string> sentences;
    for (const StoreFinding& finding : report->findings.kept()) {
      sentences.push_back(finding.about + ": " + finding.what);
    }
    return sentences;
  }
};

TEST_F(StoreCheckTest, FindsNothingInAValidStore) {
  EXPECT_THAT(Findings(RoomLimits{}), IsEmpty());  // also while a server has it open
  store_.reset();
  EXPECT_THAT(Findings(RoomLimits{}), IsEmpty());
}

TEST_F(StoreCheckTest, FindsNothingInAStoreWithTrimmedEvents) {
  const std::size_t all = store_->rooms().ReadEvents(Cursor::Start(), 1000)->events.size();
  for (std::size_t kept = all; kept-- > 0;) {
    ASSERT_OK(store_->rooms().TrimEvents(
        {.keep_since = TimePoint(), .max_events = kept, .most_per_call = 1000}));
    EXPECT_THAT(Findings(), IsEmpty()) << kept << " events kept";
  }
}

TEST_F(StoreCheckTest, ReportsRoomMemberSessionBanMessageRevocationAndRecordingCounts) {
  const auto report = CheckStore({.path = Path()});
  ASSERT_OK(report);
  EXPECT_EQ(report->newest.epoch, Options().new_epoch);
  EXPECT_EQ(report->rooms, 4u);
  EXPECT_EQ(report->pushers, 4u);
  EXPECT_EQ(report->audiences, 2u);
  EXPECT_EQ(report->sessions, 1u);
  EXPECT_EQ(report->bans, 1u);
  EXPECT_EQ(report->messages, 6u);
  EXPECT_EQ(report->revocations, 1u);
  EXPECT_EQ(report->recordings, 1u);
}

TEST_F(StoreCheckTest, ChecksRoomLimitsOnlyOnRequest) {
  EXPECT_THAT(Findings(RoomLimits{.max_pushers_multi = 1}),
              testing::ElementsAre(HasSubstr("multi room multi: it has 2 pushers, where 1")));
  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(StoreCheckTest, RejectsAFileThatIsNotAStore) {
  store_.reset();
  RunSql(Path(), "PRAGMA user_version = 999");
  EXPECT_THAT(Findings(), testing::ElementsAre(HasSubstr("newer rtcroomd")));
  EXPECT_ERROR(kStoreBroken, CheckStore({.path = Path() + ".not"}));
  std::ofstream(Path() + ".empty").close();
  EXPECT_ERROR(kStoreBroken, CheckStore({.path = Path() + ".empty"}));
}

class StoreWithoutRoomsCheck : public SqliteFixture {};

TEST_F(StoreWithoutRoomsCheck, AcceptsAccountsThatAreInNoGroup) {
  OpenStore();
  RunSql(Path(), "INSERT INTO account_groups VALUES ('bob', 7, NULL, 1, '', 0, 0, 0, 0, 0)");
  const auto report = CheckStore({.path = Path()});
  ASSERT_OK(report);
  EXPECT_TRUE(report->findings.empty()) << report->findings.kept().front().what;
}

TEST_F(StoreWithoutRoomsCheck, AcceptsTheFieldsThatACreatedGroupBeganWith) {
  OpenStore();
  Room group = MakeWaitingRoom(RoomKind::kLive, "party");
  group.type = kCreatedGroup;
  group.custom = R"({"begins":"1627700000"})";
  ASSERT_OK(Apply(*store_, Preparing(group)));
  const auto report = CheckStore({.path = Path()});
  ASSERT_OK(report);
  EXPECT_TRUE(report->findings.empty()) << report->findings.kept().front().what;
}

TEST_F(StoreWithoutRoomsCheck, AcceptsAViewerThatBeginsAnotherStay) {
  OpenStore();
  ASSERT_OK(Apply(*store_, Creating(LiveRoom())));
  for (const char* user : {"amy", "bob"}) ASSERT_OK(Apply(*store_, Watching(kLiveR1, user)));
  ASSERT_OK(Apply(*store_, WatchingAnew(kLiveR1, "amy")));
  const auto report = CheckStore({.path = Path()});
  ASSERT_OK(report);
  EXPECT_TRUE(report->findings.empty()) << report->findings.kept().front().what;
}

class OlderStoreCheck : public SqliteFixture, public testing::WithParamInterface<const char*> {};

TEST_P(OlderStoreCheck, ChecksAStoreOfAnEarlierSchemaWithoutChangingIt) {
  MakeOldStore(GetParam(), "PRAGMA journal_mode = WAL");
  const std::string before = ContentOf(Path());
  const auto report = CheckStore({.path = Path()});
  ASSERT_OK(report);
  EXPECT_EQ(report->schema, std::stoi(GetParam() + std::string_view("schema_").size()));
  EXPECT_TRUE(report->findings.empty()) << report->findings.kept().front().what;
  EXPECT_EQ(ContentOf(Path()), before);
}

INSTANTIATE_TEST_SUITE_P(Schemas, OlderStoreCheck,
                         testing::Values("schema_0001.sql", "schema_0002.sql",
                                         "schema_0002_used.sql", "schema_0003_used.sql",
                                         "schema_0004_used.sql", "schema_0007_used.sql",
                                         "schema_0008_used.sql", "schema_0009_used.sql",
                                         "schema_0010_used.sql"),
                         NameOfDump);

struct Tampering {
  const char* name = "";
  const char* sql = "";
  const char* finding = "";
};
std::ostream& operator<<(std::ostream& out, const Tampering& tampering) {
  return out << tampering.name;
}

class TamperedStore : public StoreCheckTest, public testing::WithParamInterface<Tampering> {};

TEST_P(TamperedStore, IsDetected) {
  store_.reset();
  RunSql(Path(), GetParam().sql);
  EXPECT_THAT(Findings(), testing::AllOf(testing::Contains(HasSubstr(GetParam().finding)),
                                         Not(testing::Contains(HasSubstr("cannot be read")))));
}

const Tampering kTamperings[] = {
    {"PusherWithoutARoom",
     "INSERT INTO pushers SELECT 99, seat, user_id, '', '', '', '', 0, 0, 0, 0, 0, 0, 0 FROM "
     "pushers LIMIT 1",
     "room number 99, which does not exist"},
    {"ViewerWithoutARoom", "INSERT INTO audiences VALUES (99, 'amy', '', 1)",
     "references: a row of audiences"},
    {"PusherWithoutAnEvent",
     "INSERT INTO pushers SELECT room, 1, 'mallory', '', '', '', '', 0, 0, 0, 0, 0, 0, 0 FROM "
     "pushers"
     " WHERE user_id = 'bob'",
     "multi room multi: its pushers are mallory, creator, bob, by its events creator, bob"},
    {"MissingPusher", "DELETE FROM pushers WHERE user_id = 'bob'", "by its events creator, bob"},
    {"DuplicatePusher",
     "INSERT INTO pushers SELECT room, 1, 'bob', '', '', '', '', 0, 0, 0, 0, 0, 0, 0 FROM pushers"
     " WHERE user_id = 'bob'",
     "pusher bob is in it twice"},
    {"SeatWithoutAnEvent", "UPDATE pushers SET seat = 50 WHERE user_id = 'bob'",
     "has the seat of event 50"},
    {"MissingViewer", "DELETE FROM audiences WHERE user_id = 'amy'",
     "it counts 2 viewers, and has 1"},
    {"WrongCreator", "UPDATE rooms SET creator = 'bob' WHERE id = 'multi'",
     "its creator is bob, by its events creator"},
    {"CreatorOutsideTheRoom", "UPDATE rooms SET creator = 'stranger' WHERE id = 'multi'",
     "stranger is not one of its pushers"},
    {"WrongCustomFields", "UPDATE rooms SET custom = '{}'", "its custom fields are not those"},
    {"LastEventBeyondTheEvents", "UPDATE rooms SET last_event = 9 WHERE id = 'multi'",
     "its newest event is 4, and it knows of 9"},
    {"RoomWithoutEvents",
     "INSERT INTO rooms SELECT 90, 'x', kind, dialect, creator, info, '', 0, 1, 0, '', '{}', 0, 0, "
     "0, 0"
     " FROM rooms LIMIT 1",
     "room x: stored, but no event creates it"},
    {"RoomSequenceBeyondTheCounter", "UPDATE meta SET last_room_sequence = 1", "and 1 were given"},
    {"PlaceWithoutAPusher", "UPDATE rooms SET place = 3 WHERE id = 'waiting'",
     "it has a place in lists, and no pusher"},
    {"DuplicatePlace",
     "UPDATE rooms SET place = (SELECT place FROM rooms WHERE id = 'live') WHERE id = 'multi'",
     "is that of 2 rooms"},
    {"MissingRoom",
     "DELETE FROM pushers WHERE room = (SELECT sequence FROM rooms WHERE id = 'multi');"
     "DELETE FROM rooms WHERE id = 'multi'",
     "multi room multi: missing, but no event destroys it"},
    {"MissingRoomEnd", "DELETE FROM events WHERE type = 5", "missing, but no event destroys it"},
    {"MissingEvent", "DELETE FROM events WHERE position = 5", "follows"},
    {"MissingNewestEvent", "DELETE FROM events WHERE position = (SELECT max(position) FROM events)",
     "were given"},
    {"EventOfAWrongType", "UPDATE events SET type = 2 WHERE type = 3", "cannot happen there"},
    {"EventOfAnUnknownType", "UPDATE events SET type = 77 WHERE type = 3", "the unknown type 77"},
    {"EventOfAnotherRoom", "UPDATE events SET room_id = 'other' WHERE type = 3",
     "belongs to multi room multi"},
    {"WrongPreviousPositionOfAnEvent", "UPDATE events SET previous = 1 WHERE type = 3",
     "multi room multi: its event at position 6 leads to position 1, and not to 5"},
    {"WrongLastPositionOfARoom", "UPDATE rooms SET last_position = 1 WHERE id = 'multi'",
     "its newest event is at position 6, and it knows of 1"},
    {"DeliveryAfterTheLastEvent", "UPDATE deliveries SET position = 1000",
     "number 1 to gone is of position 1000, behind the newest event"},
    {"DeliveryOfAnUnknownKind", "UPDATE deliveries SET kind = 9",
     "number 1 to gone is of the unknown kind 9"},
    {"MissingMessageOfARoom", "DELETE FROM messages WHERE body = '2'",
     "messages: in room number 2, 3 follows 1"},
    {"MissingNewestMessageOfARoom", "DELETE FROM messages WHERE body = '3'",
     "messages: in room number 2, 2 is the newest, and 3 were given"},
    {"MessagesOfAnUncountedRoom", "DELETE FROM message_rooms WHERE room_number = 2",
     "messages: in room number 2, 3 is the newest, and none were given"},
    {"MessagesOfAnEndedRoomWithoutItsEnd", "UPDATE message_rooms SET ended_at_ms = NULL",
     "messages: room number 1 does not exist, and has no end"},
    {"MessagesOfALivingRoomWithAnEnd", "UPDATE message_rooms SET ended_at_ms = 1",
     "messages: room number 2 lives, and has an end"},
    {"MessageWithoutARoomOrReceiver", "UPDATE messages SET receiver = NULL WHERE body = 'pending'",
     "messages: number 6 is neither in a room nor to a user"},
    {"MessageBeyondTheCounter", "UPDATE meta SET last_message_position = 5",
     "messages: number 6 is one of 5 that were given"},
    {"MessagesSettledBeyondTheCounter", "UPDATE settled_messages SET position = 7",
     "messages: those to bob are settled up to 7 of 6"},
    {"GroupOfNoRoom", "INSERT INTO account_groups VALUES ('bob', 0, 99, 2, 'gone', 0, 0, 0, 0, 0)",
     "groups: bob is in that of room number 99, which does not exist"},
    {"SessionWithoutAToken", "UPDATE sessions SET token = x'00'", "bob has no SHA-256"},
    {"PlaceWithoutAMix", "UPDATE pushers SET mix_layer = 1 WHERE user_id = 'bob'",
     "mixes: bob of room number 2 has a place in a mix that does not exist"},
    {"PlaceOfAMixOutOfBounds", "UPDATE pushers SET mix_width = 3001 WHERE user_id = 'bob'",
     "mixes: bob of room number 2 has a place out of bounds"},
    {"UnknownKind", "UPDATE rooms SET kind = 9 WHERE id = 'multi'", "its kind 9 is not known"},
};

INSTANTIATE_TEST_SUITE_P(StoreCheck, TamperedStore, testing::ValuesIn(kTamperings),
                         [](const auto& param_info) { return param_info.param.name; });

}  // namespace
}  // namespace rtcroom
