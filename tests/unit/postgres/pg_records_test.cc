// Bans, revocations, sessions, recordings and logins in groups, in PostgreSQL.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "tests/support/fake_clock.h"
#include "tests/unit/postgres/pg_tables_fixture.h"

namespace rtcroom {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

using PgRecordsTest = PgTablesTest;

TEST_F(PgRecordsTest, ABanReplacesThatOfTheSameRoomAndUser) {
  const Ban ban{.room = {RoomKind::kMulti, {"r1"}}, .user_id = {"bob"}, .until = kNoon};
  ASSERT_OK(Write(pg::WriteBan(ban)));
  Ban longer = ban;
  longer.until += seconds(1);
  Ban elsewhere = ban;
  elsewhere.room.kind = RoomKind::kLive;
  ASSERT_OK(Write(pg::WriteBan(longer)));
  ASSERT_OK(Write(pg::WriteBan(elsewhere)));
  EXPECT_THAT(*pg::LoadBans(*connection_, TimePoint(), Soon()),
              UnorderedElementsAre(longer, elsewhere));
  std::size_t removed = 0;
  ASSERT_OK(Write(pg::RemoveEndedBans(kNoon, 10, removed)));
  EXPECT_THAT(*pg::LoadBans(*connection_, TimePoint(), Soon()), ElementsAre(longer));
}

TEST_F(PgRecordsTest, ARevocationKeepsItsLatestEnd) {
  const std::string stream("\xFF\0", 2);
  const auto until = [&](int end) {
    return Revocation{.stream = stream, .until = kNoon + seconds(end)};
  };
  for (const int end : {2, 3, 1}) ASSERT_OK(Write(pg::WriteRevocation(until(end))));
  EXPECT_THAT(*pg::LoadRevocations(*connection_, kNoon, Soon()), ElementsAre(until(3)));
  std::size_t removed = 0;
  ASSERT_OK(Write(pg::RemoveEndedRevocations(kNoon + seconds(3), 10, removed)));
  EXPECT_THAT(*pg::LoadRevocations(*connection_, TimePoint(), Soon()), IsEmpty());
}

TEST_F(PgRecordsTest, SessionsAreReadAndWritten) {
  const auto session = [](const std::string& user, std::uint64_t number, int used) {
    return Session{.user_id = {user},
                   .token = {std::byte{0}, std::byte{255}},
                   .number = number,
                   .last_use = kNoon + seconds(used)};
  };
  const auto load = [&] { return *pg::LoadSessions(*connection_, kNoon, 10, Soon()); };
  EXPECT_THAT(load(), IsEmpty());
  AddEvents(1, 2);
  const Session amy = session("amy", 1, 5);
  const Session bob = session("bob", 2, 3);
  ASSERT_OK(Write(pg::WriteSession(amy, 1)));
  ASSERT_OK(Write(pg::WriteSession(bob, 0)));
  const std::vector<Session> used = {session("amy", 1, 7), session("bob", 1, 9)};
  ASSERT_OK(Write(pg::RecordSessionUses(used)));
  EXPECT_THAT(load(), ElementsAre(session("amy", 1, 7), bob));
  ASSERT_OK(Write(pg::MoveSessionUses(seconds(1), kNoon + seconds(6))));
  ASSERT_OK(Write(pg::RemoveSession(session("bob", 2, 0))));
  ASSERT_OK(Write(pg::RemoveSession(session("amy", 2, 0))));
  EXPECT_THAT(load(), ElementsAre(session("amy", 1, 6)));
  std::size_t removed = 0;
  ASSERT_OK(Write(pg::RemoveUnusedSessions(kNoon + seconds(6), 10, removed)));
  EXPECT_EQ(removed, 1u);
}

TEST_F(PgRecordsTest, ARecordingNumberIsGivenOnce) {
  const auto put = [&](const std::string& file) {
    const std::vector<Recording> recordings = {{.file = file, .ended_at = kNoon}};
    EXPECT_OK(Write(pg::PutRecordings(recordings, 100)));
    return (*pg::FindRecording(*connection_, file, Soon()))->number;
  };
  const std::uint64_t first = put("a");
  const std::uint64_t second = put("b");
  EXPECT_EQ(put("b"), second);
  ASSERT_OK(Write(pg::RemoveRecording("a")));
  EXPECT_EQ(Number("SELECT last_recording FROM meta"), 0) << "the newest is there";
  ASSERT_OK(Write({pg::RemoveRecording("b"), pg::RemoveRecording("never there")}));
  const std::uint64_t third = put("b");
  EXPECT_GT(second, first);
  EXPECT_GT(third, second);
}

TEST_F(PgRecordsTest, RecordingsAreListed) {
  const StreamOwner owner{.room = {RoomKind::kMulti, {"r1"}}, .room_number = 7, .user_id = {"bob"}};
  Recording first{.file = std::string("a\xFF", 2),
                  .stream = "1_bob",
                  .owner = owner,
                  .bytes = 5,
                  .started_at = kNoon,
                  .ended_at = kNoon};
  Recording second{.file = "b", .ended_at = kNoon};
  ASSERT_OK(Write(pg::PutRecordings(std::vector{first, second}, 2)));
  first.number = 1;
  second.number = 2;
  const auto list = [&](const RecordingQuery& query) {
    const auto listed = pg::ListRecordings(*connection_, query, Soon());
    EXPECT_OK(listed);
    return listed ? *listed : std::vector<Recording>();
  };
  EXPECT_THAT(list({}), ElementsAre(second, first));
  EXPECT_THAT(list({.after = PositionOf(second)}), ElementsAre(first));
  EXPECT_THAT(list({.kind = RoomKind::kMulti}), ElementsAre(first));
  EXPECT_THAT(list({.room_id = RoomId{"r1"}, .user_id = UserId{"bob"}}), ElementsAre(first));
  EXPECT_THAT(list({.kind = RoomKind::kLive, .user_id = UserId{"bob"}}), IsEmpty());
  const RecordingPosition beyond{.ended_at = kNoon,
                                 .number = std::numeric_limits<std::uint64_t>::max()};
  EXPECT_THAT(list({.after = beyond}), ElementsAre(second, first));
  const TimePoint later = kNoon + seconds(1);
  EXPECT_THAT(*pg::LoadRecordingsEndedBefore(*connection_, later, {}, 10, Soon()),
              ElementsAre(first, second));
  ASSERT_OK(Write(pg::PutRecordings(std::vector{Recording{.file = "c", .ended_at = kNoon}}, 2)));
  EXPECT_THAT(*pg::FindRecording(*connection_, first.file, Soon()), testing::Eq(std::nullopt));
}

TEST_F(PgRecordsTest, LoginsInGroupsMayHaveAnyNumbers) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  const auto join = [](std::uint64_t instance, std::uint64_t number) {
    return GroupJoinChange{.instance = instance,
                           .join = GroupJoin{.account = {"amy"},
                                             .logged_in = kNoon,
                                             .expires = kNoon + seconds(1),
                                             .room = {RoomKind::kLive, {"r1"}},
                                             .room_number = number,
                                             .joined_seq = number,
                                             .serial = number}};
  };
  const GroupJoinChange left{.instance = 5, .join = {}};
  ASSERT_OK(Write(pg::RecordGroupJoins(
      std::vector{join(kMax, 1), join(kMax, kMax), join(0, 0), join(5, 1), left})));
  EXPECT_THAT(*pg::LoadGroupJoins(*connection_, Soon()),
              UnorderedElementsAre(join(kMax, kMax), join(0, 0)));
}

}  // namespace
}  // namespace rtcroom
