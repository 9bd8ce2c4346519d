// Mapping between logins in groups and rows.
#pragma once

#include <span>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/core/group_join_store.h"
#include "storage/sqlite/statement.h"

namespace rtcroom {

class Database;

/// The statements that write them.
///
/// @threads one thread at a time, with its connection.
class GroupJoinWriter {
 public:
  Status Prepare(Database& database);

  /// A failure may leave some recorded: roll back then.
  Status Record(std::span<const GroupJoinChange> changes);

 private:
  Statement put_;
  Statement remove_;
};

/// The statement that reads them.
///
/// @threads one thread at a time, with its connection.
class GroupJoinReader {
 public:
  Status Prepare(Database& database);

  Result<std::vector<GroupJoinChange>> Load();

 private:
  Statement load_;
};

}  // namespace rtcroom
