// The comparisons of a trial after every boot.
#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "tests/powercut/power_cut_trial.h"
#include "tests/powercut/raw_sqlite.h"

namespace rtcroom {
namespace {

constexpr std::size_t kMostEventsPerRead = 1000;
constexpr std::size_t kMostMessagesPerRead = 1000;
constexpr std::size_t kMostRoomsPerList = 200;
constexpr std::size_t kMostRoomsPerScan = 10'000;

bool IsSame(const StoredEvent& one, const StoredEvent& other) {
  return one.position == other.position && one.event == other.event;
}

Room WithoutViewers(Room room) {
  room.audiences.clear();
  return room;
}

/// Reads from `cursor` to the end and advances it.
Result<std::vector<StoredEvent>> ReadAll(Store& store, Cursor& cursor) {
  std::vector<StoredEvent> events;
  for (;;) {
    Result<EventPage> page = store.ReadEvents(cursor, kMostEventsPerRead);
    if (!page) return page.error();
    cursor = page->next;
    if (page->events.empty()) return events;
    std::ranges::move(page->events, std::back_inserter(events));
  }
}

}  // namespace

std::optional<std::string> PowerCutTrial::Audit() {
  if (Fault fault = AuditFile()) return fault;
  if (Fault fault = AuditEvents()) return fault;
  if (Fault fault = AuditRooms()) return fault;
  return AuditMessages();
}

std::optional<std::string> PowerCutTrial::AuditFile() const {
  RawSqlite database(kPath, vfs_name_);
  const std::string integrity = database.Query("PRAGMA integrity_check");
  if (integrity != "ok") return "damaged: " + integrity;
  const std::string orphan = database.Query("PRAGMA foreign_key_check");
  if (!orphan.empty()) return "a row without its room in " + orphan;
  return std::nullopt;
}

std::optional<std::string> PowerCutTrial::AuditEvents() {
  Cursor from_start = Cursor::Start();
  Result<std::vector<StoredEvent>> all = ReadAll(store_->rooms(), from_start);
  if (!all) return "events cannot be read: " + all.error().detail;
  const bool ascending =
      std::ranges::is_sorted(*all, std::ranges::less_equal(), &StoredEvent::position);
  if (!ascending && all->size() > 1) return "positions do not ascend";

  const auto fresh = std::ranges::upper_bound(*all, cursor_.position, {}, &StoredEvent::position);
  if (Fault fault = CompareKnownEvents({all->begin(), fresh})) return fault;
  if (Fault fault = CompareNewEvents({fresh, all->end()})) return fault;
  if (Fault fault = CompareSeenEvents(*all)) return fault;

  // A reader positioned at the end before the cut continues from there.
  Cursor from_last = cursor_;
  const Result<std::vector<StoredEvent>> resumed = ReadAll(store_->rooms(), from_last);
  if (!resumed) return "a reader cannot go on: " + resumed.error().detail;
  if (!std::ranges::equal(*resumed, std::span(fresh, all->end()), IsSame)) {
    return "a reader that goes on finds other events";
  }
  if (!cursor_.epoch.empty() && cursor_.epoch != from_start.epoch) return "the epoch changed";
  if (from_start.position < cursor_.position) return "positions began anew";
  cursor_ = from_start;
  events_ = *std::move(all);
  return std::nullopt;
}

std::optional<std::string> PowerCutTrial::CompareKnownEvents(
    std::span<const StoredEvent> known) const {
  if (!known.empty() && known.front().position <= trimmed_to_) return "a removed event is back";
  const auto gone =
      static_cast<std::ptrdiff_t>(events_.size()) - static_cast<std::ptrdiff_t>(known.size());
  const bool is_tail =
      gone >= 0 && std::equal(known.begin(), known.end(), std::next(events_.begin(), gone),
                              events_.end(), IsSame);
  if (!is_tail) return "known events are missing or different";
  if (gone > 0 && events_[static_cast<std::size_t>(gone) - 1].position > may_trim_to_) {
    return fmt::format("{} known events are gone", gone);
  }
  return std::nullopt;
}

std::optional<std::string> PowerCutTrial::CompareNewEvents(std::span<const StoredEvent> fresh) {
  std::map<RoomId, std::vector<RoomEvent>> by_room;
  for (const StoredEvent& stored : fresh) by_room[stored.event.room.id].push_back(stored.event);
  for (const auto& [id, events] : by_room) {
    if (std::ranges::none_of(witnesses_, [&](const Witness& one) { return one.Owns(id); })) {
      return fmt::format("events of {}, an id that no client used", id.value);
    }
  }
  for (Witness& witness : witnesses_) {
    if (Fault fault = witness.Settle(by_room)) return fault;
    for (const Room& room : witness.TakeCreated()) {
      if (Fault fault = RecordSequence(room)) return fault;
    }
  }
  return std::nullopt;
}

std::optional<std::string> PowerCutTrial::CompareSeenEvents(std::span<const StoredEvent> found) {
  const MutexLock lock(seen_mutex_);
  for (const StoredEvent& seen : std::exchange(seen_, {})) {
    const auto again = std::ranges::lower_bound(found, seen.position, {}, &StoredEvent::position);
    const bool is_there = again != found.end() && IsSame(*again, seen);
    if (!is_there) return "an event that a reader saw is gone";
  }
  return std::nullopt;
}

std::optional<std::string> PowerCutTrial::AuditRooms() {
  std::vector<Room> rooms;
  for (Witness& witness : witnesses_) {
    for (auto& [id, room] : witness.rooms()) {
      if (Fault fault = CompareRoom(room)) return fault;
      rooms.push_back(WithoutViewers(room));
    }
  }
  std::ranges::sort(rooms, {}, &Room::sequence);
  const Result<RoomPage> scanned = store_->rooms().Scan(0, kMostRoomsPerScan);
  if (!scanned) return "rooms cannot be scanned: " + scanned.error().detail;
  if (scanned->rooms != rooms) return "the rooms are not those that were acknowledged";
  return CompareLists(rooms);
}

std::optional<std::string> PowerCutTrial::CompareRoom(Room& expected) {
  const Result<Room> stored = store_->rooms().Load(expected.key);
  if (!stored) {
    return fmt::format("{} is not there: {}", expected.key.id.value, stored.error().detail);
  }
  // A change without a known outcome has not returned these numbers.
  if (expected.sequence == 0) expected.sequence = stored->sequence;
  if (expected.place == 0 && expected.IsActive()) expected.place = stored->place;
  if (*stored != WithoutViewers(expected)) {
    return fmt::format("{} is different", expected.key.id.value);
  }
  const Result<AudiencePage> page = store_->rooms().LoadAudiences(expected.key);
  if (!page) return "viewers cannot be loaded: " + page.error().detail;
  if (page->audiences != expected.audiences) {
    return fmt::format("the viewers of {} are different", expected.key.id.value);
  }
  return RecordSequence(expected);
}

std::optional<std::string> PowerCutTrial::CompareLists(const std::vector<Room>& rooms) {
  for (const RoomKind kind : kAllRoomKinds) {
    std::vector<Room> of_kind;
    std::ranges::copy_if(rooms, std::back_inserter(of_kind),
                         [&](const Room& room) { return room.key.kind == kind; });
    if (store_->rooms().CountRooms(kind) != of_kind.size()) return "the rooms are counted wrong";
    std::erase_if(of_kind, [](const Room& room) { return !room.IsActive(); });
    std::ranges::sort(of_kind, {}, &Room::place);
    of_kind.resize(std::min(of_kind.size(), kMostRoomsPerList));
    const auto listed =
        store_->rooms().List({.kind = kind, .index = 0, .count = kMostRoomsPerList});
    if (!listed) return "rooms cannot be listed: " + listed.error().detail;
    if (*listed != of_kind) return "the list is not the rooms that were acknowledged";
  }
  return std::nullopt;
}

std::optional<std::string> PowerCutTrial::AuditMessages() {
  std::vector<StoredMessage> found;
  for (std::uint64_t position = 0;; position = found.back().position) {
    const Result<std::vector<StoredMessage>> page =
        store_->messages().ReadMessages(position, kMostMessagesPerRead);
    if (!page) return "messages cannot be read: " + page.error().detail;
    if (page->empty()) break;
    std::ranges::copy(*page, std::back_inserter(found));
  }
  for (MessageWitness& witness : message_witnesses_) {
    if (Fault fault = witness.Settle(found)) return fault;
  }
  const Result<std::uint64_t> newest = store_->messages().NewestMessage();
  if (!newest) return "the newest message cannot be read: " + newest.error().detail;
  if (*newest != (found.empty() ? 0 : found.back().position)) {
    return fmt::format("position {} is not that of the newest message", *newest);
  }
  return std::nullopt;
}

std::optional<std::string> PowerCutTrial::RecordSequence(const Room& room) {
  const std::string identity =
      fmt::format("{} made at {}", room.key.id.value, room.created_at.time_since_epoch().count());
  for (const std::uint64_t number : {room.sequence, room.place}) {
    if (number == 0) continue;
    const auto known = sequences_.try_emplace(number, identity).first;
    if (known->second != identity) return fmt::format("the number {} was given twice", number);
  }
  return std::nullopt;
}

}  // namespace rtcroom
