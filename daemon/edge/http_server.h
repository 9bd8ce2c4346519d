// The port that clients talk to: every request is numbered, answered, counted and logged.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "daemon/base/logger.h"
#include "daemon/core/clock.h"
#include "daemon/core/result.h"
#include "daemon/edge/http_handler.h"
#include "daemon/edge/http_listener.h"
#include "daemon/edge/request_ids.h"
#include "daemon/edge/request_observer.h"

namespace rtcroom {

/// What turns a request into its reply: `Router::Handle` in the program.
/// @threads called from all workers at the same time.
using AnswerFunction = std::function<HttpReply(const HttpRequest&)>;

/// @threads as HttpListener.
class HttpServer : private HttpHandler {
 public:
  /// All references must outlive the server. Two servers may share the ids and the observer.
  HttpServer(HttpListenerOptions options, AnswerFunction answer, RequestIds& ids,
             RequestObserver& observer, const Clock& clock, Logger& logger);

  Status Start() { return listener_.Start(); }
  [[nodiscard]] const std::string& bound_address() const { return listener_.bound_address(); }
  void Stop(std::chrono::milliseconds drain_timeout) { listener_.Stop(drain_timeout); }

 private:
  HttpReply Handle(HttpRequest request) override;
  HttpReply Refuse(int status, const std::string& reason) override;

  const AnswerFunction answer_;
  RequestIds& ids_;
  RequestObserver& observer_;
  const Clock& clock_;
  Logger& logger_;
  HttpListener listener_;  // last: its threads use all of the above
};

}  // namespace rtcroom
