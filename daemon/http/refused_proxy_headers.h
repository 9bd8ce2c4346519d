// Logging of connections without a usable PROXY header.
#pragma once

#include <string_view>

#include "daemon/base/clock.h"
#include "daemon/base/log_ration.h"
#include "daemon/base/logger.h"
#include "daemon/base/mutex.h"

namespace rtcroom {

/// Logs refusals at the rate of a `LogRation`: they come as fast as clients connect.
///
/// @threads safe from any thread.
class RefusedProxyHeaders {
 public:
  /// Both must outlive this object.
  RefusedProxyHeaders(const Clock& clock, Logger& logger) : clock_(clock), logger_(logger) {}

  /// @param peer   the address of the proxy.
  /// @param bytes  that came in place of a header, as many as were read.
  void Record(std::string_view peer, std::string_view bytes) EXCLUDES(mutex_);

 private:
  const Clock& clock_;
  Logger& logger_;
  Mutex mutex_;
  LogRation ration_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
