// The interface to the stored events: the history of the rooms.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/cursor.h"
#include "daemon/core/ids.h"
#include "daemon/core/room.h"
#include "daemon/core/room_event.h"

namespace rtcroom {

struct EventPage {
  std::vector<StoredEvent> events{};
  Cursor next{};  ///< after the last of `events`; the given position when there are none
};

/// The events that may be removed.
struct EventRetention {
  TimePoint as_of{};             ///< `RemovalClock`: the mark that goes with a removal
  TimePoint keep_since{};        ///< older ones may be removed ...
  std::uint64_t max_events = 0;  ///< ... and so may all before the newest `max_events`
  /// ... and all before the newest ones that total `max_bytes` (`StoredBytes`).
  std::uint64_t max_bytes = std::numeric_limits<std::uint64_t>::max();
  std::size_t most_per_call = 10'000;  ///< bounds the duration of one call
};

/// Keeps the events of all rooms in the order of commit. `RoomStore::UpdateAll` writes each with
/// the change from which it follows.
///
/// @threads every method is safe from any thread.
class EventLog {
 public:
  virtual ~EventLog() = default;

  /// Reads committed events after `cursor`, in the store's order.
  ///
  /// Within one room the sequence has no gaps; across rooms the order is the order of commit.
  /// An event is never visible before its change.
  ///
  /// @param limit  maximum number of events, 1..1000; bounds the duration of one read.
  /// @errors kCursorExpired when events after `cursor` are no longer retained or belong to
  /// another epoch: the reader must reload the rooms. kStoreBusy; kStoreBroken.
  /// @threads never waits for a writer.
  virtual Result<EventPage> ReadEvents(const Cursor& cursor, std::size_t limit) = 0;

  /// The events of all rooms that had that key, newest first; the last such room may have ended.
  /// Cost is proportional to the result, however much else is retained.
  ///
  /// @param before  position of one of them: only earlier events; nullopt: from the newest on.
  /// @param limit   maximum number of events, 1..1000.
  /// @return  no events when none are retained, or when there never was such a room.
  /// @errors kStoreBusy; kStoreBroken.
  /// @threads never waits for a writer.
  virtual Result<std::vector<StoredEvent>> ReadRoomEvents(const RoomKey& key,
                                                          std::optional<std::uint64_t> before,
                                                          std::size_t limit) = 0;

  /// Events that took seats in the rooms that had that key, however many others are newer: the
  /// newest `PusherDeleted` by which this user was evicted or kicked (`kHeartbeatTimeout`,
  /// `kStreamInterrupted`, `kKicked`), and the newest `RoomDestroyed`. Cost does not depend on what
  /// else is retained.
  ///
  /// @return newest first; without those that are not retained or never were.
  /// @errors kStoreBusy; kStoreBroken.
  /// @threads never waits for a writer.
  virtual Result<std::vector<StoredEvent>> ReadSeatLosses(const RoomKey& key,
                                                          const UserId& user) = 0;

  /// The cursor after the newest event.
  /// @errors kStoreBusy; kStoreBroken.
  /// @threads never waits for a writer.
  virtual Result<Cursor> Newest() = 0;

  /// Removes old events, oldest first.
  /// @return the number removed; fewer than `most_per_call` when no more may be removed.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Result<std::size_t> TrimEvents(const EventRetention& retention) = 0;
};

}  // namespace rtcroom
