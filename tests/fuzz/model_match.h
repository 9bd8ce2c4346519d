// Comparison of a store with the model.
#pragma once

#include "daemon/base/result.h"
#include "daemon/core/store.h"
#include "tests/fuzz/event_replay.h"
#include "tests/fuzz/room_model.h"

namespace rtcroom {

/// Whether the stored room equals the model's, including the values derived from it.
bool Matches(const Room& room, const RoomModel::ModelRoom& expected);
/// The same without `Room::mixed_play_url`.
bool MatchesButForUrl(const Room& room, const RoomModel::ModelRoom& expected);

/// Compares the outcome of one command. `EventReplay` checks event numbers.
Fault CompareOutcome(const RoomModel::Outcome& expected, const Result<RoomChange>& actual);

/// Compares all rooms, their viewers, every list whole and in pages, and the counts.
Fault CompareRooms(const RoomModel& model, Store& store);

}  // namespace rtcroom
