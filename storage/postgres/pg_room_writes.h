// The statements that write the net changes of rooms.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "daemon/core/cluster.h"
#include "daemon/core/room.h"
#include "storage/postgres/pg_connection.h"
#include "storage/postgres/pg_rooms.h"

namespace rtcroom {

/// Gathers what becomes of the rooms of a group, for one statement of each kind. The arguments must
/// outlive it. Numbers may be provisional (`kPgProvisional`).
class PgRoomWrites {
 public:
  /// The room ends, with its members.
  void Delete(const PgRoom& room);
  /// @param before         nullptr: it is new.
  /// @param last_position  of its newest event.
  void Put(const PgRoom* before, const Room& room, std::uint64_t last_position);
  /// @param viewer  nullopt: it leaves.
  void PutViewer(std::uint64_t room, const UserId& user_id, const std::optional<Audience>& viewer);

  /// The calls must run in this order, before the events are inserted. They divide by zero, or
  /// violate the uniqueness of ids, where a room is not as it was loaded.
  [[nodiscard]] std::vector<PgCall> Calls() const;

 private:
  struct RoomArrays {
    void Add(const Room& room, std::uint64_t version, std::uint64_t last_position);

    std::int64_t count = 0;
    PgArray<std::uint64_t> numbers;
    PgArray<std::uint64_t> versions;
    PgArray<std::string_view> ids;
    PgArray<RoomKind> kinds;
    PgArray<Dialect> dialects;
    PgArray<std::string_view> creators;
    PgArray<std::span<const std::byte>> infos;
    PgArray<std::span<const std::byte>> mixed_play_urls;
    PgArray<TimePoint> created_at;
    PgArray<std::uint64_t> places;
    PgArray<std::span<const std::byte>> types;
    PgArray<std::span<const std::byte>> customs;
    PgArray<std::uint64_t> audience_counts;
    PgArray<std::uint64_t> last_events;
    PgArray<std::uint64_t> last_positions;
    PgArray<std::int32_t> mix_widths;
    PgArray<std::int32_t> mix_heights;
  };
  struct PusherArrays {
    void Add(std::uint64_t room, const Pusher& pusher);

    std::int64_t count = 0;
    PgArray<std::uint64_t> rooms;
    PgArray<std::uint64_t> seats;
    PgArray<std::string_view> user_ids;
    PgArray<std::span<const std::byte>> user_names;
    PgArray<std::span<const std::byte>> user_avatars;
    PgArray<std::span<const std::byte>> push_urls;
    PgArray<std::span<const std::byte>> accelerate_urls;
    PgArray<TimePoint> added_at;
    PgArray<std::int32_t> xs;
    PgArray<std::int32_t> ys;
    PgArray<std::int32_t> widths;
    PgArray<std::int32_t> heights;
    PgArray<std::int16_t> layers;
    PgArray<std::int16_t> parts;
    PgArray<std::string_view> bound_to;
  };
  struct ViewerArrays {
    std::int64_t count = 0;
    PgArray<std::uint64_t> rooms;
    PgArray<std::string_view> user_ids;
    PgArray<std::span<const std::byte>> infos;
    PgArray<std::uint64_t> seats;
  };
  struct Deleted {
    std::int64_t count = 0;
    PgArray<std::uint64_t> numbers;
    PgArray<std::uint64_t> versions;
  };
  struct DeletedMembers {
    std::int64_t count = 0;
    PgArray<std::uint64_t> rooms;
    PgArray<std::uint64_t> seats;
  };

  Deleted deleted_;
  RoomArrays updated_;
  RoomArrays inserted_;
  DeletedMembers deleted_pushers_;
  PusherArrays put_pushers_;
  std::vector<SeatKey> joined_;  ///< their first heartbeat
  ViewerArrays deleted_viewers_;
  ViewerArrays put_viewers_;
};

std::span<const PgStatement> PgRoomWriteStatements();

}  // namespace rtcroom
