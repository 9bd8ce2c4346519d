#include "handlers/router.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "daemon/base/thrown.h"
#include "handlers/bill.h"
#include "handlers/form.h"
#include "handlers/later_answer.h"
#include "handlers/refusal.h"
#include "handlers/text.h"
#include "handlers/utils_request.h"

namespace rtcroom {
namespace {

constexpr int kNoContent = 204;
constexpr int kNotFound = 404;
constexpr int kMethodNotAllowed = 405;
constexpr int kServiceUnavailable = 503;

/// Takes what is between the next slashes off the front of `path`; empty at its end.
std::string_view TakeSegment(std::string_view& path) {
  path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

/// Takes `segments` off the front of `path`, or says that it begins otherwise.
bool TakePrefix(const std::vector<std::string>& segments, std::string_view& path) {
  for (const std::string& segment : segments) {
    if (!EqualsIgnoringCase(TakeSegment(path), segment)) return false;
  }
  return true;
}

/// What to answer to the exception that is being handled.
Reply Slipped() { return Reply::Failure({Errc::kInternal, std::string(TypeOfThrown())}); }

/// What a caller who comes too often is told.
Reply TooOften() { return Reply::Failure({Errc::kTooManyRequests, "address: too many requests"}); }

/// @param answer  shared by all copies of the function that the handler is given.
void RunLaterHandler(LaterHandler handler, const Request& call, const HandlerContext& context,
                     const std::shared_ptr<LaterAnswer>& answer) {
  try {
    handler(call, context, [answer](const Reply& reply) { answer->Send(reply); });
  } catch (...) {
    answer->Send(Slipped());
  }
}

/// Many may have been let in at once and wait for their turn. Those whose sender owes by then for
/// the ones before are refused like any that come later.
/// @param answer  likewise.
void RunSlicedHandler(SlicedHandler handler, const Request& call, const HandlerContext& context,
                      PendingReply& pending, const std::shared_ptr<LaterAnswer>& answer) {
  try {
    pending.RunInSlices([slice = handler(call, context), answer, has_begun = false]() mutable {
      try {
        if (!std::exchange(has_begun, true) && answer->IsOwing()) {
          answer->Send(TooOften());
          return true;
        }
        const std::optional<Reply> reply = slice();
        if (reply) answer->Send(*reply);
        return reply.has_value();
      } catch (...) {
        answer->Send(Slipped());
        return true;
      }
    });
  } catch (...) {
    answer->Send(Slipped());
  }
}

}  // namespace

Router::Router(const Services& services, RouterOptions options)
    : context_{.services = services,
               .sdk_app_id = options.sdk_app_id,
               .account_type = std::move(options.account_type),
               .custom_set = options.custom_set,
               .gen1_login = options.gen1_login,
               .trust_userid = options.trust_userid},
      gate_(services.sessions, services.admission, options.auth_mode, options.gen1_bind),
      cors_(std::move(options.cors_origins)) {
  // The first match wins, and a pinned prefix goes before all other rules (protocol C.1).
  if (!options.gen1_prefix.empty()) AddMount(options.gen1_prefix, Protocol::kGen1);
  if (!options.gen2_prefix.empty()) AddMount(options.gen2_prefix, Protocol::kGen2);
  AddMount(options.prefix, std::nullopt);
  AddMount("/webrtc/" + options.prefix, Protocol::kWebrtc);
}

void Router::AddMount(std::string_view prefix, std::optional<Protocol> pinned) {
  Mount mount{.segments = {}, .pinned = pinned};
  while (true) {
    const std::string_view segment = TakeSegment(prefix);
    if (segment.empty()) break;
    mount.segments.emplace_back(segment);
  }
  mounts_.push_back(std::move(mount));
}

RequestPlan Router::Plan(std::string_view method, std::string_view raw_path) const {
  // Which endpoint that is, is known only when it is decoded. No client writes our paths so; one
  // that does gets what is good for every endpoint.
  if (raw_path.find('%') != std::string_view::npos) return {.lane = Lane::kWorker, .paced = true};
  const std::optional<Target> target = FindTarget(method, raw_path);
  if (!target || method != target->found.route->method) return {.lane = Lane::kInline};
  return target->found.route->plan;
}

std::chrono::nanoseconds Router::Delay(std::string_view address) const {
  return context_.services.admission.DelayOfAddress(address);
}

std::optional<HttpReply> Router::Handle(const HttpRequest& request, const DeferReply& defer) const {
  RequestLabel label;
  Headers headers;
  cors_.AddOrigin(request.origin, headers);
  std::optional<HttpReply> reply;
  try {
    reply = Dispatch(request, defer, label, headers);
  } catch (...) {
    reply = Render(Slipped(), label);
  }
  if (reply) reply->headers.insert(reply->headers.end(), headers.begin(), headers.end());
  return reply;
}

HttpReply Router::Refuse(int status, std::string_view origin) const {
  HttpReply reply = Refusal(status);
  if (status == kServiceUnavailable) reply.headers.emplace_back("Retry-After", "1");
  cors_.AddOrigin(origin, reply.headers);
  return reply;
}

HttpReply Router::Refusal(int status) { return RefusalOf(status); }

RouteChoice Router::ChoiceOf(std::string_view method, std::optional<Protocol> pinned) const {
  const UtilsServices* const utils = context_.services.utils;
  return {.method = method, .pinned = pinned, .with_utils = utils != nullptr && utils->enabled};
}

std::optional<Router::Target> Router::FindTarget(std::string_view method,
                                                 std::string_view path) const {
  for (const Mount& mount : mounts_) {
    std::string_view rest = path;
    if (!TakePrefix(mount.segments, rest)) continue;
    const std::string_view area = TakeSegment(rest);
    const std::string_view endpoint = TakeSegment(rest);
    if (!TakeSegment(rest).empty()) continue;
    const std::optional<RoutedPath> found =
        FindRoute(area, endpoint, ChoiceOf(method, mount.pinned));
    if (!found) continue;
    return Target{.found = *found, .pinned = mount.pinned};
  }
  return std::nullopt;
}

bool Router::Admits(const HttpRequest& request, const std::optional<Target>& target) const {
  const Route* const called =
      target && target->found.route->method == request.method ? target->found.route : nullptr;
  if (called != nullptr && called->tokens == RouteTokens::kNone) return true;
  Admission& admission = context_.services.admission;
  // A call that is held back has its token already: an error would end the caller's room (A.4.7).
  const bool admitted =
      (called != nullptr && called->plan.paced) || admission.AdmitsAddress(request.peer_address);
  const std::uint32_t more = MoreTokensFor(request.body.size());
  if (admitted && more > 0) admission.ChargeAddress(request.peer_address, more);
  return admitted;
}

std::optional<HttpReply> Router::Dispatch(const HttpRequest& request, const DeferReply& defer,
                                          RequestLabel& label, Headers& headers) const {
  const std::optional<Target> target = FindTarget(request.method, request.path);
  // What is no call at all takes a token, too, but is answered as it is: that costs no more.
  const bool admitted = Admits(request, target);
  if (!target) return RefusalOf(kNotFound, label);
  const Route& route = *target->found.route;
  label.endpoint = route.endpoint;
  label.kind = target->found.kind;
  if (route.caching == RouteCaching::kNever) headers.emplace_back("Cache-Control", "no-store");

  if (request.method == "OPTIONS") {
    HttpReply reply{.status = kNoContent, .label = label};
    Cors::AddPreflight(reply.headers);
    return reply;
  }
  if (request.method != route.method) {
    HttpReply reply = RefusalOf(kMethodNotAllowed, label);
    reply.headers.emplace_back(
        "Allow", AllowedMethods(target->found, ChoiceOf(request.method, target->pinned)));
    return reply;
  }

  FormPairs query = ParseForm(request.query);
  const Protocol protocol = target->pinned.value_or(ProtocolOf(route, query));
  label.protocol = protocol;
  if (protocol != Protocol::kWebrtc) label.dialect = MannersOf(protocol).dialect;
  if (!admitted) {
    return Render(TooOften(), label);
  }
  const Result<Request> call = gate_.Admit(request, target->found, protocol, std::move(query));
  if (!call) return Render(Reply::Failure(call.error()), label);
  Bill bill;
  if (route.tokens != RouteTokens::kNone) {
    bill = Bill(context_.services.admission, request.peer_address, call->proven_caller);
  }
  if (route.handler != nullptr) {
    HttpReply reply = Render(route.handler(*call, context_), label);
    bill.ChargeReply(reply.body.size());
    return reply;
  }
  const std::shared_ptr<PendingReply> pending = defer();
  const auto answer = std::make_shared<LaterAnswer>(pending, label, headers, std::move(bill));
  if (route.sliced != nullptr) {
    RunSlicedHandler(route.sliced, *call, context_, *pending, answer);
  } else {
    RunLaterHandler(route.later, *call, context_, answer);
  }
  return std::nullopt;
}

}  // namespace rtcroom
