// Rooms and their events in PostgreSQL, and the rows of rooms.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/core/room.h"
#include "daemon/core/store.h"
#include "storage/postgres/pg_connection.h"
#include "storage/postgres/pg_rows.h"
#include "storage/shared/room_index.h"

namespace rtcroom {

class PgEngine;
class PgReaderPool;
class PgRoomLoader;

/// A room, and the versions of its row.
struct PgRoom {
  Room room{};
  std::uint64_t version = 0;        ///< ascends with every write
  std::uint64_t last_position = 0;  ///< position of its newest event
};

struct PgViewer {
  RoomId room{};
  Audience audience{};
};

struct PgIndexPage {
  std::vector<RoomListEntry> rooms{};
  std::uint64_t last = 0;  ///< number of the last one
};

/// The way in which several statements of one read see the same moment.
enum class PgSnapshotOf : std::uint8_t {
  kCall,         ///< a transaction that the call makes
  kTransaction,  ///< that of the connection, which is repeatable read
};

/// The part of each room that is read.
enum class PgScanOf : std::uint8_t {
  kRooms,    ///< result of `RoomStore::Scan`
  kMembers,  ///< result of `RoomStore::ScanMembers`
};

/// @threads safe from any thread.
class PgRooms : public Store {
 public:
  /// All must outlive it. @param index  of the rooms that are known from the log.
  PgRooms(PgEngine& engine, const PgReaderPool& readers, PgRoomLoader& loader,
          const RoomIndex& index)
      : engine_(engine), readers_(readers), loader_(loader), index_(index) {}

  Result<Room> Load(const RoomKey& key) override;
  std::vector<Result<RoomChange>> UpdateAll(std::span<const RoomUpdate> updates) override;
  Result<std::vector<Room>> List(const RoomListQuery& query) override;
  Result<AudiencePage> LoadAudiences(const RoomKey& key) override;
  Result<std::vector<Audience>> FindAudiences(const RoomKey& key,
                                              std::span<const UserId> users) override;
  Result<std::vector<StoredViewer>> ScanViewers(std::uint64_t room_number, const UserId& user_id,
                                                std::size_t limit) override;
  Result<RoomPage> Scan(std::uint64_t after, std::size_t limit) override;
  Result<RoomPage> ScanMembers(std::uint64_t after, std::size_t limit) override;
  Result<EventPage> ReadEvents(const Cursor& cursor, std::size_t limit) override;
  Result<std::vector<StoredEvent>> ReadRoomEvents(const RoomKey& key,
                                                  std::optional<std::uint64_t> before,
                                                  std::size_t limit) override;
  Result<std::vector<StoredEvent>> ReadSeatLosses(const RoomKey& key, const UserId& user) override;
  Result<Cursor> Newest() override;
  Result<std::size_t> TrimEvents(const EventRetention& retention) override;
  [[nodiscard]] std::uint64_t CountRooms(RoomKind kind) const override;

 private:
  Result<RoomPage> ScanPage(PgScanOf of, std::uint64_t after, std::size_t limit);

  PgEngine& engine_;
  const PgReaderPool& readers_;
  PgRoomLoader& loader_;
  const RoomIndex& index_;
};

namespace pg {

/// They need `EventReads` beside them.
std::span<const PgStatement> RoomReads();
/// The statements of the writer.
std::span<const PgStatement> RoomLoads();

/// `RoomStore::Scan` and `ScanMembers`.
Result<RoomPage> ScanRooms(PgConnection& connection, PgScanOf of, PgSnapshotOf snapshot,
                           std::uint64_t after, std::size_t limit, MonotonicTime deadline);

/// The data that the index needs of the rooms with a number greater than `after`, in their order.
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
