#include "daemon/channel/channel_groups.h"

namespace rtcroom {

Result<Room> ChannelGroups::FindRoom(const ChannelInstance& caller, const RoomId& id) {
  for (const RoomKind kind : kAllRoomKinds) {
    Result<Room> room = deps_.rooms.Load({kind, id});
    if (room && !IsReached(caller.reach, room->dialect)) break;
    if (room || room.error().code != Errc::kRoomNotFound) return room;
  }
  return Error{Errc::kRoomNotFound, {}};
}

Result<Room> ChannelGroups::FindRoomToJoin(const ChannelInstance& caller, const RoomId& id) {
  Result<Room> room = FindRoom(caller, id);
  if (!room) return room;
  const Status may = CheckGroupAccess(access_, caller.account, *room, deps_.rooms, deps_.bans);
  if (!may) return may.error();
  return room;
}

Result<Room> ChannelGroups::OpenRoom(const UserId& account, const RoomKey& key,
                                     std::uint64_t room_number) {
  Result<Room> room = deps_.rooms.Load(key);
  if (!room) return room;
  if (room->sequence != room_number) return Error{Errc::kRoomNotFound, {}};
  const Status may = CheckGroupAccess(access_, account, *room, deps_.rooms, deps_.bans);
  if (!may) return may.error();
  return room;
}

Status ChannelGroups::CheckAccess(const UserId& account, const RoomKey& key,
                                  std::uint64_t room_number) {
  if (deps_.bans.IsBanned(key, account)) return Error{Errc::kNotAllowed, "banned from the room"};
  if (access_ == GroupAccess::kAny) return {};
  const Result<Room> room = OpenRoom(account, key, room_number);
  return room ? Status() : room.error();
}

Result<GroupFacts> ChannelGroups::FactsOf(const Room& room) {
  const Result<std::uint64_t> last = deps_.messages.NewestRoomMessage(room.sequence);
  if (!last) return last.error();
  return GroupFacts{.room = room.key,
                    .number = room.sequence,
                    .dialect = room.dialect,
                    .last_seq = *last,
                    .last_event = room.last_event};
}

}  // namespace rtcroom
