// Which members send which stream.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "daemon/base/mutex.h"
#include "daemon/base/sip_hash.h"
#include "daemon/core/room.h"
#include "daemon/core/room_change.h"
#include "daemon/core/stream_urls.h"

namespace rtcroom {

/// The streams of all pushers. Follows the store through the commits, in order. A lookup costs the
/// same however many members there are.
///
/// @threads safe from any thread.
class StreamClaims : public CommitListener {
 public:
  struct Member {
    RoomKey room{};
    UserId user_id{};
    bool operator==(const Member&) const = default;
  };

  /// @param streams  names the streams of gen-1; outlives this.
  explicit StreamClaims(const StreamUrlSigner& streams) : streams_(streams) {}

  /// Adds the pushers of a room that was stored before this process started.
  void Restore(const Room& room) EXCLUDES(mutex_);
  void OnCommit(std::span<const RoomChange> changes) noexcept override EXCLUDES(mutex_);

  /// The members that claim the stream, the latest add_pusher first, at most `limit`. Several only
  /// where a user is in several rooms, or where clients name the stream of another.
  [[nodiscard]] std::vector<Member> MembersOf(std::string_view stream, std::size_t limit) const
      EXCLUDES(mutex_);
  [[nodiscard]] bool IsClaimed(std::string_view stream) const EXCLUDES(mutex_);
  /// nullopt: the member sends no stream, or is gone.
  [[nodiscard]] std::optional<std::string> StreamOf(const RoomKey& room,
                                                    const UserId& user_id) const EXCLUDES(mutex_);

 private:
  struct MemberHash {
    std::size_t operator()(const Member& member) const {
      return NameHash()(member.room.id.value, member.user_id.value);
    }
  };

  using Members = std::list<Member>;
  struct Claim {
    std::string stream{};
    Members::iterator place{};  ///< in `members_of_`
  };

  void ClaimLocked(const Room& room, const Pusher& pusher) REQUIRES(mutex_);
  void ReleaseLocked(const Member& member) REQUIRES(mutex_);

  const StreamUrlSigner& streams_;
  mutable Mutex mutex_;
  std::unordered_map<Member, Claim, MemberHash> claims_ GUARDED_BY(mutex_);
  std::unordered_map<std::string, Members, NameHash, std::equal_to<>> members_of_
      GUARDED_BY(mutex_);
};

}  // namespace rtcroom
