// One caller of a store that records which changes were acknowledged and which were not.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "daemon/core/store.h"
#include "tests/support/room_commands.h"

namespace rtcroom {

/// Sends random commands about rooms that no other caller uses, so that it can predict every
/// outcome from the rules and, after a power cut, the required and the possible state.
///
/// A fault is a one-sentence description of a store error.
///
/// @threads for one thread at a time.
class Witness {
 public:
  Witness(const RoomCommandPool& pool, std::uint64_t seed) : commands_(pool), random_(seed) {}

  /// Sends `count` commands at once and compares the outcomes with the predictions. Commands that
  /// the store did not take remain open.
  /// @return whether the store took all of them; `fault()` returns a fault.
  bool Send(Store& store, std::size_t count);

  [[nodiscard]] const std::optional<std::string>& fault() const { return fault_; }

  /// Compares the events found since the last call, in order per room, with the acknowledged
  /// changes. All acknowledged changes must be present; of the open changes, a prefix of whole
  /// changes. Then treats the events found as acknowledged.
  /// @return a fault.
  std::optional<std::string> Settle(const std::map<RoomId, std::vector<RoomEvent>>& found);

  /// Every room as it must be stored after `Settle`, with all viewers. A room with an open creation
  /// has the sequence 0 until `Load` returns it; likewise the place of a room that may have become
  /// active.
  std::map<RoomId, Room>& rooms() { return rooms_; }
  /// The rooms acknowledged as created since the last call, in their state at creation.
  std::vector<Room> TakeCreated() { return std::exchange(created_, {}); }
  [[nodiscard]] bool Owns(const RoomId& id) const { return histories_.contains(id); }

 private:
  struct Change {
    RoomId id;
    std::vector<RoomEvent> events;
    std::optional<Room> after;  ///< nullopt when the room ended
    /// Its event replaces an earlier one: the store merges changes of one custom field that share a
    /// commit.
    bool is_merged = false;
  };

  /// @param batch  the predictions for the same batch so far.
  static Result<Change> Predict(const RoomUpdate& update, const std::map<RoomId, Room>& rooms,
                                const std::vector<Result<Change>>& batch);
  static void Accept(Change change, std::map<RoomId, Room>& rooms);
  void Judge(const Result<Change>& predicted, const Result<RoomChange>& outcome);
  void LeaveOpen(const Change& change);
  void Fault(std::string fault);

  RoomCommandSource commands_;
  std::mt19937_64 random_;
  std::map<RoomId, Room> rooms_;  // as acknowledged
  /// Acknowledged since the last `Settle`; one entry for each room that ever received a command.
  std::map<RoomId, std::vector<RoomEvent>> histories_;
  std::vector<Change> open_;  // sent and failed with unknown outcome
  std::vector<Room> created_;
  std::optional<std::string> fault_;
};

}  // namespace rtcroom
