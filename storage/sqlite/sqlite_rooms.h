// Rooms and their events in SQLite.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "daemon/core/store.h"

namespace rtcroom {

template <typename Writer>
class GroupCommitter;
class RoomIndex;
class SqliteEngine;
class SqliteWriter;

/// @threads safe from any thread.
class SqliteRooms : public Store {
 public:
  /// All must outlive it. @param index  of the stored rooms.
  SqliteRooms(SqliteEngine& engine, GroupCommitter<SqliteWriter>& committer, const RoomIndex& index)
      : engine_(engine), committer_(committer), index_(index) {}

  Result<Room> Load(const RoomKey& key) override;
  std::vector<Result<RoomChange>> UpdateAll(std::span<const RoomUpdate> updates) override;
  Result<std::vector<Room>> List(const RoomListQuery& query) override;
  Result<AudiencePage> LoadAudiences(const RoomKey& key) override;
  Result<std::vector<Audience>> FindAudiences(const RoomKey& key,
                                              std::span<const UserId> users) override;
  Result<std::vector<StoredViewer>> ScanViewers(std::uint64_t room_number, const UserId& user_id,
                                                std::size_t limit) override;
  Result<RoomPage> Scan(std::uint64_t after, std::size_t limit) override;
  Result<EventPage> ReadEvents(const Cursor& cursor, std::size_t limit) override;
  Result<std::vector<StoredEvent>> ReadRoomEvents(const RoomKey& key,
                                                  std::optional<std::uint64_t> before,
                                                  std::size_t limit) override;
  Result<std::vector<StoredEvent>> ReadSeatLosses(const RoomKey& key, const UserId& user) override;
  Result<Cursor> Newest() override;
  Result<std::size_t> TrimEvents(const EventRetention& retention) override;
  [[nodiscard]] std::uint64_t CountRooms(RoomKind kind) const override;

 private:
  SqliteEngine& engine_;
  GroupCommitter<SqliteWriter>& committer_;
  const RoomIndex& index_;
};

}  // namespace rtcroom
