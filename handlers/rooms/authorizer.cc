#include "handlers/rooms/authorizer.h"

#include <optional>
#include <string>
#include <utility>

#include "daemon/base/address_key.h"
#include "handlers/rooms/fields.h"
#include "handlers/rooms/utils_request.h"
#include "handlers/shared/request_charge.h"
#include "handlers/shared/request_text.h"

namespace rtcroom {
namespace {

/// A body may omit the caller; the handler refuses an invalid id.
bool NamesAnother(const nlohmann::json& body, const UserId& caller) {
  const auto found = body.find("userID");
  if (found == body.end() || IsEmptyValue(*found)) return false;
  const std::optional<std::string> named = IdText(*found);
  return named && *named != caller.value;
}

}  // namespace

Result<Request> Authorizer::Authorize(const HttpRequest& request, const RouteEntry& found,
                                      Protocol protocol, FormPairs query, Look look) const {
  const EndpointSpec& route = *found.route;
  if (route.scope == RouteScope::kUtils) {
    return AuthorizeUtils(request, protocol, std::move(query), look);
  }
  if (const Status served = CheckMode(protocol); !served) return served.error();
  Result<std::optional<UserId>> caller = ProvenCaller(route, protocol, query, look);
  if (!caller) return caller.error();
  Result<Body> body = ParseBody(request.content_type, request.body);
  if (!body) return body.error();
  if (*caller && NamesAnother(body->fields, **caller)) {
    return Error{Errc::kTokenWrong, "userID: not the one that the token is of"};
  }
  Request call{.room_kind = found.kind.value_or(RoomKind::kDouble),
               .protocol = protocol,
               .query = std::move(query),
               .body = std::move(body->fields),
               .unread = std::move(body->unread),
               .proven_caller = *std::move(caller),
               .address = request.peer_address};
  if (bind_gen1_ && protocol == Protocol::kGen1) call.from = AddressKey(request.peer_address);
  if (const Status admitted = CheckRate(request, route, call); !admitted) return admitted.error();
  return call;
}

Result<Request> Authorizer::AuthorizeUtils(const HttpRequest& request, Protocol protocol,
                                           FormPairs query, Look look) const {
  Result<Request> call = ReadUtilsRequest(request, protocol, std::move(query));
  if (!call) return call;
  // A token is optional here; a valid one proves the caller's identity.
  if (mode_ == AuthMode::kOpen) return call;
  const Result<TokenOutcome> outcome = CheckToken(call->query, look);
  if (!outcome) return outcome.error();
  if (*outcome == TokenOutcome::kOk) {
    call->proven_caller = UserId{std::string(FirstOrEmpty(call->query, "userID"))};
  } else if (look == Look::kFirst && IsUnknown(*outcome)) {
    return Error{ErrcOf(*outcome), {}};
  }
  return call;
}

Result<TokenOutcome> Authorizer::CheckToken(const FormPairs& query, Look look) const {
  const std::string_view user_id = FirstOrEmpty(query, "userID");
  const std::string_view token = FirstOrEmpty(query, "token");
  if (look == Look::kAgain) return sessions_.CheckStored(user_id, token);
  return sessions_.Check(user_id, token);
}

Status Authorizer::CheckMode(Protocol protocol) const {
  if (protocol != Protocol::kGen2 && mode_ == AuthMode::kToken) {
    return Error{Errc::kUnauthorized,
                 "token: missing; this server serves only callers that have logged in"};
  }
  return {};
}

Result<std::optional<UserId>> Authorizer::ProvenCaller(const EndpointSpec& route, Protocol protocol,
                                                       const FormPairs& query, Look look) const {
  const bool needs_token =
      protocol == Protocol::kGen2 && route.login == RouteLogin::kNeeded && mode_ != AuthMode::kOpen;
  if (!needs_token) return std::optional<UserId>();
  const Result<TokenOutcome> outcome = CheckToken(query, look);
  if (!outcome) return outcome.error();
  if (*outcome != TokenOutcome::kOk) return Error{ErrcOf(*outcome), {}};
  return std::optional<UserId>(UserId{std::string(FirstOrEmpty(query, "userID"))});
}

Status Authorizer::CheckRate(const HttpRequest& request, const EndpointSpec& route,
                             const Request& call) const {
  // A paced call is delayed instead and takes no token (protocol A.4.7).
  if (route.tokens == RouteTokens::kNone || route.plan.paced) return {};
  bool admitted = true;
  if (call.proven_caller) {
    admitted = admission_.AdmitsUser(*call.proven_caller);
    const std::uint32_t more = MoreTokensFor(request.body.size());
    if (admitted && more > 0) admission_.ChargeUser(*call.proven_caller, more);
  } else if (route.tokens == RouteTokens::kAddressAndUser) {
    Fields fields = FieldsOf(call);
    const UserId claimed = fields.User();
    // The handler refuses a call without a valid userID.
    admitted = !fields.ok() || admission_.AdmitsClaim(request.peer_address, claimed);
  }
  if (!admitted) return Error{Errc::kTooManyRequests, "userID: too many requests"};
  return {};
}

}  // namespace rtcroom
