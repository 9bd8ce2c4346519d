// What a listener asks to answer its requests.
#pragma once

#include <string>

#include "handlers/request.h"

namespace rtcroom {

/// @threads called from all workers of a listener at the same time.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;

  /// Answers a request that was read whole. Its `request_id` is still empty. A header
  /// `Content-Type` of the reply replaces that of JSON. An exception becomes `Refuse(500)`.
  virtual HttpReply Handle(HttpRequest request) = 0;

  /// What to say where no request came to be, or none that could be answered.
  /// @param status  4xx, or 500.
  /// @param reason  for the log: our own words, nothing that the client sent.
  virtual HttpReply Refuse(int status, const std::string& reason) = 0;
};

}  // namespace rtcroom
