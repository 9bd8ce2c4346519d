#include "daemon/channel/former_members.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <variant>

namespace rtcroom {
namespace {

/// Accounts in the group of a room without pushers: its creator alone.
constexpr std::size_t kMostWaiting = 100;

}  // namespace

Status FormerMembers::OnEvents(std::span<const StoredEvent> events) {
  std::vector<GroupMembership> ended;
  for (const StoredEvent& event : events) AddEndedBy(event, ended);
  return End(std::move(ended));
}

void FormerMembers::AddEndedBy(const StoredEvent& event,
                               std::vector<GroupMembership>& ended) const {
  const std::uint64_t number = event.room_number;
  const EventPayload& payload = event.event.payload;
  const auto* const pusher = std::get_if<PusherDeleted>(&payload);
  const auto* const viewer = std::get_if<AudienceDeleted>(&payload);
  const bool is_activated = std::holds_alternative<RoomActivated>(payload);
  if (pusher == nullptr && viewer == nullptr && !is_activated) return;
  // Members of a room that ends are not told one by one: the end of the room follows for all.
  if (pusher != nullptr && pusher->reason == LeaveReason::kRoomDestroyed) return;
  if (receivers_.CountIn(number) == 0) return;
  const auto add = [&](const UserId& account, LeaveReason reason) {
    ended.push_back(
        {.room = event.event.room, .room_number = number, .account = account, .reason = reason});
  };
  if (pusher != nullptr) return add(pusher->user_id, pusher->reason);
  if (viewer != nullptr) return add(viewer->user_id, viewer->reason);
  // Another user than the one that created it may be the creator now.
  for (const UserId& user : receivers_.UsersIn(number, kMostWaiting)) {
    add(user, LeaveReason::kLeft);
  }
}

Status FormerMembers::End(std::vector<GroupMembership> memberships) {
  // Memberships end room by room, so that little time passes in which a user may have returned.
  std::map<std::uint64_t, std::vector<GroupMembership>> rooms;
  for (GroupMembership& one : memberships) rooms[one.room_number].push_back(std::move(one));
  for (const auto& [number, of_room] : rooms) {
    std::vector<UserId> accounts;
    for (const GroupMembership& membership : of_room) accounts.push_back(membership.account);
    const auto members = FindGroupMembers(of_room.front().room, number, accounts, rooms_);
    if (!members) return members.error();
    for (const GroupMembership& membership : of_room) {
      if (members->contains(membership.account)) continue;
      for (const PushReceiverPtr& receiver : receivers_.Of(membership.account, number)) {
        receiver->OnMembershipEnded(number, membership.reason);
      }
    }
  }
  return {};
}

}  // namespace rtcroom
