// A parsed Watch request.
#pragma once

#include <chrono>
#include <optional>

#include <rtcroom/v1/membership_notifier.pb.h>

#include "daemon/base/result.h"
#include "daemon/core/cursor.h"
#include "daemon/grpc/watch_filter.h"

namespace rtcroom {

struct WatchSpec {
  WatchFilter filter{};
  /// Start after this; nullopt: from now on.
  std::optional<Cursor> after{};
  bool snapshot = false;  ///< send the current rooms first
  std::chrono::milliseconds keep_alive = std::chrono::seconds(15);
};

/// Performs all checks that need no store.
/// @errors kBadRequest: the detail names the first invalid field, without its value.
Result<WatchSpec> ReadWatchRequest(const v1::WatchRequest& request);

}  // namespace rtcroom
