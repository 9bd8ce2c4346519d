// Rooms for the benchmarks of stores.
#pragma once

#include "tests/support/rooms.h"

namespace rtcroom {

/// A room with its two members, written by one event: fast to create by the million.
RoomUpdate Filling(const RoomKey& key);

}  // namespace rtcroom
