// The admin listener: liveness, readiness, metrics and the console.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/admin/admin_router.h"
#include "daemon/admin/readiness_check.h"
#include "daemon/http/http_handler.h"
#include "daemon/http/http_listener.h"

namespace rtcroom {

/// Adds GET `/healthz`: 200 while the process can answer; `/readyz` and `/servez`: 200, or 503 with
/// the reason; and `/metrics`: text.
/// @param readiness  outlives the routes.
/// @param metrics    in the text format of Prometheus, version 0.0.4; called from any worker.
void AddMonitorRoutes(AdminRouter& router, ReadinessCheck& readiness,
                      std::function<std::string()> metrics);

/// Asks the callbacks first, then the router. Refusals are JSON with a `code`. Unless a reply has
/// its own headers for it, caching and content type sniffing are disabled.
///
/// @threads as `HttpListener`.
class AdminServer : private HttpHandler {
 public:
  /// All of it outlives the server.
  /// @param callbacks  are asked before the router: media servers on this machine speak plain HTTP.
  AdminServer(HttpListenerOptions options, AdminRouter& router,
              std::vector<RequestHandler*> callbacks, HttpListenerDeps deps);

  [[nodiscard]] HttpListener& listener() { return listener_; }
  [[nodiscard]] const HttpListener& listener() const { return listener_; }

 private:
  RequestPlan Resolve(HttpRequest& request) override;
  HttpReply Refuse(int status, std::string_view reason) override {
    return router_.Refuse(status, reason);
  }

  AdminRouter& router_;
  const std::vector<RequestHandler*> callbacks_;
  HttpListener listener_;  // last: it uses all of the above
};

}  // namespace rtcroom
