#include "storage/postgres/pg_room_group.h"

#include <algorithm>
#include <cassert>
#include <variant>

#include "storage/postgres/pg_deliveries.h"
#include "storage/postgres/pg_ended_logins.h"
#include "storage/postgres/pg_record_rows.h"
#include "storage/postgres/pg_room_writes.h"
#include "storage/postgres/pg_sessions.h"

namespace rtcroom {
namespace {

bool ChangesLists(const RoomEvent& event) {
  return std::holds_alternative<RoomCreated>(event.payload) ||
         std::holds_alternative<RoomActivated>(event.payload) ||
         std::holds_alternative<RoomDestroyed>(event.payload);
}

}  // namespace

std::vector<PgCall> PgRoomGroup::LoadCalls(std::span<const RoomUpdate* const> updates) {
  if (updates.empty()) return {};
  std::vector<std::string_view> viewers_of;
  std::vector<std::string_view> viewers;
  std::vector<PgGuest> guests;
  for (const RoomUpdate* const update : updates) {
    Holder& holder = holders_[update->key.id.value];
    if (update->guest) guests.push_back({.room = update->key, .user_id = *update->guest});
    if (!update->audience) continue;
    if (!holder.loaded_viewers.emplace(*update->audience, std::nullopt).second) continue;
    viewers_of.emplace_back(update->key.id.value);
    viewers.emplace_back(update->audience->value);
  }
  std::vector<std::string_view> ids;
  for (const auto& [id, holder] : holders_) ids.emplace_back(id);
  loads_viewers_ = !viewers.empty();
  std::vector<PgCall> calls = {pg::LoadRooms(ids)};
  if (loads_viewers_) calls.push_back(pg::LoadViewers(viewers_of, viewers));
  if (!guests.empty()) calls.push_back(pg::LoadBansOf(guests, now_));
  return calls;
}

Status PgRoomGroup::Load(std::span<PgRows> results) {
  if (results.empty()) return {};
  Result<std::vector<PgRoom>> rooms = pg::ReadRooms(results[0]);
  if (!rooms) return rooms.error();
  for (PgRoom& loaded : *rooms) {
    Holder& holder = holders_[loaded.room.key.id.value];
    holder.room = loaded.room;
    holder.last_position = loaded.last_position;
    holder.loaded = std::move(loaded);
  }
  results = results.subspan(1);
  if (loads_viewers_) {
    if (const Status loaded = LoadViewers(results.front()); !loaded) return loaded;
    results = results.subspan(1);
  }
  if (results.empty()) return {};
  const Result<std::vector<Ban>> bans = pg::ReadBans(results.front());
  if (!bans) return bans.error();
  for (const Ban& ban : *bans) banned_.emplace(ban.room, ban.user_id);
  return {};
}

Status PgRoomGroup::LoadViewers(PgRows& rows) {
  Result<std::vector<PgViewer>> viewers = pg::ReadViewers(rows);
  if (!viewers) return viewers.error();
  for (PgViewer& viewer : *viewers) {
    const UserId user_id = viewer.audience.user_id;
    holders_[viewer.room.value].loaded_viewers[user_id] = std::move(viewer.audience);
  }
  return {};
}

Room PgRoomGroup::View(const Holder& holder, const std::optional<UserId>& audience) {
  Room view = *holder.room;
  if (!audience) return view;
  const std::optional<Audience>* viewer = nullptr;
  if (const auto changed = holder.viewers.find(*audience); changed != holder.viewers.end()) {
    viewer = &changed->second;
  } else if (!holder.is_new) {
    const auto loaded = holder.loaded_viewers.find(*audience);
    if (loaded != holder.loaded_viewers.end()) viewer = &loaded->second;
  }
  if (viewer != nullptr && *viewer) view.audiences.push_back(**viewer);
  return view;
}

Result<RoomChange> PgRoomGroup::Apply(const RoomUpdate& update) {
  if (update.guest && banned_.contains({update.key, *update.guest})) {
    return Error{Errc::kNotAllowed, {}};
  }
  Holder& holder = holders_[update.key.id.value];
  const bool taken = holder.room.has_value();
  std::optional<Room> view;
  if (taken) view = View(holder, update.audience);
  const Room* const stored = taken && view->key.kind == update.key.kind ? &*view : nullptr;

  Result<RoomChange> change = update.edit(stored);
  if (!change || !change->HasEffect()) return change;
  assert(change->room.key == update.key);
  if (stored == nullptr && taken) return Error{Errc::kRoomExists, "the id is taken"};
  if (stored == nullptr && rooms_ >= limits_.max_rooms) return Error{Errc::kTooManyRooms, {}};
  if (const Status readable = CheckReadable(*change); !readable) return readable.error();

  const std::size_t first_event = records_.size();
  const CustomEvents::Event* const merged_with =
      stored == nullptr ? nullptr : holder.custom.Find(*stored, *change);
  if (merged_with != nullptr) {
    // The earlier event is not written yet: it takes the value of this change instead.
    change->room.last_event = stored->last_event;
    change->events.front().room_sequence = merged_with->room_sequence;
    std::get<StoredEvent>(records_.at(merged_with->place).record.what).event =
        change->events.front();
  } else {
    SetNumbers(stored, *change);
    AddEvents(*change, holder);
  }
  if (update.guest) guests_.push_back({.room = update.key, .user_id = *update.guest});
  Keep(stored, *change, holder);
  KeepOthers(*change, first_event);
  return change;
}

std::int32_t PgRoomGroup::VersionOf(std::int64_t type) const {
  const auto found = std::ranges::find(new_types_, type, &PgNewType::type);
  return found == new_types_.end() ? 0 : found->version;
}

Status PgRoomGroup::CheckReadable(const PgRecorded& what) const {
  if (VersionOf(std::visit(pg::RecordType{}, what)) <= readable_) return {};
  return Error{Errc::kStoreBusy, "a node runs an older version, which cannot read this"};
}

Status PgRoomGroup::CheckReadable(const RoomChange& change) const {
  if (new_types_.empty()) return {};
  Status readable;
  const auto check = [&](const PgRecorded& what) {
    if (readable) readable = CheckReadable(what);
  };
  for (const RoomEvent& event : change.events) check(StoredEvent{.event = event});
  if (change.ban) check(*change.ban);
  for (const Revocation& revocation : change.revocations) check(revocation);
  if (change.sets_mix) check(MixChanged());
  return readable;
}

void PgRoomGroup::Record(PgNewRecord record) {
  if (!new_types_.empty()) {
    const std::int64_t type = std::visit(pg::RecordType{}, record.record.what);
    needed_ = std::max(needed_, VersionOf(type));
  }
  records_.push_back(std::move(record));
}

// A room is numbered by its first event, and placed by the one that makes it active.
void PgRoomGroup::SetNumbers(const Room* stored, RoomChange& change) const {
  Room& room = change.room;
  const std::uint64_t first = kPgProvisional + records_.size() + 1;
  if (stored == nullptr) {
    room.sequence = first;
    room.place = room.IsActive() ? first : 0;
  } else if (room.place == 0 && room.IsActive()) {
    room.place = first;
  }
}

void PgRoomGroup::AddEvents(const RoomChange& change, Holder& holder) {
  const Room& room = change.room;
  const bool begins = !change.events.empty() && change.events.front().room_sequence == 1;
  if (begins) holder.last_position = 0;
  for (const RoomEvent& event : change.events) {
    const std::uint64_t position = kPgProvisional + records_.size() + 1;
    PgRecord record{
        .position = position,
        .what = StoredEvent{.position = position, .room_number = room.sequence, .event = event}};
    if (ChangesLists(event)) {
      record.place = room.place;
      record.type = room.type;
    }
    Record({.record = std::move(record), .previous = holder.last_position});
    holder.last_position = position;
  }
  holder.custom.Add(change, records_.size() - 1);
}

void PgRoomGroup::Keep(const Room* stored, const RoomChange& change, Holder& holder) {
  holder.is_changed = true;
  if (change.closed) {
    if (stored != nullptr) {
      if (rooms_ > 0) --rooms_;  // others may have made rooms that are not counted yet
      const bool is_stored = stored->sequence < kPgProvisional;
      if (is_stored) ended_.push_back({.number = stored->sequence, .at = change.events.back().at});
    }
    holder.room.reset();
    holder.viewers.clear();
    holder.custom = {};
    return;
  }
  if (stored == nullptr) {
    ++rooms_;
    holder.is_new = true;
    holder.viewers.clear();
    holder.custom = {};
  } else {
    for (const Audience& viewer : stored->audiences) {
      if (FindAudience(change.room, viewer.user_id) == nullptr) {
        holder.viewers[viewer.user_id] = std::nullopt;
      }
    }
  }
  for (const Audience& viewer : change.room.audiences) holder.viewers[viewer.user_id] = viewer;
  holder.room = change.room;
  holder.room->audiences.clear();
}

void PgRoomGroup::KeepOthers(const RoomChange& change, std::size_t first_event) {
  if (change.ban) Add(*change.ban);
  if (change.delivery) {
    deliveries_.push_back(
        {.change = *change.delivery, .at = change.events.back().at, .first_event = first_event});
  }
  for (const Revocation& revocation : change.revocations) Add(revocation);
  if (change.sets_mix) Add(MixChangeOf(change, 0));
}

std::uint64_t PgRoomGroup::Add(const PgRecorded& what) {
  const std::uint64_t position = kPgProvisional + records_.size() + 1;
  if (const auto* const ban = std::get_if<Ban>(&what); ban != nullptr && ban->until > now_) {
    banned_.emplace(ban->room, ban->user_id);
  }
  Record({.record = {.position = position, .what = what, .at = now_}});
  return position;
}

std::vector<PgCall> PgRoomGroup::WriteCalls(std::int64_t tag) const {
  PgRoomWrites writes;
  for (const auto& [id, holder] : holders_) {
    if (!holder.is_changed) continue;
    const bool replaces = holder.loaded && (holder.is_new || !holder.room);
    if (replaces) writes.Delete(*holder.loaded);
    if (!holder.room) continue;
    const PgRoom* const before = holder.loaded && !replaces ? &*holder.loaded : nullptr;
    writes.Put(before, *holder.room, holder.last_position);
    for (const auto& [user_id, viewer] : holder.viewers) {
      writes.PutViewer(holder.room->sequence, user_id, viewer);
    }
  }
  std::vector<PgCall> calls = writes.Calls();
  // The check comes before the bans of the group: users who joined before them were not banned.
  if (!guests_.empty()) calls.push_back(pg::CheckNoBans(guests_, now_));
  if (!records_.empty()) calls.push_back(pg::InsertRecords(records_, tag));
  return calls;
}

std::vector<PgWrite> PgRoomGroup::OtherWrites() const {
  std::vector<PgWrite> writes;
  for (std::size_t i = 0; i < records_.size(); ++i) {
    const PgRecorded& what = records_[i].record.what;
    const std::uint64_t back = records_.size() - 1 - i;
    if (const auto* const ban = std::get_if<Ban>(&what)) {
      writes.push_back({.calls = {pg::WriteBan(*ban)}});
    } else if (const auto* const revocation = std::get_if<Revocation>(&what)) {
      writes.push_back({.calls = {pg::WriteRevocation(*revocation)}});
    } else if (const auto* const change = std::get_if<SessionChange>(&what)) {
      writes.push_back({.calls = {change->has_ended ? pg::RemoveSession(change->session)
                                                    : pg::WriteSession(change->session, back)}});
    } else if (const auto* const login = std::get_if<EndedLogin>(&what)) {
      writes.push_back(pg::WriteEndedLogin(*login));
    } else if (const auto* const validity = std::get_if<AccountValidity>(&what)) {
      writes.push_back({.calls = {pg::WriteAccountValidity(*validity)}});
    }
  }
  for (const EnqueuedDelivery& delivery : deliveries_) {
    writes.push_back(pg::ChangeDeliveries(delivery.change, delivery.at,
                                          records_.size() - 1 - delivery.first_event));
  }
  if (!ended_.empty()) writes.push_back({.calls = {pg::EndMessages(ended_)}});
  return writes;
}

void PgRoomGroup::Resolve(std::uint64_t base, RoomChange& change) {
  change.room.sequence = ResolvePgNumber(change.room.sequence, base);
  change.room.place = ResolvePgNumber(change.room.place, base);
}

}  // namespace rtcroom
