#include "storage/postgres/pg_accounts.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

#include "storage/postgres/pg_engine.h"

namespace rtcroom {
namespace {

const PgReaderStatement kReadAccountGroups{"account_groups_read", R"(
    SELECT account, instance, coalesce(room_number, 0), room_kind, room_id, joined_at_ms,
      expires_ms, joined_seq, received, read
    FROM account_groups WHERE account = $1)"};
const PgReaderStatement kReadAccountsIn{"account_groups_in", R"(
    SELECT account, instance, room_number, room_kind, room_id, joined_at_ms, expires_ms,
      joined_seq, received, read
    FROM account_groups WHERE room_number = $1 AND instance = 0 LIMIT $2)"};

// The row of a room is looked up for each, by its number.
const PgWriterStatement kPutAccountGroups{"account_groups_put", R"(
    INSERT INTO account_groups (account, instance, room_number, room_kind, room_id, joined_at_ms,
      expires_ms, joined_seq, received, read)
    SELECT v.account, v.instance, r.number, v.room_kind, v.room_id, v.joined_at_ms, v.expires_ms,
      v.joined_seq, v.received, v.read
    FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::smallint[], $5::text[], $6::bigint[],
        $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[])
      AS v (account, instance, room_number, room_kind, room_id, joined_at_ms, expires_ms,
        joined_seq, received, read)
    LEFT JOIN LATERAL (SELECT number FROM rooms WHERE number = v.room_number LIMIT 1) r ON true
    WHERE v.room_number = 0 OR r.number IS NOT NULL
    ON CONFLICT (account, instance, coalesce(room_number, 0)) DO UPDATE SET
      room_kind = excluded.room_kind, room_id = excluded.room_id,
      joined_at_ms = excluded.joined_at_ms, expires_ms = excluded.expires_ms,
      joined_seq = excluded.joined_seq,
      received = greatest(account_groups.received, excluded.received),
      read = greatest(account_groups.read, excluded.read))"};
const PgWriterStatement kAdvanceAccountGroups{"account_groups_advance", R"(
    UPDATE account_groups g
    SET received = greatest(g.received, v.received), read = greatest(g.read, v.read)
    FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])
      AS v (account, instance, room_number, received, read)
    WHERE g.account = v.account AND g.instance = v.instance
      AND coalesce(g.room_number, 0) = v.room_number)"};
const PgWriterStatement kRemoveAccountGroups{"account_groups_remove", R"(
    DELETE FROM account_groups g
    USING unnest($1::text[], $2::bigint[], $3::bigint[]) AS v (account, instance, room_number)
    WHERE g.account = v.account AND g.instance = v.instance
      AND coalesce(g.room_number, 0) = v.room_number)"};
const PgWriterStatement kBoundAccountGroups{"account_groups_bound", R"(
    DELETE FROM account_groups WHERE ctid = ANY (ARRAY(
      SELECT g.ctid FROM (SELECT DISTINCT unnest($1::text[]) AS account) v
      CROSS JOIN LATERAL (
        SELECT ctid FROM account_groups WHERE account = v.account
        ORDER BY expires_ms DESC, joined_at_ms DESC, coalesce(room_number, 0) DESC, instance DESC
        OFFSET $2) g)))"};
const PgWriterStatement kTrimAccountGroups{"account_groups_trim", R"(
    WITH gone AS (
      DELETE FROM account_groups WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM account_groups WHERE instance <> 0 AND expires_ms < $1
        ORDER BY expires_ms LIMIT $2))
      RETURNING 1),
    marked AS (UPDATE removal SET time_ms = $1 WHERE EXISTS (SELECT 1 FROM gone))
    SELECT count(*) FROM gone)"};

AccountGroup ReadAccountGroup(PgRows& rows) {
  return {.account = {rows.Text(0)},
          .instance = FromPgBits(rows.Integer(1)),
          .room_number = rows.Unsigned(2),
          .room = {.kind = static_cast<RoomKind>(rows.Integer(3)), .id = {rows.Text(4)}},
          .joined_at = rows.Time(5),
          .expires = rows.Time(6),
          .joined_seq = rows.Unsigned(7),
          .received = rows.Unsigned(8),
          .read = rows.Unsigned(9)};
}

/// Account, login and room distinguish rows.
using Place = std::tuple<std::string_view, std::uint64_t, std::uint64_t>;

/// Changes of rows, of which a statement must not write one twice.
struct Changes {
  std::map<Place, AccountGroup> put{};
  std::map<Place, AccountGroup> removed{};   ///< before those of `put` are written
  std::map<Place, AccountGroup> advanced{};  ///< after them

