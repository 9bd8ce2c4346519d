// An observer of finished requests, for metrics.
#pragma once

#include <chrono>
#include <optional>

#include "handlers/shared/request_label.h"

namespace rtcroom {

class RequestObserver {
 public:
  virtual ~RequestObserver() = default;

  /// Called once for every request that was answered or refused, after its reply is known.
  /// @param duration  from `HttpRequest::begun` to the whole reply, the wait for a worker included;
  ///                  nullopt when no handler ran, and for a poll that waited.
  /// @threads safe from any thread; must not block, since it runs before the reply is sent.
  virtual void OnRequest(const RequestLabel& label, int http_status,
                         std::optional<std::chrono::nanoseconds> duration) = 0;
};

}  // namespace rtcroom
