// The pending calls of a store of schema 6 become rows of the outbox.
#include <string>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/sqlite/store_check.h"
#include "tests/contract/sqlite_fixture.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

using enum DeliveryKind;

/// The store of the test data, in which rooms multi, waiting and live are stored and `gone` has
/// ended; its events are 1 to 19.
class SqliteOutboxUpgrade : public SqliteFixture {
 protected:
  using Row = std::tuple<std::string, DeliveryKind, std::string>;

  /// Opens that store after `sql` has changed its pending calls.
  void Upgrade(const std::string& sql) {
    MakeOldStore("schema_0006_used.sql", "DELETE FROM group_tasks;" + sql);
    OpenStore();
  }
  static std::string ReadUpTo(int position) {
    return "UPDATE reader_positions SET position = " + std::to_string(position) + ";";
  }
  static std::string Task(const std::string& group, int task) {
    return "INSERT INTO group_tasks VALUES ('" + group + "', " + std::to_string(task) + ");";
  }
  /// The rows of the outbox, in sending order.
  std::vector<Row> Sent() {
    std::vector<Row> sent;
    for (const DeliveryKind kind : kDeliveryKinds) {
      const auto loaded = store_->deliveries().LoadDeliveries(kind, 100);
      EXPECT_OK(loaded);
      for (const Delivery& delivery : *loaded) {
        EXPECT_LE(delivery.next_try, kNoon) << "due at once";
        EXPECT_EQ(delivery.revision, 1u);
        EXPECT_EQ(delivery.attempts, 0u);
        sent.emplace_back(delivery.group.value, kind, delivery.payload);
        EXPECT_OK(store_->deliveries().FinishDelivery(delivery));
      }
    }
    EXPECT_EQ(*store_->deliveries().CountDeliveries(), DeliveryBacklog());
    return sent;
  }
};

TEST_F(SqliteOutboxUpgrade, CreatesNoDeliveryIfAllEventsWereProcessed) {
  Upgrade(ReadUpTo(19));
  EXPECT_THAT(Sent(), IsEmpty());
}

TEST_F(SqliteOutboxUpgrade, CreatesNoDeliveryWithoutAStoredPosition) {
  Upgrade("DELETE FROM reader_positions;");
  EXPECT_THAT(Sent(), IsEmpty());
}

TEST_F(SqliteOutboxUpgrade, EnqueuesANoticeForPushersAddedAfterThePosition) {
  Upgrade(ReadUpTo(4));
  EXPECT_EQ(store_->deliveries().CountDeliveries()->oldest_event, 5u);
  EXPECT_THAT(Sent(),
              UnorderedElementsAre(Row("multi", kNotifyGroup, ""), Row("gone", kDestroyGroup, "")));
}

TEST_F(SqliteOutboxUpgrade, EnqueuesNoNoticeForEventsWithoutNotices) {
  // pusher_updated of gen-1 (6), a created room (9), its creator (11), viewers and fields.
  Upgrade(ReadUpTo(8));
  EXPECT_THAT(Sent(), IsEmpty());
}

TEST_F(SqliteOutboxUpgrade, EnqueuesNoNoticeForCreatorsAndWebrtcRooms) {
  Upgrade(ReadUpTo(2) + "DELETE FROM events WHERE position IN (5, 7, 8);");
  EXPECT_THAT(Sent(), IsEmpty());
}

TEST_F(SqliteOutboxUpgrade, EnqueuesANoticeForAGen2PusherUpdate) {
  Upgrade(ReadUpTo(5) +
          "DELETE FROM events WHERE position IN (7, 8);"
          "UPDATE events SET dialect = 2 WHERE position = 6;");
  EXPECT_THAT(Sent(), ElementsAre(Row("multi", kNotifyGroup, "")));
}

TEST_F(SqliteOutboxUpgrade, EnqueuesANoticeForAPusherThatLeft) {
  Upgrade(ReadUpTo(5) +
          "DELETE FROM events WHERE position IN (7, 8);"
          "UPDATE events SET type = 4, reason = 1 WHERE position = 6;");
  EXPECT_THAT(Sent(), ElementsAre(Row("multi", kNotifyGroup, "")));
}

