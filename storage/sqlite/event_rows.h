// Mapping between events and rows.
#pragma once

#include <cstdint>

#include "daemon/base/result.h"
#include "daemon/core/event_log.h"
#include "daemon/core/room_event.h"
#include "storage/sqlite/statement.h"

namespace rtcroom {

/// The columns of `ReadEvent`, as `EventColumn` numbers them. The next column is the position of
/// the room's previous event.
inline constexpr char kEventColumns[] =
    "position, room_kind, room_id, dialect, room_sequence, at_ms, type, user_id, user_name,"
    " user_avatar, reason, creator, info, room_number, field";
inline constexpr int kEventColumnCount = 15;

/// `StoredBytes` of the event in a row.
inline constexpr char kBytesOfEvent[] =
    "64 + length(CAST(room_id AS BLOB)) + coalesce(length(CAST(user_id AS BLOB)), 0)"
    " + coalesce(length(CAST(user_name AS BLOB)), 0)"
    " + coalesce(length(CAST(user_avatar AS BLOB)), 0)"
    " + coalesce(length(CAST(creator AS BLOB)), 0) + coalesce(length(CAST(info AS BLOB)), 0)"
    " + coalesce(length(CAST(field AS BLOB)), 0)";

/// Writes an event with a statement that has a parameter for each of `kEventColumns`, and one more.
/// @param previous  position of the room's previous event; 0 when it is the first.
Status WriteEvent(Statement& insert, const StoredEvent& stored, std::uint64_t previous);

/// Makes the event at `position`, a change of a custom field, that of `event`, a change of the same
/// field.
/// @param update  a statement with parameters for its time, value, user and position.
Status ReplaceEvent(Statement& update, const RoomEvent& event, std::uint64_t position);

/// @param first_column  index of the first of `kEventColumns` in the current row of `run`.
/// @errors kStoreBroken when the row is not one that `WriteEvent` wrote.
Result<StoredEvent> ReadEvent(const StatementRun& run, int first_column);

/// The position in the only column of the first row; 0 when there is no row.
Result<std::uint64_t> ReadEventPosition(StatementRun& run);

}  // namespace rtcroom
