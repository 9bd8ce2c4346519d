// Looking through all rooms for some, a bounded piece at a time.
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
#include "daemon/core/store.h"

namespace rtcroom {

/// Most rooms that one search may look at, whatever it looks for.
inline constexpr std::size_t kMostRoomsSearched = 1'000;

struct RoomSearch {
  std::uint64_t after = 0;  ///< only rooms whose `Room::sequence` is greater
  std::size_t count = 50;   ///< most rooms to find, 1..1000
  /// Which ones; empty: every one.
  std::function<bool(const Room&)> wanted = {};
};

struct RoomsFound {
  std::vector<Room> rooms{};  ///< in the order of their creation
  /// `RoomSearch::after` of the search that goes on; none when there are no more rooms. It may be
  /// there though fewer than `count` were found, or none.
  std::optional<std::uint64_t> next{};
};

/// @errors kStoreBusy; kStoreBroken.
/// @threads as the store.
Result<RoomsFound> SearchRooms(Store& store, const RoomSearch& search);

/// Where a search goes on, as an opaque text for programs outside.
std::string EncodeSearchPosition(std::uint64_t after);
/// @return nothing when `text` is not something that `EncodeSearchPosition` made.
std::optional<std::uint64_t> ParseSearchPosition(std::string_view text);

}  // namespace rtcroom
