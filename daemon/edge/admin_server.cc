#include "daemon/edge/admin_server.h"

#include <string_view>
#include <utility>

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

}  // namespace

AdminServer::AdminServer(HttpListenerOptions options, AdminSources sources, EdgeParts parts)
    : sources_(std::move(sources)),
      logger_(parts.logger),
      readiness_(sources_.readiness, parts.clock),
      listener_(std::move(options), *this, parts) {}

RequestPlan AdminServer::Plan(std::string_view /*method*/, std::string_view raw_path) {
  // That the process is alive can be said even while a disk hangs, and with it all workers.
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
  if (path == "/readyz") return readiness_.Answer(defer);
  HttpReply reply;
  reply.headers.emplace_back("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  reply.body = sources_.metrics();
  return reply;
}

HttpReply AdminServer::Refuse(int status, const std::string& reason) {
  logger_.Debug("admin_request_refused", {{"http_status", status}, {"reason", reason}});
  return Router::Refusal(status);
}

}  // namespace rtcroom
