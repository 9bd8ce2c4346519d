// Bans in PostgreSQL.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/ban_store.h"
#include "storage/postgres/pg_connection.h"
#include "storage/postgres/pg_write.h"

namespace rtcroom {

/// A user who joins a room.
struct PgGuest {
  RoomKey room{};
  UserId user_id{};
};

namespace pg {

// The functions are those of `BanStore`.

Result<std::vector<Ban>> LoadBans(PgConnection& connection, TimePoint now, MonotonicTime deadline);

PgCall WriteBan(const Ban& ban);
/// The bans of these users from these rooms that end after `now`.
PgCall LoadBansOf(std::span<const PgGuest> guests, TimePoint now);
Result<std::vector<Ban>> ReadBans(PgRows& rows);
/// Fails as a conflict when there is one.
PgCall CheckNoBans(std::span<const PgGuest> guests, TimePoint now);
/// At most `limit` of them. @param removed  receives the number removed.
PgWrite RemoveEndedBans(TimePoint now, std::size_t limit, std::size_t& removed);

}  // namespace pg
}  // namespace rtcroom
