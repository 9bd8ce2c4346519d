#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>

#include "daemon/base/text.h"
#include "handlers/rooms/endpoints.h"
#include "handlers/rooms/fields.h"

namespace rtcroom {
namespace {

using std::chrono::seconds;

constexpr seconds kMaxLife{86'400};

/// The signed text is key, time and userID with no separator, and the live API signs key and time
/// alone. A userID that begins with digits would extend the time: a signature for one day would be
/// valid for centuries.
bool GoesOnWithDigits(const UserId& user_id) {
  return !user_id.value.empty() && IsAsciiDigit(user_id.value.front());
}

Status CheckCaller(const Request& request, const UtilsServices* utils) {
  if (utils != nullptr && utils->open_login_info) return {};
  if (request.proven_caller) return {};
  return Error{Errc::kUnauthorized, "token: missing or wrong"};
}

}  // namespace

Reply HandlePostLoginInfo(const Request& request, const HandlerContext& context) {
  const UtilsServices* const utils = context.services.utils;
  if (const Status caller = CheckCaller(request, utils); !caller) {
    return Reply::Failure(caller.error());
  }
  Fields fields = FieldsOf(request);
  const std::int64_t life = fields.Integer(field::kTime);
  const UserId user_id = fields.User();
  if (!fields.ok()) return Reply::Failure(fields.error());
  if (life < 1) return Reply::Failure({Errc::kBadRequest, "time: less than 1"});
  if (GoesOnWithDigits(user_id)) {
    return Reply::Failure({Errc::kBadRequest, "userID: begins with a digit"});
  }
  if (request.proven_caller && *request.proven_caller != user_id) {
    return Reply::Failure({Errc::kUnauthorized, "userID: not that of the token"});
  }
  if (utils == nullptr) return Reply::Failure({Errc::kUnavailable, "no signer"});

  const auto now = std::chrono::floor<seconds>(context.services.clock.Now());
  const auto ends = now + std::min(seconds(life), kMaxLife);
  const Result<std::string> sign = utils->login_info.Sign(user_id, ends);
  if (!sign) return Reply::Failure(sign.error());
  return Reply::Success(JsonText()
                            .Field("userID", user_id.value)
                            .Field("txTime", ends.time_since_epoch().count())
                            .Field("sign", *sign));
}

}  // namespace rtcroom
