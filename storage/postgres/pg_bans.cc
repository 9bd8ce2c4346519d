#include "storage/postgres/pg_bans.h"

#include <array>

#include "storage/postgres/pg_read.h"

namespace rtcroom::pg {
namespace {

constexpr PgStatement kLoadBans{
    .name = "bans_load",
    .sql = "SELECT room_kind, room_id, user_id, until_ms FROM bans WHERE until_ms > $1"};
constexpr auto kBanReads = std::to_array({kLoadBans});

constexpr PgStatement kPutBan{
    .name = "bans_put",
    .sql =
        "INSERT INTO bans (room_kind, room_id, user_id, until_ms) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (room_id, user_id, room_kind) DO UPDATE SET until_ms = excluded.until_ms"};
constexpr PgStatement kRaiseRoomVersion{
    .name = "bans_raise_room_version",
    .sql = "UPDATE rooms SET version = version + 1 WHERE id = $1 AND kind = $2"};
constexpr PgStatement kRemoveEndedBans{.name = "bans_remove_ended",
                                       .sql = "DELETE FROM bans WHERE until_ms <= $1"};
constexpr auto kBanWrites = std::to_array({kPutBan, kRaiseRoomVersion, kRemoveEndedBans});

Ban ReadBan(PgRows& rows) {
  return {.room = {.kind = static_cast<RoomKind>(rows.Integer(0)), .id = {rows.Text(1)}},
          .user_id = {rows.Text(2)},
          .until = rows.Time(3)};
}

}  // namespace

std::span<const PgStatement> BanReads() { return kBanReads; }
std::span<const PgStatement> BanWrites() { return kBanWrites; }

Result<std::vector<Ban>> LoadBans(PgConnection& connection, TimePoint now, MonotonicTime deadline) {
  return ReadPgRows(connection, PgCall(kLoadBans, now), deadline, ReadBan);
}

PgCall WriteBan(const Ban& ban) {
  return PgCall(kPutBan, ban.room.kind, ban.room.id.value, ban.user_id.value, ban.until);
}

PgWrite PutBan(const Ban& ban) {
  return {.calls = {WriteBan(ban), PgCall(kRaiseRoomVersion, ban.room.id.value, ban.room.kind)}};
}

PgWrite RemoveEndedBans(TimePoint now) { return {.calls = {PgCall(kRemoveEndedBans, now)}}; }

}  // namespace rtcroom::pg
