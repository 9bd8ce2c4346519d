#include "daemon/media/trtc_members.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace rtcroom {
namespace {

constexpr std::chrono::seconds kMemberPurgePeriod{10};

/// The kinds whose rooms have texts.
constexpr std::array kTextKinds = {RoomKind::kDouble, RoomKind::kMulti, RoomKind::kLive};

/// The members that it may be here; at most one exists.
std::vector<StreamClaims::Member> MembersOf(const TrtcMembers::Member& member) {
  if (member.is_room_number) {
    return {{.room = {.kind = RoomKind::kWebrtc, .id = member.room}, .user_id = member.user}};
  }
  std::vector<StreamClaims::Member> members;
  for (const RoomKind kind : kTextKinds) {
    members.push_back({.room = {.kind = kind, .id = member.room}, .user_id = member.user});
  }
  return members;
}

}  // namespace

bool TrtcMembers::Entered(const Member& member, TimePoint at) {
  return Apply(member, [at](State& state) { state.entered_at = std::max(state.entered_at, at); });
}

bool TrtcMembers::Left(const Member& member, TimePoint at) {
  return Apply(member, [at](State& state) { state.left_at = std::max(state.left_at, at); });
}

bool TrtcMembers::Switched(const Member& member, Track track, bool is_on, TimePoint at) {
  return Apply(member, [=](State& state) {
    Switch& changed = track == Track::kVideo ? state.video : state.audio;
    if (at >= changed.at) changed = {.is_on = is_on, .at = at};
  });
}

template <typename Change>
bool TrtcMembers::Apply(const Member& member, const Change& change) {
  const MutexLock lock(mutex_);
  const MonotonicTime now = clock_.Monotonic();
  const auto is_forgotten = [&](const auto& entry) {
    return now - entry.second.heard_at >= kIsKept + options_.believed_for;
  };
  if (now - purged_at_ >= kMemberPurgePeriod) {
    purged_at_ = now;
    std::erase_if(members_, is_forgotten);
  }
  auto found = members_.find(member);
  if (found == members_.end()) {
    if (members_.size() >= options_.max_members) return false;
    found = members_.emplace(member, State{.since = now}).first;
  }
  State& state = found->second;
  change(state);
  state.heard_at = now;
  if (const MediaState::Kind kind = KindOf(state); kind != state.kind) {
    state.kind = kind;
    state.since = now;
  }
  return true;
}

MediaState::Kind TrtcMembers::KindOf(const State& state) {
  // An entering is later than a leaving of the same millisecond: a reconnecting user leaves first.
  const bool has_left = state.left_at > state.entered_at;
  bool was_switched = false;
  for (const Switch& track : {state.video, state.audio}) {
    // Leaving ended what was switched on before it.
    if (track.at <= state.left_at) continue;
    if (track.is_on) return MediaState::Kind::kOn;
    was_switched = true;
  }
  return has_left || was_switched ? MediaState::Kind::kOff : MediaState::Kind::kNone;
}

bool TrtcMembers::Knows(const Member& member) const {
  const MutexLock lock(mutex_);
  return members_.contains(member);
}

bool TrtcMembers::IsBackSince(const Member& member, TimePoint at) const {
  const MutexLock lock(mutex_);
  const auto found = members_.find(member);
  if (found == members_.end()) return false;
  const State& state = found->second;
  return std::max({state.entered_at, state.video.at, state.audio.at}) > at;
}

std::optional<MediaState> TrtcMembers::StateOf(const RoomKey& room, const UserId& user_id) const {
  const MutexLock lock(mutex_);
  const auto found = members_.find(
      Member{.room = room.id, .is_room_number = room.kind == RoomKind::kWebrtc, .user = user_id});
  if (found == members_.end()) return std::nullopt;
  const State& state = found->second;
  const MonotonicTime now = clock_.Monotonic();
  const bool is_believed =
      state.kind == MediaState::Kind::kOff ||
      (state.kind == MediaState::Kind::kOn && now - state.heard_at <= options_.believed_for);
  if (!is_believed) return std::nullopt;
  using std::chrono::milliseconds;
  return MediaState{.kind = state.kind,
                    .lasting = std::chrono::duration_cast<milliseconds>(now - state.since),
                    .seen_ago = std::chrono::duration_cast<milliseconds>(now - state.heard_at)};
}

std::vector<StreamClaims::Member> TrtcMembers::OffFor(std::chrono::milliseconds grace) const {
  std::vector<StreamClaims::Member> off;
  const MutexLock lock(mutex_);
  const MonotonicTime now = clock_.Monotonic();
  for (const auto& [member, state] : members_) {
    if (state.kind != MediaState::Kind::kOff || now - state.since < grace) continue;
    std::ranges::move(MembersOf(member), std::back_inserter(off));
  }
  return off;
}

std::vector<TrackSign> TrtcMembers::SignsSince(MonotonicTime since) const {
  std::vector<TrackSign> signs;
  const MutexLock lock(mutex_);
  for (const auto& [member, state] : members_) {
    if (state.heard_at < since) continue;
    for (const MediaTrack track : {MediaTrack::kVideo, MediaTrack::kAudio}) {
      std::optional<TrackSign> sign =
          SignOf(state, track == MediaTrack::kVideo ? state.video : state.audio);
      if (!sign) continue;
      sign->track = track;
      for (StreamClaims::Member& named : MembersOf(member)) {
        sign->member = std::move(named);
        signs.push_back(*sign);
      }
    }
  }
  return signs;
}

// This is for one track, unlike `KindOf`: another node may have been told of the other one.
std::optional<TrackSign> TrtcMembers::SignOf(const State& state, const Switch& track) {
  using enum MediaState::Kind;
  const auto sign = [](MediaState::Kind kind, MonotonicTime at, TimePoint by_service) {
    return TrackSign{
        .kind = kind, .at = at, .order = std::int64_t{by_service.time_since_epoch().count()}};
  };
  if (track.at > state.left_at) {
    return track.is_on ? sign(kOn, state.heard_at, track.at) : sign(kOff, state.since, track.at);
  }
  if (state.left_at == TimePoint::min()) return std::nullopt;
  if (state.left_at > state.entered_at) return sign(kOff, state.since, state.left_at);
  return sign(kNone, state.heard_at, state.entered_at);
}

}  // namespace rtcroom
