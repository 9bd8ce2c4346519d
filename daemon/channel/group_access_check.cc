#include "daemon/channel/group_access_check.h"

namespace rtcroom {

Status CheckGroupAccess(GroupAccess access, const UserId& account, const Room& room,
                        RoomStore& rooms, const BanList& bans, std::uint64_t since) {
  if (bans.IsBanned(room.key, account)) return Error{Errc::kNotAllowed, "banned from the room"};
  if (access == GroupAccess::kAny || room.creator == account) return {};
  const Pusher* const pusher = FindPusher(room, account);
  if (pusher != nullptr && pusher->seat <= since) return {};
  if (room.audience_count > 0) {
    const auto viewers = rooms.FindAudiences(room.key, {&account, 1});
    if (!viewers) return viewers.error();
    if (!viewers->empty() && viewers->front().seat <= since) return {};
  }
  return Error{Errc::kNotAllowed, "not a member of the room"};
}

Result<std::unordered_set<UserId>> FindGroupMembers(const RoomKey& key, std::uint64_t room_number,
                                                    std::span<const UserId> accounts,
                                                    RoomStore& rooms) {
  std::unordered_set<UserId> members;
  const Result<Room> room = rooms.Load(key);
  if (!room && room.error().code != Errc::kRoomNotFound) return room.error();
  if (!room || room->sequence != room_number) return members;
  members.insert(room->creator);
  for (const Pusher& pusher : room->pushers) members.insert(pusher.user_id);
  if (room->audience_count == 0) return members;
  const auto viewers = rooms.FindAudiences(key, accounts);
  if (!viewers) return viewers.error();
  for (const Audience& viewer : *viewers) members.insert(viewer.user_id);
  return members;
}

}  // namespace rtcroom
