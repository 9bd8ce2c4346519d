#include "tests/cluster/stored_history.h"

#include <stdexcept>

#include <fmt/format.h>

namespace rtcroom {
namespace {

void RequireRead(const PgRows& rows) {
  if (!rows.status()) throw std::runtime_error(rows.status().error().detail);
}

}  // namespace

Ledger RoomsIn(const PostgresServer& database) {
  PgRows rows = database.Query(
      "SELECT r.id, p.user_id FROM rooms r JOIN pushers p ON p.room = r.number"
      " ORDER BY r.number, p.seat");
  Ledger rooms;
  while (rows.Next()) {
    const std::string room = rows.Text(0);
    rooms[room].push_back(rows.Text(1));
  }
  RequireRead(rows);
  return rooms;
}

std::vector<std::string> HistoryFaults(const PostgresServer& database) {
  std::vector<std::string> faults;
  PgRows all = database.Query("SELECT count(*), min(position), max(position) FROM events");
  if (all.Next() && all.Integer(0) != all.Integer(2) - all.Integer(1) + 1) {
    faults.push_back(
        fmt::format("{} events from {} to {}", all.Integer(0), all.Integer(1), all.Integer(2)));
  }
  RequireRead(all);
  PgRows gaps = database.Query(
      "SELECT room_id, count(*), min(room_sequence), max(room_sequence) FROM events"
      " WHERE type < 100 GROUP BY room_number, room_id"
      " HAVING min(room_sequence) <> 1 OR max(room_sequence) <> count(*)");
  while (gaps.Next()) {
    const std::string room = gaps.Text(0);
    faults.push_back(fmt::format("room {}: {} events, numbered from {} to {}", room,
                                 gaps.Integer(1), gaps.Integer(2), gaps.Integer(3)));
  }
  RequireRead(gaps);
  // 2: a member joined; 4: one left. A room of kind 1 has two seats, one of the others four.
  PgRows overfull = database.Query(
      "SELECT room_id, max(members) FROM (SELECT room_number, room_id, room_kind,"
      " sum(CASE type WHEN 2 THEN 1 WHEN 4 THEN -1 ELSE 0 END)"
      " OVER (PARTITION BY room_number ORDER BY room_sequence) AS members"
      " FROM events WHERE type < 100) AS counted GROUP BY room_number, room_id, room_kind"
      " HAVING max(members) > CASE room_kind WHEN 1 THEN 2 ELSE 4 END");
  while (overfull.Next()) {
    const std::string room = overfull.Text(0);
    faults.push_back(fmt::format("room {} had {} members", room, overfull.Integer(1)));
  }
  RequireRead(overfull);
  return faults;
}

std::vector<Eviction> EvictionsIn(const PostgresServer& database) {
  // Leaving, because nothing was heard.
  PgRows rows = database.Query(
      "SELECT room_id, user_id, at_ms FROM events WHERE type = 4 AND reason = 2 ORDER BY position");
  std::vector<Eviction> evictions;
  while (rows.Next()) {
    Eviction eviction;
    eviction.room = rows.Text(0);
    eviction.user = rows.Text(1);
    eviction.at_ms = rows.Integer(2);
    evictions.push_back(std::move(eviction));
  }
  RequireRead(rows);
  return evictions;
}

std::map<std::string, std::int64_t> LeavesIn(const PostgresServer& database,
                                             const std::string& prefix) {
  PgRows rows =
      database.Query(fmt::format("SELECT user_id, count(*) FROM events"
                                 " WHERE type = 4 AND starts_with(user_id, '{}') GROUP BY user_id",
                                 prefix));
  std::map<std::string, std::int64_t> leaves;
  while (rows.Next()) {
    const std::string user = rows.Text(0);
    leaves[user] = rows.Integer(1);
  }
  RequireRead(rows);
  return leaves;
}

}  // namespace rtcroom
