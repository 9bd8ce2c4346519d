#include "daemon/admin/admin_reply.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "handlers/protocol_codes.h"

namespace rtcroom {
namespace {

constexpr int kUnauthorized = 401;

/// The HTTP status, on which tools rely.
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
      return kUnauthorized;
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
  // Only a path on disk can be invalid UTF-8.
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
  HttpReply reply =
      Json(HttpStatusOf(error.code),
           {{"code", code}, {"message", ErrcName(error.code)}, {"detail", error.detail}});
  // RFC 9110 15.5.2 requires this header with 401.
  if (reply.status == kUnauthorized) reply.headers.emplace_back("WWW-Authenticate", "Bearer");
  reply.label.code = code;
  reply.label.failure = error.code;
  reply.label.failure_detail = error.detail;
  return reply;
}

}  // namespace rtcroom
