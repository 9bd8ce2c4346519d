#include "handlers/web/web_router.h"

#include <memory>
#include <utility>

#include <fmt/format.h>

#include "daemon/base/text.h"

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

/// A reply with a line of text. The label has the code that the room API would give, for the log
/// and the metrics.
/// @param retry_after  seconds until another attempt; empty: the request is to blame.
HttpReply Failure(int status, std::string_view text, RequestLabel& label,
                  std::string_view retry_after = {}) {
  label.code = status < http_status::kInternalError ? 1 : 6;
  label.failure = retry_after.empty() ? Errc::kBadRequest : Errc::kUnavailable;
  if (status == http_status::kForbidden) label.failure = Errc::kNotAllowed;
  label.failure_detail = text;
  HttpReply reply{.status = status,
                  .headers = {{"Content-Type", "text/plain; charset=utf-8"}},
                  .body = std::string(text) + '\n'};
  if (!retry_after.empty()) reply.headers.emplace_back("Retry-After", retry_after);
  return reply;
}

bool IsSdp(std::string_view content_type) {
  return EqualsIgnoringCase(TrimBlanks(content_type.substr(0, content_type.find(';'))), kSdp);
}

/// Quoted as in a header; the texts are ASCII without quotes or backslashes.
std::string IceServerLink(std::string_view url, const IceServers& servers) {
  std::string link = fmt::format("<{}>; rel=\"ice-server\"", url);
  if (servers.username.empty() || url.starts_with("stun:")) return link;
  return link + fmt::format("; username=\"{}\"; credential=\"{}\"; credential-type=\"password\"",
                            servers.username, servers.credential);
}

}  // namespace

std::optional<WebRouter::Target> WebRouter::TargetOf(std::string_view path) const {
  const std::string& prefix = context_.addresses.prefix();
  if (!path.starts_with(prefix)) return std::nullopt;
  path.remove_prefix(prefix.size());
  for (const std::string_view start : {"/whip/", "/whep/", "/web/"}) {
    if (!path.starts_with(start)) continue;
    return Target{.label = start.substr(1, start.size() - 2), .rest = path.substr(start.size())};
  }
  return std::nullopt;
}

RequestPlan WebRouter::Resolve(HttpRequest& request) {
  return {.lane = request.method == "POST" ? Lane::kWorker : Lane::kInline};
}

// Answers all but an offer that a worker may get.
std::optional<HttpReply> WebRouter::Begin(Call& call) {
  const HttpRequest& http = call.http;
  RequestLabel& label = call.label;
  const Target target = *TargetOf(http.path);
  label.endpoint = target.label;
  call.headers.emplace_back("Access-Control-Expose-Headers", "Location, Link, Retry-After");
  call.headers.emplace_back("Cache-Control", "no-store");
  const bool is_session = target.label == "web";
  if (http.method == "OPTIONS") {
    // The relays are not told here: nobody has checked whether the address may be used now.
    HttpReply reply{.status = http_status::kNoContent,
                    .headers = {{"Access-Control-Allow-Methods", "POST, DELETE, PATCH"},
                                {"Access-Control-Allow-Headers", "content-type, if-match"},
                                {"Access-Control-Max-Age", "300"}}};
    if (!is_session) reply.headers.emplace_back("Accept-Post", kSdp);
    return reply;
  }
  if (is_session && (http.method == "DELETE" || http.method == "PATCH")) {
    return ChangeSession(http, target.rest, label);
  }
  if (is_session || http.method != "POST") {
    HttpReply reply = Failure(http_status::kMethodNotAllowed, "method not allowed", label);
    reply.headers.emplace_back("Allow", is_session ? "DELETE, PATCH, OPTIONS" : "POST, OPTIONS");
    return reply;
  }
  if (!IsSdp(http.content_type)) {
    return Failure(http_status::kUnsupportedType, "Content-Type: not application/sdp", label);
  }
  if (http.body.size() > kMaxOfferBytes) {
    return Failure(http_status::kTooLarge, "the offer is longer than 32 KiB", label);
  }
  if (http.body.empty()) return Failure(http_status::kBadRequest, "there is no offer", label);
  if (!context_.admission.AdmitsAddress(http.peer_address)) {
    return Failure(http_status::kServiceUnavailable, "too many requests", label, kForAPlace);
  }
  return std::nullopt;
}

