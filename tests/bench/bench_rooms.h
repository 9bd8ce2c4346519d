// Rooms for the benchmarks of stores.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tests/support/rooms.h"

namespace rtcroom {

/// A room with all its members, written by one event: fast to create by the million.
RoomUpdate Filling(const RoomKey& key, std::size_t pushers);

}  // namespace rtcroom
