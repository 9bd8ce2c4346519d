// Protobuf messages of rooms, members and events for gRPC clients.
//
// No message contains a stream URL: none has a field for it.
#pragma once

#include <optional>
#include <string_view>

#include <google/protobuf/timestamp.pb.h>
#include <rtcroom/v1/membership_notifier.pb.h>
#include <rtcroom/v1/room.pb.h>

#include "daemon/base/clock.h"
#include "daemon/core/cursor.h"
#include "daemon/core/event_log.h"
#include "daemon/core/ids.h"
#include "daemon/core/room.h"

namespace rtcroom {

v1::RoomKind KindMessage(RoomKind kind);
/// @return nullopt for kinds that no room has: unspecified, of another service, unknown numbers.
std::optional<RoomKind> KindOf(v1::RoomKind message);

v1::Dialect DialectMessage(Dialect dialect);

/// It is correct before 1970, too: nanoseconds always count forward.
google::protobuf::Timestamp TimeMessage(TimePoint time);

v1::RoomRef RefMessage(const RoomKey& key);
v1::Pusher PusherMessage(const Pusher& pusher);
/// The room with its pushers in join order.
v1::Room RoomMessage(const Room& room);

/// @param epoch   of the event's history.
/// @param cursor  to resume after the event, from `Cursor::Encode`; may be empty.
v1::Event EventMessage(const RoomEvent& event, std::string_view epoch, std::string_view cursor);

}  // namespace rtcroom
