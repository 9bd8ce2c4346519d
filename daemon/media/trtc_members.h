// The members of rooms whose media TRTC carries, as its callbacks report them.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <unordered_map>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/base/sip_hash.h"
#include "daemon/core/media_signs.h"
#include "daemon/core/member_media.h"

namespace rtcroom {

struct TrtcMembersOptions {
  /// How long media that began is believed to go on: its end may not be reported.
  std::chrono::milliseconds believed_for = 3 * std::chrono::seconds(25);
  std::size_t max_members = 100'000;
};

/// The state of all members, in memory only. Reports may be lost, doubled, late and reordered:
/// those of one member are ordered by the service's clock.
///
/// Rooms of `webrtc_room` are those with a number, all others those with a text: of the rooms with
/// the text of a number only one can exist here.
///
/// @threads safe from any thread.
/// @source docs/tencent-live.md, "Callbacks"; protocol E.5.
class TrtcMembers : public MemberMedia, public TrackSigns {
 public:
  /// How long a member is remembered after the last report: longer than the service repeats one.
  static constexpr std::chrono::minutes kIsKept{15};

  enum class Track : std::uint8_t { kVideo, kAudio };
  /// One user in one room of TRTC.
  struct Member {
    RoomId room{};
    bool is_room_number = false;
    UserId user{};
    bool operator==(const Member&) const = default;
  };

  /// @param clock  outlives this object.
  TrtcMembers(const TrtcMembersOptions& options, const Clock& clock)
      : options_(options), clock_(clock), purged_at_(clock.Monotonic()) {}

  /// @return false when there are too many members: nothing is recorded.
  bool Entered(const Member& member, TimePoint at) EXCLUDES(mutex_);
  /// All its media ends with it.
  bool Left(const Member& member, TimePoint at) EXCLUDES(mutex_);
  bool Switched(const Member& member, Track track, bool is_on, TimePoint at) EXCLUDES(mutex_);

  /// Whether something was reported of the member, not too long ago.
  [[nodiscard]] bool Knows(const Member& member) const EXCLUDES(mutex_);
  /// Whether the member has entered, or switched something, later than `at`.
  [[nodiscard]] bool IsBackSince(const Member& member, TimePoint at) const EXCLUDES(mutex_);

  [[nodiscard]] std::optional<MediaState> StateOf(const RoomKey& room,
                                                  const UserId& user_id) const override
      EXCLUDES(mutex_);
  [[nodiscard]] std::vector<StreamClaims::Member> OffFor(
      std::chrono::milliseconds grace) const override EXCLUDES(mutex_);
  [[nodiscard]] std::vector<TrackSign> SignsSince(MonotonicTime since) const override
      EXCLUDES(mutex_);

 private:
  struct Switch {
    bool is_on = false;
    TimePoint at = TimePoint::min();  ///< min: never reported
  };
  struct State {
    TimePoint entered_at = TimePoint::min();
    TimePoint left_at = TimePoint::min();
    Switch video{};
    Switch audio{};
    MediaState::Kind kind = MediaState::Kind::kNone;
    MonotonicTime since{};     ///< beginning of `kind`
    MonotonicTime heard_at{};  ///< the last report
  };
  struct MemberHash {
    std::size_t operator()(const Member& member) const {
      return NameHash()(member.room.value, member.user.value);
    }
  };

  /// Applies `change` to the state of the member.
  template <typename Change>
  bool Apply(const Member& member, const Change& change) EXCLUDES(mutex_);
  [[nodiscard]] static MediaState::Kind KindOf(const State& state);
  /// nullopt: nothing was reported of it.
  [[nodiscard]] static std::optional<TrackSign> SignOf(const State& state, const Switch& track);

  const TrtcMembersOptions options_;
  const Clock& clock_;
  mutable Mutex mutex_;
  std::unordered_map<Member, State, MemberHash> members_ GUARDED_BY(mutex_);
  MonotonicTime purged_at_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
