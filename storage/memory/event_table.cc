#include "storage/memory/event_table.h"

#include <algorithm>
#include <functional>
#include <variant>

namespace rtcroom {

std::vector<StoredEvent> EventTable::Append(std::uint64_t room_number,
                                            std::span<const RoomEvent> events) {
  std::vector<StoredEvent> stored;
  for (const RoomEvent& event : events) {
    stored.push_back({.position = ++last_position_, .room_number = room_number, .event = event});
    bytes_ += StoredBytes(event);
  }
  events_.insert(events_.end(), stored.begin(), stored.end());
  return stored;
}

Result<EventPage> EventTable::Read(const Cursor& cursor, std::size_t limit) const {
  const bool from_start = cursor == Cursor::Start();
  const std::uint64_t after = from_start ? trimmed_to_ : cursor.position;
  if (!from_start && (cursor.epoch != epoch_ || after < trimmed_to_ || after > last_position_)) {
    return Error{Errc::kCursorExpired, {}};
  }
  EventPage page{.events = {}, .next = {.epoch = epoch_, .position = after}};
  for (std::size_t i = after - trimmed_to_; i < events_.size() && page.events.size() < limit; ++i) {
    page.events.push_back(events_[i]);
    page.next.position = events_[i].position;
  }
  return page;
}

std::vector<StoredEvent> EventTable::ReadOfRoom(const RoomKey& key,
                                                std::optional<std::uint64_t> before,
                                                std::size_t limit) const {
  std::vector<StoredEvent> events;
  for (auto stored = events_.rbegin(); stored != events_.rend() && events.size() < limit;
       ++stored) {
    const bool is_before = !before || stored->position < *before;
    if (is_before && stored->event.room == key) events.push_back(*stored);
  }
  return events;
}

std::vector<StoredEvent> EventTable::ReadSeatLosses(const RoomKey& key, const UserId& user) const {
  std::vector<StoredEvent> found;
  const auto find_newest = [&](const auto& is_wanted) {
    const auto stored = std::find_if(events_.rbegin(), events_.rend(), [&](const StoredEvent& one) {
      return one.event.room == key && is_wanted(one.event.payload);
    });
    if (stored != events_.rend()) found.push_back(*stored);
  };
  find_newest([&](const EventPayload& payload) {
    const auto* const deleted = std::get_if<PusherDeleted>(&payload);
    return deleted != nullptr && deleted->user_id == user && TakesSeat(deleted->reason);
  });
  find_newest(
      [](const EventPayload& payload) { return std::holds_alternative<RoomDestroyed>(payload); });
  std::ranges::sort(found, std::ranges::greater(), &StoredEvent::position);
  return found;
}

std::size_t EventTable::Trim(const EventRetention& retention) {
  std::size_t removed = 0;
  while (!events_.empty() && removed < retention.most_per_call) {
    const RoomEvent& oldest = events_.front().event;
    const bool may_go = oldest.at < retention.keep_since || events_.size() > retention.max_events ||
                        bytes_ > retention.max_bytes;
    if (!may_go) break;
    trimmed_to_ = events_.front().position;
    bytes_ -= StoredBytes(oldest);
    events_.pop_front();
    ++removed;
  }
  return removed;
}

}  // namespace rtcroom
