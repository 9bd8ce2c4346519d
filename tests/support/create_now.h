// Use cases of rooms for tests whose IM service answers synchronously.
#pragma once

#include <optional>
#include <utility>
#include <vector>

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

/// Evicts silent pushers.
/// @param holds  whether that is still right when the change is made.
inline ExpiryOutcome ExpireNow(RoomService& rooms, const std::vector<LapsedLease>& leases,
                               bool holds = true) {
  std::vector<Eviction> evictions;
  for (const LapsedLease& lease : leases) evictions.push_back({.lease = lease});
  return rooms.ExpirePushers(evictions, [holds](const Eviction& /*one*/) { return holds; });
}

}  // namespace rtcroom
