#include "storage/sqlite/group_join_rows.h"

#include "storage/sqlite/database.h"

namespace rtcroom {

Status GroupJoinWriter::Prepare(Database& database) {
  return PrepareAll(database,
                    {{put_,
                      "INSERT OR REPLACE INTO group_joins (instance, account, logged_in_ms,"
                      " expires_ms, room_kind, room_id, room_number, joined_seq, serial)"
                      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"},
                     {remove_, "DELETE FROM group_joins WHERE instance = ?"}});
}

Status GroupJoinWriter::Record(std::span<const GroupJoinChange> changes) {
  for (const auto& [instance, join] : changes) {
    const Status recorded = join ? Run(put_, instance, join->account.value, join->logged_in,
                                       join->expires, join->room.kind, join->room.id.value,
                                       join->room_number, join->joined_seq, join->serial)
                                 : Run(remove_, instance);
    if (!recorded) return recorded;
  }
  return {};
}

Status GroupJoinReader::Prepare(Database& database) {
  return load_.Prepare(database,
                       "SELECT instance, account, logged_in_ms, expires_ms, room_kind, room_id,"
                       " room_number, joined_seq, serial FROM group_joins");
}

Result<std::vector<GroupJoinChange>> GroupJoinReader::Load() {
  std::vector<GroupJoinChange> joins;
  StatementRun run(load_);
  while (run.Next()) {
    joins.push_back({.instance = run.Unsigned(0),
                     .join = GroupJoin{.account = {run.Text(1)},
                                       .logged_in = run.Time(2),
                                       .expires = run.Time(3),
                                       .room = {.kind = static_cast<RoomKind>(run.Integer(4)),
                                                .id = {run.Text(5)}},
                                       .room_number = run.Unsigned(6),
                                       .joined_seq = run.Unsigned(7),
                                       .serial = run.Unsigned(8)}});
  }
  if (!run.status()) return run.status().error();
  return joins;
}

}  // namespace rtcroom
