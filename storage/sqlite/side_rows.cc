#include "storage/sqlite/side_rows.h"

#include <string>

#include "storage/sqlite/database.h"

namespace rtcroom {

Status SideWriter::Prepare(Database& database) {
  struct Wanted {
    Statement& statement;
    std::string_view sql;
  };
  const Wanted wanted[] = {
      {put_ban_,
       "INSERT INTO bans (room_kind, room_id, user_id, until_ms) VALUES (?, ?, ?, ?)"
       " ON CONFLICT DO UPDATE SET until_ms = excluded.until_ms"},
      {remove_bans_, "DELETE FROM bans WHERE until_ms <= ?"},
      {put_task_,
       "INSERT INTO group_tasks (group_id, task) VALUES (?, ?)"
       " ON CONFLICT DO UPDATE SET task = excluded.task"},
      {remove_task_, "DELETE FROM group_tasks WHERE group_id = ?"},
      {save_position_,
       "INSERT INTO reader_positions (reader, epoch, position) VALUES (?, ?, ?)"
       " ON CONFLICT DO UPDATE SET epoch = excluded.epoch, position = excluded.position"},
  };
  for (const auto& [statement, sql] : wanted) {
    if (const Status prepared = statement.Prepare(database, sql); !prepared) return prepared;
  }
  return sessions_.Prepare(database);
}

Status SideWriter::PutBan(const Ban& ban) {
  return Run(put_ban_, ban.room.kind, ban.room.id.value, ban.user_id.value, ban.until);
}

Status SideWriter::RemoveEndedBans(TimePoint now) { return Run(remove_bans_, now); }

Status SideWriter::ChangeGroupTask(const GroupTaskChange& change) {
  if (!change.to) return Run(remove_task_, change.group.value);
  return Run(put_task_, change.group.value, *change.to);
}

Status SideWriter::SavePosition(std::string_view reader, const Cursor& position) {
  return Run(save_position_, reader, position.epoch, position.position);
}

Status SideReader::Prepare(Database& database) {
  struct Wanted {
    Statement& statement;
    std::string_view sql;
  };
  const Wanted wanted[] = {
      {load_bans_, "SELECT room_kind, room_id, user_id, until_ms FROM bans WHERE until_ms > ?"},
      {load_tasks_, "SELECT group_id, task FROM group_tasks ORDER BY group_id"},
      {load_position_, "SELECT epoch, position FROM reader_positions WHERE reader = ?"},
  };
  for (const auto& [statement, sql] : wanted) {
    if (const Status prepared = statement.Prepare(database, sql); !prepared) return prepared;
  }
  return sessions_.Prepare(database);
}

Result<std::vector<Ban>> SideReader::LoadBans(TimePoint now) {
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

Result<std::vector<GroupTask>> SideReader::LoadGroupTasks() {
  std::vector<GroupTask> tasks;
  StatementRun run(load_tasks_);
  while (run.Next()) {
    tasks.push_back({.group = {run.Text(0)}, .kind = static_cast<GroupTaskKind>(run.Integer(1))});
  }
  if (!run.status()) return run.status().error();
  return tasks;
}

Result<std::optional<Cursor>> SideReader::LoadPosition(std::string_view reader) {
  StatementRun run(load_position_, reader);
  std::optional<Cursor> position;
  if (run.Next()) position = Cursor{.epoch = run.Text(0), .position = run.Unsigned(1)};
  if (!run.status()) return run.status().error();
  return position;
}

}  // namespace rtcroom
