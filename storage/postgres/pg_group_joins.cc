#include "storage/postgres/pg_group_joins.h"

#include <map>
#include <string_view>

#include "storage/postgres/pg_engine.h"

namespace rtcroom {
namespace {

const PgReaderStatement kLoadGroupJoins{"group_joins_load", R"(
    SELECT instance, account, logged_in_ms, expires_ms, room_kind, room_id, room_number,
      joined_seq, serial
    FROM group_joins)"};

const PgWriterStatement kPutGroupJoins{"group_joins_put", R"(
    INSERT INTO group_joins (instance, account, logged_in_ms, expires_ms, room_kind, room_id,
      room_number, joined_seq, serial)
    SELECT v.instance, v.account, v.logged_in_ms, v.expires_ms, v.room_kind, v.room_id,
      v.room_number, v.joined_seq, v.serial
    FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::smallint[], $6::text[],
        $7::bigint[], $8::bigint[], $9::bigint[])
      AS v (instance, account, logged_in_ms, expires_ms, room_kind, room_id, room_number,
        joined_seq, serial)
    ON CONFLICT (instance) DO UPDATE SET account = excluded.account,
      logged_in_ms = excluded.logged_in_ms, expires_ms = excluded.expires_ms,
      room_kind = excluded.room_kind, room_id = excluded.room_id,
      room_number = excluded.room_number, joined_seq = excluded.joined_seq,
      serial = excluded.serial)"};
const PgWriterStatement kRemoveGroupJoins{
    "group_joins_remove", "DELETE FROM group_joins WHERE instance = ANY ($1::bigint[])"};

GroupJoinChange ReadGroupJoin(PgRows& rows) {
  return {.instance = FromPgBits(rows.Integer(0)),
          .join = GroupJoin{
              .account = {rows.Text(1)},
              .logged_in = rows.Time(2),
              .expires = rows.Time(3),
              .room = {.kind = static_cast<RoomKind>(rows.Integer(4)), .id = {rows.Text(5)}},
              .room_number = FromPgBits(rows.Integer(6)),
              .joined_seq = FromPgBits(rows.Integer(7)),
              .serial = FromPgBits(rows.Integer(8))}};
}

/// Rows as arrays, one for each column.
struct GroupJoinColumns {
  PgArray<std::int64_t> instances{};
  PgArray<std::string_view> accounts{};
  PgArray<TimePoint> logged_in{};
  PgArray<TimePoint> expires{};
  PgArray<RoomKind> room_kinds{};
  PgArray<std::string_view> room_ids{};
  PgArray<std::int64_t> room_numbers{};
  PgArray<std::int64_t> joined_seqs{};
  PgArray<std::int64_t> serials{};

  void Add(std::uint64_t instance, const GroupJoin& join) {
    instances.Add(ToPgBits(instance));
    accounts.Add(join.account.value);
    logged_in.Add(join.logged_in);
    expires.Add(join.expires);
    room_kinds.Add(join.room.kind);
    room_ids.Add(join.room.id.value);
    room_numbers.Add(ToPgBits(join.room_number));
    joined_seqs.Add(ToPgBits(join.joined_seq));
    serials.Add(ToPgBits(join.serial));
  }
};

PgWrite WriteGroupJoins(std::span<const GroupJoinChange> changes) {
  // A statement must not write a row twice.
  std::map<std::uint64_t, const GroupJoin*> last;
  for (const auto& [instance, join] : changes) last[instance] = join ? &*join : nullptr;
  GroupJoinColumns put;
  PgArray<std::int64_t> removed;
  for (const auto& [instance, join] : last) {
    if (join != nullptr) {
      put.Add(instance, *join);
    } else {
      removed.Add(ToPgBits(instance));
    }
  }
  return {.calls = {
              PgCall(kPutGroupJoins, put.instances, put.accounts, put.logged_in, put.expires,
                     put.room_kinds, put.room_ids, put.room_numbers, put.joined_seqs, put.serials),
              PgCall(kRemoveGroupJoins, removed)}};
}

}  // namespace

Result<std::vector<GroupJoinChange>> PgGroupJoins::LoadGroupJoins() {
  return engine_.ReadRows(PgCall(kLoadGroupJoins), ReadGroupJoin);
}

Status PgGroupJoins::RecordGroupJoins(std::span<const GroupJoinChange> changes) {
  return engine_.Write([=] { return WriteGroupJoins(changes); });
}

}  // namespace rtcroom
