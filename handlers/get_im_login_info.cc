#include <optional>
#include <utility>

#include "handlers/endpoints.h"
#include "handlers/fields.h"

namespace rtcroom {

Reply HandleGetImLoginInfo(const Request& request, const HandlerContext& context) {
  Fields fields(request.body);
  const ImLoginCommand command{
      .user_id_prefix = fields.Text("userIDPrefix"),
      .code = fields.OptionalText("code"),
      .im_user_id = fields.OptionalUser("imuserid"),
  };
  if (!fields.ok()) return Reply::Failure(fields.error());

  const Result<ImLogin> login = context.services.logins.Login(command);
  if (!login) return Reply::Failure(login.error());
  nlohmann::ordered_json answer = {
      {"userID", login->user_id.value},  {"sdkAppID", context.sdk_app_id},
      {"accType", context.account_type}, {"accountType", context.account_type},
      {"userSig", login->user_sig},
  };
  const std::optional<Secret>& session_key = login->session_key;
  if (session_key) answer["sessionKey"] = session_key->Reveal();
  return Reply::Success(std::move(answer));
}

}  // namespace rtcroom
