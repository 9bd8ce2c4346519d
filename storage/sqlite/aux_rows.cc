#include "storage/sqlite/aux_rows.h"

#include <string>

#include "storage/sqlite/database.h"

namespace rtcroom {

Status AuxWriter::Prepare(Database& database) {
  Status prepared = PrepareAll(
      database, {{put_ban_,
                  "INSERT INTO bans (room_kind, room_id, user_id, until_ms) VALUES (?, ?, ?, ?)"
                  " ON CONFLICT DO UPDATE SET until_ms = excluded.until_ms"},
                 {remove_bans_, "DELETE FROM bans WHERE until_ms <= ? RETURNING 1"},
                 {put_revocation_,
                  "INSERT INTO revocations (stream, until_ms) VALUES (?, ?)"
                  " ON CONFLICT DO UPDATE SET until_ms = max(until_ms, excluded.until_ms)"},
                 {remove_revocations_, "DELETE FROM revocations WHERE until_ms <= ? RETURNING 1"}});
  if (prepared) prepared = deliveries_.Prepare(database);
  if (prepared) prepared = statements_.Prepare(database);
  if (prepared) prepared = recordings_.Prepare(database);
  if (prepared) prepared = sessions_.Prepare(database);
  return prepared;
}

Status AuxWriter::PutBan(const Ban& ban) {
  return Run(put_ban_, ban.room.kind, ban.room.id.value, ban.user_id.value, ban.until);
}

Result<std::size_t> AuxWriter::RemoveEndedBans(TimePoint now) {
  return RunCounting(remove_bans_, now);
}

Status AuxWriter::PutRevocation(const Revocation& revocation) {
  return Run(put_revocation_, revocation.stream, revocation.until);
}

Result<std::size_t> AuxWriter::RemoveEndedRevocations(TimePoint now) {
  return RunCounting(remove_revocations_, now);
}

Status AuxReader::Prepare(Database& database) {
  Status prepared = PrepareAll(
      database,
      {{load_bans_, "SELECT room_kind, room_id, user_id, until_ms FROM bans WHERE until_ms > ?"},
       {load_revocations_, "SELECT stream, until_ms FROM revocations WHERE until_ms > ?"},
       // The scalar max() of values of which one is NULL is NULL.
       {load_removal_,
        "SELECT removal_ms, iif(removal_ms IS NULL, (SELECT max(newest) FROM ("
        " SELECT (SELECT at_ms FROM events ORDER BY position DESC LIMIT 1) AS newest"
        " UNION ALL SELECT (SELECT sent_at_ms FROM messages ORDER BY position DESC LIMIT 1)"
        " UNION ALL SELECT max(last_use_ms) FROM sessions"
        " UNION ALL SELECT max(ended_at_ms) FROM recordings)), NULL)"
        " FROM meta WHERE only_row = 1"}});
  if (prepared) prepared = deliveries_.Prepare(database);
  if (prepared) prepared = statements_.Prepare(database);
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

Result<StoredRemovalTime> AuxReader::LoadRemovalTime() {
  StatementRun run(load_removal_);
  StoredRemovalTime stored;
  if (run.Next()) {
    if (!run.IsNull(0)) stored.mark = run.Time(0);
    if (!run.IsNull(1)) stored.newest = run.Time(1);
  }
  if (!run.status()) return run.status().error();
  return stored;
}

Result<std::vector<Revocation>> AuxReader::LoadRevocations(TimePoint now) {
  std::vector<Revocation> revocations;
  StatementRun run(load_revocations_, now);
  while (run.Next()) revocations.push_back({.stream = run.Text(0), .until = run.Time(1)});
  if (!run.status()) return run.status().error();
  return revocations;
}

}  // namespace rtcroom
