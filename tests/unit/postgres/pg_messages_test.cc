// Messages in PostgreSQL: several writes of one transaction, and what is removed.
#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "tests/support/messages.h"
#include "tests/unit/postgres/pg_tables_fixture.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint64_t kMaxNumber = std::numeric_limits<std::uint64_t>::max();

AppendedMessage ToRoom(std::uint64_t room, const std::string& body, TimePoint at = kNoon) {
  return {{.room_number = room, .content = MakeMessage("amy", body, at)}};
}
AppendedMessage ToUser(const std::string& receiver, const std::string& body) {
  return {{.receiver = {receiver}, .content = MakeMessage("amy", body)}};
}

class PgMessagesTest : public PgTablesTest {
 protected:
  static PgWrite Append(AppendedMessage& message) { return pg::AppendMessage(message, {}, 3); }
  /// In a transaction each.
  void AppendAll(std::vector<AppendedMessage> messages) {
    for (AppendedMessage& message : messages) ASSERT_OK(Write(Append(message)));
  }
  std::size_t Trim(const MessageRetention& retention) {
    pg::TrimmedMessages trimmed;
    EXPECT_OK(Write(pg::TrimMessages(retention, /*surplus=*/0, trimmed)));
    return trimmed.count;
  }
  std::vector<std::string> Bodies() {
    return BodiesOf(*pg::ReadMessages(*connection_, 0, 1000, Soon()));
  }
};

TEST_F(PgMessagesTest, AreNumberedWithinOneTransaction) {
  AddRoom(7);
  AddRoom(8, "r2");
  std::vector<AppendedMessage> messages = {ToRoom(7, "a"), ToUser("bob", "b"), ToRoom(8, "c"),
                                           ToRoom(7, "d")};
  std::vector<PgWrite> writes;
  writes.reserve(messages.size());
  for (AppendedMessage& message : messages) writes.push_back(Append(message));
  ASSERT_OK(Write(writes));
  const auto stored = pg::ReadMessages(*connection_, 0, 1000, Soon());
  EXPECT_THAT(*stored, testing::ElementsAreArray(messages));
  EXPECT_THAT(SeqsOf(*stored), ElementsAre(1, 0, 1, 2));
  EXPECT_EQ(*pg::NewestMessage(*connection_, Soon()), messages.back().position);
  EXPECT_EQ(*pg::NewestRoomMessage(*connection_, 7, Soon()), 2u);
}

TEST_F(PgMessagesTest, AMessageToNoRoomDoesNotHinderOthers) {
  AddRoom(7);
  for (const std::uint64_t room : {std::uint64_t{8}, kMaxNumber}) {
    AppendedMessage refused = ToRoom(room, "a");
    AppendedMessage taken = ToRoom(7, "b");
    EXPECT_ERROR(kRoomNotFound, Write({Append(taken), Append(refused)}));
    EXPECT_EQ(refused.position, 0u);
    EXPECT_EQ(taken.room_number, 7u);
    EXPECT_GT(taken.position, 0u);
  }
  EXPECT_THAT(Bodies(), ElementsAre("b", "b"));
  EXPECT_EQ(Number("SELECT count(*) FROM message_rooms"), 1);
}

TEST_F(PgMessagesTest, AreSettledForSeveralReceiversAtOnce) {
  AppendAll({ToUser("bob", "1"), ToUser("bob", "2"), ToUser("eve", "3")});
  const std::array<ReceivedMessages, 4> received = {
      ReceivedMessages{{"bob"}, kMaxNumber}, {{"eve"}, 2}, {{"bob"}, 1}, {{"nobody"}, kMaxNumber}};
  EXPECT_TRUE(*pg::HasPendingMessages(*connection_, received, Soon()));
  ASSERT_OK(Write(pg::SettleMessages(received)));
  EXPECT_FALSE(*pg::HasPendingMessages(*connection_, received, Soon()));
  EXPECT_THAT(*pg::ReadPendingMessages(*connection_, {"bob"}, {}, 10, Soon()), IsEmpty());
  EXPECT_EQ(pg::ReadPendingMessages(*connection_, {"eve"}, {}, 10, Soon())->size(), 1u);
  EXPECT_EQ(Number("SELECT count(*) FROM settled_messages"), 1);
}

TEST_F(PgMessagesTest, GiveNoPositionTwice) {
  AppendAll({ToUser("bob", "1"), ToUser("bob", "2")});
  EXPECT_EQ(Trim({.keep_after = 1}), 1u);
  EXPECT_EQ(Number("SELECT last_message FROM meta"), 0) << "the newest is there";
  EXPECT_EQ(Trim({.keep_after = kMaxNumber}), 1u);
  EXPECT_EQ(*pg::NewestMessage(*connection_, Soon()), 2u);
  AppendAll({ToUser("bob", "3")});
  EXPECT_EQ(*pg::NewestMessage(*connection_, Soon()), 3u);
  EXPECT_EQ(Number("SELECT count(*) FROM settled_messages"), 0);
}

TEST_F(PgMessagesTest, OfEndedRoomsAreForgottenWithTheLast) {
  for (const std::uint64_t room : {7U, 8U, 9U}) {
    AddRoom(room, "r" + std::to_string(room));
    AppendAll({ToRoom(room, "old"), ToRoom(room, "new", kNoon + std::chrono::seconds(1))});
  }
  EXPECT_EQ(Trim({.keep_after = 2}), 2u);
  Execute("DELETE FROM rooms WHERE number < 9");
  const std::array<pg::EndedRoom, 3> ended = {
      pg::EndedRoom{7, kNoon}, {8, kNoon + std::chrono::seconds(5)}, {10, kNoon}};
  ASSERT_OK(Write(pg::EndMessages(ended)));
  EXPECT_EQ(Number("SELECT count(*) FROM message_rooms WHERE ended_at_ms IS NOT NULL"), 1)
      << "the other had no message left";
  EXPECT_EQ(Number("SELECT count(*) FROM message_rooms"), 2);
  EXPECT_EQ(Trim({.keep_ended_since = kNoon + std::chrono::hours(1), .most_per_call = 1}), 1u);
  EXPECT_EQ(Number("SELECT count(*) FROM message_rooms"), 2);
  EXPECT_EQ(Trim({.keep_ended_since = kNoon + std::chrono::hours(1)}), 1u);
  EXPECT_EQ(Number("SELECT count(*) FROM message_rooms"), 1);
  EXPECT_THAT(Bodies(), ElementsAre("old", "new"));
}

}  // namespace
}  // namespace rtcroom
