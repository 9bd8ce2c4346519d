// Names of enumerators, as logs, metrics and test messages show them.
#include <array>
#include <string_view>

#include "daemon/core/ids.h"
#include "daemon/core/room_event.h"

namespace rtcroom {

std::string_view RoomKindName(RoomKind kind) {
  switch (kind) {
    case RoomKind::kDouble:
      return "double";
    case RoomKind::kMulti:
      return "multi";
    case RoomKind::kLive:
      return "live";
    case RoomKind::kWebrtc:
      return "webrtc";
  }
  return "unknown";
}

std::string_view DialectName(Dialect dialect) {
  switch (dialect) {
    case Dialect::kGen1:
      return "gen1";
    case Dialect::kGen2:
      return "gen2";
  }
  return "unknown";
}

std::ostream& operator<<(std::ostream& out, const RoomId& id) { return out << id.value; }
std::ostream& operator<<(std::ostream& out, const UserId& id) { return out << id.value; }
std::ostream& operator<<(std::ostream& out, RoomKind kind) { return out << RoomKindName(kind); }
std::ostream& operator<<(std::ostream& out, Dialect dialect) { return out << DialectName(dialect); }
std::ostream& operator<<(std::ostream& out, const RoomKey& key) {
  return out << key.kind << "/" << key.id;
}

std::string_view LeaveReasonName(LeaveReason reason) {
  switch (reason) {
    case LeaveReason::kLeft:
      return "left";
    case LeaveReason::kHeartbeatTimeout:
      return "heartbeat_timeout";
    case LeaveReason::kStreamInterrupted:
      return "stream_interrupted";
    case LeaveReason::kKicked:
      return "kicked";
    case LeaveReason::kRoomDestroyed:
      return "room_destroyed";
  }
  return "unknown";
}

std::string_view EndReasonName(EndReason reason) {
  switch (reason) {
    case EndReason::kDestroyed:
      return "destroyed";
    case EndReason::kCreatorLeft:
      return "creator_left";
    case EndReason::kLastLeft:
      return "last_left";
    case EndReason::kIdle:
      return "idle";
    case EndReason::kDismissed:
      return "dismissed";
  }
  return "unknown";
}

std::string_view EventTypeName(const EventPayload& payload) {
  constexpr std::array<std::string_view, std::variant_size_v<EventPayload>> kNames = {
      "room_created",   "room_activated",   "pusher_added",   "pusher_updated", "pusher_deleted",
      "audience_added", "audience_deleted", "custom_changed", "room_destroyed"};
  return kNames.at(payload.index());
}

}  // namespace rtcroom
