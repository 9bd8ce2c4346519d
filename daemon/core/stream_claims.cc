#include "daemon/core/stream_claims.h"

#include <ranges>
#include <utility>
#include <variant>

namespace rtcroom {

void StreamClaims::Restore(const Room& room) {
  const MutexLock lock(mutex_);
  for (const Pusher& pusher : room.pushers) ClaimLocked(room, pusher);
}

// Ends the process when there is no memory, as the other listeners do.
// NOLINTNEXTLINE(bugprone-exception-escape): meant so
void StreamClaims::OnCommit(std::span<const RoomChange> changes) noexcept {
  const MutexLock lock(mutex_);
  for (const RoomChange& change : changes) {
    for (const RoomEvent& event : change.events) {
      const auto* const deleted = std::get_if<PusherDeleted>(&event.payload);
      if (deleted != nullptr) ReleaseLocked({event.room, deleted->user_id});
      const auto* const added = std::get_if<PusherAdded>(&event.payload);
      const auto* const updated = std::get_if<PusherUpdated>(&event.payload);
      if (added == nullptr && updated == nullptr) continue;
      const UserId& user_id = added != nullptr ? added->user_id : updated->user_id;
      // None: it joined and left in one change.
      const Pusher* const pusher = FindPusher(change.room, user_id);
      if (pusher != nullptr) ClaimLocked(change.room, *pusher);
    }
  }
}

void StreamClaims::ClaimLocked(const Room& room, const Pusher& pusher) {
  const Member member{room.key, pusher.user_id};
  ReleaseLocked(member);
  // The members of webrtc rooms send theirs to the vendor.
  if (room.key.kind == RoomKind::kWebrtc) return;
  std::string stream = rtcroom::StreamOf(room.dialect, pusher.user_id, pusher.push_url, streams_);
  if (stream.empty()) return;
  Members& members = members_of_[stream];
  members.push_front(member);
  claims_.emplace(member, Claim{.stream = std::move(stream), .place = members.begin()});
}

void StreamClaims::ReleaseLocked(const Member& member) {
  const auto claim = claims_.find(member);
  if (claim == claims_.end()) return;
  const auto members = members_of_.find(claim->second.stream);
  members->second.erase(claim->second.place);
  if (members->second.empty()) members_of_.erase(members);
  claims_.erase(claim);
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

bool StreamClaims::IsClaimed(std::string_view stream) const {
  const MutexLock lock(mutex_);
  return members_of_.find(stream) != members_of_.end();
}

std::optional<std::string> StreamClaims::StreamOf(const RoomKey& room,
                                                  const UserId& user_id) const {
  const MutexLock lock(mutex_);
  const auto found = claims_.find(Member{room, user_id});
  if (found == claims_.end()) return std::nullopt;
  return found->second.stream;
}

}  // namespace rtcroom
