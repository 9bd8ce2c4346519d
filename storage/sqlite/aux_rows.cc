#include "storage/sqlite/aux_rows.h"

#include <string>

#include "storage/sqlite/database.h"

namespace rtcroom {

Status AuxWriter::Prepare(Database& database) {
  Status prepared = PrepareAll(
      database, {{put_ban_,
                  "INSERT INTO bans (room_kind, room_id, user_id, until_ms) VALUES (?, ?, ?, ?)"
                  " ON CONFLICT DO UPDATE SET until_ms = excluded.until_ms"},
                 {remove_bans_, "DELETE FROM bans WHERE until_ms <= ?"}});
  if (prepared) prepared = deliveries_.Prepare(database);
  if (prepared) prepared = group_joins_.Prepare(database);
  if (prepared) prepared = messages_.Prepare(database);
  if (prepared) prepared = sessions_.Prepare(database);
  return prepared;
}

Status AuxWriter::PutBan(const Ban& ban) {
  return Run(put_ban_, ban.room.kind, ban.room.id.value, ban.user_id.value, ban.until);
}

Status AuxWriter::RemoveEndedBans(TimePoint now) { return Run(remove_bans_, now); }

Status AuxReader::Prepare(Database& database) {
  Status prepared = load_bans_.Prepare(
      database, "SELECT room_kind, room_id, user_id, until_ms FROM bans WHERE until_ms > ?");
  if (prepared) prepared = deliveries_.Prepare(database);
  if (prepared) prepared = group_joins_.Prepare(database);
  if (prepared) prepared = messages_.Prepare(database);
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

}  // namespace rtcroom
