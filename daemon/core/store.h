// The interface to the stored rooms.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/core/ban_store.h"
#include "daemon/core/cursor.h"
#include "daemon/core/delivery_store.h"
#include "daemon/core/room.h"
#include "daemon/core/room_event.h"

namespace rtcroom {

/// The result of a rule for a room: written all together, or not at all.
struct RoomChange {
  Room room{};                      ///< as it is afterwards (as it was last, when `closed`)
  std::vector<RoomEvent> events{};  ///< events of the change; none means that nothing changed
  bool closed = false;              ///< the room is removed in the same write
  // Also written with the change, and only when there are events.
  std::optional<Ban> ban{};
  std::optional<DeliveryChange> delivery{};
};

/// A pure rule applied to the stored room, or to null when there is none.
///
/// It runs inside the store's atomic step and may run more than once: it must not block, call
/// the store, or keep the pointer. An error leaves the store as it was.
using RoomEdit = std::function<Result<RoomChange>(const Room* stored)>;

struct RoomUpdate {
  RoomKey key{};
  RoomEdit edit{};
  /// The user whose entry the edit reads and may change in `Room::audiences`: the cost of a change
  /// does not depend on the number of viewers.
  std::optional<UserId> audience = {};
};

/// Called for every committed change, once, in the order of commit, before the `Update` that made
/// it returns. It must be quick, must not call the store, and cannot fail.
class CommitListener {
 public:
  virtual ~CommitListener() = default;
  virtual void OnCommit(std::span<const RoomChange> changes) noexcept = 0;
};

/// Which rooms to list.
struct RoomListQuery {
  RoomKind kind = RoomKind::kDouble;
  std::optional<Dialect> dialect = {};  ///< none: rooms of both
  /// Only rooms of that `Room::type`; for webrtc rooms alone.
  std::optional<std::string> type = {};
  /// Only rooms of a greater `Room::place`: paging by the last place skips and repeats nothing,
  /// whichever earlier rooms have ended meanwhile.
  std::uint64_t after = 0;
  std::uint64_t index = 0;  ///< how many such rooms to skip
  std::size_t count = 0;    ///< maximum number of rooms to return, 0..200
};

/// The viewers of a room.
struct AudiencePage {
  Dialect dialect = Dialect::kGen1;  ///< of the room
  bool is_active = false;            ///< likewise
  std::vector<Audience> audiences{};
};

struct StoredEvent {
  std::uint64_t position = 0;  ///< place in the store's order: ascending, may have gaps
  /// `Room::sequence` of its room, which distinguishes it from others that had the same id. 0 for
  /// events stored before this field existed.
  std::uint64_t room_number = 0;
  RoomEvent event{};
};

struct EventPage {
  std::vector<StoredEvent> events{};
  Cursor next{};  ///< after the last of `events`; the given position when there are none
};

/// A snapshot of rooms.
struct RoomPage {
  std::vector<Room> rooms{};
  Cursor at{};  ///< newest event of the snapshot: the rooms include its change, and none after it
};

/// Which events may be removed.
struct EventRetention {
  TimePoint keep_since{};        ///< older ones may be removed ...
  std::uint64_t max_events = 0;  ///< ... and so may all before the newest `max_events`
  /// ... and all before the newest ones that total `max_bytes` (`StoredBytes`).
  std::uint64_t max_bytes = std::numeric_limits<std::uint64_t>::max();
  std::size_t most_per_call = 10'000;  ///< bounds the duration of one call
};

struct StoreLimits {
  std::uint64_t max_rooms = 1'000'000;
};

/// Keeps rooms, their members and the history of what happened to them.
///
/// An update acknowledged by `Update` survives a crash of the process and, where the implementation
/// is durable, a power cut. Reads see every change acknowledged before they began.
///
/// @threads every method is safe from any thread.
class Store {
 public:
  virtual ~Store() = default;

  /// @errors kRoomNotFound; kStoreBusy; kStoreBroken.
  /// @threads never waits for a writer.
  virtual Result<Room> Load(const RoomKey& key) = 0;

  /// Applies each update as an atomic step of its own, in the order given; a failed one leaves no
  /// change and does not affect the others. Returns when all of them are committed: together they
  /// wait about as long as a single one.
  ///
  /// Changes of one custom field that share a commit, with nothing but changes of other custom
  /// fields between them, may be merged into one event: it has the number of the first and the
  /// value of the last, and the returned changes reflect that.
  ///
  /// An edit that creates a room under a free key is refused with kRoomExists while a room of any
  /// kind holds the id, and with kTooManyRooms at the limit; both are checked in the same atomic
  /// step. The store assigns a new room its `sequence`; the returned change has it.
  ///
  /// @return one outcome per update, in order: the change as committed, or the edit's own error,
  ///         kRoomExists, kTooManyRooms, kStoreBusy or kStoreBroken.
  virtual std::vector<Result<RoomChange>> UpdateAll(std::span<const RoomUpdate> updates) = 0;

  /// `UpdateAll` of a single update.
  Result<RoomChange> Update(const RoomKey& key, RoomEdit edit);
  Result<RoomChange> Update(RoomUpdate update);

  /// A page of the active rooms of one kind, in the order of activation.
  ///
  /// O(log n + count) in the number of rooms, whatever the index.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Result<std::vector<Room>> List(const RoomListQuery& query) = 0;

  /// The viewers of a room, in join order.
  /// @errors kRoomNotFound; kStoreBusy; kStoreBroken.
  /// @threads never waits for a writer.
  virtual Result<AudiencePage> LoadAudiences(const RoomKey& key) = 0;

  /// Rooms of every kind and dialect by ascending `sequence`, for iterating over all of them: at
  /// most `limit` (1..10000) whose sequence is greater than `after`.
  /// @errors kStoreBusy; kStoreBroken.
  /// @threads never waits for a writer.
  virtual Result<RoomPage> Scan(std::uint64_t after, std::size_t limit) = 0;

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

  /// The cursor after the newest event.
  /// @errors kStoreBusy; kStoreBroken.
  /// @threads never waits for a writer.
  virtual Result<Cursor> Newest() = 0;

  /// Removes old events, oldest first.
  /// @return the number removed; fewer than `most_per_call` when no more may be removed.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Result<std::size_t> TrimEvents(const EventRetention& retention) = 0;

  /// Whether the store accepts writes: commits a write at least as large as that of a joining
  /// pusher, and requires that the previous commit did not fail.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Status Ping() = 0;

  /// Number of rooms of a kind, over both dialects, including inactive ones.
  /// @threads never waits for a writer's I/O.
  virtual std::uint64_t CountRooms(RoomKind kind) const = 0;
};

}  // namespace rtcroom
