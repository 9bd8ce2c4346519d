#include "storage/sqlite/sqlite_accounts.h"

#include <algorithm>
#include <iterator>
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

// Read positions

const ReaderSql kReadPositionsOf(
    "SELECT reader, peer, until_ms FROM read_positions WHERE reader = ?"
    " ORDER BY until_ms DESC LIMIT ?");
const ReaderSql kReadPosition(
    "SELECT reader, peer, until_ms FROM read_positions WHERE reader = ? AND peer = ?");

const WriterSql kPutReadPosition(
    "INSERT INTO read_positions (reader, peer, until_ms) VALUES (?, ?, ?)"
    " ON CONFLICT DO UPDATE SET until_ms = excluded.until_ms WHERE until_ms < excluded.until_ms");
const WriterSql kBoundReadPositions(
    "DELETE FROM read_positions WHERE reader = ?1 AND peer IN (SELECT peer FROM read_positions"
    " WHERE reader = ?1 ORDER BY until_ms DESC LIMIT -1 OFFSET ?2)");
const WriterSql kTrimReadPositions(
    "DELETE FROM read_positions WHERE (reader, peer) IN (SELECT reader, peer FROM read_positions"
    " WHERE until_ms < ? ORDER BY until_ms LIMIT ?) RETURNING 1");

ReadPosition ReadPositionRow(const StatementRun& row) {
  return {.reader = {row.Text(0)}, .peer = {row.Text(1)}, .until = row.Time(2)};
}

// Logins that poll

const ReaderSql kLoadGroupJoins(
    "SELECT instance, account, logged_in_ms, expires_ms, room_kind, room_id,"
    " room_number, joined_seq, serial FROM group_joins");

const WriterSql kPutGroupJoin(
    "INSERT OR REPLACE INTO group_joins (instance, account, logged_in_ms,"
    " expires_ms, room_kind, room_id, room_number, joined_seq, serial)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
const WriterSql kRemoveGroupJoin("DELETE FROM group_joins WHERE instance = ?");

}  // namespace

Result<std::vector<AccountGroup>> SqliteAccounts::ReadAccountsIn(std::uint64_t room_number,
                                                                 std::size_t limit) {
  return engine_.Read([&](ReaderStatements& sql) {
    return ReadRows(sql[kReadAccountsIn], ReadAccountGroup, room_number, limit);
  });
}

Result<std::vector<AccountGroup>> SqliteAccounts::ReadAccountGroups(const UserId& account) {
  auto groups = engine_.Read([&](ReaderStatements& sql) {
    return ReadRows(sql[kReadAccountGroups], ReadAccountGroup, account.value);
  });
  if (groups) std::ranges::sort(*groups, JoinedBefore);
  return groups;
}

Status SqliteAccounts::RecordAccountGroups(std::span<const AccountGroupChange> changes) {
  return engine_.Write([&](WriterStatements& sql) -> Status {
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

Result<std::size_t> SqliteAccounts::TrimAccountGroups(TimePoint ended_before) {
  return engine_.Remove(ended_before, [=](WriterStatements& sql) {
    return RunCounting(sql[kTrimAccountGroups], ended_before, kMostPerTrim);
  });
}

// Read positions

Result<std::vector<ReadPosition>> SqliteAccounts::ReadPositionsOf(const UserId& reader,
                                                                  std::size_t limit) {
  return engine_.Read([&](ReaderStatements& sql) {
    return ReadRows(sql[kReadPositionsOf], ReadPositionRow, reader.value, limit);
  });
}

Result<std::vector<ReadPosition>> SqliteAccounts::ReadPositionsFor(
    const UserId& peer, std::span<const UserId> readers) {
  return engine_.Read([&](ReaderStatements& sql) -> Result<std::vector<ReadPosition>> {
    std::vector<ReadPosition> positions;
    for (const UserId& reader : readers) {
      auto found = ReadRows(sql[kReadPosition], ReadPositionRow, reader.value, peer.value);
      if (!found) return found;
      std::ranges::move(*found, std::back_inserter(positions));
    }
    return positions;
  });
}

Status SqliteAccounts::RecordReadPositions(std::span<const ReadPosition> positions) {
  return engine_.Write([&](WriterStatements& sql) -> Status {
    std::set<std::string_view> readers;
    for (const auto& [reader, peer, until] : positions) {
      const Status put = Run(sql[kPutReadPosition], reader.value, peer.value, until);
      if (!put) return put;
      readers.insert(reader.value);
    }
    for (const std::string_view reader : readers) {
      const Status bounded = Run(sql[kBoundReadPositions], reader, kMaxOfReader);
      if (!bounded) return bounded;
    }
    return {};
  });
}

Result<std::size_t> SqliteAccounts::TrimReadPositions(TimePoint as_of, TimePoint before) {
  return engine_.Remove(as_of, [=](WriterStatements& sql) {
    return RunCounting(sql[kTrimReadPositions], before, kMostPerTrim);
  });
}

// Logins that poll

Result<std::vector<GroupJoinChange>> SqliteAccounts::LoadGroupJoins() {
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
  return engine_.Read(
      [&](ReaderStatements& sql) { return ReadRows(sql[kLoadGroupJoins], read_join); });
}

Status SqliteAccounts::RecordGroupJoins(std::span<const GroupJoinChange> changes) {
  return engine_.WriteEach(changes, [](WriterStatements& sql, const GroupJoinChange& change) {
    const auto& [instance, join] = change;
    return join ? Run(sql[kPutGroupJoin], instance, join->account.value, join->logged_in,
                      join->expires, join->room.kind, join->room.id.value, join->room_number,
                      join->joined_seq, join->serial)
                : Run(sql[kRemoveGroupJoin], instance);
  });
}

}  // namespace rtcroom
