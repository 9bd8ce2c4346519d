// Whether a store says the same as the model.
#pragma once

#include "daemon/base/result.h"
#include "daemon/core/store.h"
#include "tests/fuzz/event_replay.h"
#include "tests/fuzz/room_model.h"

namespace rtcroom {

/// Whether the stored room is the model's, with what the model leaves to be derived.
bool Matches(const Room& room, const RoomModel::ModelRoom& expected);
/// The same but for `Room::mixed_play_url`.
bool MatchesButForUrl(const Room& room, const RoomModel::ModelRoom& expected);

/// Compares what came of one command. Numbers of events are left to `EventReplay`.
Fault CompareOutcome(const RoomModel::Outcome& expected, const Result<RoomChange>& actual);

/// Compares all rooms, their viewers, every list whole and in pages, and the counts.
Fault CompareRooms(const RoomModel& model, Store& store);

}  // namespace rtcroom
