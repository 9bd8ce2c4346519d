#include "daemon/base/result.h"

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
    case Errc::kNotReachable:
      return "not_reachable";
    case Errc::kInstanceKicked:
      return "instance_kicked";
    case Errc::kContentRefused:
      return "content_refused";
    case Errc::kContentTooLong:
      return "content_too_long";
    case Errc::kTooManyRooms:
      return "too_many_rooms";
    case Errc::kTooManyRequests:
      return "too_many_requests";
    case Errc::kStoreBusy:
      return "store_busy";
    case Errc::kStoreBroken:
      return "store_broken";
    case Errc::kOutcomeUnknown:
      return "outcome_unknown";
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

}  // namespace rtcroom
