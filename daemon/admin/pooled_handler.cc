#include "daemon/admin/pooled_handler.h"

#include <memory>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "daemon/admin/admin_reply.h"
#include "daemon/base/log_scope.h"

namespace rtcroom {
namespace {

AdminReply AnswerCall(const ConsoleCall& call, const HttpRequest& request) {
  Result<nlohmann::json> outcome = call(request);
  return outcome ? AdminSuccess(*std::move(outcome)) : AdminFailure(outcome.error());
}

AdminReply Busy() {
  return AdminFailure({Errc::kTooManyRequests, "too many calls wait already, or draining"});
}

}  // namespace

void DeferToPool(CallPool& pool, AdminResponder& responder,
                 std::function<void(AdminResponder& responder)> answer) {
  // Shared by the two functions, of which one runs.
  const auto later = std::make_shared<AdminResponder>(std::move(responder));
  const bool taken = pool.TrySubmit(
      {.run =
           [answer = std::move(answer), later, request_id = std::string(LogScope::Current())] {
             const LogScope scope(request_id);
             answer(*later);
           },
       .expired = [later] { later->Send(Busy()); }});
  if (!taken) later->Send(Busy());
}

AdminHandler OnPool(CallPool& pool, ConsoleCall call) {
  return [&pool, call = std::move(call)](const HttpRequest& request, AdminResponder& responder) {
    DeferToPool(pool, responder,
                [call, request](AdminResponder& later) { later.Send(AnswerCall(call, request)); });
  };
}

}  // namespace rtcroom
