#include <string>

#include "handlers/endpoints.h"
#include "handlers/token_outcome.h"

namespace rtcroom {

// Whose token was not asked for may have none to end: that is as good (protocol A.4.11).
Reply HandleLogout(const Request& request, const HandlerContext& context) {
  const Result<TokenOutcome> ended = context.services.sessions.Logout(
      FirstOrEmpty(request.query, "userID"), FirstOrEmpty(request.query, "token"));
  if (!ended) return Reply::Failure(ended.error());
  const Status good = StatusOf(*ended);
  return good || !request.proven_caller ? Reply::Success() : Reply::Failure(good.error());
}

}  // namespace rtcroom
