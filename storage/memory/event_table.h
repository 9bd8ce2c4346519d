// The events of rooms in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/core/event_log.h"
#include "daemon/core/ids.h"
#include "daemon/core/room_event.h"

namespace rtcroom {

/// The functions are those of `EventLog`, but for `Append`.
///
/// @threads for one thread at a time.
class EventTable {
 public:
  explicit EventTable(std::string epoch) : epoch_(std::move(epoch)) {}

  /// @return the events with their positions.
  std::vector<StoredEvent> Append(std::uint64_t room_number, std::span<const RoomEvent> events);
  [[nodiscard]] std::uint64_t last_position() const { return last_position_; }
  [[nodiscard]] Cursor Newest() const { return {.epoch = epoch_, .position = last_position_}; }
  [[nodiscard]] Result<EventPage> Read(const Cursor& cursor, std::size_t limit) const;
  [[nodiscard]] std::vector<StoredEvent> ReadOfRoom(const RoomKey& key,
                                                    std::optional<std::uint64_t> before,
                                                    std::size_t limit) const;
  [[nodiscard]] std::vector<StoredEvent> ReadSeatLosses(const RoomKey& key,
                                                        const UserId& user) const;
  /// @return how many it removed.
  std::size_t Trim(const EventRetention& retention);

 private:
  const std::string epoch_;
  std::deque<StoredEvent> events_;  ///< their positions are consecutive
  std::uint64_t last_position_ = 0;
  std::uint64_t trimmed_to_ = 0;
  std::uint64_t bytes_ = 0;  ///< `StoredBytes` of `events_`
};

}  // namespace rtcroom
