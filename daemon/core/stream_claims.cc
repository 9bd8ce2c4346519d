#include "daemon/core/stream_claims.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <ranges>
#include <tuple>
#include <utility>
#include <variant>

#include "daemon/core/removals.h"

namespace rtcroom {
namespace {

/// Whether the room ends because its creator, or its last member, has left: then all that remain
/// leave for the reason for which that one did.
/// @param events  from one on with which a member leaves because the room ends.
bool EndsWithMember(std::span<const StoredEvent> events) {
  for (const StoredEvent& stored : events) {
    const auto* const destroyed = std::get_if<RoomDestroyed>(&stored.event.payload);
    if (destroyed == nullptr) continue;
    return destroyed->reason == EndReason::kCreatorLeft ||
           destroyed->reason == EndReason::kLastLeft;
  }
  return false;
}

}  // namespace

void StreamClaims::Restore(const Room& room) {
  const MutexLock lock(mutex_);
  for (const Pusher& pusher : room.pushers) {
    ClaimLocked({room.key, pusher.user_id}, room.dialect, StreamInPushUrl(pusher.push_url),
                {.room_number = room.sequence, .at = pusher.added_at});
  }
}

// Ends the process when there is no memory, as the other listeners do.
// NOLINTNEXTLINE(bugprone-exception-escape): meant so
void StreamClaims::OnCommit(const Committed& committed) noexcept {
  bool has_removals = !committed.revocations.empty();
  {
    const MutexLock lock(mutex_);
    ApplyLocked(committed.events);
    has_removals = has_removals || !evicted_.empty();
  }
  if (has_removals) removals_.Raise();
}

void StreamClaims::ApplyLocked(std::span<const StoredEvent> events) {
  bool is_last_removed = false;  // the last that left, other than with its room
  for (std::size_t i = 0; i < events.size(); ++i) {
    const auto& [position, room_number, event] = events[i];
    const Since since{.room_number = room_number, .at = event.at};
    if (const auto* const deleted = std::get_if<PusherDeleted>(&event.payload)) {
      const bool leaves_with_room = deleted->reason == LeaveReason::kRoomDestroyed;
      if (!leaves_with_room) is_last_removed = IsRemoval(event);
      const bool is_evicted =
          is_last_removed && (!leaves_with_room || EndsWithMember(events.subspan(i)));
      LeaveLocked({event.room, deleted->user_id}, event.at, is_evicted);
    } else if (const auto* const added = std::get_if<PusherAdded>(&event.payload)) {
      ClaimLocked({event.room, added->user_id}, event.dialect, added->stream, since);
    } else if (const auto* const updated = std::get_if<PusherUpdated>(&event.payload)) {
      ClaimLocked({event.room, updated->user_id}, event.dialect, updated->stream, since);
    }
  }
}

void StreamClaims::LeaveLocked(const Member& member, TimePoint now, bool is_evicted) {
  std::optional<std::string> stream = ReleaseLocked(member, now);
  const bool is_kept = is_evicted && evicted_.size() < kMaxEvicted;
  if (!stream || !is_kept) return;
  // The stream goes on where its sender named that of another.
  if (IsOwnStream(*stream, member.user_id, streams_)) evicted_.push_back(*std::move(stream));
}

void StreamClaims::ClaimLocked(const Member& member, Dialect dialect, std::string_view named,
                               Since since) {
  (void)ReleaseLocked(member, since.at);
  // The members of webrtc rooms send theirs to the vendor.
  if (member.room.kind == RoomKind::kWebrtc) return;
  std::string stream = rtcroom::StreamOf(dialect, member.user_id, named, streams_);
  if (stream.empty()) return;
  Members& members = members_of_[stream];
  const bool is_own = IsOwnStream(stream, member.user_id, streams_);
  const auto place = members.all.insert(is_own ? members.all.begin() : members.others, member);
  if (!is_own) members.others = place;
  claims_.emplace(member, Claim{.stream = std::move(stream), .place = place, .since = since});
}

std::optional<std::string> StreamClaims::ReleaseLocked(const Member& member, TimePoint now) {
  const auto claim = claims_.find(member);
  if (claim == claims_.end()) return std::nullopt;
  release_order_.push_back(released_.emplace(
      claim->second.stream, Released{.owner = {.room = member.room,
                                               .room_number = claim->second.since.room_number,
                                               .user_id = member.user_id},
                                     .since = claim->second.since.at,
                                     .until = now}));
  if (release_order_.size() > kMaxReleased) {
    released_.erase(release_order_.front());
    release_order_.pop_front();
  }
  const auto found = members_of_.find(claim->second.stream);
  Members& members = found->second;
  if (members.others == claim->second.place) ++members.others;
  members.all.erase(claim->second.place);
  claims_.erase(claim);
  if (!members.all.empty()) return std::nullopt;
  return std::move(members_of_.extract(found).key());
}

std::vector<std::string> StreamClaims::TakeEvicted() {
  const MutexLock lock(mutex_);
  return std::exchange(evicted_, {});
}

std::vector<StreamClaims::Member> StreamClaims::MembersOf(std::string_view stream) const {
  std::vector<Member> members;
  const MutexLock lock(mutex_);
  const auto found = members_of_.find(stream);
  if (found == members_of_.end()) return members;
  std::ranges::copy(found->second.all | std::views::take(kMostMembers),
                    std::back_inserter(members));
  return members;
}

std::vector<StreamOwner> StreamClaims::OwnersOf(std::string_view stream) const {
  std::vector<StreamOwner> owners;
  const MutexLock lock(mutex_);
  const auto found = members_of_.find(stream);
  if (found == members_of_.end()) return owners;
  for (const Member& member : found->second.all | std::views::take(kMostMembers)) {
    owners.push_back({.room = member.room,
                      .room_number = claims_.find(member)->second.since.room_number,
                      .user_id = member.user_id});
  }
  return owners;
}

std::optional<StreamOwner> StreamClaims::OwnerOf(std::string_view stream,
                                                 std::optional<TimePoint> since,
                                                 TimePoint until) const {
  std::optional<StreamOwner> owner;
  using std::chrono::milliseconds;
  const milliseconds length = since ? until - *since : milliseconds(0);
  std::tuple best(false, false, milliseconds::min());
  const auto consider = [&](const StreamOwner& candidate, TimePoint from, TimePoint to) {
    if (from > until) return;
    const milliseconds had = since ? std::min(to, until) - std::max(from, *since) : length;
    const bool had_half = 2 * had >= length;
    // Users on their own stream come before those who named the stream of another.
    const std::tuple rank(IsOwnStream(stream, candidate.user_id, streams_), had_half,
                          had_half ? from.time_since_epoch() : had);
    if (rank < best) return;
    best = rank;
    owner = candidate;
  };
  const MutexLock lock(mutex_);
  const auto [first, last] = released_.equal_range(stream);
  for (const auto& [name, claim] : std::ranges::subrange(first, last)) {
    if (!since || claim.until >= *since) consider(claim.owner, claim.since, claim.until);
  }
  const auto found = members_of_.find(stream);
  if (found == members_of_.end()) return owner;
  for (const Member& member : found->second.all) {
    const Claim& claim = claims_.find(member)->second;
    consider(
        {.room = member.room, .room_number = claim.since.room_number, .user_id = member.user_id},
        claim.since.at, until);
  }
  return owner;
}

bool StreamClaims::IsClaimed(std::string_view stream) const {
  const MutexLock lock(mutex_);
  return members_of_.find(stream) != members_of_.end();
}

bool StreamClaims::IsClaimedByItsUser(std::string_view stream) const {
  const MutexLock lock(mutex_);
  const auto found = members_of_.find(stream);
  return found != members_of_.end() && found->second.others != found->second.all.begin();
}

std::optional<std::string> StreamClaims::StreamOf(const RoomKey& room,
                                                  const UserId& user_id) const {
  const MutexLock lock(mutex_);
  const auto found = claims_.find(Member{room, user_id});
  if (found == claims_.end()) return std::nullopt;
  return found->second.stream;
}

std::set<std::string> StreamClaims::OwnStreamsIn(const RoomKey& room) const {
  std::set<std::string> streams;
  const MutexLock lock(mutex_);
  for (auto claim = claims_.lower_bound({.room = room});
       claim != claims_.end() && claim->first.room == room; ++claim) {
    const auto& [member, claimed] = *claim;
    if (IsOwnStream(claimed.stream, member.user_id, streams_)) streams.insert(claimed.stream);
  }
  return streams;
}

}  // namespace rtcroom
