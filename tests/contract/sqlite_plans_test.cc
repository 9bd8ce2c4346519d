// Query plans of the store's statements.
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/sqlite_fixture.h"
#include "tests/support/sqlite_connections.h"

namespace rtcroom {
namespace {

using testing::AnyOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// The plan steps of a statement on a connection.
std::vector<std::string> PlanOf(sqlite3* connection, const std::string& sql) {
  constexpr int kDetail = 3;
  sqlite3_stmt* explained = nullptr;
  EXPECT_EQ(sqlite3_prepare_v2(connection, ("EXPLAIN QUERY PLAN " + sql).c_str(), -1, &explained,
                               nullptr),
            SQLITE_OK)
      << sql;
  std::vector<std::string> plan;
  while (sqlite3_step(explained) == SQLITE_ROW) {
    plan.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(explained, kDetail)));
  }
  sqlite3_finalize(explained);
  return plan;
}

class SqlitePlans : public SqliteFixture {
 protected:
  using Plans = std::map<std::string, std::vector<std::string>>;

  void SetUp() override { OpenStore(); }

  /// Plans of all statements prepared by the open store, by SQL text.
  Plans AllPlans() const {
    Plans plans;
    for (sqlite3* const connection : connections_.opened()) {
      for (sqlite3_stmt* statement = sqlite3_next_stmt(connection, nullptr); statement != nullptr;
           statement = sqlite3_next_stmt(connection, statement)) {
        plans.try_emplace(sqlite3_sql(statement), PlanOf(connection, sqlite3_sql(statement)));
      }
    }
    return plans;
  }
  /// Plan of the only statement whose text contains `part`.
  std::vector<std::string> PlanOfStatementWith(const std::string& part) const {
    std::vector<std::vector<std::string>> found;
    for (const auto& [sql, plan] : AllPlans()) {
      if (sql.find(part) != std::string::npos) found.push_back(plan);
    }
    EXPECT_EQ(found.size(), 1u) << part;
    return found.empty() ? std::vector<std::string>() : found.front();
  }

  SqliteConnections connections_;
};

TEST_F(SqlitePlans, OnlyFullScansSortOrReadAWholeTable) {
  const auto reads_all = AnyOf(HasSubstr("count(DISTINCT"), HasSubstr("max(number)"),
                               HasSubstr("SET last_use_ms = min("),  // after a clock jump
                               HasSubstr("FROM group_joins"));       // at the start
  const Plans plans = AllPlans();
  EXPECT_GT(plans.size(), 50u);
  for (const auto& [sql, plan] : plans) {
    if (testing::Matches(reads_all)(sql)) continue;
    EXPECT_THAT(plan, Not(Contains(AnyOf(HasSubstr("SCAN"), HasSubstr("TEMP B-TREE"))))) << sql;
  }
}

TEST_F(SqlitePlans, FindsAndListsRoomsByIndex) {
  const auto rooms_by = [](const std::string& index) {
    return ElementsAre("SEARCH rooms USING INDEX " + index);
  };
  EXPECT_THAT(PlanOfStatementWith("mix_height FROM rooms WHERE id = ? AND kind = ?"),
              rooms_by("sqlite_autoindex_rooms_1 (id=?)"));
  EXPECT_THAT(PlanOfStatementWith("WHERE kind = ? AND dialect = ? AND place >= ?"),
              rooms_by("rooms_by_list (kind=? AND dialect=? AND place>?)"));
  EXPECT_THAT(PlanOfStatementWith("AND type = ? AND place >= ?"),
              rooms_by("rooms_by_type (type=? AND place>?)"));
  EXPECT_THAT(PlanOfStatementWith("FROM pushers WHERE room = ? ORDER BY seat"),
              ElementsAre("SEARCH pushers USING PRIMARY KEY (room=?)"));
}

TEST_F(SqlitePlans, FindsTheEndOfARoomByIndex) {
  EXPECT_THAT(PlanOfStatementWith("AND type = 5"),
              ElementsAre(HasSubstr("INDEX events_by_ended_room (room_id=? AND room_kind=?")));
}

TEST_F(SqlitePlans, FindsRevocationsByTheirEnd) {
  EXPECT_THAT(PlanOfStatementWith("SELECT stream, until_ms FROM revocations"),
              ElementsAre("SEARCH revocations USING COVERING INDEX revocations_by_end"
                          " (until_ms>?)"));
  EXPECT_THAT(PlanOfStatementWith("DELETE FROM revocations"),
              ElementsAre("SEARCH revocations USING COVERING INDEX revocations_by_end"
                          " (until_ms<?)"));
}

