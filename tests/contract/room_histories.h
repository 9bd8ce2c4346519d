// The history of one room: filtered from all events, and read through the store's per-room query.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "storage/storage.h"
#include "tests/support/matchers.h"

namespace rtcroom {

/// The events of that room in `all`, newest first.
inline std::vector<StoredEvent> HistoryOf(const std::vector<StoredEvent>& all, const RoomKey& key) {
  std::vector<StoredEvent> events;
  for (const StoredEvent& stored : all) {
    if (stored.event.room == key) events.push_back(stored);
  }
  std::ranges::reverse(events);
  return events;
}

/// The same, read from the store in pages of `limit`.
inline std::vector<StoredEvent> PagedHistory(Storage& store, const RoomKey& key,
                                             std::size_t limit) {
  std::vector<StoredEvent> events;
  std::optional<std::uint64_t> before;
  for (;;) {
    const Result<std::vector<StoredEvent>> page = store.rooms().ReadRoomEvents(key, before, limit);
    EXPECT_OK(page);
    if (!page || page->empty()) return events;
    EXPECT_LE(page->size(), limit);
    events.insert(events.end(), page->begin(), page->end());
    before = page->back().position;
  }
}

inline std::vector<std::uint64_t> PositionsOf(const std::vector<StoredEvent>& events) {
  std::vector<std::uint64_t> positions;
  positions.reserve(events.size());
  for (const StoredEvent& stored : events) positions.push_back(stored.position);
  return positions;
}

}  // namespace rtcroom
