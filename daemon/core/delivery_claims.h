// Claims of the groups for which the outbox holds deliveries.
#pragma once

#include <cstddef>
#include <unordered_map>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// Allows one call at a time for each group: from the sender or from the maker of groups.
///
/// @threads safe from any thread. Deadlines of waits are those of the steady clock.
class DeliveryClaims {
 public:
  /// @param max_calls  concurrent calls of the sender.
  explicit DeliveryClaims(std::size_t max_calls) : max_calls_(max_calls) {}

  // -- For the sender.

  /// Groups released before this can be claimed again: deliveries loaded from now on show the
  /// outcome of those calls.
  void BeginRound() EXCLUDES(mutex_);
  /// Claims the group for one call of the sender.
  /// @return false when it is claimed, held, or was released since `BeginRound`; when `max_calls`
  ///         are running; after `Stop`.
  [[nodiscard]] bool TryClaim(const RoomId& group) EXCLUDES(mutex_);
  void Release(const RoomId& group) EXCLUDES(mutex_);
  /// The call of a claim has ended. The claim may last longer.
  void EndCall() EXCLUDES(mutex_);
  [[nodiscard]] bool IsFull() const EXCLUDES(mutex_);
  /// Number of groups that `TryClaim` refuses.
  [[nodiscard]] std::size_t claimed_groups() const EXCLUDES(mutex_);

  // -- For the maker.

  /// Keeps the sender from the group until `EndMaking`.
  /// @return whether no call of the sender is running.
  bool BeginMaking(const RoomId& group) EXCLUDES(mutex_);
  /// It waits, after `BeginMaking`, until no call of the sender is running.
  /// @return false when `until` comes first, or after `Stop`.
  bool AwaitTurn(const RoomId& group, MonotonicTime until) EXCLUDES(mutex_);
  void EndMaking(const RoomId& group) EXCLUDES(mutex_);
  /// @return false, at once, after `Stop`.
  bool Pause(MonotonicTime until) EXCLUDES(mutex_);

  // -- Shutdown.

  /// Ends every wait, and refuses every claim.
  void Stop() EXCLUDES(mutex_);
  [[nodiscard]] bool is_stopping() const EXCLUDES(mutex_);
  void AwaitCalls(MonotonicTime until) EXCLUDES(mutex_);

 private:
  struct Claim {
    bool is_sending = false;
    bool is_making = false;
  };

  const std::size_t max_calls_;
  mutable Mutex mutex_;
  CondVar changed_;
  std::unordered_map<RoomId, Claim> claims_ GUARDED_BY(mutex_);
  std::size_t calls_ GUARDED_BY(mutex_) = 0;
  bool stopping_ GUARDED_BY(mutex_) = false;
};

}  // namespace rtcroom
