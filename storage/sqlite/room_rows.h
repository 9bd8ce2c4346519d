// Rooms as rows: how they are read and written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "daemon/core/result.h"
#include "daemon/core/room.h"
#include "storage/sqlite/statement.h"

namespace rtcroom {

class Database;

/// `SELECT <columns> FROM rooms r LEFT JOIN pushers p ... ` to which a reader adds WHERE and
/// ORDER BY; `CollectRooms` understands its rows.
std::string SelectRooms(const std::string& where_and_order);

/// Reads the rows of `SelectRooms`, ordered by room and then by seat, until there are
/// `most_rooms`. Each room comes with all of its pushers, since one statement sees one snapshot.
Result<std::vector<Room>> CollectRooms(StatementRun& run, std::size_t most_rooms);

/// The statements that write rooms. Each method writes several rows: call it in a savepoint.
///
/// @threads for one thread at a time, with its connection.
class RoomWriter {
 public:
  Status Prepare(Database& database);

  /// @param room           with the sequence it is to have; its id is free.
  /// @param last_position  where its newest event stands.
  Status Insert(const Room& room, std::uint64_t last_position);
  /// Writes what differs between `before` and `after`; of the audience, only of those at hand.
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
