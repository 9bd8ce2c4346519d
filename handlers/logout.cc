#include <string>
#include <string_view>

#include "handlers/endpoints.h"

namespace rtcroom {
namespace {

std::string Parameter(const Request& request, std::string_view name) {
  const std::string* const value = FindFirst(request.query, name);
  return value == nullptr ? std::string() : *value;
}

/// Whether the outcome is the store's, and not that of a check of the token.
bool IsOfTheStore(const Status& outcome) {
  return !outcome &&
         (outcome.error().code == Errc::kStoreBusy || outcome.error().code == Errc::kStoreBroken);
}

}  // namespace

// Whose token was not asked for may have none to end: that is as good (protocol A.4.11).
Reply HandleLogout(const Request& request, const HandlerContext& context) {
  const Status ended =
      context.services.sessions.Logout(Parameter(request, "userID"), Parameter(request, "token"));
  const bool failed = request.proven_caller ? !ended : IsOfTheStore(ended);
  return failed ? Reply::Failure(ended.error()) : Reply::Success();
}

}  // namespace rtcroom
