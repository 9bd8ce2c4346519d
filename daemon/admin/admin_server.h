// The admin listener: liveness, readiness, metrics and the console.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/admin/admin_router.h"
#include "daemon/admin/readiness_check.h"
#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/base/result.h"
#include "daemon/http/http_handler.h"
#include "daemon/http/http_listener.h"
#include "handlers/shared/request_recorder.h"

namespace rtcroom {

/// @threads all are called concurrently from all workers of the listener.
struct AdminSources {
  std::function<std::string()> metrics = {};  ///< in the text format of Prometheus, version 0.0.4
  AdminHandler others = {};                   ///< for all other paths; empty: 404
  std::vector<RequestHandler*> callbacks{};   ///< media servers on this machine speak plain HTTP
};

/// GET `/healthz`: 200 while the process can answer. `/readyz`, `/servez`: 200, or 503 with the
/// reason. `/metrics`: text. Other methods get 405; other paths go to `AdminSources::others`.
/// Refusals are JSON with a `code`. Unless a reply has its own headers for it, caching and content
/// type sniffing are disabled.
///
/// Requests for other paths are numbered and logged like those of clients; those that changed
/// something are logged at info. The frequent requests of monitors are not logged.
///
/// @threads as HttpListener.
class AdminServer : private HttpHandler {
 public:
  /// All references must outlive the server.
  AdminServer(HttpListenerOptions options, ReadinessCheck& readiness, AdminSources sources,
              RequestIds& ids, HttpListenerDeps deps);

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
  void Handle(HttpRequest& request, Responder& responder) override;
  HttpReply Refuse(int status, std::string_view reason) override;
  void Answer(const HttpRequest& request, AdminResponder& responder);
  void AnswerMonitor(const HttpRequest& request, AdminResponder& responder);

  ReadinessCheck& readiness_;
  const AdminSources sources_;
  RequestIds& ids_;
  const Clock& clock_;
  Logger& logger_;
  HttpListener listener_;  // last: it uses all of the above
};

}  // namespace rtcroom
