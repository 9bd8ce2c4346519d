#include "storage/sqlite/sqlite_rooms.h"

#include <utility>

#include "storage/shared/group_committer.h"
#include "storage/shared/room_index.h"
#include "storage/sqlite/sqlite_engine.h"
#include "storage/sqlite/sqlite_writer.h"

namespace rtcroom {

Result<Room> SqliteRooms::Load(const RoomKey& key) {
  return engine_.ReadRooms(&SqliteReader::Load, key);
}

std::vector<Result<RoomChange>> SqliteRooms::UpdateAll(std::span<const RoomUpdate> updates) {
  if (updates.empty()) return {};
  UpdateJob job(updates);
  committer_.Run(job);
  return std::move(job.outcomes());
}

Result<std::vector<Room>> SqliteRooms::List(const RoomListQuery& query) {
  // If that room ends between here and the read, the page begins with the next one.
  const std::optional<std::uint64_t> first = index_.At(query);
  if (!first || query.count == 0) return std::vector<Room>();
  return engine_.ReadRooms(&SqliteReader::List, query, *first);
}

Result<AudiencePage> SqliteRooms::LoadAudiences(const RoomKey& key) {
  return engine_.ReadRooms(&SqliteReader::LoadAudiences, key);
}

Result<std::vector<Audience>> SqliteRooms::FindAudiences(const RoomKey& key,
                                                         std::span<const UserId> users) {
  return engine_.ReadRooms(&SqliteReader::FindAudiences, key, users);
}

Result<std::vector<StoredViewer>> SqliteRooms::ScanViewers(std::uint64_t room_number,
                                                           const UserId& user_id,
                                                           std::size_t limit) {
  return engine_.ReadRooms(&SqliteReader::ScanViewers, room_number, user_id, limit);
}

Result<RoomPage> SqliteRooms::Scan(std::uint64_t after, std::size_t limit) {
  return engine_.ReadRooms(&SqliteReader::Scan, after, limit);
}

Result<EventPage> SqliteRooms::ReadEvents(const Cursor& cursor, std::size_t limit) {
  return engine_.ReadRooms(&SqliteReader::ReadEvents, cursor, limit);
}

Result<std::vector<StoredEvent>> SqliteRooms::ReadRoomEvents(const RoomKey& key,
                                                             std::optional<std::uint64_t> before,
                                                             std::size_t limit) {
  return engine_.ReadRooms(&SqliteReader::ReadRoomEvents, key, before, limit);
}

Result<std::vector<StoredEvent>> SqliteRooms::ReadSeatLosses(const RoomKey& key,
                                                             const UserId& user) {
  return engine_.ReadRooms(&SqliteReader::ReadSeatLosses, key, user);
}

Result<Cursor> SqliteRooms::Newest() { return engine_.ReadRooms(&SqliteReader::Newest); }

Result<std::size_t> SqliteRooms::TrimEvents(const EventRetention& retention) {
  Result<std::size_t> removed = std::size_t{0};
  const Status done = engine_.Call([&](SqliteWriter& writer) {
    removed = writer.Trim(retention);
    return removed ? Status() : removed.error();
  });
  if (!done) return done.error();
  return removed;
}

std::uint64_t SqliteRooms::CountRooms(RoomKind kind) const { return index_.Count(kind); }

}  // namespace rtcroom
