// Query plans of the statements: by indexes, although the server knows nothing of the tables.
#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>

#include "storage/postgres/pg_cluster.h"
#include "tests/unit/postgres/pg_tables_fixture.h"

namespace rtcroom {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// Whole tables are read at a start, after a jump of a clock, when a node is gone, and to count
/// what is pending; the index of the signs that are off is small.
const std::vector<std::string_view> kReadAll = {
    "account_validities_load", "cluster_media_off", "cluster_move_floor", "deliveries_count",
    "group_joins_load",        "sessions_load",     "sessions_move_uses"};
/// They have a row for each node, or a few.
const std::vector<std::string_view> kSmallTables = {"meta",      "nodes",   "told",   "duties",
                                                    "beat_life", "reports", "removal"};
/// Rows that a bound of the statement itself limits are sorted or grouped: up to 4,000 messages,
/// and those that one call may remove.
const std::vector<std::string_view> kSortFew = {
    "cluster_remove_left",    "cluster_remove_left_signs", "deliveries_count",
    "messages_conversations", "messages_pending",          "messages_trim",
    "messages_of_user",       "account_groups_bound",      "read_positions_bound"};

bool IsIn(const std::vector<std::string_view>& names, const PgStatement& statement) {
  return std::ranges::find(names, statement.name) != names.end();
}

class PgPlansTest : public PostgresTest {
 protected:
  PgPlansTest() : PostgresTest(UrlOfNewStore()) {
    Fill(20'000);
    connection_ = MakeConnected(all_);
  }

  /// Fills all tables that are not small. The server must not examine them meanwhile.
  void Fill(int rows) {
    const auto plain = MakePlain();
    const auto run = [&](const std::string& sql) {
      EXPECT_OK(plain->Run(PgCall(PgStatement{.sql = sql.c_str()}), Soon())) << sql;
    };
    run("DO $$ DECLARE t text; BEGIN"
        " FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() LOOP"
        " EXECUTE format('ALTER TABLE %I SET (autovacuum_enabled = off)', t); END LOOP; END $$");
    const auto insert = [&](std::string_view into, std::string_view columns) {
      run(fmt::format("INSERT INTO {} SELECT {} FROM generate_series(1, {}) AS n", into, columns,
                      rows));
    };
    insert(
        "rooms (number, id, kind, dialect, creator, info, mixed_play_url, created_at_ms,"
        " last_event, last_position)",
        "n, 'r' || n, 2, 1, 'amy', '', '', n, 1, n");
    insert(
        "pushers (room, seat, user_id, user_name, user_avatar, push_url, accelerate_url,"
        " added_at_ms)",
        "n, n, 'u' || n, '', '', '', '', n");
    insert("beats (room, seat, at_ms)", "n, n, n");
    insert("media_signs", "n, n, 0, 2 + n % 2, n, n, 1");
    insert("group_claims (group_id, node, until_ms)", "'r' || n, 1, n");
    insert("events (position, tag, type, at_ms, bytes_through)", "n, 0, 1, n, n");
    insert("bans (room_kind, room_id, user_id, until_ms)", "2, 'r' || n, 'amy', n");
    insert("revocations (stream, until_ms)", "('s' || n)::bytea, n");
    insert("sessions (user_id, token, number, last_use_ms)", "'u' || n, '', n, n");
    insert("deliveries (id, room_id, kind, next_try_ms, position)", "n, 'r' || n, 3, n, n");
    insert(
        "messages (position, room_number, seq, receiver, sender, nick, client_seq, client_random,"
        " sent_at_ms, body)",
        "n, CASE n % 2 WHEN 0 THEN n / 100 END, CASE n % 2 WHEN 0 THEN n END,"
        " CASE n % 2 WHEN 1 THEN 'u' || n % 50 END, 'u' || n % 51, '', 0, n, n, 'hello'");
    insert("message_rooms (room_number, last_seq, ended_at_ms)", "n, n, nullif(n % 2 * n, 0)");
    insert("settled_messages (receiver, position)", "'u' || n, n");
    insert(
        "group_joins (instance, account, logged_in_ms, expires_ms, room_kind, room_id,"
        " room_number, joined_seq, serial)",
        "n, 'amy', n, n, 2, 'r' || n, n, n, n");
    insert("ended_logins (account, instance, logged_in_ms, expires_ms, cause)",
           "'u' || n, 0, n, n, 1");
    insert("account_validities (account, valid_from)", "'u' || n, n");
    insert("account_groups", "'u' || n % 100, n, n, 2, 'r' || n, n, n, n, n, n");
    insert("read_positions", "'u' || n % 100, 'u' || n, n");
    insert(
        "recordings (id, file, stream, room_kind, room_id, room_number, user_id, bytes,"
        " ended_at_ms)",
        "n, ('f' || n)::bytea, '', 2, 'r' || n % 100, n, 'u' || n % 100, 0, n");
  }

  /// Of the session that has prepared them.
  Result<PgRows> Ask(const std::string& sql) {
    return connection_->Run(PgCall(PgStatement{.sql = sql.c_str()}), Soon());
  }
  /// The lines of its plan.
  std::vector<std::string> PlanOf(const PgStatement& statement) {
    Result<PgRows> known =
        Ask(fmt::format("SELECT cardinality(parameter_types) FROM pg_prepared_statements"
                        " WHERE name = '{}'",
                        statement.name));
    EXPECT_OK(known) << statement.name;
    const std::int64_t parameters = known && known->Next() ? known->Integer(0) : 0;
    const std::vector<std::string> nulls(static_cast<std::size_t>(parameters), "NULL");
    const std::string arguments = nulls.empty() ? "" : fmt::format("({})", fmt::join(nulls, ", "));
    Result<PgRows> rows =
        Ask(fmt::format("EXPLAIN (COSTS OFF) EXECUTE {}{}", statement.name, arguments));
    EXPECT_OK(rows) << statement.name;
    std::vector<std::string> plan;
    while (rows && rows->Next()) plan.push_back(rows->Text(0));
    return plan;
  }

  const std::vector<PgStatement> all_ = JoinStatements({AuxStatements(), PgCluster::Statements()});
  std::unique_ptr<PgConnection> connection_;
};

std::size_t IndentOf(const std::string& line) { return line.find_first_not_of(' '); }

bool Has(const std::string& line, std::string_view part) {
  return line.find(part) != std::string::npos;
}

bool IsOnSmallTable(const std::string& line) {
  return std::ranges::any_of(kSmallTables, [&](std::string_view table) {
    const std::string scanned = fmt::format(" on {}", table);
    return line.ends_with(scanned) || Has(line, scanned + " ");
  });
}

/// Whether the index scan at `line` of a plan reads the whole index: it has no condition, and no
/// LIMIT ends it at the first rows.
bool ReadsWholeIndex(const std::vector<std::string>& plan, std::size_t line) {
  bool has_filter = false;
  for (std::size_t i = line + 1; i < plan.size(); ++i) {
    if (IndentOf(plan[i]) <= IndentOf(plan[line]) || Has(plan[i], "->")) break;
    if (Has(plan[i], "Index Cond")) return false;
    has_filter = has_filter || Has(plan[i], "Filter:");
  }
  return has_filter || line == 0 || !Has(plan[line - 1], "Limit");
}

bool ReadsAll(const std::vector<std::string>& plan) {
  for (std::size_t i = 0; i < plan.size(); ++i) {
    if (IsOnSmallTable(plan[i])) continue;
    if (Has(plan[i], "Seq Scan on")) return true;
    const bool by_index = Has(plan[i], "Index Scan") || Has(plan[i], "Index Only Scan");
    if (by_index && ReadsWholeIndex(plan, i)) return true;
  }
  return false;
}

bool Sorts(const std::vector<std::string>& plan) {
  return std::ranges::any_of(
      plan, [](const std::string& line) { return Has(line, "Sort") || Has(line, "Hash"); });
}

// In one test, as it takes longest to fill the tables.
TEST_F(PgPlansTest, ReadTablesByTheIndexesThatAreMeantForThem) {
  for (const PgStatement& statement : all_) {
    const std::vector<std::string> plan = PlanOf(statement);
    const std::string shown = fmt::format("{}\n{}", statement.name, fmt::join(plan, "\n"));
    EXPECT_THAT(plan, Not(IsEmpty())) << shown;
    EXPECT_TRUE(IsIn(kReadAll, statement) || !ReadsAll(plan)) << shown;
    EXPECT_TRUE(IsIn(kSortFew, statement) || !Sorts(plan)) << shown;
  }
  const auto plan_of = [this](std::string_view name) {
    return PlanOf(*std::ranges::find(all_, name, &PgStatement::name));
  };
  // Not by the position or the sender alone: nothing is found in the usual case.
  for (const std::string_view name : {"messages_append_to_room", "messages_append_to_user"}) {
    EXPECT_THAT(plan_of(name), Contains(HasSubstr("using messages_by_random on"))) << name;
  }
  // Not by kind and time, which may be those of many others.
  for (const std::string_view name : {"deliveries_enqueue", "deliveries_hold_rest",
                                      "deliveries_release_next", "deliveries_park_rest"}) {
    const std::vector<std::string> plan = plan_of(name);
    EXPECT_THAT(plan, Contains(HasSubstr("using deliveries_by_group on"))) << name;
    EXPECT_THAT(plan, Not(Contains(HasSubstr("using deliveries_by_time on")))) << name;
  }
}

}  // namespace
}  // namespace rtcroom
