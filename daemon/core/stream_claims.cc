#include "daemon/core/stream_claims.h"

#include <algorithm>
#include <ranges>
#include <utility>
#include <variant>

#include "daemon/core/removals.h"

namespace rtcroom {
namespace {

/// Whether the members that leave with this change did not do so by themselves: of some rooms all
/// leave with an evicted creator.
bool EvictsMembers(const RoomChange& change) {
  return std::ranges::any_of(change.events, IsRemoval);
}

}  // namespace

void StreamClaims::Restore(const Room& room) {
  const MutexLock lock(mutex_);
  for (const Pusher& pusher : room.pushers) ClaimLocked(room, pusher);
}

// Ends the process when there is no memory, as the other listeners do.
// NOLINTNEXTLINE(bugprone-exception-escape): meant so
void StreamClaims::OnCommit(std::span<const RoomChange> changes) noexcept {
  bool has_removals = false;
  {
    const MutexLock lock(mutex_);
    for (const RoomChange& change : changes) {
      has_removals = has_removals || !change.revocations.empty();
      const bool evicts = EvictsMembers(change);
      for (const RoomEvent& event : change.events) ApplyLocked(change.room, event, evicts);
    }
    has_removals = has_removals || !evicted_.empty();
  }
  if (has_removals) removals_.Raise();
}

void StreamClaims::ApplyLocked(const Room& room, const RoomEvent& event, bool evicts) {
  if (const auto* const deleted = std::get_if<PusherDeleted>(&event.payload)) {
    std::optional<std::string> stream = ReleaseLocked({event.room, deleted->user_id}, event.at);
    const bool is_kept = evicts && evicted_.size() < kMaxEvicted;
    if (!stream || !is_kept) return;
    // Of one who named the stream of another, it goes on.
    if (IsOwnStream(*stream, deleted->user_id, streams_)) evicted_.push_back(*std::move(stream));
    return;
  }
  const auto* const added = std::get_if<PusherAdded>(&event.payload);
  const auto* const updated = std::get_if<PusherUpdated>(&event.payload);
  if (added == nullptr && updated == nullptr) return;
  // None: it joined and left in one change.
  const Pusher* const pusher =
      FindPusher(room, added != nullptr ? added->user_id : updated->user_id);
  if (pusher != nullptr) ClaimLocked(room, *pusher);
}

void StreamClaims::ClaimLocked(const Room& room, const Pusher& pusher) {
  const Member member{room.key, pusher.user_id};
  (void)ReleaseLocked(member, pusher.added_at);
  // The members of webrtc rooms send theirs to the vendor.
  if (room.key.kind == RoomKind::kWebrtc) return;
  std::string stream = rtcroom::StreamOf(room.dialect, pusher.user_id, pusher.push_url, streams_);
  if (stream.empty()) return;
  Members& members = members_of_[stream];
  members.push_front(member);
  claims_.emplace(member, Claim{.stream = std::move(stream),
                                .place = members.begin(),
                                .room_number = room.sequence,
                                .since = pusher.added_at});
}

std::optional<std::string> StreamClaims::ReleaseLocked(const Member& member, TimePoint now) {
  const auto claim = claims_.find(member);
  if (claim == claims_.end()) return std::nullopt;
  release_order_.push_back(released_.emplace(
      claim->second.stream, Released{.owner = {.room = member.room,
                                               .room_number = claim->second.room_number,
                                               .user_id = member.user_id},
                                     .since = claim->second.since,
                                     .until = now}));
  if (release_order_.size() > kMaxReleased) {
    released_.erase(release_order_.front());
    release_order_.pop_front();
  }
  const auto members = members_of_.find(claim->second.stream);
  members->second.erase(claim->second.place);
  claims_.erase(claim);
  if (!members->second.empty()) return std::nullopt;
  return std::move(members_of_.extract(members).key());
}

std::vector<std::string> StreamClaims::TakeEvicted() {
  const MutexLock lock(mutex_);
  return std::exchange(evicted_, {});
}

std::vector<StreamClaims::Member> StreamClaims::MembersOf(std::string_view stream,
                                                          std::size_t limit) const {
  std::vector<Member> members;
  const MutexLock lock(mutex_);
  const auto found = members_of_.find(stream);
  if (found == members_of_.end()) return members;
  for (const Member& member : found->second | std::views::take(limit)) members.push_back(member);
  return members;
}

std::optional<StreamOwner> StreamClaims::OwnerOf(std::string_view stream,
                                                 std::optional<TimePoint> since,
                                                 TimePoint until) const {
  std::optional<StreamOwner> owner;
  std::pair best(false, TimePoint::min());
  const auto consider = [&](const StreamOwner& candidate, TimePoint claimed_at) {
    if (claimed_at > until) return;
    // Before those who named the stream of another.
    const std::pair rank(IsOwnStream(stream, candidate.user_id, streams_), claimed_at);
    if (rank < best) return;
    best = rank;
    owner = candidate;
  };
  const MutexLock lock(mutex_);
  const auto [first, last] = released_.equal_range(stream);
  for (const auto& [name, claim] : std::ranges::subrange(first, last)) {
    if (!since || claim.until >= *since) consider(claim.owner, claim.since);
  }
  const auto found = members_of_.find(stream);
  if (found == members_of_.end()) return owner;
  for (const Member& member : found->second) {
    const Claim& claim = claims_.find(member)->second;
    consider({.room = member.room, .room_number = claim.room_number, .user_id = member.user_id},
             claim.since);
  }
  return owner;
}

bool StreamClaims::IsClaimed(std::string_view stream) const {
  const MutexLock lock(mutex_);
  return members_of_.find(stream) != members_of_.end();
}

bool StreamClaims::IsClaimedByItsUser(std::string_view stream) const {
  return std::ranges::any_of(MembersOf(stream, kMostMembers), [&](const Member& member) {
    return IsOwnStream(stream, member.user_id, streams_);
  });
}

std::optional<std::string> StreamClaims::StreamOf(const RoomKey& room,
                                                  const UserId& user_id) const {
  const MutexLock lock(mutex_);
  const auto found = claims_.find(Member{room, user_id});
  if (found == claims_.end()) return std::nullopt;
  return found->second.stream;
}

}  // namespace rtcroom
