#include "storage/sqlite/sqlite_account_groups.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "storage/sqlite/sqlite_engine.h"

namespace rtcroom {
namespace {

#define RTCROOM_ACCOUNT_GROUPS                                                           \
  "SELECT account, instance, room_number, room_kind, room_id, joined_at_ms, expires_ms," \
  " joined_seq, received, read FROM account_groups"
const ReaderSql kReadAccountGroups(RTCROOM_ACCOUNT_GROUPS " WHERE account = ?");
const ReaderSql kReadAccountsIn(RTCROOM_ACCOUNT_GROUPS
                                " WHERE room_number = ? AND instance = 0 LIMIT ?");
#undef RTCROOM_ACCOUNT_GROUPS

const WriterSql kPutAccountGroup(
    "INSERT INTO account_groups (account, instance, room_number, room_kind, room_id, joined_at_ms,"
    " expires_ms, joined_seq, received, read)"
    " SELECT ?1, ?2, nullif(?3, 0), ?4, ?5, ?6, ?7, ?8, ?9, ?10"
    " WHERE ?3 = 0 OR EXISTS (SELECT 1 FROM rooms WHERE sequence = ?3)"
    " ON CONFLICT (account, instance, ifnull(room_number, 0)) DO UPDATE SET"
    " room_kind = excluded.room_kind, room_id = excluded.room_id,"
    " joined_at_ms = excluded.joined_at_ms, expires_ms = excluded.expires_ms,"
    " joined_seq = excluded.joined_seq, received = max(received, excluded.received),"
    " read = max(read, excluded.read)");
const WriterSql kAdvanceAccountGroup(
    "UPDATE account_groups SET received = max(received, ?4), read = max(read, ?5)"
    " WHERE account = ?1 AND instance = ?2 AND ifnull(room_number, 0) = ?3");
const WriterSql kRemoveAccountGroup(
    "DELETE FROM account_groups WHERE account = ? AND instance = ? AND ifnull(room_number, 0) = ?");
const WriterSql kBoundAccountGroups(
    "DELETE FROM account_groups WHERE rowid IN (SELECT rowid FROM account_groups"
    " WHERE account = ?"
    " ORDER BY expires_ms DESC, joined_at_ms DESC, room_number DESC, instance DESC"
    " LIMIT -1 OFFSET ?)");
const WriterSql kTrimAccountGroups(
    "DELETE FROM account_groups WHERE rowid IN (SELECT rowid FROM account_groups"
    " WHERE instance <> 0 AND expires_ms < ? ORDER BY expires_ms LIMIT ?) RETURNING 1");

AccountGroup ReadAccountGroup(const StatementRun& row) {
  return {.account = {row.Text(0)},
          .instance = row.Unsigned(1),
          .room_number = row.Unsigned(2),  // NULL is read as 0
          .room = {.kind = static_cast<RoomKind>(row.Integer(3)), .id = {row.Text(4)}},
          .joined_at = row.Time(5),
          .expires = row.Time(6),
          .joined_seq = row.Unsigned(7),
          .received = row.Unsigned(8),
          .read = row.Unsigned(9)};
}

}  // namespace

Result<std::vector<AccountGroup>> SqliteAccountGroups::ReadAccountsIn(std::uint64_t room_number,
                                                                      std::size_t limit) {
  return engine_.Read([&](AuxReader& sql) {
    return ReadRows(sql[kReadAccountsIn], ReadAccountGroup, room_number, limit);
  });
}

Result<std::vector<AccountGroup>> SqliteAccountGroups::ReadAccountGroups(const UserId& account) {
  auto groups = engine_.Read([&](AuxReader& sql) {
    return ReadRows(sql[kReadAccountGroups], ReadAccountGroup, account.value);
  });
  if (groups) std::ranges::sort(*groups, JoinedBefore);
  return groups;
}

Status SqliteAccountGroups::RecordAccountGroups(std::span<const AccountGroupChange> changes) {
  return engine_.Write([&](AuxWriter& sql) -> Status {
    std::set<std::string_view> accounts;
    for (const auto& [group, is_removed, is_progress] : changes) {
      const Status recorded =
          is_progress ? Run(sql[kAdvanceAccountGroup], group.account.value, group.instance,
                            group.room_number, group.received, group.read)
          : is_removed
              ? Run(sql[kRemoveAccountGroup], group.account.value, group.instance,
                    group.room_number)
              : Run(sql[kPutAccountGroup], group.account.value, group.instance, group.room_number,
                    group.room.kind, group.room.id.value, group.joined_at, group.expires,
                    group.joined_seq, group.received, group.read);
      if (!recorded) return recorded;
      if (!is_removed && !is_progress) accounts.insert(group.account.value);
    }
    for (const std::string_view account : accounts) {
      const Status bounded = Run(sql[kBoundAccountGroups], account, kMaxOfAccount);
      if (!bounded) return bounded;
    }
    return {};
  });
}

Result<std::size_t> SqliteAccountGroups::TrimAccountGroups(TimePoint ended_before) {
  return engine_.Remove(ended_before, [=](AuxWriter& sql) {
    return RunCounting(sql[kTrimAccountGroups], ended_before, kMostPerTrim);
  });
}

}  // namespace rtcroom
