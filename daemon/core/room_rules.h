// The rules of rooms, as pure functions: the stored room and a wish in, the change or an error
// out. No I/O and no clock; time is an argument.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/room.h"
#include "daemon/core/room_event.h"
#include "daemon/core/room_policy.h"
#include "daemon/core/store.h"

namespace rtcroom::rules {

/// Makes `room`, with its creator as first pusher, where none is stored.
///
/// A stored room of the same creator and dialect makes it a retry: the creator's entry is
/// refreshed and nothing else changes.
/// @errors kRoomExists when the id is somebody else's.
/// @source protocol A.4.3, A.6, B.4.3, B.8.
Result<RoomChange> CreateRoom(const Room* stored, const Room& room, const Pusher& creator,
                              TimePoint now);

/// Makes `room`, inactive, where none is stored. A stored one of the same creator and dialect that
/// is inactive still makes it a retry, which changes nothing.
/// @errors kRoomExists otherwise.
/// @source protocol B.4.2.
Result<RoomChange> PrepareRoom(const Room* stored, const Room& room, TimePoint now);

/// Seats `newcomer`, or refreshes the entry of a pusher that comes back, who keeps his seat
/// even when the room is full. The first pusher of a room becomes its creator.
///
/// @param mixed_play_url  of the room, should the newcomer be its creator.
/// @errors kRoomNotFound, also for a room that the dialect may not know of; kRoomFull.
/// @source protocol A.4.5, B.4.3, B.6, F.1.
Result<RoomChange> AddPusher(const Room* stored, Dialect dialect, Pusher newcomer,
                             std::string_view mixed_play_url, const RoomPolicy& policy,
                             TimePoint now);

/// The room's `mixed_play_url` with that pusher as its creator.
using MixedPlayUrlOf = std::function<std::string(const Pusher& creator)>;

/// Removes a pusher. The room ends with its last, and, where the policy says so, with its creator;
/// else the oldest of the others becomes the creator.
/// @errors kPusherNotFound, also when there is no such room.
/// @source protocol A.4.6, A.6, B.4.4, B.6.
Result<RoomChange> DeletePusher(const Room* stored, Dialect dialect, const UserId& user_id,
                                LeaveReason reason, const MixedPlayUrlOf& mixed_play_url,
                                const RoomPolicy& policy, TimePoint now);

/// Ends the room, an inactive one too.
/// @errors kRoomNotFound; kNotCreator.
/// @source protocol A.4.4, B.4.5, B.6.
Result<RoomChange> DestroyRoom(const Room* stored, Dialect dialect, const UserId& user_id,
                               const RoomPolicy& policy, TimePoint now);

/// Ends the room, whoever made it.
/// @errors kRoomNotFound.
Result<RoomChange> DismissRoom(const Room* stored, TimePoint now);

/// Ends the room of that `Room::sequence` if nobody has come yet; else changes nothing.
/// @source protocol B.4.2.
Result<RoomChange> ExpireInactiveRoom(const Room* stored, std::uint64_t sequence, TimePoint now);

/// What an edit of one custom field comes to.
struct CustomChange {
  std::string custom{};  ///< all fields then: the text of a JSON object
  CustomChanged told{};  ///< that field alone
};

/// Changes one of all custom fields of a room, which are the text of a JSON object.
using CustomEdit = std::function<Result<CustomChange>(std::string_view custom)>;

enum class CustomRight : std::uint8_t {
  kEverybody,  ///< has it
  kMembers,    ///< only pushers and the creator have it
};

/// Changes custom fields.
/// @errors kRoomNotFound, also for an inactive room; kNotAllowed; those of `edit`.
/// @source protocol B.5.
Result<RoomChange> ChangeCustom(const Room* stored, Dialect dialect, const UserId& user_id,
                                CustomRight right, const CustomEdit& edit, const RoomPolicy& policy,
                                TimePoint now);

/// Takes `viewer` into the audience, or notes what it says of itself now. Of the stored room, its
/// entry is at hand.
/// @errors kRoomNotFound, also for an inactive room; kAudienceFull.
/// @source protocol B.5.
Result<RoomChange> AddAudience(const Room* stored, Dialect dialect, Audience viewer,
                               const RoomPolicy& policy, TimePoint now);

/// Removes a viewer whose entry is at hand; without one it changes nothing.
/// @errors kRoomNotFound.
/// @source protocol B.5.
Result<RoomChange> DeleteAudience(const Room* stored, Dialect dialect, const UserId& user_id,
                                  const RoomPolicy& policy, TimePoint now);

}  // namespace rtcroom::rules
