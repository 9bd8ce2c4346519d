#include "handlers/rooms/endpoints.h"

namespace rtcroom {
// The token of a proven caller was valid a moment ago. A caller that was not asked for a token may
// have no session to end; that is a success too (protocol A.4.11).
Reply HandleLogout(const Request& request, const HandlerContext& context) {
  const Result<TokenOutcome> ended = context.services.sessions.Logout(
      FirstOrEmpty(request.query, "userID"), FirstOrEmpty(request.query, "token"));
  return ended ? Reply::Success() : Reply::Failure(ended.error());
}

}  // namespace rtcroom
