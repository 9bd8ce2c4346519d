// Turns an HTTP request into a reply: path, method, protocol, caller, body, handler.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "daemon/auth/sessions.h"
#include "daemon/base/result.h"
#include "daemon/http/http_handler.h"
#include "handlers/rooms/endpoint_spec.h"
#include "handlers/rooms/endpoints.h"
#include "handlers/rooms/reply.h"
#include "handlers/rooms/services.h"
#include "handlers/shared/protocol_handler.h"

namespace rtcroom {

/// Answers every request, valid or not, with JSON that has a `code` (204 to OPTIONS), and records
/// it. Paths are those of `RouteTable`.
///
/// Callers over their rate are refused, except for calls that keep or end a membership, and for
/// those that their connection delays instead (protocol F.9).
///
/// Users and members that are unknown here are looked for once more where other servers use the
/// store; beyond the limits of `SecondLooks` such a call is answered as while the store is busy.
///
/// Must outlive the asynchronous answers of its handlers.
///
/// @threads safe from any thread; blocks as long as the use case behind the endpoint does.
class Router : public ProtocolHandler {
 public:
  /// The services outlive the router.
  Router(const Services& services, RouterOptions options, const PipelineDeps& deps);

  RequestPlan Resolve(HttpRequest& request) override;

  /// Takes the token of a paced request from its address.
  /// @return the time until that token is available.
  std::chrono::nanoseconds Delay(std::string_view client_address) override;

  /// The reply that `HttpHandler::Refuse` asks for: 4xx has code 1, 5xx code 6 (protocol 0.2).
  HttpReply Refuse(int status, std::string_view reason);

 private:
  [[nodiscard]] Look FirstLook() const override;
  std::optional<HttpReply> Begin(Call& call) override;
  std::optional<HttpReply> Run(Call& call) override;
  [[nodiscard]] HttpReply Fail(const Error& error, Call& call) const override {
    return Render(Reply::Failure(error), call.label);
  }
  /// Serves the call on a worker, when the changes of other servers have been read.
  void LookAgain(Call& call, SecondLooks::Place place);

  /// Takes the tokens of the address.
  /// @return whether a handler may run.
  [[nodiscard]] bool AdmitsAddress(const HttpRequest& request) const;
  /// @return nullopt when the handler answers later, or the call `looks_again`.
  [[nodiscard]] std::optional<HttpReply> Dispatch(Call& call) const;
  /// Authenticates the caller, then parses the body, which must not name another user, then checks
  /// the rate. Returns the request for the handler.
  /// @errors with `Look::kFirst`, kNoSession and kTokenWrong are no outcome yet; with
  ///         `Look::kAgain` also kStoreBusy and kStoreBroken. kUnauthorized where the mode does not
  ///         admit such a request; kNoCredentials, kTokenMalformed, kUnknownApp, kNoSession,
  ///         kTokenWrong; kTooManyRequests; kBadRequest.
  /// @source protocol B.2, C.2, F.5, F.9.
  [[nodiscard]] Result<Request> Authorize(const HttpRequest& http, Protocol protocol,
                                          FormPairs query, Look look) const;
  [[nodiscard]] Result<Request> AuthorizeUtils(const HttpRequest& http, Protocol protocol,
                                               FormPairs query, Look look) const;
  [[nodiscard]] Result<TokenOutcome> CheckToken(const FormPairs& query, Look look) const;
  [[nodiscard]] Result<std::optional<UserId>> ProvenCaller(const EndpointSpec& route,
                                                           Protocol protocol,
                                                           const FormPairs& query, Look look) const;
  /// Takes the tokens of the caller.
  [[nodiscard]] Status AdmitCaller(const HttpRequest& http, const Request& call) const;
  [[nodiscard]] std::optional<HttpReply> CallHandler(Call& call, const Request& request) const;

  const HandlerContext context_;
  const RouteTable table_;
};

}  // namespace rtcroom
