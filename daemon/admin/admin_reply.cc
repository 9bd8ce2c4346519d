#include "daemon/admin/admin_reply.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "daemon/base/json_text.h"
#include "handlers/rooms/reply.h"
#include "handlers/shared/protocol_codes.h"

namespace rtcroom {
namespace {

constexpr int kUnauthorized = 401;

/// The HTTP status, on which tools rely.
int ToHttpStatus(Errc failure) {
  switch (failure) {
    case Errc::kBadRequest:
    case Errc::kInfoTooLong:
    case Errc::kNotJson:
    case Errc::kContentRefused:
    case Errc::kContentTooLong:
      return 400;
    case Errc::kUnauthorized:
    case Errc::kNoCredentials:
    case Errc::kTokenMalformed:
    case Errc::kUnknownApp:
    case Errc::kNoSession:
    case Errc::kTokenWrong:
    case Errc::kBadIdentity:
    case Errc::kInstanceKicked:
      return kUnauthorized;
    case Errc::kNotAllowed:
    case Errc::kNotCreator:
    case Errc::kNotReachable:
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
    case Errc::kOutcomeUnknown:
      return 504;
    case Errc::kInternal:
      return 500;
  }
  return 500;
}

HttpReply Json(int status, const nlohmann::json& body) {
  HttpReply reply;
  reply.status = status;
  // Only a path on disk can be invalid UTF-8.
  AppendJson(body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), reply.body);
  return reply;
}

}  // namespace

AdminReply AdminSuccess(nlohmann::json fields) {
  fields["code"] = kSuccessCode;
  return {.http = Json(200, fields)};
}

AdminReply AdminFailure(const Error& error) {
  const int code = ProtocolCodeOf(Protocol::kGen1, {}, error.code).code;
  AdminReply reply{
      .http = Json(ToHttpStatus(error.code),
                   {{"code", code}, {"message", ErrcName(error.code)}, {"detail", error.detail}}),
      .label = {.code = code, .failure = error.code, .failure_detail = error.detail}};
  // RFC 9110 15.5.2: it has to say how.
  if (reply.http.status == kUnauthorized) {
    reply.http.headers.emplace_back("WWW-Authenticate", "Bearer");
  }
  return reply;
}

AdminReply AdminRefusal(int status, std::string_view detail) {
  AdminReply reply;
  (void)RefusalOf(status, reply.label);
  if (!detail.empty()) reply.label.failure_detail = detail;
  reply.http = Json(status, {{"code", reply.label.code},
                             {"message", ErrcName(*reply.label.failure)},
                             {"detail", reply.label.failure_detail}});
  return reply;
}

}  // namespace rtcroom
