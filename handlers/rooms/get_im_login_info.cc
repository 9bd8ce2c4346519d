#include <optional>
#include <utility>

#include "handlers/rooms/endpoints.h"
#include "handlers/rooms/fields.h"
#include "handlers/rooms/login_reply.h"

namespace rtcroom {
namespace {

Reply ReplyTo(const Result<ImLogin>& login, const HandlerContext& context) {
  if (!login) return Reply::Failure(login.error());
  JsonText answer = LoginFields(*login, context);
  const std::optional<Secret>& session_key = login->session_key;
  if (session_key) answer.Field("sessionKey", session_key->Reveal());
  return Reply::Success(std::move(answer));
}

}  // namespace

void HandleGetImLoginInfo(const Request& request, const HandlerContext& context, Answer answer) {
  Fields fields = FieldsOf(request);
  const ImLoginCommand command{
      .dialect = Dialect::kGen1,
      .user_id_prefix = fields.Text(field::kUserIdPrefix),
      .code = fields.Text(field::kCode),
      .claimed = fields.OptionalUser(field::kImUserId),
      .address = request.address,
  };
  if (!fields.ok()) return answer(Reply::Failure(fields.error()));

  context.services.logins.Login(
      command, [&context, answer = std::move(answer)](const Result<ImLogin>& login) {
        answer(ReplyTo(login, context));
      });
}

}  // namespace rtcroom
