// The data of accounts, stored in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "daemon/core/account_store.h"
#include "storage/memory/memory_engine.h"

namespace rtcroom {

/// @threads safe from any thread.
class MemoryAccounts : public AccountStore {
 public:
  explicit MemoryAccounts(MemoryEngine& engine) : engine_(engine) {}

  /// Call it when any room ends, with the lock of the engine held: which one it is, the analysis
  /// does not see.
  void EndRoom(std::uint64_t room_number) NO_THREAD_SAFETY_ANALYSIS;

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
  /// Room number and login.
  using Place = std::pair<std::uint64_t, std::uint64_t>;
  using Groups = std::map<Place, AccountGroup>;

  void PutLocked(const AccountGroup& group) REQUIRES(engine_.mutex);
  void AdvanceLocked(const AccountGroup& group) REQUIRES(engine_.mutex);
  template <typename Predicate>
  void RemoveLocked(Predicate may_go) REQUIRES(engine_.mutex);
  /// The read positions of the account, the latest first.
  [[nodiscard]] std::vector<ReadPosition> ReadByLocked(const UserId& reader) const
      REQUIRES(engine_.mutex);

  MemoryEngine& engine_;
  std::map<UserId, Groups> accounts_ GUARDED_BY(engine_.mutex);
  /// The positions by reader and peer.
  std::map<std::pair<UserId, UserId>, TimePoint> positions_ GUARDED_BY(engine_.mutex);
  std::map<std::uint64_t, GroupJoin> joins_ GUARDED_BY(engine_.mutex);  ///< by login
};

}  // namespace rtcroom
