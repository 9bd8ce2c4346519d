// The admin listener: liveness, readiness, metrics and the console.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/admin/admin_router.h"
#include "daemon/admin/readiness_check.h"
#include "daemon/base/result.h"
#include "daemon/http/http_handler.h"
#include "daemon/http/http_listener.h"

namespace rtcroom {

/// @threads all are called concurrently from all workers of the listener.
struct AdminSources {
  std::function<std::string()> metrics = {};  ///< in the text format of Prometheus, version 0.0.4
  std::vector<RequestHandler*> callbacks{};   ///< media servers on this machine speak plain HTTP
};

/// GET `/healthz`: 200 while the process can answer. `/readyz`, `/servez`: 200, or 503 with the
/// reason. `/metrics`: text. These four are added to the router, which answers all others, too.
/// Refusals are JSON with a `code`. Unless a reply has its own headers for it, caching and content
/// type sniffing are disabled.
///
/// @threads as HttpListener.
class AdminServer : private HttpHandler {
 public:
  /// All references must outlive the server.
  AdminServer(HttpListenerOptions options, AdminRouter& router, ReadinessCheck& readiness,
              AdminSources sources, HttpListenerDeps deps);

  Status Start() { return listener_.Start(); }
  [[nodiscard]] const std::vector<std::string>& bound_addresses() const {
    return listener_.bound_addresses();
  }
  [[nodiscard]] std::string bound_address() const { return listener_.bound_address(); }
  void Stop(std::chrono::milliseconds drain_timeout,
            SocketAfterStop after = SocketAfterStop::kClosed) {
    listener_.Stop(drain_timeout, after);
  }
  std::vector<ListeningSocket> TakeSockets() { return listener_.TakeSockets(); }

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
