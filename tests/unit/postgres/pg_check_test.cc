// Findings of the check of a store.
#include "storage/postgres/pg_check.h"

#include <ostream>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "storage/postgres/schema.h"
#include "tests/support/full_store.h"
#include "tests/unit/postgres/pg_stores_fixture.h"

namespace rtcroom {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class PgCheckTest : public PgStoreTest {
 protected:
  Result<StoreReport> Check(const std::optional<RoomLimits>& limits = {}) {
    return CheckPgStore(*PgAddress::Parse(url_), limits, clock_);
  }
  std::vector<std::string> Findings(const std::optional<RoomLimits>& limits = {}) {
    const auto report = Check(limits);
    if (!report) return {report.error().detail};
    std::vector<std::string> sentences;
    for (const StoreFinding& finding : report->findings.kept()) {
      sentences.push_back(finding.about + ": " + finding.what);
    }
    return sentences;
  }
};

class FullPgStore : public PgCheckTest {
 protected:
  FullPgStore() {
    FillStore(*store_);
    const RoomKey multi = MakeKey(RoomKind::kMulti, "multi");
    // Between events there are records of mixes, logins and bans.
    EXPECT_OK(Apply(*store_, Mixing(multi, {{.user_id = {"bob"}, .place = {}}})));
    EXPECT_OK(Apply(*store_, Adding(multi, "carl")));
  }
  std::unique_ptr<PgStore> store_ = OpenPatient();
};

TEST_F(FullPgStore, HasNoFindingsWhenItIsValid) {
  EXPECT_THAT(Findings(RoomLimits{}), IsEmpty());  // also while a node uses it
  store_.reset();
  EXPECT_THAT(Findings(RoomLimits{}), IsEmpty());
}

TEST_F(FullPgStore, HasNoneWhereEventsWereTrimmed) {
  const std::size_t all = store_->rooms().ReadEvents(Cursor::Start(), 1000)->events.size();
  for (std::size_t kept = all; kept-- > 0;) {
    ASSERT_OK(store_->rooms().TrimEvents(
        {.keep_since = TimePoint(), .max_events = kept, .most_per_call = 1000}));
    EXPECT_THAT(Findings(), IsEmpty()) << kept << " events kept";
  }
}

TEST_F(FullPgStore, IsCounted) {
  const auto report = Check();
  ASSERT_OK(report);
  EXPECT_EQ(report->schema, NewestPgSchema());
  EXPECT_EQ(report->newest.epoch, "00c0ffee00c0ffee");
  EXPECT_EQ(report->newest.position, store_->rooms().Newest()->position);
  EXPECT_EQ(report->rooms, 4u);
  EXPECT_EQ(report->pushers, 5u);
  EXPECT_EQ(report->audiences, 2u);
  EXPECT_EQ(report->events, store_->rooms().ReadEvents(Cursor::Start(), 1000)->events.size());
  EXPECT_EQ(report->sessions, 1u);
  EXPECT_EQ(report->bans, 1u);
  EXPECT_EQ(report->deliveries, 1u);
  EXPECT_EQ(report->messages, 6u);
  EXPECT_EQ(report->revocations, 1u);
  EXPECT_EQ(report->recordings, 1u);
}

TEST_F(FullPgStore, IsComparedWithLimitsOnRequest) {
  EXPECT_THAT(Findings(RoomLimits{.max_pushers_multi = 1}),
              ElementsAre(HasSubstr("multi room multi: it has 3 pushers, where 1")));
}

TEST_F(PgCheckTest, NeedsAStoreOfThisSchema) {
  Execute("UPDATE meta SET schema_version = 0");
  EXPECT_THAT(Findings(), ElementsAre("its schema has version 0, and this program needs 9:"
                                      " `rtcroomd migrate-store` brings it up to date"));
  Execute("UPDATE meta SET schema_version = 99, least_version = 98");
  EXPECT_THAT(Findings(), ElementsAre(HasSubstr("needs a newer rtcroomd")));
  url_ = SharedPostgres().UrlOfNewSchema();
  EXPECT_THAT(Findings(), ElementsAre(HasSubstr("`rtcroomd migrate-store` creates one")));
}

struct PgTampering {
  const char* name = "";
  const char* sql = "";
  const char* finding = "";
};
std::ostream& operator<<(std::ostream& out, const PgTampering& tampering) {
  return out << tampering.name;
}

class TamperedPgStore : public FullPgStore, public testing::WithParamInterface<PgTampering> {};

TEST_P(TamperedPgStore, IsDetected) {
  store_.reset();
  Execute(GetParam().sql);
  EXPECT_THAT(Findings(), AllOf(Contains(HasSubstr(GetParam().finding)),
                                Not(Contains(HasSubstr("cannot be read")))));
}

// What replaying the events finds is told by the tests of the other store.
const PgTampering kPgTamperings[] = {
    {"NoTurn", "DELETE FROM turn", "turn: 0 rows, and not one"},
    {"PusherWithoutARoom", "UPDATE pushers SET room = 99 WHERE user_id = 'bob'",
     "pushers: bob is in room number 99, which does not exist"},
    {"ViewerWithoutARoom", "UPDATE audiences SET room = 99 WHERE user_id = 'amy'",
     "audiences: amy is in room number 99, which does not exist"},
    {"MissingViewer", "DELETE FROM audiences WHERE user_id = 'amy'",
     "live room live: it counts 2 viewers, and has 1"},
    {"DuplicatePlace",
     "UPDATE rooms SET place = (SELECT place FROM rooms WHERE id = 'live') WHERE id = 'multi'",
     "is that of 2 rooms"},
    {"PlaceBeyondTheEvents", "UPDATE rooms SET place = 1000 WHERE id = 'live'",
     "and place 1000, and"},
    {"MissingEvent", "DELETE FROM events WHERE position = 5", "follows"},
    {"MissingRecord", "DELETE FROM events WHERE type = 105", "follows the one at"},
    {"WrongPreviousPositionOfAnEvent", "UPDATE events SET previous = 1 WHERE type = 3",
     "leads to position 1"},
    {"WrongLastPositionOfARoom", "UPDATE rooms SET last_position = 1 WHERE id = 'multi'",
     "and it knows of 1"},
    {"WrongCountOfEvents", "UPDATE events SET events_through = 40 WHERE position = 5",
     "events: up to position 5 40 are counted, and 4 before it"},
    {"WrongSizeOfAnEvent", "UPDATE events SET bytes_through = bytes_through + 1 WHERE position = 5",
     "events: the one at position 5 counts for"},
    {"DeliveryAfterTheLastEvent", "UPDATE deliveries SET position = 1000",
     "to gone is of position 1000, behind the newest event"},
    {"DeliveryOfAnUnknownKind", "UPDATE deliveries SET kind = 9", "is of the unknown kind 9"},
    {"MissingMessageOfARoom", "DELETE FROM messages WHERE body = '2'", ", 3 follows 1"},
    {"MissingNewestMessageOfARoom", "DELETE FROM messages WHERE body = '3'",
     ", 2 is the newest, and 3 were given"},
    {"MessagesOfAnUncountedRoom", "DELETE FROM message_rooms WHERE last_seq = 3",
     ", 3 is the newest, and none were given"},
    {"MessagesOfAnEndedRoomWithoutItsEnd", "UPDATE message_rooms SET ended_at_ms = NULL",
     "does not exist, and has no end"},
    {"MessagesOfALivingRoomWithAnEnd", "UPDATE message_rooms SET ended_at_ms = 1",
     "lives, and has an end"},
    {"MessageWithoutARoomOrReceiver", "UPDATE messages SET receiver = NULL WHERE body = 'pending'",
     "messages: number 6 is neither in a room nor to a user"},
    {"MessagesSettledBeyondTheNewest", "UPDATE settled_messages SET position = 7",
     "messages: those to bob are settled up to 7 of 6"},
    {"SessionWithoutAToken", "UPDATE sessions SET token = '\\x00'", "bob has no SHA-256"},
    {"PlaceWithoutAMix", "UPDATE rooms SET mix_width = 0", "in a mix that does not exist"},
    {"PlaceOutOfBounds", "UPDATE pushers SET mix_x = 3001", "has a place out of bounds"},
    {"RecordingWithAPartOfAnOwner", "UPDATE recordings SET user_id = 'bob'",
     "recordings: number 1 has one part of an owner"},
};

INSTANTIATE_TEST_SUITE_P(Rows, TamperedPgStore, testing::ValuesIn(kPgTamperings),
                         [](const auto& param_info) { return param_info.param.name; });

}  // namespace
}  // namespace rtcroom
