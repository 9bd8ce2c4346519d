// The groups of the message channel: which room each is of, and who may be in it.
#pragma once

#include <cstdint>

#include "daemon/base/result.h"
#include "daemon/channel/channel_core.h"
#include "daemon/channel/group_access_check.h"
#include "daemon/core/room_store.h"

namespace rtcroom {

/// A group as its room is stored.
struct GroupFacts {
  RoomKey room{};
  std::uint64_t number = 0;
  Dialect dialect = Dialect::kGen1;
  std::uint64_t last_seq = 0;    ///< of its messages
  std::uint64_t last_event = 0;  ///< `Room::last_event`
};

/// Groups exist exactly as long as their rooms. `ChannelOptions::access` says who may join.
///
/// @threads safe from any thread; reads the store, and never waits for a commit.
class ChannelGroups {
 public:
  /// @param deps  outlive this object.
  ChannelGroups(const ChannelDeps& deps, GroupAccess access) : deps_(deps), access_(access) {}

  /// The room of any kind with that ID, if the caller reaches it.
  /// @errors kRoomNotFound; kStoreBusy; kStoreBroken.
  Result<Room> FindRoom(const ChannelInstance& caller, const RoomId& id);
  /// The room, if the caller may be in its group now.
  /// @errors kRoomNotFound; kNotAllowed; kStoreBusy; kStoreBroken.
  Result<Room> FindRoomToJoin(const ChannelInstance& caller, const RoomId& id);
  /// The room of that number, if the account may be in its group now.
  /// @errors as `FindRoomToJoin`.
  Result<Room> OpenRoom(const UserId& account, const RoomKey& key, std::uint64_t room_number);
  /// Whether the account may be in the room's group now. Only `GroupAccess::kMembers` makes it read
  /// the store, since this server may not know of a change yet that the store has.
  /// @errors as `FindRoomToJoin`.
  Status CheckAccess(const UserId& account, const RoomKey& key, std::uint64_t room_number);
  /// @errors kRoomNotFound; kStoreBusy; kStoreBroken.
  Result<GroupFacts> FactsOf(const Room& room);

 private:
  const ChannelDeps& deps_;
  const GroupAccess access_;
};

}  // namespace rtcroom
