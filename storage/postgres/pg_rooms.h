// Mapping between rooms and rows.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/core/room.h"
#include "daemon/core/room_store.h"
#include "storage/postgres/pg_connection.h"
#include "storage/postgres/pg_rows.h"
#include "storage/shared/room_index.h"

namespace rtcroom {

/// A room, and the versions of its row.
struct PgRoom {
  Room room{};
  std::uint64_t version = 0;        ///< ascends with every write
  std::uint64_t last_position = 0;  ///< of its newest event
};

struct PgViewer {
  RoomId room{};
  Audience audience{};
};

struct PgIndexPage {
  std::vector<RoomListEntry> rooms{};
  std::uint64_t last = 0;  ///< number of the last one
};

/// Where several statements of one read see the same moment.
enum class PgSnapshotOf : std::uint8_t {
  kCall,         ///< in a transaction that the call makes
  kTransaction,  ///< in that of the connection, which is repeatable read
};

/// What is read of each room.
enum class PgScanOf : std::uint8_t {
  kRooms,    ///< as `RoomStore::Scan`
  kMembers,  ///< as `RoomStore::ScanMembers`
};

namespace pg {

/// They need `EventReads` beside them.
std::span<const PgStatement> RoomReads();
/// Those of the writer.
std::span<const PgStatement> RoomLoads();

// As the functions of `RoomStore`.

/// @param first_place  of the room that the page begins with.
Result<std::vector<Room>> ListRooms(PgConnection& connection, const RoomListQuery& query,
                                    std::uint64_t first_place, MonotonicTime deadline);
Result<AudiencePage> LoadAudiences(PgConnection& connection, const RoomKey& key,
                                   MonotonicTime deadline);
Result<std::vector<Audience>> FindAudiences(PgConnection& connection, const RoomKey& key,
                                            std::span<const UserId> users, MonotonicTime deadline);
/// @param after  the room's number and the user alone.
Result<std::vector<StoredViewer>> ScanViewers(PgConnection& connection, const StoredViewer& after,
                                              std::size_t limit, MonotonicTime deadline);
Result<RoomPage> ScanRooms(PgConnection& connection, PgScanOf of, PgSnapshotOf snapshot,
                           std::uint64_t after, std::size_t limit, MonotonicTime deadline);

/// What the index needs of the rooms with a number greater than `after`, in their order.
Result<PgIndexPage> LoadIndex(PgConnection& connection, std::uint64_t after, std::size_t limit,
                              MonotonicTime deadline);

/// The rooms of those ids, of any kind, in no order; the ids may repeat.
PgCall LoadRooms(std::span<const std::string_view> ids);
Result<std::vector<PgRoom>> LoadRooms(PgConnection& connection,
                                      std::span<const std::string_view> ids,
                                      MonotonicTime deadline);
Result<std::vector<PgRoom>> ReadRooms(PgRows& rows);
/// The viewers among those that are named, each with the id of its room.
/// @param ids, users  of the same length.
PgCall LoadViewers(std::span<const std::string_view> ids, std::span<const std::string_view> users);
Result<std::vector<PgViewer>> ReadViewers(PgRows& rows);

}  // namespace pg
}  // namespace rtcroom
