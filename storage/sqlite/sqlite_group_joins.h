// Logins in groups in SQLite.
#pragma once

#include <span>
#include <vector>

#include "daemon/core/group_join_store.h"

namespace rtcroom {

class SqliteEngine;

/// @threads safe from any thread.
class SqliteGroupJoins : public GroupJoinStore {
 public:
  explicit SqliteGroupJoins(SqliteEngine& engine) : engine_(engine) {}

  Result<std::vector<GroupJoinChange>> LoadGroupJoins() override;
  Status RecordGroupJoins(std::span<const GroupJoinChange> changes) override;

 private:
  SqliteEngine& engine_;
};

}  // namespace rtcroom
