// The streams that members send.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "daemon/base/mutex.h"
#include "daemon/base/sip_hash.h"
#include "daemon/core/cluster.h"
#include "daemon/core/commit_signal.h"
#include "daemon/core/recording_store.h"
#include "daemon/core/room.h"
#include "daemon/core/stream_urls.h"

namespace rtcroom {

/// The streams of all pushers. Follows the store through the commits, in order. No lookup visits
/// the members of other rooms.
///
/// @threads safe from any thread.
class StreamClaims : public CommitListener {
 public:
  using Member = NamedMember;

  /// @param streams  names the streams of gen-1; outlives this.
  explicit StreamClaims(const StreamUrlSigner& streams) : streams_(streams) {}

  /// Adds the pushers of a room that was stored before this process started.
  void Restore(const Room& room) EXCLUDES(mutex_);
  void OnCommit(const Committed& committed) noexcept override EXCLUDES(mutex_);

  /// The members that claim the stream, at most `kMostMembers`: first those for whom get_push_url
  /// would sign it, then clients that name the stream of another; of each, the latest add_pusher
  /// first.
  [[nodiscard]] std::vector<Member> MembersOf(std::string_view stream) const EXCLUDES(mutex_);
  /// Its members with the numbers of their rooms, at most `kMostMembers`.
  [[nodiscard]] std::vector<StreamOwner> OwnersOf(std::string_view stream) const EXCLUDES(mutex_);
  [[nodiscard]] bool IsClaimed(std::string_view stream) const EXCLUDES(mutex_);
  /// Whether a member claims it for whom get_push_url would sign it.
  [[nodiscard]] bool IsClaimedByItsUser(std::string_view stream) const EXCLUDES(mutex_);
  /// How many members of one stream are looked at. There are more only where many clients name the
  /// stream of another.
  static constexpr std::size_t kMostMembers = 64;
  /// The member that had the stream at that time: of several the one whose name it bears; then,
  /// of those that had it for half of the time, the one that claimed it last; then the one that had
  /// it for the longest time. Also after it has left, among the last `kMaxReleased` claims that
  /// have ended.
  /// @param since  a member that left before did not have it; nullopt: unknown, any may have had it
  ///               all the time.
  /// @param until  a member that came later did not have it.
  [[nodiscard]] std::optional<StreamOwner> OwnerOf(std::string_view stream,
                                                   std::optional<TimePoint> since,
                                                   TimePoint until) const EXCLUDES(mutex_);
  static constexpr std::size_t kMaxReleased = 10'000;
  /// Streams whose last members, and senders, were evicted since the last call: nobody stops these
  /// otherwise. At most `kMaxEvicted`, the rest is left out.
  [[nodiscard]] std::vector<std::string> TakeEvicted() EXCLUDES(mutex_);
  static constexpr std::size_t kMaxEvicted = 10'000;
  /// Raised when there are some, and when push URLs were revoked.
  CommitSignal& removals() { return removals_; }

  /// nullopt: the member sends no stream, or is gone.
  [[nodiscard]] std::optional<std::string> StreamOf(const RoomKey& room,
                                                    const UserId& user_id) const EXCLUDES(mutex_);
  /// The streams of the members of a room for whom get_push_url would sign them.
  [[nodiscard]] std::set<std::string> OwnStreamsIn(const RoomKey& room) const EXCLUDES(mutex_);

 private:
  struct Members {
    std::list<Member> all{};  ///< members in the order of `MembersOf`
    /// The first for whom get_push_url would not sign the stream.
    std::list<Member>::iterator others = all.end();
  };
  struct Since {
    std::uint64_t room_number = 0;
    TimePoint at{};
  };
  struct Claim {
    std::string stream{};
    std::list<Member>::iterator place{};  ///< place in `members_of_`
    Since since{};
  };
  /// A claim that has ended.
  struct Released {
    StreamOwner owner{};
    TimePoint since{};
    TimePoint until{};
  };
  using ReleasedClaims = std::multimap<std::string, Released, std::less<>>;

  void ApplyLocked(std::span<const StoredEvent> events) REQUIRES(mutex_);
  /// @param named  the stream in its push URL.
  void ClaimLocked(const Member& member, Dialect dialect, std::string_view named, Since since)
      REQUIRES(mutex_);
  void LeaveLocked(const Member& member, TimePoint now, bool is_evicted) REQUIRES(mutex_);
  /// @return the stream, if it has no member any more.
  std::optional<std::string> ReleaseLocked(const Member& member, TimePoint now) REQUIRES(mutex_);

  const StreamUrlSigner& streams_;
  mutable Mutex mutex_;
  std::map<Member, Claim> claims_ GUARDED_BY(mutex_);
  std::unordered_map<std::string, Members, NameHash, std::equal_to<>> members_of_
      GUARDED_BY(mutex_);
  ReleasedClaims released_ GUARDED_BY(mutex_);
  std::deque<ReleasedClaims::iterator> release_order_ GUARDED_BY(mutex_);
  std::vector<std::string> evicted_ GUARDED_BY(mutex_);
  CommitSignal removals_;
};

}  // namespace rtcroom
