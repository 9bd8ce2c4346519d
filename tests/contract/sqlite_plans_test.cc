// Query plans of the store's statements.
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/sqlite_fixture.h"
#include "tests/support/sqlite_connections.h"

namespace rtcroom {
namespace {

using testing::AllOf;
using testing::AnyOf;
using testing::Contains;
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
                               HasSubstr("FROM group_joins"),           // at the start
                               HasSubstr("FROM account_validities"),    // likewise
                               HasSubstr("SELECT ?1, ?2, ?3, ?4, ?5"),  // one row
                               HasSubstr("SELECT ?1, ?2, nullif"),      // likewise
                               HasSubstr("row_number()"),               // of at most 4,000 messages
                               HasSubstr("UNION ALL SELECT position"),  // at most 2,000
                               HasSubstr("joined_at_ms DESC"),          // a few of an account
                               HasSubstr("SELECT removal_ms"));  // likewise, the newest of each
  const Plans plans = AllPlans();
  EXPECT_GT(plans.size(), 50u);
  for (const auto& [sql, plan] : plans) {
    if (testing::Matches(reads_all)(sql)) continue;
    EXPECT_THAT(plan, Not(Contains(AnyOf(HasSubstr("SCAN"), HasSubstr("TEMP B-TREE"))))) << sql;
  }
}

