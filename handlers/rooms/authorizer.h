// Access control of calls: the mode, the token, the rate of each user.
#pragma once

#include <cstdint>

#include "daemon/auth/admission.h"
#include "daemon/auth/sessions.h"
#include "daemon/base/result.h"
#include "daemon/core/auth_mode.h"
#include "daemon/http/message.h"
#include "handlers/rooms/endpoint_spec.h"
#include "handlers/rooms/endpoints.h"
#include "handlers/shared/request_text.h"

namespace rtcroom {

/// @threads safe from any thread.
class Authorizer {
 public:
  /// @param bind_gen1  whether handlers get the address that gen-1 callers are bound to.
  Authorizer(Sessions& sessions, Admission& admission, AuthMode mode, bool bind_gen1)
      : sessions_(sessions), admission_(admission), mode_(mode), bind_gen1_(bind_gen1) {}

  /// Authenticates the caller, then parses the body, which must not name another user, then checks
  /// the rate. Returns the request for the handler.
  /// @errors with `Look::kFirst`, kNoSession and kTokenWrong are no outcome yet; with
  ///         `Look::kAgain` also kStoreBusy and kStoreBroken. kUnauthorized where the mode does not
  ///         admit such a request; kNoCredentials, kTokenMalformed, kUnknownApp, kNoSession,
  ///         kTokenWrong; kTooManyRequests; kBadRequest.
  /// @source protocol B.2, C.2, F.5, F.9.
  [[nodiscard]] Result<Request> Authorize(const HttpRequest& request, const RouteEntry& found,
                                          Protocol protocol, FormPairs query,
                                          Look look = Look::kOnly) const;

 private:
  [[nodiscard]] Result<Request> AuthorizeUtils(const HttpRequest& request, Protocol protocol,
                                               FormPairs query, Look look) const;
  [[nodiscard]] Result<TokenOutcome> CheckToken(const FormPairs& query, Look look) const;
  [[nodiscard]] Status CheckMode(Protocol protocol) const;
  [[nodiscard]] Result<std::optional<UserId>> ProvenCaller(const EndpointSpec& route,
                                                           Protocol protocol,
                                                           const FormPairs& query, Look look) const;
  [[nodiscard]] Status CheckRate(const HttpRequest& request, const EndpointSpec& route,
                                 const Request& call) const;

  Sessions& sessions_;
  Admission& admission_;
  const AuthMode mode_;
  const bool bind_gen1_;
};

}  // namespace rtcroom
