// What a listener asks to answer its requests.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "handlers/pending_reply.h"
#include "handlers/request.h"
#include "handlers/request_plan.h"

namespace rtcroom {

/// @threads all are called from all loops and workers of a listener at the same time.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;

  /// Where a request is to run. Called on the loop's thread for every request, so it must be
  /// quick.
  /// @param raw_path  still percent-encoded.
  virtual RequestPlan Plan(std::string_view method, std::string_view raw_path) = 0;

  /// How long a paced request is to wait for its client's address, over all connections. Called
  /// on the loop's thread, once for each.
  virtual std::chrono::nanoseconds Delay(std::string_view /*client_address*/) {
    return std::chrono::nanoseconds(0);
  }

  /// Answers a request that was read whole. Its `request_id` is still empty. A header
  /// `Content-Type` of the reply replaces that of JSON. An exception becomes `Refuse(500)`.
  /// @return nothing when it called `defer`: the reply then comes through what that returned.
  virtual std::optional<HttpReply> Handle(HttpRequest request, const DeferReply& defer) = 0;

  /// What to say where no request came to be, or none that could be answered.
  /// @param status  4xx, 500 or 503.
  /// @param reason  for the log: our own words, nothing that the client sent.
  virtual HttpReply Refuse(int status, const std::string& reason) = 0;
};

}  // namespace rtcroom
