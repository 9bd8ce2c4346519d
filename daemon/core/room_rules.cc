#include "daemon/core/room_rules.h"

#include <algorithm>
#include <utility>

namespace rtcroom::rules {
namespace {

/// Appends the next event of the room that the change is about.
void Append(RoomChange& change, TimePoint now, RoomHappening happening) {
  change.events.push_back({.room = change.room.key,
                           .dialect = change.room.dialect,
                           .room_sequence = ++change.room.last_event,
                           .at = now,
                           .happening = std::move(happening)});
}

/// A room is invisible to the other dialect (protocol C.3).
bool Sees(Dialect dialect, const Room* stored) {
  return stored != nullptr && stored->dialect == dialect;
}

void Seat(RoomChange& change, Pusher newcomer, TimePoint now) {
  newcomer.added_at = now;
  newcomer.seat = change.room.last_event + 1;
  Append(change, now,
         PusherAdded{.user_id = newcomer.user_id,
                     .user_name = newcomer.user_name,
                     .user_avatar = newcomer.user_avatar});
  change.room.pushers.push_back(std::move(newcomer));
}

/// A phone that lost its network comes back with a fresh push URL and keeps its seat. Whether
/// clients get a notice is the dialect's affair; the event is written anyway.
RoomChange Refresh(const Room& stored, Pusher comer, TimePoint now) {
  RoomChange change{.room = stored};
  const auto seat = std::ranges::find(change.room.pushers, comer.user_id, &Pusher::user_id);
  comer.seat = seat->seat;
  comer.added_at = now;
  Append(change, now,
         PusherUpdated{.user_id = comer.user_id,
                       .user_name = comer.user_name,
                       .user_avatar = comer.user_avatar});
  *seat = std::move(comer);
  return change;
}

/// Everybody who is still there goes with the room.
void Close(RoomChange& change, EndReason reason, TimePoint now) {
  for (const Pusher& pusher : change.room.pushers) {
    Append(change, now,
           PusherDeleted{.user_id = pusher.user_id, .reason = LeaveReason::kRoomDestroyed});
  }
  change.room.pushers.clear();
  Append(change, now, RoomDestroyed{.reason = reason});
  change.closed = true;
}

}  // namespace

Result<RoomChange> CreateRoom(const Room* stored, const Room& room, const Pusher& creator,
                              TimePoint now) {
  if (stored != nullptr) {
    const bool retried = stored->dialect == room.dialect && stored->creator == creator.user_id &&
                         FindPusher(*stored, creator.user_id) != nullptr;
    if (!retried) return Error{Errc::kRoomExists, {}};
    return Refresh(*stored, creator, now);
  }
  RoomChange change{.room = room};
  change.room.creator = creator.user_id;
  change.room.created_at = now;
  change.room.last_event = 0;
  change.room.pushers.clear();
  Append(change, now, RoomCreated{.creator = creator.user_id, .info = room.info});
  Seat(change, creator, now);
  return change;
}

Result<RoomChange> AddPusher(const Room* stored, Dialect dialect, Pusher newcomer,
                             std::size_t max_pushers, TimePoint now) {
  if (!Sees(dialect, stored)) return Error{Errc::kRoomNotFound, {}};
  if (FindPusher(*stored, newcomer.user_id) != nullptr) {
    return Refresh(*stored, std::move(newcomer), now);
  }
  if (stored->pushers.size() >= max_pushers) return Error{Errc::kRoomFull, {}};
  RoomChange change{.room = *stored};
  Seat(change, std::move(newcomer), now);
  return change;
}

Result<RoomChange> DeletePusher(const Room* stored, Dialect dialect, const UserId& user_id,
                                LeaveReason reason, TimePoint now) {
  if (!Sees(dialect, stored)) return Error{Errc::kPusherNotFound, {}};
  RoomChange change{.room = *stored};
  if (std::erase_if(change.room.pushers,
                    [&](const Pusher& pusher) { return pusher.user_id == user_id; }) == 0) {
    return Error{Errc::kPusherNotFound, {}};
  }
  Append(change, now, PusherDeleted{.user_id = user_id, .reason = reason});
  if (user_id == change.room.creator) Close(change, EndReason::kCreatorLeft, now);
  return change;
}

Result<RoomChange> DestroyRoom(const Room* stored, Dialect dialect, const UserId& user_id,
                               TimePoint now) {
  if (!Sees(dialect, stored)) return Error{Errc::kRoomNotFound, {}};
  if (stored->creator != user_id) return Error{Errc::kNotCreator, {}};
  RoomChange change{.room = *stored};
  Close(change, EndReason::kDestroyed, now);
  return change;
}

Result<RoomChange> DismissRoom(const Room* stored, TimePoint now) {
  if (stored == nullptr) return Error{Errc::kRoomNotFound, {}};
  RoomChange change{.room = *stored};
  Close(change, EndReason::kDismissed, now);
  return change;
}

}  // namespace rtcroom::rules
