// Reads committed events for the bridge, and remembers how far they are dealt with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/core/position_store.h"
#include "daemon/core/store.h"
#include "daemon/im/im_observer.h"
#include "daemon/im/shared_deliveries.h"

namespace rtcroom {

/// Where a call to `ImEventReader::Advance` ended.
enum class ReadingEnd : std::uint8_t {
  kMore,      ///< at its bound: there is more to read now
  kCaughtUp,  ///< at the newest event
  kFull,      ///< at the bound of what may be owed: calls must be finished first
  kFailed,    ///< at an error of the store
};

/// The reader "im" of the store's history. When events are gone that it has not read, it says so,
/// has every room told that something may have changed, and reads on from there.
///
/// @threads for one at a time.
class ImEventReader {
 public:
  ImEventReader(Store& store, PositionStore& positions, SharedDeliveries& shared,
                ImObserver& observer, Logger& logger);

  /// Finds out where it stands: where it was saved last or, the very first time, at the newest
  /// event.
  /// @errors kStoreBusy; kStoreBroken.
  Status Start() EXCLUDES(shared_.mutex);

  /// Reads a bounded number of events, or rooms, and hands them over.
  ReadingEnd Advance(MonotonicTime now) EXCLUDES(shared_.mutex);

  /// Whether more is dealt with than was saved.
  [[nodiscard]] bool HasMoved() EXCLUDES(shared_.mutex);
  /// Saves how far all is dealt with, if that has moved. An error is said in the log, once until
  /// it works again.
  void Save() EXCLUDES(shared_.mutex);

  /// How many positions lie between the newest event and the oldest that needs something still.
  /// @return nothing when the store does not answer.
  /// @threads safe from any thread.
  std::optional<std::uint64_t> Lag() EXCLUDES(shared_.mutex);

 private:
  ReadingEnd ReadEvents(MonotonicTime now) EXCLUDES(shared_.mutex);
  ReadingEnd ReadRooms(MonotonicTime now) EXCLUDES(shared_.mutex);
  /// Events were lost: rooms are read instead.
  void BeginRooms();
  ReadingEnd Fail(const Error& error);
  /// Nothing while rooms are read, or still owed their notice: after a crash they are read again.
  std::optional<Cursor> Handled() EXCLUDES(shared_.mutex);

  /// A walk over all rooms.
  struct Walk {
    std::uint64_t after = 0;     ///< `Room::sequence` of the last one
    std::optional<Cursor> at{};  ///< where events go on: what was newest when it began
  };

  Store& store_;
  PositionStore& positions_;
  SharedDeliveries& shared_;
  ImObserver& observer_;
  Logger& logger_;
  Cursor cursor_;                    ///< after `page_`
  std::vector<StoredEvent> page_{};  ///< read ...
  std::size_t taken_ = 0;            ///< ... and so many of them taken
  bool page_is_full_ = false;        ///< so it may end in the midst of a change
  std::optional<Walk> walk_{};
  std::optional<std::uint64_t> walked_at_{};  ///< while a notice of a walk may be owed
  Cursor saved_{};
  bool said_failing_ = false;
  bool said_not_saving_ = false;
};

}  // namespace rtcroom
