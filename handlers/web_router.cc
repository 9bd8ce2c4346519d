#include "handlers/web_router.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "daemon/base/log_scope.h"
#include "daemon/base/text.h"
#include "handlers/request_charge.h"

namespace rtcroom {
namespace {

namespace http_status {
constexpr int kOk = 200;
constexpr int kCreated = 201;
constexpr int kNoContent = 204;
constexpr int kBadRequest = 400;
constexpr int kForbidden = 403;
constexpr int kNotFound = 404;
constexpr int kMethodNotAllowed = 405;
constexpr int kNotAcceptable = 406;
constexpr int kTooLarge = 413;
constexpr int kUnsupportedType = 415;
constexpr int kInternalError = 500;
constexpr int kServiceUnavailable = 503;
}  // namespace http_status

constexpr std::string_view kSdp = "application/sdp";
constexpr std::string_view kForAWorker = "1";  ///< seconds until another attempt
constexpr std::string_view kForAPlace = "5";
/// The longest query of an address that is read. The ones that are signed here have about half.
constexpr std::size_t kMaxQueryBytes = 512;

/// The code is for the log and the metrics: that of the room API.
HttpReply Failure(int status, Errc failure, std::string_view text, RequestLabel& label) {
  label.code = status < http_status::kInternalError ? 1 : 6;
  label.failure = failure;
  label.failure_detail = text;
  return {.status = status,
          .headers = {{"Content-Type", "text/plain; charset=utf-8"}},
          .body = std::string(text) + '\n'};
}

HttpReply TryLater(std::string_view text, std::string_view after, RequestLabel& label) {
  HttpReply reply = Failure(http_status::kServiceUnavailable, Errc::kUnavailable, text, label);
  reply.headers.emplace_back("Retry-After", after);
  return reply;
}

HttpReply NotAllowed(RequestLabel& label) {
  return Failure(http_status::kForbidden, Errc::kNotAllowed, "this address is not valid now",
                 label);
}

bool IsSdp(std::string_view content_type) {
  return EqualsIgnoringCase(TrimBlanks(content_type.substr(0, content_type.find(';'))), kSdp);
}

/// Workers get the query as text, and repeat it with each of their calls.
bool IsPlain(std::string_view query) {
  return query.size() <= kMaxQueryBytes &&
         std::ranges::all_of(query, [](char one) { return one > ' ' && one <= '~'; });
}

/// Quoted as in a header; the texts are ASCII without quotes or backslashes.
std::string IceServerLink(std::string_view url, const IceServers& servers) {
  std::string link = fmt::format("<{}>; rel=\"ice-server\"", url);
  if (servers.username.empty() || url.starts_with("stun:")) return link;
  return link + fmt::format("; username=\"{}\"; credential=\"{}\"; credential-type=\"password\"",
                            servers.username, servers.credential);
}

}  // namespace

WebRouter::WebRouter(const WebContext& context, std::vector<std::string> cors_origins)
    : context_(context), cors_(std::move(cors_origins)) {}

std::optional<WebRouter::Target> WebRouter::TargetOf(std::string_view path) const {
  const std::string& prefix = context_.addresses.prefix();
  if (!path.starts_with(prefix)) return std::nullopt;
  path.remove_prefix(prefix.size());
  for (const std::string_view label : {"whip", "whep", "web"}) {
    const std::string_view rest = path.substr(std::min(path.size(), label.size() + 2));
    const bool matches = path.size() > label.size() + 1 && path.front() == '/' &&
                         path.substr(1, label.size()) == label && path[label.size() + 1] == '/';
    if (matches) return Target{.label = label, .rest = rest};
  }
  return std::nullopt;
}

bool WebRouter::Serves(std::string_view path) const { return TargetOf(path).has_value(); }

RequestPlan WebRouter::Resolve(HttpRequest& request) {
  return {.lane = request.method == "POST" ? Lane::kWorker : Lane::kInline};
}

void WebRouter::Handle(HttpRequest& request, Responder& responder) {
  request.request_id = context_.recorder.NextId();
  const LogScope scope(request.request_id);
  Call call{.http = request, .responder = responder, .target = *TargetOf(request.path)};
  call.label.endpoint = call.target.label;
  std::optional<HttpReply> reply;
  try {
    cors_.AddOrigin(request.origin, call.headers);
    call.headers.emplace_back("Access-Control-Expose-Headers", "Location, Link, Retry-After");
    call.headers.emplace_back("Cache-Control", "no-store");
    reply = Dispatch(call);
  } catch (...) {
    if (!responder) return;  // the table of sessions answers
    reply = Failure(http_status::kInternalError, Errc::kInternal, "internal error", call.label);
  }
  if (!reply) return;
  std::ranges::move(call.headers, std::back_inserter(reply->headers));
  context_.recorder.Record({.request_id = std::move(request.request_id),
                            .peer_address = std::move(request.peer_address),
                            .begun = request.begun},
                           call.label, reply->status);
  responder.Send(*std::move(reply));
}

HttpReply WebRouter::Refuse(int status, std::string_view reason) {
  RequestLabel label;
  HttpReply reply =
      Failure(status, status < http_status::kInternalError ? Errc::kBadRequest : Errc::kUnavailable,
              reason, label);
  cors_.AddOrigin({}, reply.headers);
  context_.recorder.RecordRefusal(label, status);
  return reply;
}

std::optional<HttpReply> WebRouter::Dispatch(Call& call) const {
  const std::string& method = call.http.method;
  const bool is_session = call.target.label == "web";
  // A session's ID cannot be guessed, and its end gives a place back.
  if (method == "OPTIONS") return Preflight(call);
  if (is_session && (method == "DELETE" || method == "PATCH")) return ChangeSession(call);
  if (!is_session && method == "POST") return TakeOffer(call);
  HttpReply reply =
      Failure(http_status::kMethodNotAllowed, Errc::kBadRequest, "method not allowed", call.label);
  reply.headers.emplace_back("Allow", is_session ? "DELETE, PATCH, OPTIONS" : "POST, OPTIONS");
  return reply;
}

// The relays are not told here, since nobody has checked whether the address may be used now.
HttpReply WebRouter::Preflight(const Call& call) {
  HttpReply reply{.status = http_status::kNoContent};
  reply.headers.emplace_back("Access-Control-Allow-Methods", "POST, DELETE, PATCH");
  reply.headers.emplace_back("Access-Control-Allow-Headers", "content-type, if-match");
  reply.headers.emplace_back("Access-Control-Max-Age", "300");
  if (call.target.label != "web") reply.headers.emplace_back("Accept-Post", kSdp);
  return reply;
}

std::optional<WebGrant> WebRouter::GrantOf(const Call& call, WebDirection direction) const {
  if (!IsPlain(call.http.query)) return std::nullopt;
  const std::optional<WebStreamName> name =
      context_.addresses.NameInPath(direction, call.target.rest);
  if (!name) return std::nullopt;
  std::optional<WebGrant> grant = context_.signatures.Read(direction, *name, call.http.query);
  return grant && grant->signed_until >= context_.clock.Now() ? grant : std::nullopt;
}

std::optional<HttpReply> WebRouter::TakeOffer(Call& call) const {
  HttpRequest& http = call.http;
  if (!IsSdp(http.content_type)) {
    return Failure(http_status::kUnsupportedType, Errc::kBadRequest,
                   "Content-Type: not application/sdp", call.label);
  }
  if (http.body.size() > kMaxOfferBytes) {
    return Failure(http_status::kTooLarge, Errc::kBadRequest, "the offer is longer than 32 KiB",
                   call.label);
  }
  if (http.body.empty()) {
    return Failure(http_status::kBadRequest, Errc::kBadRequest, "there is no offer", call.label);
  }
  if (!context_.admission.AdmitsAddress(http.peer_address)) {
    return TryLater("too many requests", kForAPlace, call.label);
  }
  if (context_.node != nullptr && context_.node->IsCutOff()) {
    return TryLater("cut off from the store", kForAWorker, call.label);
  }
  const WebDirection direction =
      call.target.label == "whip" ? WebDirection::kPublish : WebDirection::kPlay;
  std::optional<WebGrant> grant = GrantOf(call, direction);
  if (!grant) {
    context_.observer.OnWebOffer(direction, WebOpenOutcome::kNotAllowed);
    return NotAllowed(call.label);
  }
  call.label.kind = grant->binding.room.kind;

  /// An offer that waits for its answer.
  struct Waiting {
    Responder responder;
    RequestFacts facts;
    RequestLabel label;
    Headers headers;
    UserId user_id;
  };
  // Shared by the copies of the function.
  const auto waiting =
      std::make_shared<Waiting>(Waiting{.responder = std::move(call.responder),
                                        .facts = {.request_id = http.request_id,
                                                  .peer_address = http.peer_address,
                                                  .begun = http.begun},
                                        .label = std::move(call.label),
                                        .headers = std::move(call.headers),
                                        .user_id = grant->binding.user_id});
  const bool publishes = direction == WebDirection::kPublish;
  context_.sessions.Open({.grant = *std::move(grant),
                          .rtmp_query = publishes ? std::move(http.query) : std::string(),
                          .address = http.peer_address,
                          .sdp = std::move(http.body)},
                         [this, waiting](const WebAnswer& answer) {
                           HttpReply reply = ReplyTo(answer, waiting->user_id, waiting->label);
                           std::ranges::move(waiting->headers, std::back_inserter(reply.headers));
                           context_.recorder.RecordPoll(waiting->facts, waiting->label,
                                                        reply.status);
                           waiting->responder.Send(std::move(reply));
                         });
  return std::nullopt;
}

HttpReply WebRouter::ReplyTo(const WebAnswer& answer, const UserId& user_id,
                             RequestLabel& label) const {
  switch (answer.outcome) {
    case WebOpenOutcome::kOpened:
      break;
    case WebOpenOutcome::kMalformed:
      return Failure(http_status::kBadRequest, Errc::kBadRequest,
                     answer.text.empty() ? "malformed offer" : answer.text, label);
    case WebOpenOutcome::kNoCodec:
      return Failure(http_status::kNotAcceptable, Errc::kBadRequest,
                     answer.text.empty() ? "no H.264 and no Opus" : answer.text, label);
    case WebOpenOutcome::kNotAllowed:
      return NotAllowed(label);
    case WebOpenOutcome::kFull:
      return TryLater("too many sessions", kForAPlace, label);
    case WebOpenOutcome::kTooManyOffers:
      return TryLater("too many offers", kForAWorker, label);
    case WebOpenOutcome::kNoWorker:
      return TryLater("no worker for media has answered", kForAWorker, label);
    case WebOpenOutcome::kFailed:
      return TryLater("failed", kForAWorker, label);
  }
  HttpReply reply{.status = http_status::kCreated,
                  .headers = {{"Content-Type", std::string(kSdp)},
                              {"Location", fmt::format("{}/web/{}", context_.addresses.prefix(),
                                                       answer.session)}},
                  .body = answer.text};
  AddIceServers(user_id, reply.headers);
  return reply;
}

void WebRouter::AddIceServers(const UserId& user_id, Headers& headers) const {
  const IceServers servers = context_.addresses.IceServersFor(user_id, context_.clock.Now());
  for (const std::string& url : servers.urls) {
    headers.emplace_back("Link", IceServerLink(url, servers));
  }
}

HttpReply WebRouter::ChangeSession(Call& call) const {
  const std::string_view session = call.target.rest;
  const auto not_found = [&] {
    return Failure(http_status::kNotFound, Errc::kBadRequest, "no such session", call.label);
  };
  if (call.http.method == "DELETE") {
    if (!context_.sessions.Delete(session)) return not_found();
    return {.status = http_status::kOk,
            .headers = {{"Content-Type", "text/plain; charset=utf-8"}},
            .body = "ended\n"};
  }
  if (call.http.body.size() > kMaxPatchBytes) {
    return Failure(http_status::kTooLarge, Errc::kBadRequest, "longer than 8 KiB", call.label);
  }
  if (!context_.sessions.Has(session)) return not_found();
  // All candidates are in the answer, and the browser's are not needed.
  if (call.http.if_match != "*") return {.status = http_status::kNoContent};
  HttpReply reply = Failure(http_status::kMethodNotAllowed, Errc::kBadRequest,
                            "no restart of ICE: send a new offer", call.label);
  reply.headers.emplace_back("Allow", "DELETE, OPTIONS");
  return reply;
}

}  // namespace rtcroom
