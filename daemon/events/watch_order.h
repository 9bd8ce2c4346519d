// What a subscriber asked for, understood.
#pragma once

#include <chrono>
#include <optional>

#include <rtcroom/v1/membership_notifier.pb.h>

#include "daemon/base/result.h"
#include "daemon/core/cursor.h"
#include "daemon/events/watch_filter.h"

namespace rtcroom {

struct WatchOrder {
  WatchFilter filter{};
  /// Start after this; nothing: from now on.
  std::optional<Cursor> after{};
  bool snapshot = false;  ///< the rooms as they are come first
  std::chrono::milliseconds keep_alive = std::chrono::seconds(15);
};

/// Checks everything that can be checked without the store.
/// @errors kBadRequest: the detail names the first field that is wrong, and holds no value of it.
Result<WatchOrder> ReadWatchRequest(const v1::WatchRequest& request);

}  // namespace rtcroom