std::optional<HttpReply> WebRouter::Run(Call& call) {
  const Target target = *TargetOf(call.http.path);
  const WebDirection direction =
      target.label == "whip" ? WebDirection::kPublish : WebDirection::kPlay;
  // Shared by the copies of the function that answers.
  const auto pending = std::make_shared<PendingCall>(call, recorder(), RequestCharge(),
                                                     PendingCall::Duration::kWaits);
  context_.sessions.Open(
      {.direction = direction,
       .name = context_.addresses.NameInPath(direction, target.rest),
       .query = std::move(call.http.query),
       .address = call.http.peer_address,
       .sdp = std::move(call.http.body)},
      [this, pending](const WebAnswer& answer) {
        pending->Answer([&](RequestLabel& label) { return ReplyTo(answer, label); });
      });
  return std::nullopt;
}

HttpReply WebRouter::Fail(const Error& error, Call& call) const {
  HttpReply reply =
      Failure(http_status::kInternalError,
              error.code == Errc::kInternal ? "internal error" : error.detail, call.label);
  call.label.failure = error.code;
  return reply;
}

// A session's ID cannot be guessed, and its end gives a place back: there is no limit.
HttpReply WebRouter::ChangeSession(const HttpRequest& http, std::string_view session,
                                   RequestLabel& label) const {
  const bool deletes = http.method == "DELETE";
  if (!deletes && http.body.size() > kMaxPatchBytes) {
    return Failure(http_status::kTooLarge, "longer than 8 KiB", label);
  }
  if (!(deletes ? context_.sessions.Delete(session) : context_.sessions.Has(session))) {
    return Failure(http_status::kNotFound, "no such session", label);
  }
  if (deletes) {
    return {.status = http_status::kOk,
            .headers = {{"Content-Type", "text/plain; charset=utf-8"}},
            .body = "ended\n"};
  }
  // All candidates are in the answer, and the browser's are not needed.
  if (http.if_match != "*") return {.status = http_status::kNoContent};
  HttpReply reply =
      Failure(http_status::kMethodNotAllowed, "no restart of ICE: send a new offer", label);
  reply.headers.emplace_back("Allow", "DELETE, OPTIONS");
  return reply;
}

HttpReply WebRouter::ReplyTo(const WebAnswer& answer, RequestLabel& label) const {
  const auto text_or = [&answer](std::string_view text) {
    return answer.text.empty() ? text : std::string_view(answer.text);
  };
  switch (answer.outcome) {
    case WebOpenOutcome::kOpened:
      break;
    case WebOpenOutcome::kMalformed:
      return Failure(http_status::kBadRequest, text_or("malformed offer"), label);
    case WebOpenOutcome::kNoCodec:
      return Failure(http_status::kNotAcceptable, text_or("no H.264 and no Opus"), label);
    case WebOpenOutcome::kNotAllowed:
      return Failure(http_status::kForbidden, "this address is not valid now", label);
    case WebOpenOutcome::kFull:
      return Failure(http_status::kServiceUnavailable, "too many sessions", label, kForAPlace);
    case WebOpenOutcome::kTooManyOffers:
      return Failure(http_status::kServiceUnavailable, "too many offers", label, kForAWorker);
    case WebOpenOutcome::kNoWorker:
      return Failure(http_status::kServiceUnavailable, "no worker for media has answered", label,
                     kForAWorker);
    case WebOpenOutcome::kFailed:
      return Failure(http_status::kServiceUnavailable, "failed", label, kForAWorker);
  }
  label.kind = answer.room.kind;
  HttpReply reply{.status = http_status::kCreated,
                  .headers = {{"Content-Type", std::string(kSdp)},
                              {"Location", fmt::format("{}/web/{}", context_.addresses.prefix(),
                                                       answer.session)}},
                  .body = answer.text};
  const IceServers servers = context_.addresses.IceServersFor(answer.user_id, context_.clock.Now());
  for (const std::string& url : servers.urls) {
    reply.headers.emplace_back("Link", IceServerLink(url, servers));
  }
  return reply;
}

}  // namespace rtcroom
