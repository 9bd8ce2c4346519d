// Histories of random commands about a few rooms, and their execution on a store.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/room_policy.h"
#include "daemon/core/store.h"
#include "tests/fuzz/event_replay.h"
#include "tests/support/room_commands.h"

namespace rtcroom {

struct RoomHistory {
  RoomPolicy policy{};
  std::vector<RoomCommand> commands{};
};

/// Room limit of the stores that run histories: low, so that histories reach it.
inline constexpr std::size_t kMostRoomsOfHistories = 3;

/// Deterministic for a seed, which determines policy, rooms, users and commands.
RoomHistory DrawHistory(std::uint64_t seed);

/// Runs the history on a store without rooms, then destroys the remaining rooms.
///
/// Compares every outcome with the model's and, at the end, all rooms, viewers and lists, and the
/// state that a reader of the events has reconstructed.
Fault TryHistory(const RoomHistory& history, Store& store);

/// Removes commands as long as the trial still fails, to obtain a minimal history.
RoomHistory Shorten(RoomHistory history, const std::function<Fault(const RoomHistory&)>& trial);

/// One line for each command.
std::string Describe(const RoomHistory& history);

}  // namespace rtcroom
