// Logins in groups in PostgreSQL.
#pragma once

#include <span>
#include <vector>

#include "daemon/core/group_join_store.h"
#include "storage/postgres/pg_connection.h"

namespace rtcroom {

class PgEngine;

/// @threads safe from any thread.
class PgGroupJoins : public GroupJoinStore {
 public:
  explicit PgGroupJoins(PgEngine& engine) : engine_(engine) {}

  Result<std::vector<GroupJoinChange>> LoadGroupJoins() override;
  Status RecordGroupJoins(std::span<const GroupJoinChange> changes) override;

 private:
  PgEngine& engine_;
};

}  // namespace rtcroom
