// A life of a few rooms, made of random commands, and what a store makes of it.
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

/// How many rooms a store may hold that histories are tried on: few, so that they come to it.
inline constexpr std::size_t kMostRoomsOfHistories = 3;

/// The same for the same seed: policy, rooms, users and commands are drawn from it.
RoomHistory DrawHistory(std::uint64_t seed);

/// Lives through the history on a store without rooms, and ends those that are left.
///
/// Every outcome is compared with the model's; so are, at the end, all rooms, viewers and lists,
/// and what a reader of the events knows by then.
Fault TryHistory(const RoomHistory& history, Store& store);

/// Leaves out commands as long as the trial still fails: what remains is hard to misread.
RoomHistory Shorten(RoomHistory history, const std::function<Fault(const RoomHistory&)>& trial);

/// One line for each command.
std::string Describe(const RoomHistory& history);

}  // namespace rtcroom
