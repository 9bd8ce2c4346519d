// Checks a store in PostgreSQL for errors: references, and consistency between its parts.
#pragma once

#include <optional>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/room_limits.h"
#include "storage/postgres/pg_address.h"
#include "storage/shared/store_report.h"

namespace rtcroom {

/// Reads the whole store in one snapshot, changes nothing, and locks nothing. While it runs the
/// database keeps the rows that nodes replace.
///
/// Memory is proportional to the number of rooms, time to the number of events and messages.
///
/// @param limits  on room members; nullopt: not checked.
/// @errors kStoreBroken when there is no store of this program's schema, it cannot be read, or
///         several hosts take writes; kStoreBusy. The message contains no password.
Result<StoreReport> CheckPgStore(const PgAddress& address, const std::optional<RoomLimits>& limits,
                                 const Clock& clock);

}  // namespace rtcroom
