#include "daemon/edge/admin_server.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "handlers/router.h"

namespace rtcroom {
namespace {

HttpReply Json(int status, std::string body) {
  HttpReply reply;
  reply.status = status;
  reply.body = std::move(body);
  return reply;
}

/// Of what monitors ask.
bool IsWatched(std::string_view path) {
  return path == "/healthz" || path == "/readyz" || path == "/metrics";
}

/// The text without what would need an escape in JSON; reasons are our own plain words.
std::string Plain(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return c < 0x20 || c > 0x7e || c == '"' || c == '\\'; }, ' ');
  return text;
}

}  // namespace

AdminServer::AdminServer(HttpListenerOptions options, AdminSources sources, EdgeParts parts)
    : sources_(std::move(sources)),
      logger_(parts.logger),
      listener_(std::move(options), *this, parts) {}

RequestPlan AdminServer::Plan(std::string_view /*method*/, std::string_view raw_path) {
  // That the process is alive can be said even while a disk hangs, and with it all workers:
  // readiness waits for a commit.
  if (raw_path == "/healthz") return {.lane = Lane::kInline};
  // Whoever watches over the server comes before who only looks.
  return {.lane = IsWatched(raw_path) ? Lane::kUrgent : Lane::kWorker};
}

std::optional<HttpReply> AdminServer::Handle(HttpRequest request, const DeferReply& defer) {
  const std::string_view path = request.path;
  if (!IsWatched(path)) {
    return sources_.others ? sources_.others(request, defer) : Router::Refusal(404);
  }
  if (request.method != "GET" && request.method != "HEAD") {
    HttpReply reply = Router::Refusal(405);
    reply.headers.emplace_back("Allow", "GET, HEAD");
    return reply;
  }
  if (path == "/healthz") return Json(200, R"({"code":0,"message":"alive"})");
  if (path == "/readyz") return Readiness();
  HttpReply reply;
  reply.headers.emplace_back("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  reply.body = sources_.metrics();
  return reply;
}

HttpReply AdminServer::Readiness() const {
  const Status ready = sources_.readiness();
  if (ready) return Json(200, R"({"code":0,"message":"ready"})");
  const Error& error = ready.error();
  return Json(503, fmt::format(R"({{"code":6,"message":"not ready","reason":"{}: {}"}})",
                               ErrcName(error.code), Plain(error.detail)));
}

HttpReply AdminServer::Refuse(int status, const std::string& reason) {
  logger_.Debug("admin_request_refused", {{"http_status", status}, {"reason", reason}});
  return Router::Refusal(status);
}

}  // namespace rtcroom
