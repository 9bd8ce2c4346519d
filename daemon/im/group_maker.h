// Creates the groups that create_room waits for.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "daemon/base/call_pool.h"
#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/base/mutex.h"
#include "daemon/base/random_source.h"
#include "daemon/core/cluster.h"
#include "daemon/core/delivery_claims.h"
#include "daemon/core/delivery_store.h"
#include "daemon/core/im_groups.h"
#include "daemon/core/im_policy.h"
#include "daemon/core/node_lease.h"
#include "daemon/im/im_caller.h"

namespace rtcroom {

struct GroupMakerOptions {
  OnCreateFailure on_failure = OnCreateFailure::kReject;
  std::size_t callers = 16;
  std::size_t max_waiting = 256;                        ///< requests without a free caller
  std::chrono::milliseconds max_wait{5000};             ///< for a caller, as in `CallPoolOptions`
  std::chrono::milliseconds max_wait_to_degrade{2000};  ///< the same with kDegrade
  int max_tries = 3;  ///< kDegrade: only one while the service is unreachable
  std::chrono::milliseconds call_timeout{5000};
  std::chrono::milliseconds first_pause{250};  ///< at most, before the second try; then doubled
  /// Creates and destroys in the outbox; above this no group is created.
  std::uint64_t max_pending = 1'000'000;
};

/// Dependencies of the maker, which they outlive.
struct GroupMakerDeps {
  DeliveryClaims& claims;
  Cluster& cluster;
  const NodeLease& node;
  ImCaller& caller;
  DeliveryStore& deliveries;
  const std::atomic<std::uint64_t>& pending;  ///< creates and destroys in the outbox
  const Clock& clock;
  RandomSource& random;
  Logger& logger;
};

/// Implements `ImGroups` with its own threads.
///
/// With kDegrade a request without a free caller, or without time left, is answered at once, and
/// the group is created later.
///
/// For a generated id, a destroy of the group is enqueued before the service is called: the commit
/// of the room removes it, and after a crash it removes the group. Until `Finish` this node does
/// not send it; where there are others, it is due when the claim of the group ends.
///
/// @threads safe from any thread. Call `Make` for an id only after `Finish` of its previous one.
/// @source protocol F.2, D.7.
class GroupMaker {
 public:
  /// @param wake  called when deliveries to a group may be sent again.
  GroupMaker(const GroupMakerDeps& deps, const GroupMakerOptions& options,
             std::function<void()> wake);

  /// It does what `ImGroups::MakeGroup` does.
  void Make(const RoomId& room_id, IdOrigin origin, MonotonicTime deadline, ImGroups::Done done)
      EXCLUDES(mutex_);
  /// It does what `ImGroups::FinishGroup` does.
  void Finish(const RoomId& room_id, GroupOutcome outcome) EXCLUDES(mutex_);

  /// Rejects requests that wait for a caller, and all later ones. `DeliveryClaims::Stop` ends all
  /// other waits.
  void Close() { callers_.Close(); }
  /// `Close`, then waits for the running requests.
  void Stop() { callers_.Stop(); }

 private:
  /// The destroy that is enqueued before the group of a generated id is created.
  struct Intent {
    bool may_be_stored = false;
    bool may_exist = false;    ///< the group may exist, judging by the answers so far
    bool may_be_late = false;  ///< a try without an answer may still take effect
  };

  [[nodiscard]] bool IsFull() const { return pending_ >= options_.max_pending; }
  /// `MakeNow`, with kUnavailable for an exception. Keeps the intent for `Finish`.
  Result<GroupReady> MakeOrFail(const RoomId& room_id, IdOrigin origin, MonotonicTime deadline)
      EXCLUDES(mutex_);
  Result<GroupReady> MakeNow(const RoomId& room_id, IdOrigin origin, MonotonicTime deadline,
                             Intent& intent);
  Status StoreIntent(const RoomId& room_id, MonotonicTime deadline);
  Result<GroupReady> Ask(const RoomId& room_id, MonotonicTime deadline, Intent& intent);
  /// Keeps other nodes from the group until `Finish`.
  /// @errors kUnavailable when `deadline` comes first, or the process stops.
  Status ClaimGroup(const RoomId& room_id, MonotonicTime deadline) EXCLUDES(mutex_);
  /// One attempt.
  Result<bool> TryClaimGroup(const RoomId& room_id, std::chrono::milliseconds lasting)
      EXCLUDES(mutex_);
  /// How long a claim lasts that is made now.
  [[nodiscard]] std::chrono::milliseconds ClaimTime(MonotonicTime deadline) const;
  /// The answer to a request that makes no call to the service.
  Result<GroupReady> Reject(const RoomId& room_id, std::string_view why);
  /// Turns the intent of an abandoned room into a destroy, or removes it.
  void Settle(const RoomId& room_id, const Intent& intent);
  /// @return false when `deadline` comes first, or the process stops.
  bool AwaitBudget(MonotonicTime deadline);
  bool Pause(MonotonicTime::duration pause, MonotonicTime deadline);
  /// @param tries  number of tries so far, at least one.
  MonotonicTime::duration PauseBefore(int tries);

  DeliveryClaims& claims_;
  Cluster& cluster_;
  const NodeLease& node_;
  ImCaller& caller_;
  DeliveryStore& deliveries_;
  const Clock& clock_;
  RandomSource& random_;
  const GroupMakerOptions options_;
  const std::atomic<std::uint64_t>& pending_;
  Logger& logger_;
  const std::function<void()> wake_;
  Mutex mutex_;
  std::unordered_map<RoomId, Intent> intents_ GUARDED_BY(mutex_);
  std::unordered_set<RoomId> claimed_ GUARDED_BY(mutex_);  ///< from the other nodes
  CallPool callers_;
};

}  // namespace rtcroom
