// The words for enumerators, as logs, metrics and test messages show them.
#include <array>
#include <string_view>

#include "daemon/core/ids.h"
#include "daemon/core/result.h"
#include "daemon/core/room_event.h"

namespace rtcroom {

std::string_view ErrcName(Errc code) {
  switch (code) {
    case Errc::kBadRequest:
      return "bad_request";
    case Errc::kUnauthorized:
      return "unauthorized";
    case Errc::kNoCredentials:
      return "no_credentials";
    case Errc::kTokenMalformed:
      return "token_malformed";
    case Errc::kUnknownApp:
      return "unknown_app";
    case Errc::kNoSession:
      return "no_session";
    case Errc::kTokenWrong:
      return "token_wrong";
    case Errc::kBadIdentity:
      return "bad_identity";
    case Errc::kNotAllowed:
      return "not_allowed";
    case Errc::kRoomNotFound:
      return "room_not_found";
    case Errc::kRoomExists:
      return "room_exists";
    case Errc::kRoomFull:
      return "room_full";
    case Errc::kAudienceFull:
      return "audience_full";
    case Errc::kInfoTooLong:
      return "info_too_long";
    case Errc::kNotJson:
      return "not_json";
    case Errc::kPusherNotFound:
      return "pusher_not_found";
    case Errc::kNotCreator:
      return "not_creator";
    case Errc::kTooManyRooms:
      return "too_many_rooms";
    case Errc::kTooManyRequests:
      return "too_many_requests";
    case Errc::kStoreBusy:
      return "store_busy";
    case Errc::kStoreBroken:
      return "store_broken";
    case Errc::kUnavailable:
      return "unavailable";
    case Errc::kUnreachable:
      return "unreachable";
    case Errc::kFileNotFound:
      return "file_not_found";
    case Errc::kCursorExpired:
      return "cursor_expired";
    case Errc::kInternal:
      return "internal";
  }
  return "unknown";
}

std::ostream& operator<<(std::ostream& out, Errc code) { return out << ErrcName(code); }

std::ostream& operator<<(std::ostream& out, const Error& error) {
  out << error.code;
  if (!error.detail.empty()) out << " (" << error.detail << ")";
  return out;
}

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

std::string_view HappeningName(const RoomHappening& happening) {
  constexpr std::array<std::string_view, std::variant_size_v<RoomHappening>> kNames = {
      "room_created",   "room_activated",   "pusher_added",   "pusher_updated", "pusher_deleted",
      "audience_added", "audience_deleted", "custom_changed", "room_destroyed"};
  return kNames.at(happening.index());
}

}  // namespace rtcroom
