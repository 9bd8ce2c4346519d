#include "daemon/admin/admin_server.h"

#include <string_view>
#include <utility>

namespace rtcroom {
namespace {

/// Any program of the machine can connect: connections that it leaves idle must not keep monitors
/// and media servers out.
HttpListenerOptions ReplacingIdle(HttpListenerOptions options) {
  options.connections.replaces_idle = true;
  return options;
}

}  // namespace

void AddMonitorRoutes(AdminRouter& router, ReadinessCheck& readiness,
                      std::function<std::string()> metrics) {
  const auto add = [&](std::string_view path, Lane lane, auto answer) {
    router.Add({.path = path,
                .guard = AdminRoute::Guard::kOpen,
                .handler = [answer](const HttpRequest&, AdminResponder& to) { answer(to); },
                .lane = lane});
  };
  // These two do not wait for the store, so they are answered even while all workers do.
  add("/healthz", Lane::kInline,
      [](AdminResponder& to) { to.Send({.http = {.body = R"({"code":0,"message":"alive"})"}}); });
  add("/servez", Lane::kInline, [&readiness](AdminResponder& to) { readiness.AnswerServing(to); });
  // Requests of monitors have priority over those of operators.
  add("/readyz", Lane::kUrgent, [&readiness](AdminResponder& to) { readiness.AnswerReady(to); });
  add("/metrics", Lane::kUrgent, [text = std::move(metrics)](AdminResponder& to) {
    to.Send({.http = {.headers = {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}},
                      .body = text()}});
  });
}

AdminServer::AdminServer(HttpListenerOptions options, AdminRouter& router,
                         std::vector<RequestHandler*> callbacks, HttpListenerDeps deps)
    : router_(router),
      callbacks_(std::move(callbacks)),
      listener_(ReplacingIdle(std::move(options)), *this, deps) {}

RequestPlan AdminServer::Resolve(HttpRequest& request) {
  RequestHandler* const callbacks = FirstServing(callbacks_, request);
  request.handler = callbacks == nullptr ? &router_ : callbacks;
  return request.handler->Resolve(request);
}

}  // namespace rtcroom
