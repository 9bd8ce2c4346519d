// Looks for what is wrong with a store: pages, references, and all that its parts say of each
// other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "daemon/base/result.h"
#include "daemon/core/cursor.h"
#include "daemon/core/room_limits.h"
#include "storage/sqlite/store_findings.h"

namespace rtcroom {

struct StoreCheckOptions {
  std::string path = {};
  /// How many may be in a room; nothing: that is not looked at.
  std::optional<RoomLimits> limits = {};
};

struct StoreReport {
  std::int64_t schema = 0;  ///< of the file as it is
  Cursor newest{};          ///< where its newest event stands
  std::uint64_t rooms = 0;
  std::uint64_t pushers = 0;
  std::uint64_t audiences = 0;
  std::uint64_t events = 0;
  std::uint64_t sessions = 0;
  std::uint64_t bans = 0;
  StoreFindings findings{};
};

/// Reads the whole store as it is at one moment, changes nothing, and disturbs no server that has
/// it open: that one's log cannot be emptied until this returns. A store of an older schema is
/// checked as the upgraded store that it would become, in a temporary copy.
///
/// Takes memory for the rooms that there are, and time for all events.
/// @errors kStoreBroken when it is no store, is newer than this program or too damaged to be read;
///         kStoreBusy. The sentence names the path.
Result<StoreReport> CheckStore(const StoreCheckOptions& options);

}  // namespace rtcroom