  explicit Changes(std::span<const AccountGroupChange> changes) {
    for (const auto& [group, is_removed, is_progress] : changes) {
      const Place place{group.account.value, group.instance, group.room_number};
      if (is_removed) {
        removed.insert_or_assign(place, group);
        put.erase(place);
        advanced.erase(place);
        continue;
      }
      AccountGroup& last = (is_progress ? advanced : put)[place];
      const AccountGroup before = std::exchange(last, group);
      last.Advance(before);
    }
  }
};

/// Each of the calls writes these columns of its rows, as arrays of one length.
struct PlaceArrays {
  PgArray<std::string_view> accounts;
  PgArray<std::int64_t> instances;
  PgArray<std::uint64_t> room_numbers;
  PgArray<std::uint64_t> received;
  PgArray<std::uint64_t> read;

  explicit PlaceArrays(const std::map<Place, AccountGroup>& rows) {
    for (const auto& [place, group] : rows) {
      accounts.Add(group.account.value);
      instances.Add(ToPgBits(group.instance));
      room_numbers.Add(ToPgBound(group.room_number));
      received.Add(ToPgBound(group.received));
      read.Add(ToPgBound(group.read));
    }
  }
};

PgCall RemoveCall(const std::map<Place, AccountGroup>& removed) {
  const PlaceArrays places(removed);
  return PgCall(kRemoveAccountGroups, places.accounts, places.instances, places.room_numbers);
}

PgCall PutCall(const std::map<Place, AccountGroup>& put) {
  const PlaceArrays places(put);
  PgArray<RoomKind> room_kinds;
  PgArray<std::string_view> room_ids;
  PgArray<TimePoint> joined_at;
  PgArray<TimePoint> expires;
  PgArray<std::uint64_t> joined_seqs;
  for (const auto& [place, group] : put) {
    room_kinds.Add(group.room.kind);
    room_ids.Add(group.room.id.value);
    joined_at.Add(group.joined_at);
    expires.Add(group.expires);
    joined_seqs.Add(ToPgBound(group.joined_seq));
  }
  return PgCall(kPutAccountGroups, places.accounts, places.instances, places.room_numbers,
                room_kinds, room_ids, joined_at, expires, joined_seqs, places.received,
                places.read);
}

PgCall AdvanceCall(const std::map<Place, AccountGroup>& advanced) {
  const PlaceArrays places(advanced);
  return PgCall(kAdvanceAccountGroups, places.accounts, places.instances, places.room_numbers,
                places.received, places.read);
}

PgWrite WriteAccountGroups(std::span<const AccountGroupChange> all) {
  const Changes changes(all);
  PgWrite write;
  if (!changes.removed.empty()) write.calls.push_back(RemoveCall(changes.removed));
  if (!changes.put.empty()) {
    write.calls.push_back(PutCall(changes.put));
    write.calls.emplace_back(kBoundAccountGroups, PlaceArrays(changes.put).accounts,
                             ToPgBound(AccountStore::kMaxOfAccount));
  }
  if (!changes.advanced.empty()) write.calls.push_back(AdvanceCall(changes.advanced));
  return write;
}

// Read positions

const PgReaderStatement kReadPositionsOf{"read_positions_of", R"(
    SELECT reader, peer, until_ms FROM read_positions WHERE reader = $1
    ORDER BY until_ms DESC LIMIT $2)"};
const PgReaderStatement kReadPositionsFor{"read_positions_for", R"(
    SELECT p.reader, $1::text, p.until_ms FROM unnest($2::text[]) AS v (reader)
    CROSS JOIN LATERAL (SELECT reader, until_ms FROM read_positions
      WHERE reader = v.reader AND peer = $1 LIMIT 1) p)"};

const PgWriterStatement kPutReadPositions{"read_positions_put", R"(
    INSERT INTO read_positions (reader, peer, until_ms)
    SELECT v.reader, v.peer, v.until_ms
    FROM unnest($1::text[], $2::text[], $3::bigint[]) AS v (reader, peer, until_ms)
    ON CONFLICT (reader, peer) DO UPDATE SET until_ms = excluded.until_ms
    WHERE read_positions.until_ms < excluded.until_ms)"};
