// The time of the next call to a server after a call has ended, and what to log of it.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include <grpcpp/support/status.h>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"

namespace rtcroom {

/// @threads for one thread.
class CallRetry {
 public:
  /// @param first  the pause after the first failure; it doubles with each further one.
  CallRetry(std::chrono::milliseconds first, std::chrono::milliseconds most)
      : first_(first), most_(most) {}

  /// Something has arrived.
  void Worked();

  /// The call has ended. Logs `event` once for each reason since something arrived.
  /// @return when to call again.
  MonotonicTime Ended(MonotonicTime now, const grpc::Status& end, std::string_view event,
                      Logger& logger);

 private:
  const std::chrono::milliseconds first_;
  const std::chrono::milliseconds most_;
  std::chrono::milliseconds pause_{};
  std::optional<grpc::StatusCode> logged_;
};

}  // namespace rtcroom
