// Whether an account may join the group of a room.
#pragma once

#include "daemon/base/result.h"
#include "daemon/core/ban_list.h"
#include "daemon/core/group_access.h"
#include "daemon/core/room_store.h"

namespace rtcroom {

/// @errors kNotAllowed; kStoreBusy; kStoreBroken.
/// @threads safe from any thread; reads the store at most once, for `GroupAccess::kMembers`.
Status CheckGroupAccess(GroupAccess access, const UserId& account, const Room& room,
                        RoomStore& rooms, const BanList& bans);

}  // namespace rtcroom
