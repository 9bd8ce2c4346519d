#include <string>
#include <utility>

#include "handlers/rooms/endpoints.h"
#include "handlers/rooms/fields.h"
#include "handlers/rooms/login_reply.h"
#include "handlers/rooms/utils_request.h"

namespace rtcroom {

void HandleGetLoginInfo(const Request& request, const HandlerContext& context, Answer answer) {
  ImLoginCommand command{.dialect = Dialect::kGen2,
                         .code = QueryValue(request, field::kCode.name),
                         .address = request.address};
  if (command.code.size() > field::kCode.max_bytes) {
    return answer(Reply::Failure({Errc::kBadRequest, "code: too long"}));
  }
  // Clients that have not logged in send it empty.
  if (std::string claimed = QueryValue(request, "userID"); !claimed.empty()) {
    command.claimed = UserId{std::move(claimed)};
  }
  context.services.logins.Login(command, [&context, answer = std::move(answer)](
                                             const Result<ImLogin>& login) {
    answer(login ? Reply::Success(LoginFields(*login, context)) : Reply::Failure(login.error()));
  });
}

}  // namespace rtcroom
