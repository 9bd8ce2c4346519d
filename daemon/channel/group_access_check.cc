#include "daemon/channel/group_access_check.h"

#include <algorithm>

namespace rtcroom {

Status CheckGroupAccess(GroupAccess access, const UserId& account, const Room& room,
                        RoomStore& rooms, const BanList& bans) {
  if (bans.IsBanned(room.key, account)) return Error{Errc::kNotAllowed, "banned from the room"};
  if (access == GroupAccess::kAny || room.creator == account ||
      FindPusher(room, account) != nullptr) {
    return {};
  }
  const Result<AudiencePage> viewers = rooms.LoadAudiences(room.key);
  if (!viewers) return viewers.error();
  const auto is_account = [&](const Audience& viewer) { return viewer.user_id == account; };
  if (std::ranges::any_of(viewers->audiences, is_account)) return {};
  return Error{Errc::kNotAllowed, "not a member of the room"};
}

}  // namespace rtcroom
