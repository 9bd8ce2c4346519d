// create_room and add_pusher for tests whose IM service answers synchronously.
#pragma once

#include <optional>
#include <utility>

#include "daemon/core/room_service.h"

namespace rtcroom {

/// @return kInternal when there is no answer by the time the call returns.
inline Result<RoomId> CreateNow(RoomService& rooms, const CreateRoomCommand& command) {
  std::optional<Result<RoomId>> outcome;
  rooms.CreateRoom(command, [&outcome](Result<RoomId> made) { outcome = std::move(made); });
  if (!outcome) return Error{Errc::kInternal, "it was not answered at once"};
  return *std::move(outcome);
}

/// The same for a pusher.
inline Status AddNow(RoomService& rooms, const AddPusherCommand& command) {
  std::optional<Status> outcome;
  rooms.AddPusher(command, [&outcome](const Status& added) { outcome = added; });
  if (!outcome) return Error{Errc::kInternal, "it was not answered at once"};
  return *std::move(outcome);
}

}  // namespace rtcroom
