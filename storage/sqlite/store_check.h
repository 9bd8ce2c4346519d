// Checks a store for errors: pages, references, and consistency between its parts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "daemon/base/result.h"
#include "daemon/core/cursor.h"
#include "daemon/core/room_limits.h"
#include "storage/shared/store_findings.h"

namespace rtcroom {

struct StoreCheckOptions {
  std::string path = {};
  /// Limits on room members; nullopt: not checked.
  std::optional<RoomLimits> limits = {};
};

struct StoreReport {
  std::int64_t schema = 0;  ///< of the file as found
  Cursor newest{};          ///< cursor of its newest event
  std::uint64_t rooms = 0;
  std::uint64_t pushers = 0;
  std::uint64_t audiences = 0;
  std::uint64_t events = 0;
  std::uint64_t sessions = 0;
  std::uint64_t bans = 0;
  std::uint64_t deliveries = 0;
  std::uint64_t messages = 0;
  std::uint64_t revocations = 0;
  std::uint64_t recordings = 0;
  StoreFindings findings{};
};

/// Reads the whole store in one snapshot, changes nothing, and does not disturb a server that has
/// it open, except that its log cannot be emptied until this returns. A store of an older schema is
/// upgraded in a temporary copy and checked there.
///
/// Memory is proportional to the number of rooms, time to the number of events and messages.
/// @errors kStoreBroken when it is not a store, is newer than this program or too damaged to be
///         read; kStoreBusy. The message names the path.
Result<StoreReport> CheckStore(const StoreCheckOptions& options);

}  // namespace rtcroom
