// Mapping between rooms and rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/core/room.h"
#include "storage/sqlite/statement.h"

namespace rtcroom {

class Database;

// Rooms and their pushers are read by one statement for each of the two tables. A join would repeat
// the fifteen columns of a room for each of its pushers.

/// `SELECT <columns> FROM rooms ` with the given WHERE and ORDER BY.
std::string SelectRooms(const std::string& where_and_order);
/// The pushers of one room.
inline constexpr char kSelectPushers[] =
    "SELECT seat, user_id, user_name, user_avatar, push_url, accelerate_url, added_at_ms, mix_x,"
    " mix_y, mix_width, mix_height, mix_layer, mix_parts FROM pushers WHERE room = ? ORDER BY seat";
/// Reads at most `max_rooms` rooms. Call it in a transaction: the statements must see the same
/// snapshot.
/// @param rooms    of a `SelectRooms`.
/// @param pushers  `kSelectPushers`.
Result<std::vector<Room>> CollectRooms(std::size_t max_rooms, Statement& pushers,
                                       StatementRun&& rooms);

/// The statements that write rooms. Each method writes several rows: call it in a savepoint.
///
/// @threads one thread at a time, with its connection.
class RoomWriter {
 public:
  Status Prepare(Database& database);

  /// @param room           with its assigned sequence; its id is free.
  /// @param last_position  position of its newest event.
  Status Insert(const Room& room, std::uint64_t last_position);
  /// Writes the differences between `before` and `after`; of the audience, only the loaded entries.
  Status Update(const Room& before, const Room& after, std::uint64_t last_position);
  Status Delete(const Room& room);

 private:
  Status PutPusher(const Room& room, const Pusher& pusher);
  Status UpdateAudiences(const Room& before, const Room& after);

  Statement insert_room_;
  Statement update_room_;
  Statement place_room_;
  Statement delete_room_;
  Statement put_pusher_;
  Statement delete_pusher_;
  Statement put_audience_;
  Statement delete_audience_;
};

}  // namespace rtcroom
