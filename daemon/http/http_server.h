// The port that clients talk to: every request is numbered, answered, counted and logged.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/base/result.h"
#include "daemon/http/http_handler.h"
#include "daemon/http/http_listener.h"
#include "daemon/http/refused_callers.h"
#include "daemon/http/request_ids.h"
#include "daemon/http/request_observer.h"

namespace rtcroom {

/// What turns requests into replies: the `Router` in the program.
/// @threads called from all loops and workers at the same time.
struct RequestAnswers {
  std::function<RequestPlan(std::string_view method, std::string_view raw_path)> plan = {};
  std::function<std::optional<HttpReply>(const HttpRequest&, const DeferReply&)> answer = {};
  std::function<HttpReply(int status)> refuse = {};
  /// As `HttpHandler::Delay`; empty: paced requests wait for their connections only.
  std::function<std::chrono::nanoseconds(std::string_view address)> delay = {};
};

/// @threads as HttpListener.
class HttpServer : private HttpHandler {
 public:
  /// All references must outlive the server. Two servers may share all of them.
  HttpServer(HttpListenerOptions options, RequestAnswers answers, RequestIds& ids,
             RequestObserver& observer, EdgeParts parts);

  Status Start() { return listener_.Start(); }
  [[nodiscard]] const std::string& bound_address() const { return listener_.bound_address(); }
  void SetPace(std::uint32_t per_second) { listener_.SetPace(per_second); }
  void Stop(std::chrono::milliseconds drain_timeout,
            SocketAfterStop after = SocketAfterStop::kClosed) {
    listener_.Stop(drain_timeout, after);
  }
  ListeningSocket TakeSocket() { return listener_.TakeSocket(); }

 private:
  class Observed;

  RequestPlan Plan(std::string_view method, std::string_view raw_path) override;
  std::chrono::nanoseconds Delay(std::string_view client_address) override {
    return answers_.delay ? answers_.delay(client_address) : std::chrono::nanoseconds(0);
  }
  std::optional<HttpReply> Handle(HttpRequest request, const DeferReply& defer) override;
  HttpReply Refuse(int status, const std::string& reason) override;
  void Observe(const std::string& request_id, const std::string& peer_address,
               const HttpReply& reply, MonotonicTime begun);

  const RequestAnswers answers_;
  RequestIds& ids_;
  RequestObserver& observer_;
  const Clock& clock_;
  Logger& logger_;
  RefusedCallers refused_;
  HttpListener listener_;  // last: it uses all of the above
};

}  // namespace rtcroom
