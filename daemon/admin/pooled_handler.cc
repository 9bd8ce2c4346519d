#include "daemon/admin/pooled_handler.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "daemon/admin/admin_reply.h"
#include "daemon/base/log_scope.h"

namespace rtcroom {
namespace {

HttpReply AnswerCall(const ConsoleCall& call, const HttpRequest& request) {
  Result<nlohmann::json> outcome = call(request);
  return outcome ? AdminSuccess(*std::move(outcome)) : AdminFailure(outcome.error());
}

HttpReply Busy() {
  return AdminFailure({Errc::kTooManyRequests, "too many calls wait already, or draining"});
}

}  // namespace

std::optional<HttpReply> DeferToPool(CallPool& pool, const DeferReply& defer,
                                     std::function<void(PendingReply& pending)> answer) {
  const std::shared_ptr<PendingReply> pending = defer();
  const bool taken = pool.TrySubmit(
      {.run =
           [answer = std::move(answer), pending, asked = std::string(LogScope::Current())] {
             const LogScope scope(asked);
             answer(*pending);
           },
       .expired = [pending] { pending->Send(Busy()); }});
  if (!taken) pending->Send(Busy());
  return std::nullopt;
}

AdminHandler OnPool(CallPool& pool, ConsoleCall call) {
  return [&pool, call = std::move(call)](const HttpRequest& request, const DeferReply& defer) {
    return DeferToPool(pool, defer, [call, request](PendingReply& pending) {
      pending.Send(AnswerCall(call, request));
    });
  };
}

}  // namespace rtcroom
