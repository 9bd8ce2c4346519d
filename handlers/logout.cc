#include "handlers/endpoints.h"

namespace rtcroom {
// A token that a proven caller came with was good a moment ago. Whose token was not asked for may
// have none to end: that is as good (protocol A.4.11).
Reply HandleLogout(const Request& request, const HandlerContext& context) {
  const Result<TokenOutcome> ended = context.services.sessions.Logout(
      FirstOrEmpty(request.query, "userID"), FirstOrEmpty(request.query, "token"));
  return ended ? Reply::Success() : Reply::Failure(ended.error());
}

}  // namespace rtcroom
