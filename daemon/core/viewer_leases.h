// The viewers of live rooms that are there, and those that were removed for want of a sign.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/core/commit_listener.h"
#include "daemon/core/lease_table.h"
#include "daemon/core/room.h"

namespace rtcroom {

/// A viewer that was removed for want of a sign.
struct LapsedViewer {
  RoomKey room{};
  Dialect dialect = Dialect::kGen2;  ///< dialect of the room
  std::uint64_t room_number = 0;     ///< `Room::sequence`
  UserId user_id{};
  std::string user_info{};
  MonotonicTime since{};
};

/// Viewers that may return, at most `kMost`, of which the oldest give way. Each operation is O(1)
/// on average but for the lists. Those that were removed before this process started are not known.
///
/// @threads safe from any thread.
class LapsedViewers {
 public:
  static constexpr std::size_t kMost = 10'000;

  /// @param ttl  how long each may return.
  LapsedViewers(const Clock& clock, std::chrono::milliseconds ttl) : clock_(clock), ttl_(ttl) {}

  void Put(LapsedViewer viewer) EXCLUDES(mutex_);
  void Remove(const RoomKey& room, const UserId& user_id) EXCLUDES(mutex_);
  /// A sign of it: it wants to return.
  /// @return false when it may not.
  bool Want(const RoomKey& room, const UserId& user_id) EXCLUDES(mutex_);
  /// The viewers of whom no sign has come, without their profiles.
  [[nodiscard]] std::vector<LapsedViewer> Absent() const EXCLUDES(mutex_);
  /// The viewers that want to return; the one that has wanted it for longest is the first. They
  /// stay until `Remove`: until then their signs count.
  /// @param limit  most to return.
  [[nodiscard]] std::vector<LapsedViewer> Wanted(std::size_t limit) const EXCLUDES(mutex_);
  /// Whether that viewer is among them.
  [[nodiscard]] bool IsWanted(const LapsedViewer& viewer) const EXCLUDES(mutex_);
  [[nodiscard]] std::size_t size() const EXCLUDES(mutex_);

 private:
  struct Entry {
    LapsedViewer viewer{};
    bool is_wanted = false;
  };
  using Entries = std::list<Entry>;

  void EraseLocked(Entries::iterator entry) REQUIRES(mutex_);
  void ForgetOldLocked() REQUIRES(mutex_);

  const Clock& clock_;
  const std::chrono::milliseconds ttl_;
  mutable Mutex mutex_;
  Entries absent_ GUARDED_BY(mutex_);  ///< oldest first
  Entries wanted_ GUARDED_BY(mutex_);
  /// The keys are views of the strings of the entry: list nodes do not move.
  std::unordered_map<LeaseTable::Member, Entries::iterator, LeaseTable::MemberHash> members_
      GUARDED_BY(mutex_);
};

/// The times after which viewers lapse, and for which they may return.
struct ViewerLeaseOptions {
  std::chrono::milliseconds timeout{60'000};  ///< time without a sign; 0: none lapses
  std::chrono::milliseconds return_within = std::chrono::hours(12);
};

/// Follows the store through the commits, in order, those of other nodes included.
///
/// @threads safe from any thread.
class ViewerLeases : public CommitListener {
 public:
  ViewerLeases(const Clock& clock, ViewerLeaseOptions options);

  void OnCommit(const Committed& committed) noexcept override EXCLUDES(mutex_);

  /// A sign that the user watches the room. Memory only: no access to the store.
  /// @return whether it is a viewer, or was one that becomes one again with the next sweep.
  bool OnSign(const RoomKey& room, const UserId& user_id) EXCLUDES(mutex_);

  /// Its timeout is half of `timeout()`: leases that have run out there are looked at, so that each
  /// node finds who is present before a viewer has been silent for the whole.
  LeaseTable& leases() { return leases_; }
  LapsedViewers& lapsed() { return lapsed_; }
  [[nodiscard]] std::chrono::milliseconds timeout() const { return options_.timeout; }
  /// Whether viewers lapse at all.
  [[nodiscard]] bool lapse() const { return options_.timeout.count() > 0; }

 private:
  const Clock& clock_;
  const ViewerLeaseOptions options_;
  Mutex mutex_;  ///< no sign comes while a viewer is in neither of these
  LeaseTable leases_;
  LapsedViewers lapsed_;
};

}  // namespace rtcroom
