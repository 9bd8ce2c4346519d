// Rooms, people and events as the operator's programs see them.
//
// Nothing here passes on a URL of a stream: not one of these messages has a place for it.
#pragma once

#include <optional>
#include <string_view>

#include <google/protobuf/timestamp.pb.h>
#include <rtcroom/v1/membership_notifier.pb.h>
#include <rtcroom/v1/room.pb.h>

#include "daemon/base/clock.h"
#include "daemon/core/cursor.h"
#include "daemon/core/ids.h"
#include "daemon/core/room.h"
#include "daemon/core/store.h"

namespace rtcroom {

v1::RoomKind KindMessage(RoomKind kind);
/// @return nothing for what no room has: unspecified, a kind of another service, unknown numbers.
std::optional<RoomKind> KindOf(v1::RoomKind message);

v1::Dialect DialectMessage(Dialect dialect);

/// Before 1970 too: the nanoseconds always count forward.
google::protobuf::Timestamp TimeMessage(TimePoint time);

v1::RoomRef RefMessage(const RoomKey& key);
v1::Pusher PusherMessage(const Pusher& pusher);
/// With its pushers in join order.
v1::Room RoomMessage(const Room& room);

/// @param epoch   of the history that the event is part of.
/// @param cursor  to resume after the event, as `Cursor::Encode` writes it; may be empty.
v1::Event EventMessage(const RoomEvent& event, std::string_view epoch, std::string_view cursor);

}  // namespace rtcroom
