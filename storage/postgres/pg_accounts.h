// The data of accounts, stored in PostgreSQL.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "daemon/core/account_store.h"

namespace rtcroom {

class PgEngine;

/// Rows of a room refer to its row, and go with it.
///
/// @threads safe from any thread.
class PgAccounts : public AccountStore {
 public:
  explicit PgAccounts(PgEngine& engine) : engine_(engine) {}

  Result<std::vector<AccountGroup>> ReadAccountGroups(const UserId& account) override;
  Result<std::vector<AccountGroup>> ReadAccountsIn(std::uint64_t room_number,
                                                   std::size_t limit) override;
  Status RecordAccountGroups(std::span<const AccountGroupChange> changes) override;
  Result<std::size_t> TrimAccountGroups(TimePoint ended_before) override;
  Result<std::vector<ReadPosition>> ReadPositionsOf(const UserId& reader,
                                                    std::size_t limit) override;
  Result<std::vector<ReadPosition>> ReadPositionsFor(const UserId& peer,
                                                     std::span<const UserId> readers) override;
  Status RecordReadPositions(std::span<const ReadPosition> positions) override;
  Result<std::size_t> TrimReadPositions(TimePoint as_of, TimePoint before) override;
  Result<std::vector<GroupJoinChange>> LoadGroupJoins() override;
  Status RecordGroupJoins(std::span<const GroupJoinChange> changes) override;

 private:
  PgEngine& engine_;
};

}  // namespace rtcroom
