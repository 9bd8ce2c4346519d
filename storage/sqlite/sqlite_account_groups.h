// The groups of accounts in SQLite.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "daemon/core/account_group_store.h"

namespace rtcroom {

class SqliteEngine;

/// Rows of a room refer to its row, and go with it.
///
/// @threads safe from any thread.
class SqliteAccountGroups : public AccountGroupStore {
 public:
  explicit SqliteAccountGroups(SqliteEngine& engine) : engine_(engine) {}

  Result<std::vector<AccountGroup>> ReadAccountGroups(const UserId& account) override;
  Result<std::vector<AccountGroup>> ReadAccountsIn(std::uint64_t room_number,
                                                   std::size_t limit) override;
  Status RecordAccountGroups(std::span<const AccountGroupChange> changes) override;
  Result<std::size_t> TrimAccountGroups(TimePoint ended_before) override;

 private:
  SqliteEngine& engine_;
};

}  // namespace rtcroom
