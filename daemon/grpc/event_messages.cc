#include "daemon/grpc/event_messages.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>

namespace rtcroom {
namespace {

v1::PusherDeleted::Reason ReasonMessage(LeaveReason reason) {
  switch (reason) {
    case LeaveReason::kLeft:
      return v1::PusherDeleted::REASON_LEFT;
    case LeaveReason::kHeartbeatTimeout:
      return v1::PusherDeleted::REASON_HEARTBEAT_TIMEOUT;
    case LeaveReason::kStreamInterrupted:
      return v1::PusherDeleted::REASON_STREAM_INTERRUPTED;
    case LeaveReason::kKicked:
      return v1::PusherDeleted::REASON_KICKED;
    case LeaveReason::kRoomDestroyed:
      return v1::PusherDeleted::REASON_ROOM_DESTROYED;
  }
  return v1::PusherDeleted::REASON_UNSPECIFIED;
}

v1::AudienceDeleted::Reason ViewerReasonMessage(LeaveReason reason) {
  switch (reason) {
    case LeaveReason::kLeft:
      return v1::AudienceDeleted::REASON_LEFT;
    case LeaveReason::kHeartbeatTimeout:
      return v1::AudienceDeleted::REASON_HEARTBEAT_TIMEOUT;
    default:
      return v1::AudienceDeleted::REASON_UNSPECIFIED;
  }
}

v1::RoomDestroyed::Reason ReasonMessage(EndReason reason) {
  switch (reason) {
    case EndReason::kDestroyed:
      return v1::RoomDestroyed::REASON_DESTROYED;
    case EndReason::kCreatorLeft:
      return v1::RoomDestroyed::REASON_CREATOR_LEFT;
    case EndReason::kLastLeft:
      return v1::RoomDestroyed::REASON_LAST_LEFT;
    case EndReason::kIdle:
      return v1::RoomDestroyed::REASON_IDLE;
    case EndReason::kDismissed:
      return v1::RoomDestroyed::REASON_DISMISSED;
  }
  return v1::RoomDestroyed::REASON_UNSPECIFIED;
}

// Fields of a pusher that joined, or rejoined.
void FillPusher(const auto& payload, v1::Pusher& pusher) {
  pusher.set_user_id(payload.user_id.value);
  pusher.set_user_name(payload.user_name);
  pusher.set_user_avatar(payload.user_avatar);
}

// One overload for each alternative: a missing one is a compile error.
struct ChangeWriter {
  void operator()(const RoomCreated& created) const {
    v1::RoomCreated& message = *event.mutable_room_created();
    message.set_creator(created.creator.value);
    message.set_room_info(created.info);
  }
  void operator()(const RoomActivated& activated) const {
    event.mutable_room_activated()->set_creator(activated.creator.value);
  }
  void operator()(const PusherAdded& added) const {
    FillPusher(added, *event.mutable_pusher_added()->mutable_pusher());
  }
  void operator()(const PusherUpdated& updated) const {
    FillPusher(updated, *event.mutable_pusher_updated()->mutable_pusher());
  }
  void operator()(const PusherDeleted& deleted) const {
    v1::PusherDeleted& message = *event.mutable_pusher_deleted();
    message.set_user_id(deleted.user_id.value);
    message.set_reason(ReasonMessage(deleted.reason));
    message.set_new_creator(deleted.new_creator.value);
  }
  void operator()(const AudienceAdded& added) const {
    v1::Audience& audience = *event.mutable_audience_added()->mutable_audience();
    audience.set_user_id(added.user_id.value);
    audience.set_user_info(added.user_info);
  }
  void operator()(const AudienceDeleted& deleted) const {
    v1::AudienceDeleted& message = *event.mutable_audience_deleted();
    message.set_user_id(deleted.user_id.value);
    message.set_reason(ViewerReasonMessage(deleted.reason));
  }
  void operator()(const CustomChanged& changed) const {
    v1::CustomChanged& message = *event.mutable_custom_changed();
    if (changed.field.empty()) {
      message.set_custom(changed.value);
    } else {
      message.set_changed("{" + changed.field + ":" + changed.value + "}");
    }
  }
  void operator()(const RoomDestroyed& destroyed) const {
    event.mutable_room_destroyed()->set_reason(ReasonMessage(destroyed.reason));
  }

  v1::Event& event;
};

}  // namespace

v1::RoomKind KindMessage(RoomKind kind) {
  switch (kind) {
    case RoomKind::kDouble:
      return v1::ROOM_KIND_DOUBLE;
    case RoomKind::kMulti:
      return v1::ROOM_KIND_MULTI;
    case RoomKind::kLive:
      return v1::ROOM_KIND_LIVE;
    case RoomKind::kWebrtc:
      return v1::ROOM_KIND_WEBRTC;
  }
  return v1::ROOM_KIND_UNSPECIFIED;
}

std::optional<RoomKind> KindOf(v1::RoomKind message) {
  for (const RoomKind kind : kAllRoomKinds) {
    if (KindMessage(kind) == message) return kind;
  }
  return std::nullopt;
}

v1::Dialect DialectMessage(Dialect dialect) {
  switch (dialect) {
    case Dialect::kGen1:
      return v1::DIALECT_GEN1;
    case Dialect::kGen2:
      return v1::DIALECT_GEN2;
  }
  return v1::DIALECT_UNSPECIFIED;
}

google::protobuf::Timestamp TimeMessage(TimePoint time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const std::chrono::nanoseconds rest = time - seconds;
  google::protobuf::Timestamp message;
  message.set_seconds(seconds.time_since_epoch().count());
  message.set_nanos(static_cast<std::int32_t>(rest.count()));
  return message;
}

v1::RoomRef RefMessage(const RoomKey& key) {
  v1::RoomRef message;
  message.set_kind(KindMessage(key.kind));
  message.set_room_id(key.id.value);
  return message;
}

v1::Pusher PusherMessage(const Pusher& pusher) {
  v1::Pusher message;
  FillPusher(pusher, message);
  *message.mutable_added_at() = TimeMessage(pusher.added_at);
  return message;
}

v1::Room RoomMessage(const Room& room) {
  v1::Room message;
  *message.mutable_room() = RefMessage(room.key);
  message.set_dialect(DialectMessage(room.dialect));
  message.set_creator(room.creator.value);
  message.set_room_info(room.info);
  *message.mutable_created_at() = TimeMessage(room.created_at);
  message.mutable_pushers()->Reserve(static_cast<int>(room.pushers.size()));
  for (const Pusher& pusher : room.pushers) *message.add_pushers() = PusherMessage(pusher);
  message.set_sequence(room.last_event);
  message.set_custom(room.custom);
  message.set_audience_count(static_cast<std::uint32_t>(room.audience_count));
  return message;
}

v1::Event EventMessage(const RoomEvent& event, std::string_view epoch, std::string_view cursor) {
  v1::Event message;
  message.set_epoch(std::string(epoch));
  message.set_sequence(event.room_sequence);
  message.set_cursor(std::string(cursor));
  *message.mutable_time() = TimeMessage(event.at);
  *message.mutable_room() = RefMessage(event.room);
  message.set_dialect(DialectMessage(event.dialect));
  std::visit(ChangeWriter{.event = message}, event.payload);
  return message;
}

}  // namespace rtcroom
