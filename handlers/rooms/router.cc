#include "handlers/rooms/router.h"

#include <memory>
#include <string>
#include <utility>

#include "daemon/base/address_key.h"
#include "handlers/rooms/fields.h"
#include "handlers/rooms/utils_request.h"
#include "handlers/shared/request_charge.h"
#include "handlers/shared/request_text.h"

namespace rtcroom {
namespace {

constexpr int kNotFound = 404;
constexpr int kMethodNotAllowed = 405;
constexpr int kServiceUnavailable = 503;

std::vector<RouteMount> MakeMounts(const RouterOptions& options) {
  std::vector<RouteMount> mounts;
  // A pinned prefix overrides all other rules (protocol C.1).
  if (!options.gen1_prefix.empty()) mounts.push_back({options.gen1_prefix, Protocol::kGen1});
  if (!options.gen2_prefix.empty()) mounts.push_back({options.gen2_prefix, Protocol::kGen2});
  mounts.push_back({options.prefix, std::nullopt});
  mounts.push_back({"/webrtc/" + options.prefix, Protocol::kWebrtc});
  return mounts;
}

/// The route that a resolved request calls; null for an unknown path or another method.
const EndpointSpec* CalledRoute(const HttpRequest& request) {
  const RouteEntry* const entry = request.route;
  return entry != nullptr && entry->route->method == request.method ? entry->route : nullptr;
}

/// A body may omit the caller; the handler refuses an invalid id.
bool NamesAnother(const nlohmann::json& body, const UserId& caller) {
  const auto found = body.find("userID");
  if (found == body.end() || IsEmptyValue(*found)) return false;
  const std::optional<std::string> named = IdText(*found);
  return named && *named != caller.value;
}

/// Whether the request is on a worker, because the first look has not found all.
bool IsSecond(Look look) { return look == Look::kAgain || look == Look::kOnWorker; }

}  // namespace

Router::Router(const Services& services, RouterOptions options, const PipelineDeps& deps)
    : ProtocolHandler(deps),
      context_{.services = services, .options = std::move(options)},
      table_(MakeMounts(context_.options)) {}

RequestPlan Router::Resolve(HttpRequest& request) {
  request.route = table_.Find(request.method, request.path);
  const UtilsServices* const utils = context_.services.utils;
  if (request.route != nullptr && request.route->route->on == RouteSwitch::kUtils &&
      (utils == nullptr || !utils->enabled)) {
    request.route = nullptr;
  }
  const EndpointSpec* const called = CalledRoute(request);
  return called == nullptr ? RequestPlan{.lane = Lane::kInline} : called->plan;
}

std::chrono::nanoseconds Router::Delay(std::string_view client_address) {
  return context_.services.admission.DelayOfAddress(client_address);
}

Look Router::FirstLook() const {
  const SecondLooks* const looks = context_.services.looks;
  return looks != nullptr && looks->AreOthers() ? Look::kFirst : Look::kOnly;
}

std::optional<HttpReply> Router::Run(Call& call) {
  std::optional<HttpReply> reply = Dispatch(call);
  if (!call.looks_again) return reply;
  SecondLooks::Place place = context_.services.looks->TryBegin(call.http.peer_address);
  if (!place) {
    return Render(Reply::Failure({Errc::kStoreBusy, "too many are looked for"}), call.label,
                  context_.options.busy);
  }
  LookAgain(call, std::move(place));
  return std::nullopt;
}

void Router::LookAgain(Call& call, SecondLooks::Place place) {
  struct Waiting {
    SecondLooks::Place place;
    HttpRequest request;
    Responder responder;
  };
  // Shared with the worker.
  const auto waiting = std::make_shared<Waiting>(Waiting{.place = std::move(place),
                                                         .request = std::move(call.http),
                                                         .responder = std::move(call.responder)});
  const Look next = call.look == Look::kFirst ? Look::kAgain : Look::kOnWorker;
  const bool is_taken = waiting->responder.RunOnWorker(
      [this, waiting, next] { Serve(waiting->request, waiting->responder, next); });
  if (!is_taken) waiting->responder.Send(Refuse(kServiceUnavailable, "no worker is free"));
}

HttpReply Router::Refuse(int status, std::string_view reason) {
  RequestLabel label;
  HttpReply reply = RefusalOf(status, label, reason);
  label.failure_detail = reason;
  if (status == kServiceUnavailable) reply.headers.emplace_back("Retry-After", "1");
  cors().AddOrigin({}, reply.headers);
  recorder().RecordRefusal(label, status);
  return reply;
}

bool Router::AdmitsAddress(const HttpRequest& request) const {
  const EndpointSpec* const called = CalledRoute(request);
  if (called != nullptr && called->tokens == RouteTokens::kNone) return true;
  Admission& admission = context_.services.admission;
  // A delayed call has already taken its token: an error would end the caller's room (A.4.7).
  const bool admitted =
      (called != nullptr && called->plan.paced) || admission.AdmitsAddress(request.peer_address);
  const std::uint32_t more = MoreTokensFor(request.body.size());
  if (admitted && more > 0) admission.ChargeAddress(request.peer_address, more);
  return admitted;
}

std::optional<HttpReply> Router::Begin(Call& call) {
  const HttpRequest& http = call.http;
  // A request without a route also takes a token, but its reply does not depend on it: a refusal
  // would cost as much.
  const bool admitted = IsSecond(call.look) || AdmitsAddress(http);
  if (http.route == nullptr) return RefusalOf(kNotFound, call.label);
  const RouteEntry& entry = *http.route;
  const EndpointSpec& route = *entry.route;
  call.label.endpoint = route.endpoint;
  call.label.kind = entry.kind;
  if (route.caching == RouteCaching::kNever) {
    call.headers.emplace_back("Cache-Control", "no-store");
  }
  if (http.method == "OPTIONS") return Cors::Preflight();
  if (http.method != route.method) {
    HttpReply reply = RefusalOf(kMethodNotAllowed, call.label);
    reply.headers.emplace_back("Allow", table_.AllowedMethods(http.path));
    return reply;
  }

  call.query = ParseForm(http.query);
  const Protocol protocol = entry.pinned.value_or(ProtocolOf(route, call.query));
  call.label.protocol = protocol;
  if (protocol != Protocol::kWebrtc) call.label.dialect = TraitsOf(protocol).dialect;
  if (!admitted) return Render(TooManyRequests(), call.label);
  return std::nullopt;
}

std::optional<HttpReply> Router::Dispatch(Call& call) const {
  if (call.look == Look::kAgain) {
    const Status heard = context_.services.looks->CatchUp();
    if (!heard) return Render(Reply::Failure(heard.error()), call.label, context_.options.busy);
  }
  const Result<Request> request =
      Authorize(call.http, call.label.protocol, std::move(call.query), call.look);
  if (!request) {
    const Errc code = request.error().code;
    call.looks_again =
        call.look == Look::kFirst && (code == Errc::kNoSession || code == Errc::kTokenWrong);
    if (call.looks_again) return std::nullopt;
    return Render(Reply::Failure(request.error()), call.label, context_.options.busy);
  }
  return CallHandler(call, *request);
}

Result<Request> Router::Authorize(const HttpRequest& http, Protocol protocol, FormPairs query,
                                  Look look) const {
  const EndpointSpec& route = *http.route->route;
  if (route.scope == RouteScope::kUtils) {
    return AuthorizeUtils(http, protocol, std::move(query), look);
  }
  if (protocol != Protocol::kGen2 && context_.options.auth_mode == AuthMode::kToken) {
    return Error{Errc::kUnauthorized,
                 "token: missing; this server serves only callers that have logged in"};
  }
  Result<std::optional<UserId>> caller = ProvenCaller(route, protocol, query, look);
  if (!caller) return caller.error();
  Result<Body> body = ParseBody(http.content_type, http.body);
  if (!body) return body.error();
  if (*caller && NamesAnother(body->fields, **caller)) {
    return Error{Errc::kTokenWrong, "userID: not the one that the token is of"};
  }
  Request call{.room_kind = http.route->kind.value_or(RoomKind::kDouble),
               .protocol = protocol,
               .query = std::move(query),
               .body = std::move(body->fields),
               .unread = std::move(body->unread),
               .proven_caller = *std::move(caller),
               .address = http.peer_address};
  const bool is_bound = context_.options.gen1_bind && protocol == Protocol::kGen1;
  if (is_bound) call.from = AddressKey(http.peer_address);
  if (const Status admitted = AdmitCaller(http, call); !admitted) return admitted.error();
  return call;
}

Result<Request> Router::AuthorizeUtils(const HttpRequest& http, Protocol protocol, FormPairs query,
                                       Look look) const {
  Result<Request> call = ReadUtilsRequest(http, protocol, std::move(query));
  if (!call) return call;
  // A token is optional here; a valid one proves the caller's identity.
  if (context_.options.auth_mode == AuthMode::kOpen) return call;
  const Result<TokenOutcome> outcome = CheckToken(call->query, look);
  if (!outcome) return outcome.error();
  if (*outcome == TokenOutcome::kOk) {
    call->proven_caller = UserId{std::string(FirstOrEmpty(call->query, "userID"))};
  } else if (look == Look::kFirst && IsUnknown(*outcome)) {
    return Error{ErrcOf(*outcome), {}};
  }
  return call;
}

Result<TokenOutcome> Router::CheckToken(const FormPairs& query, Look look) const {
  const std::string_view user_id = FirstOrEmpty(query, "userID");
  const std::string_view token = FirstOrEmpty(query, "token");
  if (look == Look::kAgain) return context_.services.sessions.CheckStored(user_id, token);
  return context_.services.sessions.Check(user_id, token);
}

Result<std::optional<UserId>> Router::ProvenCaller(const EndpointSpec& route, Protocol protocol,
                                                   const FormPairs& query, Look look) const {
  const bool needs_token = protocol == Protocol::kGen2 && route.login == RouteLogin::kNeeded &&
                           context_.options.auth_mode != AuthMode::kOpen;
  if (!needs_token) return std::optional<UserId>();
  const Result<TokenOutcome> outcome = CheckToken(query, look);
  if (!outcome) return outcome.error();
  if (*outcome != TokenOutcome::kOk) return Error{ErrcOf(*outcome), {}};
  return std::optional<UserId>(UserId{std::string(FirstOrEmpty(query, "userID"))});
}

Status Router::AdmitCaller(const HttpRequest& http, const Request& call) const {
  const EndpointSpec& route = *http.route->route;
  Admission& admission = context_.services.admission;
  // A paced call is delayed instead and takes no token (protocol A.4.7).
  if (route.tokens == RouteTokens::kNone || route.plan.paced) return {};
  bool admitted = true;
  if (call.proven_caller) {
    admitted = admission.AdmitsUser(*call.proven_caller);
    const std::uint32_t more = MoreTokensFor(http.body.size());
    if (admitted && more > 0) admission.ChargeUser(*call.proven_caller, more);
  } else if (route.tokens == RouteTokens::kAddressAndUser) {
    Fields fields = FieldsOf(call);
    const UserId claimed = fields.User();
    // The handler refuses a call without a valid userID.
    admitted = !fields.ok() || admission.AdmitsClaim(http.peer_address, claimed);
  }
  if (!admitted) return Error{Errc::kTooManyRequests, "userID: too many requests"};
  return {};
}

std::optional<HttpReply> Router::CallHandler(Call& call, const Request& request) const {
  const EndpointSpec& route = *call.http.route->route;
  RequestCharge charge;
  if (route.tokens != RouteTokens::kNone) {
    charge =
        RequestCharge(context_.services.admission, call.http.peer_address, request.proven_caller);
  }
  if (route.handler != nullptr) {
    Reply outcome = route.handler(request, context_);
    if (outcome.misses_member) {
      const bool is_explained = route.explain_missing != nullptr && NamesClient(request) &&
                                context_.services.looks != nullptr;
      call.looks_again = call.look == Look::kFirst || (call.look == Look::kOnly && is_explained);
      if (call.looks_again) return std::nullopt;
      if (is_explained) outcome = route.explain_missing(request, context_);
    }
    HttpReply reply = Render(outcome, call.label, context_.options.busy);
    charge.ChargeReply(reply.body.size());
    return reply;
  }
  const Answer answer(call, recorder(), std::move(charge), context_.options.busy);
  try {
    if (route.sliced != nullptr) {
      answer.RunInSlices(route.sliced(request, context_));
    } else {
      route.async(request, context_, answer);
    }
  } catch (...) {
    answer(InternalError());
  }
  return std::nullopt;
}

}  // namespace rtcroom
