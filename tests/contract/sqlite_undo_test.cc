// State after SQLite refuses one write of a group. A trigger in the file refuses it: RAISE(ABORT)
// fails only the statement, RAISE(FAIL) keeps the changes that the statement made before it,
// RAISE(ROLLBACK) ends the transaction, as SQLite may do after an I/O error.
#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/sqlite_fixture.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kEventOfBad[] = "INSERT ON events WHEN NEW.user_id = 'bad'";
constexpr char kEndOfARoom[] = "INSERT ON events WHEN NEW.type = 5";
constexpr char kLossOfTheThirdEvent[] = "DELETE ON events WHEN OLD.position = 3";

class SqliteUndo : public SqliteFixture {
 protected:
  /// Opens a store with a trigger that makes `refused` fail with RAISE(`how`).
  void OpenStoreThatRefuses(const std::string& refused, const std::string& how) {
    OpenStore(Limited());
    Refuse(refused, how);
    OpenStore(Limited());
  }
  SqliteOptions Limited() const {
    SqliteOptions options = Options();
    options.limits.max_rooms = max_rooms_;
    return options;
  }

  /// Creates a multi room whose id and only member are `user`.
  static RoomUpdate CreatingFor(const std::string& user) {
    return Creating(MakeRoom(RoomKind::kMulti, user, user));
  }
  static RoomKey KeyOf(const std::string& user) { return MakeKey(RoomKind::kMulti, user); }

  std::vector<Result<RoomChange>> UpdateAll(const std::vector<RoomUpdate>& batch) {
    return store_->rooms().UpdateAll(batch);
  }

  /// One "<position> <room> <number within the room>" per stored event.
  std::vector<std::string> History() {
    std::vector<std::string> history;
    const Result<EventPage> page = store_->rooms().ReadEvents(Cursor::Start(), 100);
    EXPECT_OK(page);
    if (!page) return history;
    for (const auto& [position, room_number, event] : page->events) {
      history.push_back(fmt::format("{} {} {}", position, event.room.id.value,  //
                                    event.room_sequence));
    }
    return history;
  }

  /// Checks every read path: the store has exactly these multi rooms, numbered from 1.
  void ExpectRooms(const std::vector<std::string>& ids) {
    const auto scanned = store_->rooms().Scan(0, 10);
    ASSERT_OK(scanned);
    EXPECT_EQ(IdsOf(scanned->rooms), ids);
    for (std::size_t i = 0; i < scanned->rooms.size(); ++i)
      EXPECT_EQ(scanned->rooms[i].sequence, i + 1);
    EXPECT_EQ(IdsOf(*store_->rooms().List({.kind = RoomKind::kMulti, .count = 10})), ids);
    EXPECT_EQ(store_->rooms().CountRooms(RoomKind::kMulti), ids.size());
  }
  /// The listener has heard of what is stored, and of nothing else.
  void ExpectAllReceived() {
    const Result<EventPage> page = store_->rooms().ReadEvents(Cursor::Start(), 1000);
    ASSERT_OK(page);
    EXPECT_EQ(listener_.events(), page->events);
  }

  std::uint64_t max_rooms_ = 2;  // so that a wrong room count is noticed
};

TEST_F(SqliteUndo, UndoesAFailedUpdateOnly) {
  OpenStoreThatRefuses(kEventOfBad, "ABORT");
  const auto outcomes = UpdateAll({CreatingFor("good1"), CreatingFor("bad"), CreatingFor("good2")});
  ASSERT_EQ(outcomes.size(), 3u);
  ASSERT_OK(outcomes[0]);
  EXPECT_ERROR(kStoreBroken, outcomes[1]);
  ASSERT_OK(outcomes[2]);
  EXPECT_EQ(outcomes[2]->room.sequence, 2u);

  ExpectRooms({"good1", "good2"});
  EXPECT_ERROR(kRoomNotFound, store_->rooms().Load(KeyOf("bad")));
  EXPECT_THAT(History(), ElementsAre("1 good1 1", "2 good1 2", "3 good2 1", "4 good2 2"));
  ExpectAllReceived();
}

TEST_F(SqliteUndo, LeavesNoSequenceGapAfterARestart) {
  OpenStoreThatRefuses(kEventOfBad, "ABORT");
  ASSERT_OK(Apply(*store_, CreatingFor("good1")));
  EXPECT_ERROR(kStoreBroken, Apply(*store_, CreatingFor("bad")));
  OpenStore(Limited());
  EXPECT_ERROR(kStoreBroken, Apply(*store_, CreatingFor("bad")));
  ASSERT_OK(Apply(*store_, CreatingFor("good2")));
  ExpectRooms({"good1", "good2"});
  EXPECT_THAT(History(), ElementsAre("1 good1 1", "2 good1 2", "3 good2 1", "4 good2 2"));
}

