#include "storage/memory/memory_rooms.h"

#include <optional>
#include <utility>

namespace rtcroom {
namespace {

RoomListEntry Ordered(const Room& room) {
  return {.kind = room.key.kind, .dialect = room.dialect, .type = room.type, .place = room.place};
}

}  // namespace

MemoryRooms::MemoryRooms(MemoryEngine& engine, std::uint64_t max_rooms, std::string epoch,
                         const Others& others)
    : engine_(engine), max_rooms_(max_rooms), others_(others), events_(std::move(epoch)) {}

const Room* MemoryRooms::FindLocked(const RoomKey& key) const {
  const auto found = rooms_.find(key.id);
  return found != rooms_.end() && found->second.key.kind == key.kind ? &found->second : nullptr;
}

const Audience* MemoryRooms::FindAudienceLocked(std::uint64_t room, const UserId& user) const {
  const auto viewers = audiences_.find(room);
  return viewers == audiences_.end() ? nullptr : viewers->second.Find(user);
}

Result<Room> MemoryRooms::Load(const RoomKey& key) {
  const MutexLock lock(engine_.mutex);
  const Room* room = FindLocked(key);
  if (room == nullptr) return Error{Errc::kRoomNotFound, {}};
  return *room;
}

std::vector<Result<RoomChange>> MemoryRooms::UpdateAll(std::span<const RoomUpdate> updates) {
  std::vector<Result<RoomChange>> outcomes;
  outcomes.reserve(updates.size());
  const MutexLock lock(engine_.mutex);
  for (const RoomUpdate& update : updates) outcomes.push_back(ApplyLocked(update));
  return outcomes;
}

Result<RoomChange> MemoryRooms::ApplyLocked(const RoomUpdate& update) {
  const Room* const whole = FindLocked(update.key);
  std::optional<Room> seen;
  if (whole != nullptr) {
    seen = *whole;
    const Audience* const viewer =
        update.audience ? FindAudienceLocked(whole->sequence, *update.audience) : nullptr;
    if (viewer != nullptr) seen->audiences.push_back(*viewer);
  }
  const Room* const stored = seen ? &*seen : nullptr;
  Result<RoomChange> change = update.edit(stored);
  if (!change || !change->HasEffect()) return change;

  Room& room = change->room;
  if (stored == nullptr) {
    if (rooms_.contains(room.key.id)) return Error{Errc::kRoomExists, {}};
    if (rooms_.size() >= max_rooms_) return Error{Errc::kTooManyRooms, {}};
  }
  PlaceLocked(stored, room);
  if (change->closed) {
    DropLocked(room);
    others_.messages.EndRoom(room.sequence, change->events.back().at);
    others_.accounts.EndRoom(room.sequence);
  } else {
    KeepLocked(stored, room);
  }
  Committed committed;
  if (change->delivery) {
    others_.deliveries.ChangeWithRoom(*change->delivery, change->events.back().at,
                                      events_.last_position() + 1);
    RecordDelivery(*change->delivery, committed);
  }
  const std::vector<StoredEvent> events = events_.Append(room.sequence, change->events);
  others_.bans.PutWithRoom(change->ban, change->revocations);
  committed.events = events;
  committed.revocations = change->revocations;
  std::optional<MixChanged> mix;
  if (change->sets_mix) {
    mix = MixChangeOf(*change, events_.last_position());
    committed.mixes = {&*mix, 1};
  }
  engine_.listener.OnCommit(committed);
  return change;
}

void MemoryRooms::PlaceLocked(const Room* stored, Room& room) {
  const bool becomes_active = room.place == 0 && room.IsActive();
  if (stored == nullptr) {
    room.sequence = ++last_sequence_;
    room.place = becomes_active ? room.sequence : 0;
    engine_.rooms_by_number.emplace(room.sequence, room.key.id);
    order_.Insert(Ordered(room));
  } else if (becomes_active) {
    room.place = ++last_sequence_;
    order_.Activate(Ordered(room));
  }
  if (becomes_active) by_place_.emplace(room.place, room.key.id);
}

void MemoryRooms::KeepLocked(const Room* stored, const Room& room) {
  // The edit saw at most one viewer: that one is replaced, the others stay.
  if (stored != nullptr) {
    for (const Audience& seen : stored->audiences) {
      if (FindAudience(room, seen.user_id) == nullptr) {
        audiences_[room.sequence].Erase(seen.user_id);
      }
    }
  }
  for (const Audience& viewer : room.audiences) audiences_[room.sequence].Put(viewer);
  Room& kept = rooms_[room.key.id];
  kept = room;
  kept.audiences.clear();
}

void MemoryRooms::DropLocked(const Room& room) {
  order_.Erase(Ordered(room));
  by_place_.erase(room.place);
  engine_.rooms_by_number.erase(room.sequence);
  audiences_.erase(room.sequence);
  rooms_.erase(room.key.id);
}

Result<std::vector<Room>> MemoryRooms::List(const RoomListQuery& query) {
  std::vector<Room> rooms;
  const MutexLock lock(engine_.mutex);
  while (rooms.size() < query.count) {
    RoomListQuery next = query;
    next.index += rooms.size();
    const std::optional<std::uint64_t> place = order_.At(next);
    if (!place) break;
    rooms.push_back(rooms_.at(by_place_.at(*place)));
  }
  return rooms;
}

Result<AudiencePage> MemoryRooms::LoadAudiences(const RoomKey& key) {
  const MutexLock lock(engine_.mutex);
  const Room* const room = FindLocked(key);
  if (room == nullptr) return Error{Errc::kRoomNotFound, {}};
  AudiencePage page{.dialect = room->dialect,
                    .is_active = room->IsActive(),
                    .count = room->audience_count,
                    .audiences = {}};
  const auto viewers = audiences_.find(room->sequence);
  if (viewers != audiences_.end()) page.audiences = viewers->second.Newest();
  return page;
}

Result<std::vector<Audience>> MemoryRooms::FindAudiences(const RoomKey& key,
                                                         std::span<const UserId> users) {
  std::vector<Audience> found;
  const MutexLock lock(engine_.mutex);
  const Room* const room = FindLocked(key);
  if (room == nullptr) return found;
  for (const UserId& user : users) {
    const Audience* const viewer = FindAudienceLocked(room->sequence, user);
    if (viewer != nullptr) found.push_back(*viewer);
  }
  return found;
}

Result<RoomPage> MemoryRooms::Scan(std::uint64_t after, std::size_t limit) {
  const MutexLock lock(engine_.mutex);
  RoomPage page{.rooms = {}, .at = events_.Newest()};
  for (auto place = engine_.rooms_by_number.upper_bound(after);
       place != engine_.rooms_by_number.end() && page.rooms.size() < limit; ++place) {
    page.rooms.push_back(rooms_.at(place->second));
  }
  return page;
}

Result<std::vector<StoredViewer>> MemoryRooms::ScanViewers(std::uint64_t room_number,
                                                           const UserId& user_id,
                                                           std::size_t limit) {
  const MutexLock lock(engine_.mutex);
  std::vector<StoredViewer> viewers;
  for (auto place = engine_.rooms_by_number.lower_bound(room_number);
       place != engine_.rooms_by_number.end() && viewers.size() < limit; ++place) {
    const auto table = audiences_.find(place->first);
    if (table == audiences_.end()) continue;
    const Room& room = rooms_.at(place->second);
    const auto& by_user = table->second.by_user();
    auto viewer = room.sequence == room_number ? by_user.upper_bound(user_id) : by_user.begin();
    for (; viewer != by_user.end() && viewers.size() < limit; ++viewer) {
      viewers.push_back({.room = room.key,
                         .dialect = room.dialect,
                         .room_number = room.sequence,
                         .user_id = viewer->first,
                         .seat = viewer->second.seat});
    }
  }
  return viewers;
}

Result<Cursor> MemoryRooms::Newest() {
  const MutexLock lock(engine_.mutex);
  return events_.Newest();
}

Result<EventPage> MemoryRooms::ReadEvents(const Cursor& cursor, std::size_t limit) {
  const MutexLock lock(engine_.mutex);
  return events_.Read(cursor, limit);
}

Result<std::vector<StoredEvent>> MemoryRooms::ReadRoomEvents(const RoomKey& key,
                                                             std::optional<std::uint64_t> before,
                                                             std::size_t limit) {
  const MutexLock lock(engine_.mutex);
  return events_.ReadOfRoom(key, before, limit);
}

Result<std::vector<StoredEvent>> MemoryRooms::ReadSeatLosses(const RoomKey& key,
                                                             const UserId& user) {
  const MutexLock lock(engine_.mutex);
  return events_.ReadSeatLosses(key, user);
}

Result<std::size_t> MemoryRooms::TrimEvents(const EventRetention& retention) {
  const MutexLock lock(engine_.mutex);
  return engine_.MarkRemoval(retention.as_of, events_.Trim(retention));
}

std::uint64_t MemoryRooms::CountRooms(RoomKind kind) const {
  const MutexLock lock(engine_.mutex);
  return order_.Count(kind);
}

}  // namespace rtcroom
