// Accounts that may be sent direct messages, where not every account may.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/base/result.h"
#include "daemon/core/event_log.h"
#include "daemon/core/ids.h"
#include "daemon/core/room_store.h"

namespace rtcroom {

/// An account may be sent direct messages by those that are in one group with it, or were a short
/// time ago; and by all accounts while it is a pusher or the creator of a room.
///
/// Memory for each pusher, for each account in a group, and for each that has left one within twice
/// `kKeptFor`. What accounts have left is forgotten by a restart.
///
/// @threads safe from any thread. No lock is held while the store is read.
/// @source docs/operators-guide.md, `channel.direct`.
class DirectContacts {
 public:
  /// How long accounts that were in one group may send to each other.
  static constexpr std::chrono::minutes kKeptFor{10};
  /// Groups of one account that are known; of more the ones left first are forgotten.
  static constexpr std::size_t kMaxGroups = 32;

  /// Both must outlive this object.
  DirectContacts(RoomStore& rooms, const Clock& clock) : rooms_(rooms), clock_(clock) {}

  /// Reads the members of all rooms. Call it before the first event after it, and again when events
  /// were lost.
  /// @errors kStoreBusy; kStoreBroken. Then it is as before.
  Status Load() EXCLUDES(mutex_);
  /// Committed events in the store's order; those that `Load` has seen change nothing.
  void OnEvents(std::span<const StoredEvent> events) EXCLUDES(mutex_);
  void OnTick() EXCLUDES(mutex_);

  /// An instance of the account joins the group of a room. Each is followed by one `Leave`.
  void Enter(const UserId& account, std::uint64_t room_number) EXCLUDES(mutex_);
  void Leave(const UserId& account, std::uint64_t room_number) EXCLUDES(mutex_);

  [[nodiscard]] bool MayReach(const UserId& sender, const UserId& receiver) const EXCLUDES(mutex_);

 private:
  /// The members of a room, each once.
  struct Members {
    UserId creator{};
    std::vector<UserId> pushers{};
  };
  struct GroupOf {
    std::uint64_t room_number = 0;
    std::size_t instances = 0;  ///< that are in it; 0: all have left
    MonotonicTime left{};
  };
  using MembersByRoom = std::unordered_map<std::uint64_t, Members>;
  using RolesByUser = std::unordered_map<UserId, std::size_t>;

  void Apply(const StoredEvent& event) REQUIRES(mutex_);
  void SetCreator(Members& members, const UserId& creator) REQUIRES(mutex_);
  void Remove(const UserId& user) REQUIRES(mutex_);
  [[nodiscard]] static bool IsKnown(const GroupOf& group, MonotonicTime now);

  RoomStore& rooms_;
  const Clock& clock_;
  mutable Mutex mutex_;
  MembersByRoom rooms_by_number_ GUARDED_BY(mutex_);
  RolesByUser roles_ GUARDED_BY(mutex_);  ///< in how many rooms it is a pusher or the creator
  std::unordered_map<UserId, std::vector<GroupOf>> groups_ GUARDED_BY(mutex_);  ///< of accounts
  MonotonicTime next_look_ GUARDED_BY(mutex_){};  ///< at groups that all have left
};

}  // namespace rtcroom
