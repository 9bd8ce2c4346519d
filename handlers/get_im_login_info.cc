#include <optional>
#include <utility>

#include "handlers/account_fields.h"
#include "handlers/common_fields.h"
#include "handlers/endpoints.h"
#include "handlers/fields.h"

namespace rtcroom {
namespace {

Reply ReplyTo(const Result<ImLogin>& login, const HandlerContext& context) {
  if (!login) return Reply::Failure(login.error());
  JsonText answer;
  answer.Field("userID", login->user_id.value);
  WriteAccount(context, answer);
  answer.Field("userSig", login->user_sig);
  const std::optional<Secret>& session_key = login->session_key;
  if (session_key) answer.Field("sessionKey", session_key->Reveal());
  return Reply::Success(std::move(answer));
}

}  // namespace

void HandleGetImLoginInfo(const Request& request, const HandlerContext& context, Answer answer) {
  Fields fields = FieldsOf(request);
  const ImLoginCommand command{
      .user_id_prefix = fields.Text("userIDPrefix"),
      .code = fields.OptionalText("code"),
      .im_user_id = fields.OptionalUser("imuserid"),
  };
  if (!fields.ok()) return answer(Reply::Failure(fields.error()));

  context.services.logins.Login(
      command, [&context, answer = std::move(answer)](const Result<ImLogin>& login) {
        answer(ReplyTo(login, context));
      });
}

}  // namespace rtcroom
