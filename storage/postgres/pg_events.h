// Mapping between events and rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/core/event_log.h"
#include "storage/postgres/pg_connection.h"
#include "storage/postgres/pg_rows.h"
#include "storage/postgres/pg_write.h"

namespace rtcroom {

/// Positions that a group of changes gets are not known before its transaction has the turn: until
/// then `kPgProvisional + n` is the place of the n-th event of the group, counted from 1. Numbers
/// and places of rooms are positions, too.
inline constexpr std::uint64_t kPgProvisional = std::uint64_t{1} << 62;

/// The real number, where `base` is the newest position before the group.
inline std::uint64_t ResolvePgNumber(std::uint64_t number, std::uint64_t base) {
  return number > kPgProvisional ? base + (number - kPgProvisional) : number;
}

/// An event to be written; its position and room number may be provisional.
struct PgNewEvent {
  StoredEvent stored{};
  std::uint64_t previous = 0;  ///< position of the room's previous event, or provisional; 0: none
};

struct PgLogEnds {
  std::uint64_t newest = 0;    ///< position of the newest event
  std::uint64_t retained = 0;  ///< number of events
};

namespace pg {

std::span<const PgStatement> EventReads();
std::span<const PgStatement> EventWrites();

// As the functions of `EventLog`.

Result<EventPage> ReadEvents(PgConnection& connection, const Cursor& cursor, std::size_t limit,
                             MonotonicTime deadline);
Result<std::vector<StoredEvent>> ReadRoomEvents(PgConnection& connection, const RoomKey& key,
                                                std::optional<std::uint64_t> before,
                                                std::size_t limit, MonotonicTime deadline);
Result<PgLogEnds> LoadLogEnds(PgConnection& connection, MonotonicTime deadline);
Result<Cursor> Newest(PgConnection& connection, MonotonicTime deadline);
/// @param removed  receives the number removed.
PgWrite TrimEvents(const EventRetention& retention, std::size_t& removed);

/// Inserts the events, in order, after all that need the newest position before them.
/// @param tag  of the group.
PgCall InsertEvents(std::span<const PgNewEvent> events, std::int64_t tag);
/// The newest position before the group, in the result of that call.
Result<std::uint64_t> ReadBase(PgRows& rows);

/// The first position after `after` that a group with that tag has written; 0 when there is none.
Result<std::uint64_t> FindTag(PgConnection& connection, std::int64_t tag, std::uint64_t after,
                              MonotonicTime deadline);

}  // namespace pg
}  // namespace rtcroom
