// Bounded search over all rooms.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/core/room.h"
#include "daemon/core/room_store.h"

namespace rtcroom {

/// Maximum number of rooms that one search examines.
inline constexpr std::size_t kMostRoomsSearched = 1'000;

struct RoomSearch {
  std::uint64_t after = 0;  ///< rooms with a greater `Room::sequence`
  std::size_t count = 50;   ///< maximum number of rooms to return, 1..1000
  /// Filter; empty: every room matches.
  std::function<bool(const Room&)> wanted = {};
};

struct RoomsFound {
  std::vector<Room> rooms{};  ///< rooms in the order of their creation
  /// `RoomSearch::after` of the continuation; nullopt when there are no more rooms. It may be set
  /// although fewer than `count` rooms, or none, were found.
  std::optional<std::uint64_t> next{};
};

/// @errors kStoreBusy; kStoreBroken.
/// @threads as the store.
Result<RoomsFound> SearchRooms(RoomStore& store, const RoomSearch& search);

/// The position of a continuation, as an opaque text for external programs.
std::string EncodeSearchPosition(std::uint64_t after);
/// @return nullopt when `text` is not an output of `EncodeSearchPosition`.
std::optional<std::uint64_t> ParseSearchPosition(std::string_view text);

}  // namespace rtcroom
