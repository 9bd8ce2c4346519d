#include "daemon/grpc/watch_spec.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace rtcroom {
namespace {

constexpr int kMostRooms = 100;
constexpr int kMostUsers = 100;
constexpr std::chrono::milliseconds kShortestKeepAlive = std::chrono::seconds(1);
constexpr std::chrono::milliseconds kLongestKeepAlive = std::chrono::minutes(5);

Error Bad(std::string detail) { return {Errc::kBadRequest, std::move(detail)}; }

// A kind that this server never has is valid: nothing matches it.
bool IsKind(int number) {
  return number != v1::ROOM_KIND_UNSPECIFIED && v1::RoomKind_IsValid(number);
}

Result<KindMask> ReadKinds(const v1::WatchRequest& request) {
  KindMask kinds = 0;
  for (int i = 0; i < request.kinds_size(); ++i) {
    if (!IsKind(request.kinds(i))) return Bad(fmt::format("kinds[{}]: unknown", i));
    kinds |= MaskOf(request.kinds(i));
  }
  return kinds;
}

Result<std::vector<RoomPick>> ReadRooms(const v1::WatchRequest& request) {
  if (request.rooms_size() > kMostRooms) {
    return Bad(fmt::format("rooms: more than {}", kMostRooms));
  }
  std::vector<RoomPick> rooms;
  for (int i = 0; i < request.rooms_size(); ++i) {
    const v1::RoomRef& room = request.rooms(i);
    const bool any_kind = room.kind() == v1::ROOM_KIND_UNSPECIFIED;
    if (!any_kind && !IsKind(room.kind())) return Bad(fmt::format("rooms[{}].kind: unknown", i));
    if (!IsRoomIdText(room.room_id())) {
      return Bad(fmt::format("rooms[{}].room_id: not a room ID", i));
    }
    rooms.push_back({.kinds = any_kind ? kAnyKind : MaskOf(room.kind()), .id = {room.room_id()}});
  }
  return rooms;
}

Result<std::vector<UserId>> ReadUsers(const v1::WatchRequest& request) {
  if (request.user_ids_size() > kMostUsers) {
    return Bad(fmt::format("user_ids: more than {}", kMostUsers));
  }
  std::vector<UserId> users;
  for (int i = 0; i < request.user_ids_size(); ++i) {
    if (!IsUserIdText(request.user_ids(i))) {
      return Bad(fmt::format("user_ids[{}]: not a user ID", i));
    }
    users.push_back({request.user_ids(i)});
  }
  return users;
}

// nullopt: from now on.
Result<std::optional<Cursor>> ReadStart(const v1::WatchRequest& request) {
  switch (request.start_case()) {
    case v1::WatchRequest::kNow:
    case v1::WatchRequest::START_NOT_SET:
      return std::optional<Cursor>();
    case v1::WatchRequest::kEarliest:
      return std::optional(Cursor::Start());
    case v1::WatchRequest::kCursor:
      break;
  }
  // Events have an empty one during a snapshot: it is no start position.
  std::optional<Cursor> cursor = Cursor::Parse(request.cursor());
  if (!cursor || *cursor == Cursor::Start()) return Bad("cursor: not one that was given out");
  return cursor;
}

Result<std::chrono::milliseconds> ReadKeepAlive(const v1::WatchRequest& request) {
  if (!request.has_keep_alive()) return WatchSpec().keep_alive;
  constexpr std::int32_t kMostNanos = 999'999'999;
  const auto seconds = request.keep_alive().seconds();
  const auto nanos = request.keep_alive().nanos();
  const Error bad = Bad("keep_alive: must be 1 s to 5 min");
  // Range check first: in milliseconds it might overflow.
  if (seconds < 0 || seconds > std::chrono::seconds(std::chrono::hours(1)).count()) return bad;
  if (nanos < 0 || nanos > kMostNanos) return bad;
  const auto keep_alive =
      std::chrono::seconds(seconds) +
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::nanoseconds(nanos));
  if (keep_alive < kShortestKeepAlive || keep_alive > kLongestKeepAlive) return bad;
  return keep_alive;
}

}  // namespace

Result<WatchSpec> ReadWatchRequest(const v1::WatchRequest& request) {
  const Result<KindMask> kinds = ReadKinds(request);
  if (!kinds) return kinds.error();
  const Result<std::vector<RoomPick>> rooms = ReadRooms(request);
  if (!rooms) return rooms.error();
  const Result<std::vector<UserId>> users = ReadUsers(request);
  if (!users) return users.error();
  Result<std::optional<Cursor>> after = ReadStart(request);
  if (!after) return after.error();
  if (request.snapshot() && *after) return Bad("snapshot: only from now on");
  const Result<std::chrono::milliseconds> keep_alive = ReadKeepAlive(request);
  if (!keep_alive) return keep_alive.error();

  return WatchSpec{.filter = WatchFilter(*kinds, *rooms, *users),
                   .after = *std::move(after),
                   .snapshot = request.snapshot(),
                   .keep_alive = *keep_alive};
}

}  // namespace rtcroom