TEST_F(SqliteOutboxUpgrade, EnqueuesADestroyForARoomEndedAfterThePosition) {
  Upgrade(ReadUpTo(7));
  EXPECT_EQ(store_->deliveries().CountDeliveries()->oldest_event, 8u);
  EXPECT_THAT(Sent(), ElementsAre(Row("gone", kDestroyGroup, "")));
}

TEST_F(SqliteOutboxUpgrade, EnqueuesNoDestroyForAReusedRoomId) {
  Upgrade(ReadUpTo(5) +
          "UPDATE events SET room_id = 'multi' WHERE room_id = 'gone';"
          "UPDATE events SET room_kind = 2 WHERE room_id = 'multi';");
  EXPECT_THAT(Sent(), IsEmpty()) << "no notice for the pushers of the ended room";
}

TEST_F(SqliteOutboxUpgrade, EnqueuesARepeatedDestroyForUnfinishedGroups) {
  Upgrade(ReadUpTo(19) + Task("room_1", 1) + Task("room_3", 3));
  EXPECT_THAT(Sent(), ElementsAre(Row("room_1", kDestroyGroup, "repeat"),
                                  Row("room_3", kDestroyGroup, "repeat")));
}

TEST_F(SqliteOutboxUpgrade, KeepsTheGroupOfAStoredRoom) {
  Upgrade(ReadUpTo(19) + Task("multi", 1) + Task("live", 3));
  EXPECT_THAT(Sent(), IsEmpty());
}

TEST_F(SqliteOutboxUpgrade, MergesTheDestroysOfATaskAndOfEvents) {
  Upgrade(ReadUpTo(7) + Task("gone", 3));
  EXPECT_THAT(Sent(), ElementsAre(Row("gone", kDestroyGroup, "repeat")));
}

TEST_F(SqliteOutboxUpgrade, EnqueuesAPendingCreateBeforeItsNotices) {
  Upgrade(ReadUpTo(4) + Task("multi", 2) + "DELETE FROM events WHERE position IN (7, 8);");
  EXPECT_THAT(Sent(), ElementsAre(Row("multi", kCreateGroup, ""), Row("multi", kNotifyGroup, "")));
}

TEST_F(SqliteOutboxUpgrade, EnqueuesNoCreateForADestroyedRoom) {
  Upgrade(ReadUpTo(19) + Task("gone", 2));
  EXPECT_THAT(Sent(), IsEmpty());
}

TEST_F(SqliteOutboxUpgrade, NotifiesEveryRoomIfEventsWereTrimmed) {
  const auto everyone =
      UnorderedElementsAre(Row("multi", kNotifyGroup, ""), Row("waiting", kNotifyGroup, ""),
                           Row("live", kNotifyGroup, ""));
  Upgrade(ReadUpTo(3) +
          "DELETE FROM events WHERE position <= 10;"
          "UPDATE meta SET trimmed_position = 10;");
  EXPECT_THAT(Sent(), everyone);
}

TEST_F(SqliteOutboxUpgrade, NotifiesEveryRoomIfThePositionHasAnotherEpoch) {
  Upgrade("UPDATE reader_positions SET epoch = 'ffffffffffffffff';" + Task("multi", 2));
  EXPECT_THAT(Sent(), ElementsAre(Row("multi", kCreateGroup, ""), Row("multi", kNotifyGroup, ""),
                                  Row("waiting", kNotifyGroup, ""), Row("live", kNotifyGroup, "")));
}

TEST_F(SqliteOutboxUpgrade, ReplacesTheTablesOfThePreviousVersion) {
  Upgrade(ReadUpTo(19));
  store_.reset();
  const auto report = CheckStore({.path = Path()});
  ASSERT_OK(report);
  EXPECT_EQ(report->schema, 17);
  EXPECT_EQ(report->findings.count(), 0u);
  RunSql(Path(), "CREATE TABLE group_tasks (none); CREATE TABLE reader_positions (none)");
}

}  // namespace
}  // namespace rtcroom
