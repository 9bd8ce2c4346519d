#include "daemon/channel/former_members.h"

#include <cstddef>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>

#include "daemon/channel/group_access_check.h"

namespace rtcroom {
namespace {

/// Accounts in the group of a room without pushers: its creator alone.
constexpr std::size_t kMostWaiting = 100;

}  // namespace

Status FormerMembers::OnEvents(std::span<const StoredEvent> events) {
  std::vector<GroupMembership> ended;
  for (const StoredEvent& event : events) {
    for (GroupMembership& membership : EndedBy(event)) ended.push_back(std::move(membership));
  }
  return End(ended);
}

std::vector<GroupMembership> FormerMembers::EndedBy(const StoredEvent& event) const {
  const std::uint64_t number = event.room_number;
  const EventPayload& payload = event.event.payload;
  const auto* const pusher = std::get_if<PusherDeleted>(&payload);
  const auto* const viewer = std::get_if<AudienceDeleted>(&payload);
  const bool is_activated = std::holds_alternative<RoomActivated>(payload);
  if (pusher == nullptr && viewer == nullptr && !is_activated) return {};
  if (deps_.channel.CountIn(number) == 0 && deps_.receivers.CountIn(number) == 0) return {};
  GroupMembership membership{.room = event.event.room, .room_number = number};
  if (pusher != nullptr) {
    // The end of the room follows, which is one for all.
    if (pusher->reason == LeaveReason::kRoomDestroyed) return {};
    membership.account = pusher->user_id;
    membership.reason = pusher->reason;
    return {membership};
  }
  if (viewer != nullptr) {
    membership.account = viewer->user_id;
    return {membership};
  }
  // Another user than the one that created it may be the creator now.
  std::vector<GroupMembership> waiting;
  for (const std::vector<UserId>& users : {deps_.channel.UsersIn(number, kMostWaiting),
                                           deps_.receivers.UsersIn(number, kMostWaiting)}) {
    for (const UserId& user : users) {
      membership.account = user;
      waiting.push_back(membership);
    }
  }
  return waiting;
}

Status FormerMembers::End(const std::vector<GroupMembership>& memberships) {
  std::unordered_map<std::uint64_t, std::unordered_set<UserId>> members;
  for (const GroupMembership& membership : memberships) {
    const auto [room, is_new] = members.try_emplace(membership.room_number);
    if (!is_new) continue;
    auto loaded = LoadGroupMembers(membership.room, membership.room_number, deps_.rooms);
    if (!loaded) return loaded.error();
    room->second = *std::move(loaded);
  }
  for (const GroupMembership& membership : memberships) {
    if (members.at(membership.room_number).contains(membership.account)) continue;
    deps_.channel.EndMembership(membership);
    deps_.receivers.EndMembership(membership);
  }
  return {};
}

}  // namespace rtcroom
