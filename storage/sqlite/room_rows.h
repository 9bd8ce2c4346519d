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

/// `SELECT <columns> FROM rooms ` with the given WHERE and ORDER BY, for `RoomRowReader::Collect`.
std::string SelectRooms(const std::string& where_and_order);

/// Reads rooms with their pushers, by one statement for each of the two tables. A join would repeat
/// the fifteen columns of a room for each of its pushers.
///
/// @threads one thread at a time, with its connection.
class RoomRowReader {
 public:
  Status Prepare(Database& database);

  /// Runs `rooms`, a `SelectRooms`, with `values`, and reads at most `max_rooms` of its rows. Call
  /// it in a transaction: the statements must see the same snapshot.
  template <typename... Values>
  Result<std::vector<Room>> Collect(std::size_t max_rooms, Statement& rooms,
                                    const Values&... values) {
    StatementRun run(rooms, values...);
    return CollectRows(run, max_rooms);
  }

 private:
  Result<std::vector<Room>> CollectRows(StatementRun& rooms, std::size_t max_rooms);
  Status ReadPushers(Room& room);

  Statement pushers_;
};

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
