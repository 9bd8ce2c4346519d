// The interface of a listener to the code that answers its requests.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "daemon/http/message.h"
#include "daemon/http/responder.h"

namespace rtcroom {

/// The thread that a request runs on.
enum class Lane : std::uint8_t {
  kInline,  ///< the thread that read it: it never blocks
  kRead,    ///< the same, or a worker where reads wait for a network
  kUrgent,  ///< a worker, before all non-urgent requests: refusing it would affect other clients
  kWorker,  ///< a worker: it may wait for a commit
};

/// How the connection layer runs a request, known from its path before its body is parsed.
struct RequestPlan {
  Lane lane = Lane::kWorker;
  /// Delayed to the rates of its connection and its address instead of refused (protocol F.9).
  bool paced = false;
};

/// Why a request is refused that was sent without TLS where it is spoken.
inline constexpr std::string_view kPlainHttpReason = "plain_http";

/// Answers the requests to some paths.
///
/// @threads all are called concurrently from all loops and workers of a listener.
class RequestHandler {
 public:
  virtual ~RequestHandler() = default;

  /// Whether the request is one of these.
  [[nodiscard]] virtual bool Serves(const HttpRequest& /*request*/) const { return true; }

  /// Finds the route of a request and the thread to run it on; stores the route in the request.
  /// Called once for every request, on the thread of its connection: must be quick. By default that
  /// thread runs the request.
  virtual RequestPlan Resolve(HttpRequest& /*request*/) { return {.lane = Lane::kInline}; }

  /// The delay of a paced request by the rate of its client's address, over all connections. Called
  /// once for each, on the thread of its connection.
  virtual std::chrono::nanoseconds Delay(std::string_view /*client_address*/) {
    return std::chrono::nanoseconds(0);
  }

  /// Answers a resolved request through `responder`, or moves `responder` to answer later; may move
  /// parts of the request, which ends with the call. An exception is answered with
  /// `HttpHandler::Refuse(500)`.
  virtual void Handle(HttpRequest& request, Responder& responder) = 0;
};

/// The first that serves the request; null: none does.
inline RequestHandler* FirstServing(const std::vector<RequestHandler*>& handlers,
                                    const HttpRequest& request) {
  const auto found = std::ranges::find_if(
      handlers, [&](const RequestHandler* handler) { return handler->Serves(request); });
  return found == handlers.end() ? nullptr : *found;
}

/// Answers all requests to a listener.
///
/// @threads as `RequestHandler`.
class HttpHandler : public RequestHandler {
 public:
  RequestPlan Resolve(HttpRequest& request) override = 0;
  /// Has the handler answer that `Resolve` has chosen.
  void Handle(HttpRequest& request, Responder& responder) override {
    request.handler->Handle(request, responder);
  }

  /// The reply to a request that could not be read or handled.
  /// @param status  4xx, 500 or 503.
  /// @param reason  for the log: text of this server, nothing that the client sent.
  virtual HttpReply Refuse(int status, std::string_view reason) = 0;
};

}  // namespace rtcroom
