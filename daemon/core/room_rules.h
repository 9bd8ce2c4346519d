// The rules of rooms, as pure functions: the stored room and a wish in, the change or an error
// out. No I/O and no clock; time is an argument.
#pragma once

#include <cstddef>

#include "daemon/core/clock.h"
#include "daemon/core/result.h"
#include "daemon/core/room.h"
#include "daemon/core/room_event.h"
#include "daemon/core/store.h"

namespace rtcroom::rules {

/// Makes `room`, with its creator as first pusher, where none is stored.
///
/// A stored room of the same creator and dialect makes it a retry: the creator's entry is
/// refreshed and nothing else changes.
/// @errors kRoomExists when the id is somebody else's.
/// @source protocol A.4.3, A.6.
Result<RoomChange> CreateRoom(const Room* stored, const Room& room, const Pusher& creator,
                              TimePoint now);

/// Seats `newcomer`, or refreshes the entry of a pusher that comes back, who keeps his seat
/// even when the room is full.
/// @errors kRoomNotFound; kRoomFull.
/// @source protocol A.4.5, F.1.
Result<RoomChange> AddPusher(const Room* stored, Dialect dialect, Pusher newcomer,
                             std::size_t max_pushers, TimePoint now);

/// Removes a pusher; the whole room when it is the creator.
/// @errors kPusherNotFound, also when there is no such room.
/// @source protocol A.4.6, A.6.
Result<RoomChange> DeletePusher(const Room* stored, Dialect dialect, const UserId& user_id,
                                LeaveReason reason, TimePoint now);

/// Ends the room.
/// @errors kRoomNotFound; kNotCreator.
/// @source protocol A.4.4.
Result<RoomChange> DestroyRoom(const Room* stored, Dialect dialect, const UserId& user_id,
                               TimePoint now);

/// Ends the room, whoever made it.
/// @errors kRoomNotFound.
Result<RoomChange> DismissRoom(const Room* stored, TimePoint now);

}  // namespace rtcroom::rules