TEST_F(SqlitePlans, FindsAndListsRecordingsByIndex) {
  const auto recordings_by = [](const std::string& index) {
    return ElementsAre("SEARCH recordings USING " + index);
  };
  EXPECT_THAT(PlanOfStatementWith("ended_at_ms FROM recordings WHERE file = ?"),
              recordings_by("INDEX sqlite_autoindex_recordings_1 (file=?)"));
  EXPECT_THAT(PlanOfStatementWith("FROM recordings WHERE (ended_at_ms, id) <"),
              recordings_by("INDEX recordings_by_end (ended_at_ms<?)"));
  EXPECT_THAT(PlanOfStatementWith("FROM recordings WHERE room_kind = ?4"),
              recordings_by("INDEX recordings_by_kind (room_kind=? AND ended_at_ms<?)"));
  EXPECT_THAT(PlanOfStatementWith("FROM recordings WHERE room_id = ?5"),
              recordings_by("INDEX recordings_by_room (room_id=? AND ended_at_ms<?)"));
  EXPECT_THAT(PlanOfStatementWith("FROM recordings WHERE user_id = ?5"),
              recordings_by("INDEX recordings_by_user (user_id=? AND ended_at_ms<?)"));
  EXPECT_THAT(PlanOfStatementWith("FROM recordings WHERE (ended_at_ms, id) >"),
              recordings_by("INDEX recordings_by_end (ended_at_ms>? AND ended_at_ms<?)"));
  EXPECT_THAT(PlanOfStatementWith("DELETE FROM recordings WHERE id <= ?"),
              recordings_by("INTEGER PRIMARY KEY (rowid<?)"));
  EXPECT_THAT(PlanOfStatementWith("DELETE FROM recordings WHERE file = ?"),
              recordings_by("INDEX sqlite_autoindex_recordings_1 (file=?)"));
}

TEST_F(SqlitePlans, AppendsAMessageToARoomByItsNumber) {
  EXPECT_THAT(PlanOfStatementWith("SELECT coalesce(last_seq, 0) FROM rooms"),
              ElementsAre("SEARCH rooms USING INTEGER PRIMARY KEY (rowid=?)",
                          "SEARCH message_rooms USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN"));
  EXPECT_THAT(PlanOfStatementWith("DELETE FROM messages WHERE room_number = ? AND seq <= ?"),
              ElementsAre("SEARCH messages USING INDEX messages_by_room"
                          " (room_number=? AND seq<?)"));
  EXPECT_THAT(PlanOfStatementWith("UPDATE message_rooms SET ended_at_ms"),
              ElementsAre("SEARCH message_rooms USING INTEGER PRIMARY KEY (rowid=?)"));
}

TEST_F(SqlitePlans, FindsMessagesByIndex) {
  const auto messages_by = [](const std::string& way) {
    return Contains("SEARCH messages USING " + way);
  };
  EXPECT_THAT(PlanOfStatementWith("body FROM messages WHERE position > ? ORDER BY position LIMIT"),
              ElementsAre("SEARCH messages USING INTEGER PRIMARY KEY (rowid>?)"));
  EXPECT_THAT(PlanOfStatementWith("WHERE room_number = ?1 AND seq >= ?2"),
              messages_by("INDEX messages_by_room (room_number=? AND seq>?)"));
  EXPECT_THAT(PlanOfStatementWith("min(sender, receiver) = min(?1, ?2)"),
              ElementsAre("SEARCH messages USING INDEX messages_by_pair"
                          " (<expr>=? AND <expr>=? AND rowid<?)"));
  EXPECT_THAT(PlanOfStatementWith("position > coalesce((SELECT position FROM settled_messages"),
              messages_by("INDEX messages_by_receiver (receiver=? AND position>?)"));
  EXPECT_THAT(PlanOfStatementWith("position > ifnull((SELECT position FROM settled_messages"),
              messages_by("COVERING INDEX messages_by_receiver"
                          " (receiver=? AND position>? AND position<?)"));
}

TEST_F(SqlitePlans, FindsConversationsInIndexesAlone) {
  EXPECT_THAT(PlanOfStatementWith("SELECT position, receiver FROM messages WHERE sender = ?"),
              ElementsAre("SEARCH messages USING COVERING INDEX messages_by_sender (sender=?)"));
  EXPECT_THAT(
      PlanOfStatementWith("SELECT position, sender FROM messages WHERE receiver = ?"),
      ElementsAre("SEARCH messages USING COVERING INDEX messages_by_receiver (receiver=?)"));
  EXPECT_THAT(PlanOfStatementWith("INSERT INTO settled_messages"),
              ElementsAre("SEARCH messages USING COVERING INDEX messages_by_receiver"
                          " (receiver=? AND position<?)"));
}

TEST_F(SqlitePlans, FindsMessagesToTrimByIndex) {
  EXPECT_THAT(PlanOfStatementWith("sent_at_ms, room_number, receiver FROM messages"),
              ElementsAre("SEARCH messages USING INTEGER PRIMARY KEY (rowid>?)"));
  EXPECT_THAT(PlanOfStatementWith("DELETE FROM messages WHERE position <= ?"),
              ElementsAre("SEARCH messages USING INTEGER PRIMARY KEY (rowid<?)"));
  EXPECT_THAT(PlanOfStatementWith("WHERE ended_at_ms < ?"),
              ElementsAre("SEARCH message_rooms USING COVERING INDEX message_rooms_by_end"
                          " (ended_at_ms<?)"));
  EXPECT_THAT(PlanOfStatementWith("ORDER BY seq LIMIT ?) RETURNING 1"),
              Contains("SEARCH messages USING COVERING INDEX messages_by_room (room_number=?)"));
}

}  // namespace
}  // namespace rtcroom
