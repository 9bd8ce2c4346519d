#include "storage/sqlite/sqlite_group_joins.h"

#include <array>

#include "storage/sqlite/sqlite_engine.h"

namespace rtcroom {
namespace {

constexpr char kLoadGroupJoins[] =
    "SELECT instance, account, logged_in_ms, expires_ms, room_kind, room_id,"
    " room_number, joined_seq, serial FROM group_joins";
constexpr auto kGroupJoinReads = std::to_array<const char*>({kLoadGroupJoins});

constexpr char kPutGroupJoin[] =
    "INSERT OR REPLACE INTO group_joins (instance, account, logged_in_ms,"
    " expires_ms, room_kind, room_id, room_number, joined_seq, serial)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr char kRemoveGroupJoin[] = "DELETE FROM group_joins WHERE instance = ?";
constexpr auto kGroupJoinWrites = std::to_array<const char*>({kPutGroupJoin, kRemoveGroupJoin});

}  // namespace

std::span<const char* const> SqliteGroupJoins::Reads() { return kGroupJoinReads; }
std::span<const char* const> SqliteGroupJoins::Writes() { return kGroupJoinWrites; }

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
  return engine_.Write([&](AuxWriter& sql) -> Status {
    for (const auto& [instance, join] : changes) {
      const Status recorded =
          join ? Run(sql[kPutGroupJoin], instance, join->account.value, join->logged_in,
                     join->expires, join->room.kind, join->room.id.value, join->room_number,
                     join->joined_seq, join->serial)
               : Run(sql[kRemoveGroupJoin], instance);
      if (!recorded) return recorded;
    }
    return {};
  });
}

}  // namespace rtcroom
