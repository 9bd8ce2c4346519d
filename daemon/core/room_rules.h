// The rules of rooms, as pure functions: from the stored room and a request to the change or an
// error. No I/O and no clock; time is an argument.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/room.h"
#include "daemon/core/room_change.h"
#include "daemon/core/room_event.h"
#include "daemon/core/room_policy.h"

namespace rtcroom::rules {

/// Creates `room`, with its creator as first pusher, where none is stored.
///
/// A stored room of the same creator and dialect makes it a retry: the creator's entry is
/// refreshed and nothing else changes.
/// @errors kRoomExists when the id belongs to a room of another creator.
/// @source protocol A.4.3, A.6, B.4.3, B.8.
Result<RoomChange> CreateRoom(const Room* stored, const Room& room, const Pusher& creator,
                              TimePoint now);

/// Creates `room`, inactive, where none is stored. If a room of the same creator and dialect is
/// stored and still inactive, the call is a retry and changes nothing.
/// @errors kRoomExists otherwise.
/// @source protocol B.4.2.
Result<RoomChange> PrepareRoom(const Room* stored, const Room& room, TimePoint now);

/// Seats `joining`, or refreshes the entry of a pusher that rejoins and keeps its seat even when
/// the room is full. The first pusher of a room becomes its creator.
///
/// @param mixed_play_url  of the room, in case the new pusher becomes its creator.
/// @errors kRoomNotFound, also for a room that the dialect may not see; kRoomFull; kNotAllowed: the
///         room waits for its creator, as a created group does.
/// @source protocol A.4.5, B.4.3, B.6, F.1.
Result<RoomChange> AddPusher(const Room* stored, Dialect dialect, Pusher joining,
                             std::string_view mixed_play_url, const RoomPolicy& policy,
                             TimePoint now);

/// The room's `mixed_play_url` if that pusher is its creator.
using MixedPlayUrlOf = std::function<std::string(const Pusher& creator)>;

/// Removes a pusher. The room ends with its last pusher, and, where the policy says so, with its
/// creator; otherwise the oldest remaining pusher becomes the creator.
/// @errors kPusherNotFound, also when there is no such room.
/// @source protocol A.4.6, A.6, B.4.4, B.6.
Result<RoomChange> DeletePusher(const Room* stored, Dialect dialect, const UserId& user_id,
                                LeaveReason reason, const MixedPlayUrlOf& mixed_play_url,
                                const RoomPolicy& policy, TimePoint now);

/// Ends the room, including an inactive one.
/// @errors kRoomNotFound; kNotCreator.
/// @source protocol A.4.4, B.4.5, B.6.
Result<RoomChange> DestroyRoom(const Room* stored, Dialect dialect, const UserId& user_id,
                               const RoomPolicy& policy, TimePoint now);

/// Ends the room, whichever user created it.
/// @errors kRoomNotFound.
Result<RoomChange> DismissRoom(const Room* stored, TimePoint now);

/// Ends the room of that `Room::sequence` if it has had no pusher; otherwise changes nothing.
/// @source protocol B.4.2.
Result<RoomChange> ExpireInactiveRoom(const Room* stored, std::uint64_t sequence, TimePoint now);

/// The result of an edit of one custom field.
struct CustomChange {
  std::string custom{};   ///< all fields afterwards: the text of a JSON object
  CustomChanged event{};  ///< the changed field only, without the user
};

/// Changes one custom field of a room; the argument holds all fields as the text of a JSON object.
using CustomEdit = std::function<Result<CustomChange>(std::string_view custom)>;

enum class CustomRight : std::uint8_t {
  kAnyone,   ///< any user
  kMembers,  ///< pushers and the creator alone
};

/// Changes custom fields.
/// @errors kRoomNotFound, also for an inactive room; kNotAllowed; those of `edit`.
/// @source protocol B.5.
Result<RoomChange> ChangeCustom(const Room* stored, Dialect dialect, const UserId& user_id,
                                CustomRight right, const CustomEdit& edit, const RoomPolicy& policy,
                                TimePoint now);

/// Chooses the mix of a room. Of several inputs of one pusher the last counts.
using MixEdit = std::function<Result<RoomMix>(const Room& room)>;

/// Changes the mix of a live room: of the kind that ends with its creator, whose stream is the
/// output.
/// @errors kRoomNotFound, also for an inactive room; those of `edit`.
/// @source protocol A.4.10.
Result<RoomChange> ChangeMix(const Room* stored, const MixEdit& edit);

enum class Rejoin : std::uint8_t {
  kKeepsStay,
  kBeginsStay,  ///< the entry moves to the end of the join order
};

/// Adds `viewer` to the audience, or updates its entry. The viewer's own entry of the stored room
/// is loaded.
/// @errors kRoomNotFound, also for an inactive room; kAudienceFull.
/// @source protocol B.5.
Result<RoomChange> AddAudience(const Room* stored, Dialect dialect, Audience viewer,
                               const RoomPolicy& policy, TimePoint now,
                               Rejoin rejoin = Rejoin::kKeepsStay);

/// Removes a viewer whose entry is loaded; without an entry it changes nothing. One that has lapsed
/// (kHeartbeatTimeout) may return: its event has what that needs.
/// @errors kRoomNotFound.
/// @source protocol B.5.
Result<RoomChange> DeleteAudience(const Room* stored, Dialect dialect, const UserId& user_id,
                                  LeaveReason reason, const RoomPolicy& policy, TimePoint now);

}  // namespace rtcroom::rules
