// Logging of requests to the admin listener without its token.
#pragma once

#include <string>

#include "daemon/base/clock.h"
#include "daemon/base/log_ration.h"
#include "daemon/base/logger.h"
#include "daemon/base/mutex.h"

namespace rtcroom {

/// Logs refusals at the rate of a `LogRation`: guesses cannot fill the log.
///
/// @threads safe from any thread.
class RefusedAdminRequests {
 public:
  /// Both must outlive this object.
  RefusedAdminRequests(const Clock& clock, Logger& logger) : clock_(clock), logger_(logger) {}

  /// @param peer_address  of the refused request.
  void Record(const std::string& peer_address) EXCLUDES(mutex_);

 private:
  const Clock& clock_;
  Logger& logger_;
  Mutex mutex_;
  LogRation ration_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
