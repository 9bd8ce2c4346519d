// The interface of a listener to the code that answers its requests.
#pragma once

#include <chrono>
#include <string_view>

#include "daemon/http/message.h"
#include "daemon/http/request_plan.h"
#include "daemon/http/responder.h"

namespace rtcroom {

/// @threads all are called concurrently from all loops and workers of a listener.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;

  /// Finds the route of a request and the thread to run it on; stores the route in the request.
  /// Called once for every request, on the thread of its connection: must be quick.
  virtual RequestPlan Resolve(HttpRequest& request) = 0;

  /// The delay of a paced request by the rate of its client's address, over all connections. Called
  /// once for each, on the thread of its connection.
  virtual std::chrono::nanoseconds Delay(std::string_view /*client_address*/) {
    return std::chrono::nanoseconds(0);
  }

  /// Answers a resolved request through `responder`, or moves `responder` to answer later. An
  /// exception is answered with `Refuse(500)`.
  virtual void Handle(HttpRequest request, Responder& responder) = 0;

  /// The reply to a request that could not be read or handled.
  /// @param status  4xx, 500 or 503.
  /// @param reason  for the log: text of this server, nothing that the client sent.
  virtual HttpReply Refuse(int status, std::string_view reason) = 0;
};

}  // namespace rtcroom
