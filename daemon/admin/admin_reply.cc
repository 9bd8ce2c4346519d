#include "daemon/admin/admin_reply.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "handlers/protocol_codes.h"

namespace rtcroom {
namespace {

/// Tools go by it.
int HttpStatusOf(Errc failure) {
  switch (failure) {
    case Errc::kBadRequest:
    case Errc::kInfoTooLong:
    case Errc::kNotJson:
      return 400;
    case Errc::kUnauthorized:
    case Errc::kNoCredentials:
    case Errc::kTokenMalformed:
    case Errc::kUnknownApp:
    case Errc::kNoSession:
    case Errc::kTokenWrong:
    case Errc::kBadIdentity:
      return 401;
    case Errc::kNotAllowed:
    case Errc::kNotCreator:
      return 403;
    case Errc::kRoomNotFound:
    case Errc::kFileNotFound:
    case Errc::kPusherNotFound:
      return 404;
    case Errc::kRoomExists:
    case Errc::kRoomFull:
    case Errc::kAudienceFull:
    case Errc::kTooManyRooms:
      return 409;
    case Errc::kCursorExpired:
      return 410;
    case Errc::kTooManyRequests:
    case Errc::kStoreBusy:
    case Errc::kStoreBroken:
    case Errc::kUnavailable:
    case Errc::kUnreachable:
      return 503;
    case Errc::kInternal:
      return 500;
  }
  return 500;
}

HttpReply Json(int status, const nlohmann::json& body) {
  HttpReply reply;
  reply.status = status;
  // What is not UTF-8 can only come from a path on disk.
  reply.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return reply;
}

}  // namespace

HttpReply AdminSuccess(nlohmann::json fields) {
  fields["code"] = kSuccessCode;
  return Json(200, fields);
}

HttpReply AdminFailure(const Error& error) {
  const int code = ProtocolCodeOf(Protocol::kGen1, {}, error.code).code;
  return Json(HttpStatusOf(error.code),
              {{"code", code}, {"message", ErrcName(error.code)}, {"detail", error.detail}});
}

}  // namespace rtcroom
