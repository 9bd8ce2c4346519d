#include "daemon/grpc/watch_messages.h"

#include <cstdint>
#include <string>

#include <grpcpp/support/slice.h>
#include <rtcroom/v1/membership_notifier.pb.h>

#include "daemon/grpc/event_messages.h"

namespace rtcroom {
namespace {

grpc::ByteBuffer BytesOf(const v1::WatchResponse& response) {
  const grpc::Slice bytes(response.ByteSizeLong());
  // No other reference exists yet.
  response.SerializeWithCachedSizesToArray(const_cast<std::uint8_t*>(bytes.begin()));
  return {&bytes, 1};
}

}  // namespace

grpc::ByteBuffer EventBytes(const RoomEvent& event, std::string_view epoch,
                            std::string_view cursor) {
  v1::WatchResponse response;
  *response.mutable_event() = EventMessage(event, epoch, cursor);
  return BytesOf(response);
}

grpc::ByteBuffer SnapshotRoomBytes(const Room& room) {
  v1::WatchResponse response;
  *response.mutable_snapshot_room() = RoomMessage(room);
  return BytesOf(response);
}

grpc::ByteBuffer SnapshotEndBytes(const Cursor& cursor) {
  v1::WatchResponse response;
  response.mutable_snapshot_end()->set_cursor(cursor.Encode());
  return BytesOf(response);
}

grpc::ByteBuffer KeepAliveBytes(std::string_view cursor) {
  v1::WatchResponse response;
  response.mutable_keep_alive()->set_cursor(std::string(cursor));
  return BytesOf(response);
}

}  // namespace rtcroom
