// Mapping between bans, group tasks, reader positions, sessions and rows.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/core/ban_store.h"
#include "daemon/core/cursor.h"
#include "daemon/core/group_task_store.h"
#include "storage/sqlite/session_rows.h"
#include "storage/sqlite/statement.h"

namespace rtcroom {

class Database;

/// The statements that write data other than rooms; each method writes at most one row, except
/// `RemoveEndedBans`.
///
/// @threads one thread at a time, with its connection.
class SideWriter {
 public:
  Status Prepare(Database& database);

  Status PutBan(const Ban& ban);
  Status RemoveEndedBans(TimePoint now);
  Status ChangeGroupTask(const GroupTaskChange& change);
  Status SavePosition(std::string_view reader, const Cursor& position);
  SessionWriter& sessions() { return sessions_; }

 private:
  Statement put_ban_;
  Statement remove_bans_;
  Statement put_task_;
  Statement remove_task_;
  Statement save_position_;
  SessionWriter sessions_;
};

/// The statements that read them.
///
/// @threads one thread at a time, with its connection.
class SideReader {
 public:
  Status Prepare(Database& database);

  Result<std::vector<Ban>> LoadBans(TimePoint now);
  Result<std::vector<GroupTask>> LoadGroupTasks();
  Result<std::optional<Cursor>> LoadPosition(std::string_view reader);
  SessionReader& sessions() { return sessions_; }

 private:
  Statement load_bans_;
  Statement load_tasks_;
  Statement load_position_;
  SessionReader sessions_;
};

}  // namespace rtcroom
