#include "storage/sqlite/sqlite_group_joins.h"

#include "storage/sqlite/sqlite_engine.h"

namespace rtcroom {
namespace {

const ReaderSql kLoadGroupJoins(
    "SELECT instance, account, logged_in_ms, expires_ms, room_kind, room_id,"
    " room_number, joined_seq, serial FROM group_joins");

const WriterSql kPutGroupJoin(
    "INSERT OR REPLACE INTO group_joins (instance, account, logged_in_ms,"
    " expires_ms, room_kind, room_id, room_number, joined_seq, serial)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
const WriterSql kRemoveGroupJoin("DELETE FROM group_joins WHERE instance = ?");

}  // namespace

Result<std::vector<GroupJoinChange>> SqliteGroupJoins::LoadGroupJoins() {
  const auto read_join = [](const StatementRun& row) {
    return GroupJoinChange{.instance = row.Unsigned(0),
                           .join = GroupJoin{.account = {row.Text(1)},
                                             .logged_in = row.Time(2),
                                             .expires = row.Time(3),
                                             .room = {.kind = static_cast<RoomKind>(row.Integer(4)),
                                                      .id = {row.Text(5)}},
                                             .room_number = row.Unsigned(6),
                                             .joined_seq = row.Unsigned(7),
                                             .serial = row.Unsigned(8)}};
  };
  return engine_.Read([&](AuxReader& sql) { return ReadRows(sql[kLoadGroupJoins], read_join); });
}

Status SqliteGroupJoins::RecordGroupJoins(std::span<const GroupJoinChange> changes) {
  return engine_.WriteEach(changes, [](AuxWriter& sql, const GroupJoinChange& change) {
    const auto& [instance, join] = change;
    return join ? Run(sql[kPutGroupJoin], instance, join->account.value, join->logged_in,
                      join->expires, join->room.kind, join->room.id.value, join->room_number,
                      join->joined_seq, join->serial)
                : Run(sql[kRemoveGroupJoin], instance);
  });
}

}  // namespace rtcroom