const PgWriterStatement kBoundReadPositions{"read_positions_bound", R"(
    DELETE FROM read_positions WHERE ctid = ANY (ARRAY(
      SELECT p.ctid FROM (SELECT DISTINCT unnest($1::text[]) AS reader) v
      CROSS JOIN LATERAL (
        SELECT ctid FROM read_positions WHERE reader = v.reader
        ORDER BY until_ms DESC OFFSET $2) p)))"};
const PgWriterStatement kTrimReadPositions{"read_positions_trim", R"(
    WITH gone AS (
      DELETE FROM read_positions WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM read_positions WHERE until_ms < $2 ORDER BY until_ms LIMIT $3))
      RETURNING 1),
    marked AS (UPDATE removal SET time_ms = $1 WHERE EXISTS (SELECT 1 FROM gone))
    SELECT count(*) FROM gone)"};

ReadPosition ReadPositionRow(PgRows& rows) {
  return {.reader = {rows.Text(0)}, .peer = {rows.Text(1)}, .until = rows.Time(2)};
}

PgWrite WriteReadPositions(std::span<const ReadPosition> positions) {
  // A statement must not write a row twice.
  std::map<std::pair<std::string_view, std::string_view>, TimePoint> last;
  for (const auto& [reader, peer, until] : positions) {
    TimePoint& latest = last.try_emplace({reader.value, peer.value}, until).first->second;
    latest = std::max(latest, until);
  }
  PgArray<std::string_view> readers;
  PgArray<std::string_view> peers;
  PgArray<TimePoint> times;
  for (const auto& [pair, until] : last) {
    readers.Add(pair.first);
    peers.Add(pair.second);
    times.Add(until);
  }
  return {.calls = {PgCall(kPutReadPositions, readers, peers, times),
                    PgCall(kBoundReadPositions, readers, ToPgBound(AccountStore::kMaxOfReader))}};
}

// Logins that poll

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

Result<std::vector<AccountGroup>> PgAccounts::ReadAccountGroups(const UserId& account) {
  auto groups = engine_.ReadRows(PgCall(kReadAccountGroups, account.value), ReadAccountGroup);
  if (groups) std::ranges::sort(*groups, JoinedBefore);
  return groups;
}

Result<std::vector<AccountGroup>> PgAccounts::ReadAccountsIn(std::uint64_t room_number,
                                                             std::size_t limit) {
  return engine_.ReadRows(PgCall(kReadAccountsIn, ToPgBound(room_number), ToPgBound(limit)),
                          ReadAccountGroup);
}

Status PgAccounts::RecordAccountGroups(std::span<const AccountGroupChange> changes) {
  if (changes.empty()) return {};
  return engine_.Write([=] { return WriteAccountGroups(changes); });
}

Result<std::size_t> PgAccounts::TrimAccountGroups(TimePoint ended_before) {
  return engine_.RemoveInSteps(kMostPerTrim, [=](std::size_t limit, std::size_t& removed) {
    return CountingRemoved(PgCall(kTrimAccountGroups, ended_before, ToPgBound(limit)), removed);
  });
}

// Read positions

Result<std::vector<ReadPosition>> PgAccounts::ReadPositionsOf(const UserId& reader,
                                                              std::size_t limit) {
  return engine_.ReadRows(PgCall(kReadPositionsOf, reader.value, ToPgBound(limit)),
                          ReadPositionRow);
}

Result<std::vector<ReadPosition>> PgAccounts::ReadPositionsFor(const UserId& peer,
                                                               std::span<const UserId> readers) {
  PgArray<std::string_view> asked;
  for (const UserId& reader : readers) asked.Add(reader.value);
  return engine_.ReadRows(PgCall(kReadPositionsFor, peer.value, asked), ReadPositionRow);
}

Status PgAccounts::RecordReadPositions(std::span<const ReadPosition> positions) {
  if (positions.empty()) return {};
  return engine_.Write([=] { return WriteReadPositions(positions); });
}

Result<std::size_t> PgAccounts::TrimReadPositions(TimePoint as_of, TimePoint before) {
  return engine_.RemoveInSteps(kMostPerTrim, [=](std::size_t limit, std::size_t& removed) {
    return CountingRemoved(PgCall(kTrimReadPositions, as_of, before, ToPgBound(limit)), removed);
  });
}

// Logins that poll

Result<std::vector<GroupJoinChange>> PgAccounts::LoadGroupJoins() {
  return engine_.ReadRows(PgCall(kLoadGroupJoins), ReadGroupJoin);
}

Status PgAccounts::RecordGroupJoins(std::span<const GroupJoinChange> changes) {
  return engine_.Write([=] { return WriteGroupJoins(changes); });
}

}  // namespace rtcroom
