#include <string>
#include <string_view>

#include "handlers/endpoints.h"

namespace rtcroom {
namespace {

std::string Parameter(const Request& request, std::string_view name) {
  const std::string* const value = FindFirst(request.query, name);
  return value == nullptr ? std::string() : *value;
}

}  // namespace

// A token that a proven caller came with was good a moment ago. Whose token was not asked for may
// have none to end: that is as good (protocol A.4.11).
Reply HandleLogout(const Request& request, const HandlerContext& context) {
  const Result<TokenOutcome> ended =
      context.services.sessions.Logout(Parameter(request, "userID"), Parameter(request, "token"));
  return ended ? Reply::Success() : Reply::Failure(ended.error());
}

}  // namespace rtcroom
