#include "storage/sqlite/aux_rows.h"

#include <string>

#include "storage/sqlite/database.h"

namespace rtcroom {

Status AuxWriter::Prepare(Database& database) {
  Status prepared = PrepareAll(
      database, {{put_ban_,
                  "INSERT INTO bans (room_kind, room_id, user_id, until_ms) VALUES (?, ?, ?, ?)"
                  " ON CONFLICT DO UPDATE SET until_ms = excluded.until_ms"},
                 {remove_bans_, "DELETE FROM bans WHERE until_ms <= ?"},
                 {put_revocation_,
                  "INSERT INTO revocations (stream, until_ms) VALUES (?, ?)"
                  " ON CONFLICT DO UPDATE SET until_ms = max(until_ms, excluded.until_ms)"},
                 {remove_revocations_, "DELETE FROM revocations WHERE until_ms <= ?"}});
  if (prepared) prepared = deliveries_.Prepare(database);
  if (prepared) prepared = group_joins_.Prepare(database);
  if (prepared) prepared = messages_.Prepare(database);
  if (prepared) prepared = recordings_.Prepare(database);
  if (prepared) prepared = sessions_.Prepare(database);
  return prepared;
}

Status AuxWriter::PutBan(const Ban& ban) {
  return Run(put_ban_, ban.room.kind, ban.room.id.value, ban.user_id.value, ban.until);
}

Status AuxWriter::RemoveEndedBans(TimePoint now) { return Run(remove_bans_, now); }

Status AuxWriter::PutRevocation(const Revocation& revocation) {
  return Run(put_revocation_, revocation.stream, revocation.until);
}

Status AuxWriter::RemoveEndedRevocations(TimePoint now) { return Run(remove_revocations_, now); }

Status AuxReader::Prepare(Database& database) {
  Status prepared = PrepareAll(
      database,
      {{load_bans_, "SELECT room_kind, room_id, user_id, until_ms FROM bans WHERE until_ms > ?"},
       {load_revocations_, "SELECT stream, until_ms FROM revocations WHERE until_ms > ?"}});
  if (prepared) prepared = deliveries_.Prepare(database);
  if (prepared) prepared = group_joins_.Prepare(database);
  if (prepared) prepared = messages_.Prepare(database);
  if (prepared) prepared = recordings_.Prepare(database);
  if (prepared) prepared = sessions_.Prepare(database);
  return prepared;
}

Result<std::vector<Ban>> AuxReader::LoadBans(TimePoint now) {
  std::vector<Ban> bans;
  StatementRun run(load_bans_, now);
  while (run.Next()) {
    bans.push_back({.room = {.kind = static_cast<RoomKind>(run.Integer(0)), .id = {run.Text(1)}},
                    .user_id = {run.Text(2)},
                    .until = run.Time(3)});
  }
  if (!run.status()) return run.status().error();
  return bans;
}

Result<std::vector<Revocation>> AuxReader::LoadRevocations(TimePoint now) {
  std::vector<Revocation> revocations;
  StatementRun run(load_revocations_, now);
  while (run.Next()) revocations.push_back({.stream = run.Text(0), .until = run.Time(1)});
  if (!run.status()) return run.status().error();
  return revocations;
}

}  // namespace rtcroom
