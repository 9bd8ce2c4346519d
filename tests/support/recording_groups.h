// Groups of accounts that a test reads back, or whose writes fail.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "daemon/core/account_store.h"

namespace rtcroom {

/// Records what it is given, or fails.
class RecordingGroups : public AccountStore {
 public:
  Result<std::vector<AccountGroup>> ReadAccountGroups(const UserId& /*account*/) override {
    return Error{Errc::kStoreBusy, "not read here"};
  }
  Result<std::vector<AccountGroup>> ReadAccountsIn(std::uint64_t /*room_number*/,
                                                   std::size_t /*limit*/) override {
    return Error{Errc::kStoreBusy, "not read here"};
  }
  Status RecordAccountGroups(std::span<const AccountGroupChange> changes) override {
    if (is_busy) return Error{Errc::kStoreBusy, "for a test"};
    recorded.assign(changes.begin(), changes.end());
    return {};
  }
  Result<std::size_t> TrimAccountGroups(TimePoint /*ended_before*/) override { return 0; }
  Result<std::vector<ReadPosition>> ReadPositionsOf(const UserId& /*reader*/,
                                                    std::size_t /*limit*/) override {
    return Error{Errc::kStoreBusy, "not read here"};
  }
  Result<std::vector<ReadPosition>> ReadPositionsFor(const UserId& /*peer*/,
                                                     std::span<const UserId> /*readers*/) override {
    return Error{Errc::kStoreBusy, "not read here"};
  }
  Status RecordReadPositions(std::span<const ReadPosition> /*positions*/) override { return {}; }
  Result<std::size_t> TrimReadPositions(TimePoint /*as_of*/, TimePoint /*before*/) override {
    return 0;
  }
  Result<std::vector<GroupJoinChange>> LoadGroupJoins() override {
    return Error{Errc::kStoreBusy, "not read here"};
  }
  Status RecordGroupJoins(std::span<const GroupJoinChange> /*changes*/) override { return {}; }

  bool is_busy = false;
  std::vector<AccountGroupChange> recorded;
};

}  // namespace rtcroom