/// A part of a statement, and how it finds its rows.
const std::pair<const char*, const char*> kSearches[] = {
    {"mix_height FROM rooms WHERE id = ? AND kind = ?",
     "rooms USING INDEX sqlite_autoindex_rooms_1 (id=?)"},
    {"WHERE kind = ? AND dialect = ? AND place >= ?",
     "rooms USING INDEX rooms_by_list (kind=? AND dialect=? AND place>?)"},
    {"AND type = ? AND place >= ?", "rooms USING INDEX rooms_by_type (type=? AND place>?)"},
    {"FROM pushers WHERE room = ? ORDER BY seat", "pushers USING PRIMARY KEY (room=?)"},
    {"ORDER BY a.seat DESC", "a USING INDEX audiences_by_seat (room=?)"},
    {"AND a.user_id = ?", "a USING PRIMARY KEY (room=? AND user_id=?)"},
    {"AND reason IN (2, 3, 4)",
     "events USING INDEX events_by_evicted_user (room_id=? AND user_id=? AND room_kind=?)"},
    {"AND type = 5", "INDEX events_by_ended_room (room_id=? AND room_kind=?"},
    {"SELECT stream, until_ms FROM revocations",
     "revocations USING COVERING INDEX revocations_by_end (until_ms>?)"},
    {"DELETE FROM revocations", "revocations USING COVERING INDEX revocations_by_end (until_ms<?)"},
    {"ended_at_ms FROM recordings WHERE file = ?",
     "recordings USING INDEX sqlite_autoindex_recordings_1 (file=?)"},
    {"FROM recordings WHERE (ended_at_ms, id) <",
     "recordings USING INDEX recordings_by_end (ended_at_ms<?)"},
    {"FROM recordings WHERE room_kind = ?4",
     "recordings USING INDEX recordings_by_kind (room_kind=? AND ended_at_ms<?)"},
    {"FROM recordings WHERE room_id = ?5",
     "recordings USING INDEX recordings_by_room (room_id=? AND ended_at_ms<?)"},
    {"FROM recordings WHERE user_id = ?5",
     "recordings USING INDEX recordings_by_user (user_id=? AND ended_at_ms<?)"},
    {"FROM recordings WHERE (ended_at_ms, id) >",
     "recordings USING INDEX recordings_by_end (ended_at_ms>? AND ended_at_ms<?)"},
    {"DELETE FROM recordings WHERE id <= ?", "recordings USING INTEGER PRIMARY KEY (rowid<?)"},
    {"DELETE FROM recordings WHERE file = ?",
     "recordings USING INDEX sqlite_autoindex_recordings_1 (file=?)"},
    {"SELECT coalesce(last_seq, 0) FROM rooms", "SEARCH rooms USING INTEGER PRIMARY KEY (rowid=?)"},
    {"SELECT coalesce(last_seq, 0) FROM rooms",
     "message_rooms USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN"},
    {"WHERE sender = ?1 AND client_random = ?2",
     "messages USING INDEX messages_by_random (sender=? AND client_random=? AND room_number=? AND"
     " receiver=?)"},
    {"DELETE FROM messages WHERE room_number = ? AND seq <= ?",
     "messages USING INDEX messages_by_room (room_number=? AND seq<?)"},
    {"UPDATE message_rooms SET ended_at_ms", "message_rooms USING INTEGER PRIMARY KEY (rowid=?)"},
    {"avatar FROM messages WHERE position > ? ORDER BY position LIMIT",
     "messages USING INTEGER PRIMARY KEY (rowid>?)"},
    {"WHERE room_number = ?1 AND seq >= ?2",
     "messages USING INDEX messages_by_room (room_number=? AND seq>?)"},
    {"max(?1, ?2) AND position < ?3",
     "messages USING INDEX messages_by_pair (<expr>=? AND <expr>=? AND position<?)"},
    {"max(?1, ?2) AND sent_at_ms <= ?3",
     "messages USING INDEX messages_by_pair (<expr>=? AND <expr>=?)"},
    {"max(?1, ?2) AND sent_at_ms >= ?3",
     "messages USING INDEX messages_by_pair (<expr>=? AND <expr>=?)"},
    {"UNION ALL SELECT position",
     "messages USING COVERING INDEX messages_by_sender (sender=? AND position>?)"},
    {"UNION ALL SELECT position",
     "messages USING COVERING INDEX messages_by_receiver (receiver=? AND position>?)"},
    {"read FROM account_groups WHERE account = ?",
     "account_groups USING INDEX account_groups_by_account (account=?)"},
    {"FROM account_groups WHERE room_number = ?",
     "account_groups USING INDEX account_groups_by_room (room_number=?)"},
    {"UPDATE account_groups SET received",
     "account_groups USING INDEX account_groups_by_account (account=? AND instance=? AND"},
    {"DELETE FROM account_groups WHERE account",
     "account_groups USING INDEX account_groups_by_account (account=? AND instance=? AND"},
    {"WHERE instance <> 0 AND expires_ms",
     "account_groups USING INDEX account_groups_by_end (expires_ms<?)"},
    {"FROM read_positions WHERE reader = ? ORDER",
     "read_positions USING COVERING INDEX read_positions_by_reader (reader=?)"},
    {"FROM read_positions WHERE reader = ? AND peer",
     "read_positions USING PRIMARY KEY (reader=? AND peer=?)"},
    {"WHERE until_ms < ? ORDER BY",
     "read_positions USING COVERING INDEX read_positions_by_time (until_ms<?)"},
    {"position > coalesce((SELECT position FROM settled_messages",
     "messages USING COVERING INDEX messages_by_receiver (receiver=? AND position>?)"},
    {"position > ifnull((SELECT position FROM settled_messages",
     "messages USING COVERING INDEX messages_by_receiver"
     " (receiver=? AND position>? AND position<?)"},
    {"SELECT position, receiver FROM messages WHERE sender = ?",
     "messages USING COVERING INDEX messages_by_sender (sender=?)"},
    {"SELECT position, sender FROM messages WHERE receiver = ? ORDER BY",
     "messages USING COVERING INDEX messages_by_receiver (receiver=?)"},
    {"INSERT INTO settled_messages",
     "messages USING COVERING INDEX messages_by_receiver (receiver=? AND position<?)"},
    {"sent_at_ms, room_number, receiver, 128", "messages USING INTEGER PRIMARY KEY (rowid>?)"},
    {"DELETE FROM messages WHERE position <= ?", "messages USING INTEGER PRIMARY KEY (rowid<?)"},
    {"WHERE ended_at_ms < ?",
     "message_rooms USING COVERING INDEX message_rooms_by_end (ended_at_ms<?)"},
    {"ORDER BY seq LIMIT ?) RETURNING 1",
     "messages USING COVERING INDEX messages_by_room (room_number=?)"},
};

TEST_F(SqlitePlans, FindRowsByTheIndexesMadeForThem) {
  for (const auto& [part, search] : kSearches) {
    EXPECT_THAT(PlanOfStatementWith(part), Contains(AllOf(HasSubstr("SEARCH"), HasSubstr(search))))
        << part;
  }
}

}  // namespace
}  // namespace rtcroom
