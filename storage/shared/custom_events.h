// Changes of custom fields that share a transaction, and may be merged.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "daemon/core/room_change.h"

namespace rtcroom {

/// The newest events of a room in a transaction, while all are changes of custom fields: the order
/// of events of different fields does not matter. At most one per field.
///
/// @source `RoomStore::UpdateAll`.
class CustomEvents {
 public:
  struct Event {
    std::string field{};
    std::size_t place = 0;  ///< among the events of the transaction
    std::uint64_t room_sequence = 0;
  };

  /// The change's only event if it is a `CustomChanged`, or null.
  static const CustomChanged* Of(const RoomChange& change) {
    if (change.events.size() != 1) return nullptr;
    return std::get_if<CustomChanged>(&change.events.front().payload);
  }

  /// The event that this change of `stored` may be merged into, or null.
  [[nodiscard]] const Event* Find(const Room& stored, const RoomChange& change) const {
    const CustomChanged* const custom = Of(change);
    if (custom == nullptr || stored.last_event != last_event_) return nullptr;
    const auto same = std::ranges::find(events_, custom->field, &Event::field);
    return same == events_.end() ? nullptr : &*same;
  }

  /// `change` was not merged; if it is of custom fields, later ones may be merged into its event.
  void Add(const RoomChange& change, std::size_t place) {
    const CustomChanged* const custom = Of(change);
    if (custom == nullptr) return;
    const std::uint64_t newest = change.room.last_event;
    if (newest != last_event_ + 1) events_.clear();
    last_event_ = newest;
    events_.push_back({.field = custom->field, .place = place, .room_sequence = newest});
  }

 private:
  std::uint64_t last_event_ = 0;  ///< `Room::last_event` after them
  std::vector<Event> events_;
};

}  // namespace rtcroom
