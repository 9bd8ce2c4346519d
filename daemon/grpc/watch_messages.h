// The serialised messages of a Watch stream.
#pragma once

#include <string_view>

#include <grpcpp/support/byte_buffer.h>

#include "daemon/core/cursor.h"
#include "daemon/core/room.h"
#include "daemon/core/room_event.h"

namespace rtcroom {

// Each is a serialised v1::WatchResponse. Copies share its bytes.

/// @param cursor  as in `EventMessage`.
grpc::ByteBuffer EventBytes(const RoomEvent& event, std::string_view epoch,
                            std::string_view cursor);
grpc::ByteBuffer SnapshotRoomBytes(const Room& room);
grpc::ByteBuffer SnapshotEndBytes(const Cursor& cursor);
/// @param cursor  may be empty: a snapshot is being sent.
grpc::ByteBuffer KeepAliveBytes(std::string_view cursor);

}  // namespace rtcroom
