// login, in both dialects: the parameters are in the query; there is no body.
#include <string>
#include <string_view>
#include <utility>

#include "handlers/rooms/endpoints.h"
#include "handlers/rooms/fields.h"
#include "handlers/rooms/login_reply.h"

namespace rtcroom {
namespace {

struct Fault {
  std::string_view result{};  ///< the field of the reply, besides its message
  std::string_view detail{};  ///< for the log
};

/// @source protocol B.1.
Fault FaultOf(LoginOutcome outcome) {
  switch (outcome) {
    case LoginOutcome::kMissingParameter:
      return {.result = "请求参数不全，请检查sdkAppID，accountType，userID，userSig参数是否都存在",
              .detail = "ticket: the call is incomplete"};
    case LoginOutcome::kMalformed:
      return {.result = "userSig 格式不正确", .detail = "ticket: malformed"};
    case LoginOutcome::kWrongApp:
      return {.result = "sdkAppID 和userSig中的信息不一致",
              .detail = "ticket: of another application"};
    case LoginOutcome::kWrongUser:
      return {.result = "userID 和userSig中的信息不一致", .detail = "ticket: of another user"};
    case LoginOutcome::kExpired:
      return {.result = "userSig过期", .detail = "ticket: expired"};
    case LoginOutcome::kBadSignature:
      return {.result = "签名验证失败", .detail = "ticket: wrong signature"};
    case LoginOutcome::kOk:
      break;
  }
  return {};
}

Reply LogInWithTicket(const Request& request, Sessions& sessions) {
  const SessionLoginCommand command{.sdk_app_id = QueryValue(request, "sdkAppID"),
                                    .account_type = QueryValue(request, "accountType"),
                                    .user_id = {QueryValue(request, "userID")},
                                    .user_sig = QueryValue(request, "userSig"),
                                    .address = request.address};
  const Result<SessionLogin> login = sessions.Login(command);
  if (!login) return Reply::Failure(login.error());
  if (login->outcome != LoginOutcome::kOk) {
    const Fault fault = FaultOf(login->outcome);
    return Reply::Failure({Errc::kUnauthorized, std::string(fault.detail)},
                          JsonText().Field("result", fault.result));
  }
  return Reply::Success(
      JsonText().Field("token", login->token.Reveal()).Field("userID", command.user_id.value));
}

/// Gen-1 logins carry no ticket: the server trusts the given user ID and returns a ticket.
/// @source protocol A.4.11.
Reply LogInByName(const Request& request, const HandlerContext& context) {
  if (!context.options.gen1_login) {
    return Reply::Failure({Errc::kUnauthorized, "login: gen-1 is not served, see auth.gen1_login"});
  }
  const UserId user_id{QueryValue(request, "userID")};
  if (user_id.value.empty()) return Reply::Failure({Errc::kBadRequest, "userID: missing"});
  const Result<ImLogin> ticket = context.services.logins.SignFor(user_id);
  if (!ticket) return Reply::Failure(ticket.error());
  const Result<Secret> token = context.services.sessions.LoginTrusted(user_id, request.address);
  if (!token) return Reply::Failure(token.error());
  JsonText answer;
  answer.Field("token", token->Reveal()).Field("userID", user_id.value);
  WriteAccount(context, answer);
  answer.Field("userSig", ticket->user_sig);
  return Reply::Success(std::move(answer));
}

}  // namespace

Reply HandleLogin(const Request& request, const HandlerContext& context) {
  if (request.protocol == Protocol::kGen1) return LogInByName(request, context);
  return LogInWithTicket(request, context.services.sessions);
}

}  // namespace rtcroom
