// Whether an account may join the group of a room.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <unordered_set>

#include "daemon/base/result.h"
#include "daemon/core/ban_list.h"
#include "daemon/core/group_access.h"
#include "daemon/core/ids.h"
#include "daemon/core/room_event.h"
#include "daemon/core/room_store.h"

namespace rtcroom {

/// An account that is in the group of a room, and how it ceased to be a member of that.
struct GroupMembership {
  RoomKey room{};
  std::uint64_t room_number = 0;  ///< `Room::sequence`
  UserId account{};
  LeaveReason reason = LeaveReason::kLeft;
};

/// Stands for a stay of any age.
inline constexpr std::uint64_t kAnyStay = std::numeric_limits<std::uint64_t>::max();

/// @param since  number of an event of the room: `GroupAccess::kMembers` asks for a member that has
///               its seat, or is a viewer, since that event or longer. The creator is one always.
/// @errors kNotAllowed; kStoreBusy; kStoreBroken.
/// @threads safe from any thread; reads the store at most once, for `GroupAccess::kMembers`.
Status CheckGroupAccess(GroupAccess access, const UserId& account, const Room& room,
                        RoomStore& rooms, const BanList& bans, std::uint64_t since = kAnyStay);

/// Whether the error says that the account may not be in the group, or that there is none. Others
/// are of the store, and pass.
constexpr bool IsRefusal(Errc error) {
  return error == Errc::kNotAllowed || error == Errc::kRoomNotFound;
}

/// The accounts that `GroupAccess::kMembers` lets into the group of a room, of the viewers only
/// those among `accounts`; none when it has ended.
/// @errors kStoreBusy; kStoreBroken.
/// @threads safe from any thread; reads the store at most twice.
Result<std::unordered_set<UserId>> FindGroupMembers(const RoomKey& key, std::uint64_t room_number,
                                                    std::span<const UserId> accounts,
                                                    RoomStore& rooms);

}  // namespace rtcroom
