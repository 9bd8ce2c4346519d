#include "storage/postgres/pg_store.h"

#include <algorithm>
#include <utility>

#include "storage/postgres/pg_events.h"
#include "storage/postgres/pg_follower.h"
#include "storage/postgres/pg_history.h"
#include "storage/postgres/pg_job.h"
#include "storage/postgres/pg_log.h"
#include "storage/postgres/pg_reader_pool.h"
#include "storage/postgres/pg_room_loader.h"
#include "storage/postgres/pg_rooms.h"
#include "storage/postgres/pg_writer.h"
#include "storage/shared/group_committer.h"
#include "storage/shared/room_index.h"

namespace rtcroom {
void PgStore::Begin() {
  readers_->ReadFrom(nullptr);
  follower_->Begin();
}

CommitFollower* PgStore::follower() { return follower_.get(); }

Result<Room> PgStore::Load(const RoomKey& key) { return engine_.Reported(rooms_->Load(key)); }

std::vector<Result<RoomChange>> PgStore::UpdateAll(std::span<const RoomUpdate> updates) {
  if (updates.empty()) return {};
  PgJob job(updates);
  engine_.Commit(job);
  return std::move(job.outcomes());
}

Result<std::vector<Room>> PgStore::List(const RoomListQuery& query) {
  // If that room ends between here and the read, the page begins with the next one.
  const std::optional<std::uint64_t> first = index_->At(query);
  if (!first || query.count == 0) return std::vector<Room>();
  return engine_.Run(pg::ListRooms, query, *first);
}

Result<AudiencePage> PgStore::LoadAudiences(const RoomKey& key) {
  return engine_.Run(pg::LoadAudiences, key);
}

Result<std::vector<Audience>> PgStore::FindAudiences(const RoomKey& key,
                                                     std::span<const UserId> users) {
  return engine_.Run(pg::FindAudiences, key, users);
}

Result<std::vector<StoredViewer>> PgStore::ScanViewers(std::uint64_t room_number,
                                                       const UserId& user_id, std::size_t limit) {
  return engine_.Run(pg::ScanViewers, StoredViewer{.room_number = room_number, .user_id = user_id},
                     limit);
}

Result<RoomPage> PgStore::Scan(std::uint64_t after, std::size_t limit) {
  return ScanPage(PgScanOf::kRooms, after, limit);
}

Result<RoomPage> PgStore::ScanMembers(std::uint64_t after, std::size_t limit) {
  return ScanPage(PgScanOf::kMembers, after, limit);
}

Result<RoomPage> PgStore::ScanPage(PgScanOf of, std::uint64_t after, std::size_t limit) {
  const PgSnapshotOf snapshot =
      readers_->HasSnapshot() ? PgSnapshotOf::kTransaction : PgSnapshotOf::kCall;
  return engine_.RunConfirmed(pg::ScanRooms, of, snapshot, after, limit);
}

Result<EventPage> PgStore::ReadEvents(const Cursor& cursor, std::size_t limit) {
  return engine_.RunConfirmed(pg::ReadEvents, cursor, limit);
}

Result<std::vector<StoredEvent>> PgStore::ReadRoomEvents(const RoomKey& key,
                                                         std::optional<std::uint64_t> before,
                                                         std::size_t limit) {
  return engine_.Run(pg::ReadRoomEvents, key, before, limit);
}

Result<std::vector<StoredEvent>> PgStore::ReadSeatLosses(const RoomKey& key, const UserId& user) {
  return engine_.Run(pg::ReadSeatLosses, key, user);
}

Result<Cursor> PgStore::Newest() { return engine_.RunConfirmed(pg::Newest); }

Result<std::size_t> PgStore::TrimEvents(const EventRetention& retention) {
  EventRetention step = retention;
  std::size_t removed = 0;
  PgTrimmed trimmed;
  // A step may find fewer events than records.
  do {
    step.most_per_call = std::min(PgEngine::kRemovedPerStep, retention.most_per_call - removed);
    const Status written = engine_.WriteLightly([&] { return pg::TrimEvents(step, trimmed); });
    if (!written) return written.error();
    removed += trimmed.events;
  } while (trimmed.records == step.most_per_call && removed < retention.most_per_call);
  return removed;
}

Result<StoredRemovalTime> PgStore::LoadRemovalTime() {
  return engine_.RunConfirmed(pg::LoadRemovalTime);
}

Status PgStore::BeginRemovals(TimePoint time) {
  return engine_.Write([=] { return pg::BeginRemovals(time); });
}

Status PgStore::Ping() {
  PgJob job({PgWritten()});
  engine_.Commit(job);
  if (!job.status() || !readers_->is_cut_off()) return job.status();
  // A database that is out of connections keeps the writer's, and gives the readers none.
  const auto read = engine_.Run(pg::LoadRemovalTime);
  return read ? Status() : Status(read.error());
}

std::uint64_t PgStore::CountRooms(RoomKind kind) const { return index_->Count(kind); }

Result<bool> PgStore::Holds(PgConnection& connection, MonotonicTime deadline) const {
  return history_->Holds(connection, log_->place(), deadline);
}

std::uint64_t PgStore::applied() const { return log_->position(); }

}  // namespace rtcroom
