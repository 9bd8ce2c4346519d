#include "daemon/channel/group_access_check.h"

#include <algorithm>

namespace rtcroom {

Status CheckGroupAccess(GroupAccess access, const UserId& account, const Room& room,
                        RoomStore& rooms, const BanList& bans, std::uint64_t since) {
  if (bans.IsBanned(room.key, account)) return Error{Errc::kNotAllowed, "banned from the room"};
  if (access == GroupAccess::kAny || room.creator == account) return {};
  const Pusher* const pusher = FindPusher(room, account);
  if (pusher != nullptr && pusher->seat <= since) return {};
  if (room.audience_count > 0) {
    const Result<AudiencePage> viewers = rooms.LoadAudiences(room.key);
    if (!viewers) return viewers.error();
    const auto is_account = [&](const Audience& viewer) {
      return viewer.user_id == account && viewer.seat <= since;
    };
    if (std::ranges::any_of(viewers->audiences, is_account)) return {};
  }
  return Error{Errc::kNotAllowed, "not a member of the room"};
}

Result<std::unordered_set<UserId>> LoadGroupMembers(const RoomKey& key, std::uint64_t room_number,
                                                    RoomStore& rooms) {
  std::unordered_set<UserId> members;
  const Result<Room> room = rooms.Load(key);
  if (!room && room.error().code != Errc::kRoomNotFound) return room.error();
  if (!room || room->sequence != room_number) return members;
  members.insert(room->creator);
  for (const Pusher& pusher : room->pushers) members.insert(pusher.user_id);
  if (room->audience_count == 0) return members;
  const Result<AudiencePage> viewers = rooms.LoadAudiences(key);
  if (!viewers && viewers.error().code != Errc::kRoomNotFound) return viewers.error();
  if (!viewers) return std::unordered_set<UserId>();
  for (const Audience& viewer : viewers->audiences) members.insert(viewer.user_id);
  return members;
}

}  // namespace rtcroom
