// The interface to the stored rooms.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/core/cursor.h"
#include "daemon/core/room.h"
#include "daemon/core/room_change.h"

namespace rtcroom {

/// The rooms to list.
struct RoomListQuery {
  RoomKind kind = RoomKind::kDouble;
  std::optional<Dialect> dialect = {};  ///< none: rooms of both
  /// The `Room::type` of the rooms to list; for webrtc rooms alone.
  std::optional<std::string> type = {};
  /// The rooms to list have a greater `Room::place`: paging by the last place skips and repeats
  /// nothing, whichever earlier rooms have ended meanwhile.
  std::uint64_t after = 0;
  std::uint64_t index = 0;  ///< how many such rooms to skip
  std::size_t count = 0;    ///< maximum number of rooms to return, 0..200
};

/// The newest viewers of a room.
struct AudiencePage {
  Dialect dialect = Dialect::kGen1;   ///< dialect of the room
  bool is_active = false;             ///< whether the room is active
  std::size_t count = 0;              ///< number of all its viewers
  std::vector<Audience> audiences{};  ///< viewers in join order

  /// Most bytes of `audiences`: for each viewer its texts, and `kFixedBytes`, which is no more than
  /// it has besides in any form of a reply.
  static constexpr std::uint64_t kMaxBytes = std::uint64_t{256} << 10;
  static constexpr std::uint64_t kFixedBytes = 28;
};

/// The size of a viewer, as `AudiencePage::kMaxBytes` counts it.
constexpr std::uint64_t StoredBytes(const Audience& viewer) {
  return AudiencePage::kFixedBytes + viewer.user_id.value.size() + viewer.user_info.size();
}

/// A viewer and its room, without its profile.
struct StoredViewer {
  RoomKey room{};
  Dialect dialect = Dialect::kGen2;  ///< dialect of the room
  std::uint64_t room_number = 0;     ///< `Room::sequence`
  UserId user_id{};
  std::uint64_t seat = 0;

  bool operator==(const StoredViewer&) const = default;
};

/// A snapshot of rooms.
struct RoomPage {
  std::vector<Room> rooms{};
  Cursor at{};  ///< newest event of the snapshot: the rooms include its change, and none after it
};

struct StoreLimits {
  std::uint64_t max_rooms = 1'000'000;
  std::size_t max_room_messages = 1000;  ///< kept of each room; at least 1
  std::uint64_t max_recordings = 1'000'000;
};

/// The longest waits for a store on another machine. A write may wait for the group before it, and
/// the outcome of either may have to be looked up.
inline constexpr std::chrono::seconds kLongestStoreRead{4};
inline constexpr std::chrono::seconds kLongestStoreWrite = 4 * kLongestStoreRead;

/// Keeps rooms and their members.
///
/// An update acknowledged by `Update` survives a crash of the process and, where the implementation
/// is durable, a power cut. Reads see every change acknowledged before they began.
///
/// @threads every method is safe from any thread.
class RoomStore {
 public:
  virtual ~RoomStore() = default;

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
  /// step, but several programs that write one store may together pass the limit by what they
  /// create at the same moment. The store assigns a new room its `sequence`; the returned change
  /// has it.
  ///
  /// @return one outcome per update, in order: the change as committed, or the edit's own error,
  ///         kNotAllowed for a banned guest, kRoomExists, kTooManyRooms, kStoreBusy or
  ///         kStoreBroken.
  virtual std::vector<Result<RoomChange>> UpdateAll(std::span<const RoomUpdate> updates) = 0;

  /// `UpdateAll` of a single update.
  Result<RoomChange> Update(const RoomKey& key, RoomEdit edit);
  Result<RoomChange> Update(RoomUpdate update);

  /// A page of the active rooms of one kind, in the order of activation.
  ///
  /// O(log n + count) in the number of rooms, whatever the index.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Result<std::vector<Room>> List(const RoomListQuery& query) = 0;

  /// The newest viewers of a room: as many as fit `AudiencePage::kMaxBytes`.
  ///
  /// O(log n + their number) in the number of viewers.
  /// @errors kRoomNotFound; kStoreBusy; kStoreBroken.
  /// @threads never waits for a writer.
  virtual Result<AudiencePage> LoadAudiences(const RoomKey& key) = 0;

  /// The viewers among those users, in any order; none when there is no such room.
  ///
  /// O(log n) in the number of viewers for each user.
  /// @errors kStoreBusy; kStoreBroken.
  /// @threads never waits for a writer.
  virtual Result<std::vector<Audience>> FindAudiences(const RoomKey& key,
                                                      std::span<const UserId> users) = 0;

  /// Rooms of every kind and dialect by ascending `sequence`, for iterating over all of them: at
  /// most `limit` (1..10000) whose sequence is greater than `after`.
  /// @errors kStoreBusy; kStoreBroken.
  /// @threads never waits for a writer.
  virtual Result<RoomPage> Scan(std::uint64_t after, std::size_t limit) = 0;

  /// It does what `Scan` does, for a process that keeps members in memory. Of the rooms `info`,
  /// `mixed_play_url`, `created_at`, `place`, `last_event`, `type` and `custom` may be missing; of
  /// their pushers the name, the avatar and `accelerate_url`.
  virtual Result<RoomPage> ScanMembers(std::uint64_t after, std::size_t limit) {
    return Scan(after, limit);
  }

  /// The viewers of all rooms by ascending number of the room, then by user ID, for iterating over
  /// all of them: at most `limit` (1..10000) that come after that user of that room.
  /// @errors kStoreBusy; kStoreBroken.
  /// @threads never waits for a writer.
  virtual Result<std::vector<StoredViewer>> ScanViewers(std::uint64_t room_number,
                                                        const UserId& user_id,
                                                        std::size_t limit) = 0;

  /// Number of rooms of a kind, over both dialects, including inactive ones.
  /// @threads never waits for a writer's I/O.
  virtual std::uint64_t CountRooms(RoomKind kind) const = 0;
};

}  // namespace rtcroom
