// Messages in PostgreSQL: several writes of one transaction, and what is removed.
#include "storage/postgres/pg_messages.h"

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
    PgRows rows =
        QueryPostgres(url_, "SELECT convert_from(body, 'UTF8') FROM messages ORDER BY position");
    std::vector<std::string> bodies;
    while (rows.Next()) bodies.push_back(rows.Text(0));
    return bodies;
  }
  std::int64_t Newest() {
    return Number("SELECT greatest(max(position), (SELECT last_message FROM meta)) FROM messages");
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
  EXPECT_THAT(Bodies(), ElementsAre("a", "b", "c", "d"));
  std::vector<std::uint64_t> positions;
  std::vector<std::uint64_t> seqs;
  for (const AppendedMessage& message : messages) {
    positions.push_back(message.position);
    seqs.push_back(message.seq);
  }
  EXPECT_THAT(positions, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(seqs, ElementsAre(1, 0, 1, 2));
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
  ASSERT_OK(Write(pg::SettleMessages(received)));
  EXPECT_EQ(Number("SELECT count(*) FROM settled_messages"), 1);
  EXPECT_EQ(Number("SELECT position FROM settled_messages WHERE receiver = 'bob'"), 2);
}

TEST_F(PgMessagesTest, GiveNoPositionTwice) {
  AppendAll({ToUser("bob", "1"), ToUser("bob", "2")});
  EXPECT_EQ(Trim({.keep_after = 1}), 1u);
  EXPECT_EQ(Number("SELECT last_message FROM meta"), 0) << "the newest is there";
  EXPECT_EQ(Trim({.keep_after = kMaxNumber}), 1u);
  EXPECT_EQ(Newest(), 2);
  AppendAll({ToUser("bob", "3")});
  EXPECT_EQ(Newest(), 3);
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