TEST_F(SqliteUndo, UndoesAFailedUpdateWithinItsRoom) {
  OpenStoreThatRefuses(kEventOfBad, "ABORT");
  const RoomKey key = KeyOf("host");
  const auto outcomes =
      UpdateAll({CreatingFor("host"), Adding(key, "amy"), Adding(key, "bad"), Adding(key, "bob")});
  ASSERT_EQ(outcomes.size(), 4u);
  EXPECT_OK(outcomes[1]);
  EXPECT_ERROR(kStoreBroken, outcomes[2]);
  ASSERT_OK(outcomes[3]);
  EXPECT_EQ(*store_->rooms().Load(key), outcomes[3]->room);
  EXPECT_THAT(UsersOf(outcomes[3]->room), ElementsAre("host", "amy", "bob"));
  EXPECT_THAT(History(), ElementsAre("1 host 1", "2 host 2", "3 host 3", "4 host 4"));
  ExpectAllReceived();
}

TEST_F(SqliteUndo, UndoesAChangeWhoseRevocationsCannotAllBeWritten) {
  OpenStoreThatRefuses("INSERT ON revocations WHEN NEW.stream = 'bad'", "ABORT");
  const std::vector<Revocation> good = {{.stream = "good", .until = kNoon}};
  const std::vector<Revocation> bad = {{.stream = "undone", .until = kNoon},
                                       {.stream = "bad", .until = kNoon}};
  const auto outcomes =
      UpdateAll({CreatingFor("host"), Revoking(Destroying(KeyOf("host"), "host"), bad),
                 Revoking(Adding(KeyOf("host"), "amy"), good)});
  ASSERT_EQ(outcomes.size(), 3u);
  EXPECT_ERROR(kStoreBroken, outcomes[1]);
  ASSERT_OK(outcomes[2]);
  ExpectRooms({"host"});
  EXPECT_THAT(History(), ElementsAre("1 host 1", "2 host 2", "3 host 3"));
  EXPECT_EQ(*store_->bans().LoadRevocations(TimePoint()), good);
}

TEST_F(SqliteUndo, DoesNotCountAFailedCreateTowardTheRoomLimit) {
  OpenStoreThatRefuses(kEventOfBad, "ABORT");
  const auto outcomes = UpdateAll({CreatingFor("bad"), CreatingFor("good1"), CreatingFor("bad"),
                                   CreatingFor("good2"), CreatingFor("good3")});
  ASSERT_EQ(outcomes.size(), 5u);
  EXPECT_OK(outcomes[1]);
  EXPECT_OK(outcomes[3]);
  EXPECT_ERROR(kTooManyRooms, outcomes[4]);
  EXPECT_ERROR(kTooManyRooms, Apply(*store_, CreatingFor("bad")));
  ASSERT_OK(Apply(*store_, Destroying(KeyOf("good1"), "good1")));
  EXPECT_OK(Apply(*store_, CreatingFor("good3")));
}

TEST_F(SqliteUndo, KeepsARoomIfItsEndCannotBeWritten) {
  OpenStoreThatRefuses(kEndOfARoom, "ABORT");
  const RoomKey key = KeyOf("host");
  ASSERT_OK(Apply(*store_, CreatingFor("host")));
  const auto outcomes =
      UpdateAll({Destroying(key, "host"), Adding(key, "bob"), CreatingFor("other")});
  ASSERT_EQ(outcomes.size(), 3u);
  EXPECT_ERROR(kStoreBroken, outcomes[0]);
  EXPECT_OK(outcomes[1]);
  EXPECT_OK(outcomes[2]);

  ExpectRooms({"host", "other"});
  EXPECT_THAT(UsersOf(*store_->rooms().Load(key)), ElementsAre("host", "bob"));
  EXPECT_THAT(History(), ElementsAre("1 host 1", "2 host 2", "3 host 3", "4 other 1", "5 other 2"));
  EXPECT_ERROR(kTooManyRooms, Apply(*store_, CreatingFor("third")));
  ExpectAllReceived();
}

TEST_F(SqliteUndo, TrimDoesNotCountUndoneEvents) {
  OpenStoreThatRefuses(kEventOfBad, "ABORT");
  UpdateAll({CreatingFor("good1"), CreatingFor("bad"), CreatingFor("good2")});
  const EventRetention newest{.keep_since = {}, .max_events = 1};
  const auto trimmed = store_->rooms().TrimEvents(newest);
  ASSERT_OK(trimmed);
  EXPECT_EQ(*trimmed, 3u);
  EXPECT_THAT(History(), ElementsAre("4 good2 2"));
  EXPECT_EQ(*store_->rooms().TrimEvents(newest), 0u);
}

