// Checks a store for errors: pages, references, and consistency between its parts.
#pragma once

#include <optional>
#include <string>

#include "daemon/base/result.h"
#include "daemon/core/room_limits.h"
#include "storage/shared/store_report.h"

namespace rtcroom {

struct StoreCheckOptions {
  std::string path = {};
  /// Limits on room members; nullopt: not checked.
  std::optional<RoomLimits> limits = {};
};

/// Reads the whole store in one snapshot, changes nothing, and does not disturb a server that has
/// it open: its log cannot be moved until this returns, so it gives up when that is 128 MiB long. A
/// store of an older schema is upgraded in a temporary copy and checked there.
///
/// Memory is proportional to the number of rooms, time to the number of events and messages.
/// @errors kStoreBroken when it is not a store, is newer than this program or too damaged to be
///         read; kStoreBusy. The message names the path.
Result<StoreReport> CheckStore(const StoreCheckOptions& options);

}  // namespace rtcroom