TEST_F(SqliteUndo, AFailedTrimRemovesNothing) {
  OpenStoreThatRefuses(kLossOfTheThirdEvent, "FAIL");
  UpdateAll({CreatingFor("good1"), CreatingFor("good2")});
  EXPECT_ERROR(kStoreBroken, store_->rooms().TrimEvents({.keep_since = {}, .max_events = 0}));
  EXPECT_EQ(History().size(), 4u);
  const auto trimmed =
      store_->rooms().TrimEvents({.keep_since = {}, .max_events = 0, .most_per_call = 2});
  ASSERT_OK(trimmed);
  EXPECT_EQ(*trimmed, 2u);
  EXPECT_THAT(History(), ElementsAre("3 good2 1", "4 good2 2"));
}

TEST_F(SqliteUndo, WritesABatchOfSessionsAtomically) {
  OpenStoreThatRefuses("UPDATE ON sessions WHEN NEW.user_id = 'bad'", "ABORT");
  std::vector<Session> sessions = {{.user_id = {"good"}, .token = {}, .last_use = kNoon},
                                   {.user_id = {"bad"}, .token = {}, .last_use = kNoon}};
  for (Session& session : sessions) {
    session.number = *store_->sessions().PutSession(session);
    session.last_use += std::chrono::seconds(1);
  }
  EXPECT_ERROR(kStoreBroken, store_->sessions().RecordSessionUses(sessions));
  EXPECT_THAT(*store_->sessions().LoadSessions(kNoon, 10), IsEmpty());
  EXPECT_EQ(store_->sessions().LoadSessions(TimePoint(), 10)->size(), 2u);
}

TEST_F(SqliteUndo, ALostTransactionFailsItsWholeGroup) {
  OpenStoreThatRefuses(kEventOfBad, "ROLLBACK");
  const auto outcomes = UpdateAll({CreatingFor("good1"), CreatingFor("bad"), CreatingFor("good2")});
  ASSERT_EQ(outcomes.size(), 3u);
  for (const auto& outcome : outcomes) {
    EXPECT_ERROR(kStoreBroken, outcome);
    EXPECT_THAT(outcome.error().detail, HasSubstr("refused")) << "the cause";
  }
  ExpectRooms({});
  EXPECT_THAT(History(), IsEmpty());
  ExpectAllReceived();
}

TEST_F(SqliteUndo, WritesSucceedAfterALostTransaction) {
  OpenStoreThatRefuses(kEventOfBad, "ROLLBACK");
  ASSERT_OK(Apply(*store_, CreatingFor("good1")));
  UpdateAll({Destroying(KeyOf("good1"), "good1"), CreatingFor("bad")});
  ExpectRooms({"good1"});
  for (const auto& outcome : UpdateAll({CreatingFor("good2"), Adding(KeyOf("good1"), "amy")})) {
    ASSERT_OK(outcome);
  }
  ExpectRooms({"good1", "good2"});
  EXPECT_THAT(History(), ElementsAre("1 good1 1", "2 good1 2", "3 good2 1", "4 good2 2",  //
                                     "5 good1 3"));
  EXPECT_ERROR(kTooManyRooms, Apply(*store_, CreatingFor("good3")));
  ExpectAllReceived();
  EXPECT_EQ(*store_->rooms().TrimEvents({.keep_since = {}, .max_events = 1}), 4u);
}

TEST_F(SqliteUndo, StoresNothingOfAGroupLostByAnotherCaller) {
  max_rooms_ = 1000;
  OpenStoreThatRefuses(kEventOfBad, "ROLLBACK");
  std::vector<std::string> acknowledged;
  {
    // The pings keep the writer busy, so that the other two often share a group.
    const std::jthread pings([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) (void)store_->Ping();
    });
    const std::jthread loses([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) EXPECT_ERROR(kStoreBroken, Apply(*store_, CreatingFor("bad")));
    });
    for (int i = 0; i < 100; ++i) {
      const std::string user = fmt::format("good{}", i);
      const auto created = Apply(*store_, CreatingFor(user));
      if (created) {
        acknowledged.push_back(user);
      } else {
        EXPECT_ERROR(kStoreBroken, created);
      }
    }
  }
  ASSERT_OK(Apply(*store_, CreatingFor("last")));
  acknowledged.emplace_back("last");
  EXPECT_EQ(IdsOf(store_->rooms().Scan(0, 1000)->rooms), acknowledged);
  EXPECT_EQ(store_->rooms().CountRooms(RoomKind::kMulti), acknowledged.size());
  ExpectAllReceived();
  EXPECT_EQ(*store_->rooms().TrimEvents({.keep_since = {}, .max_events = 0}),
            acknowledged.size() * 2);
}

}  // namespace
}  // namespace rtcroom
