// One caller of a store, who remembers what it was told and what it was not.
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

/// Sends random commands about rooms that nobody else touches, so that it can foretell every
/// outcome by the rules, and knows after a power cut what must be there and what may be.
///
/// A fault is one sentence about what the store did wrong.
///
/// @threads for one thread at a time.
class Witness {
 public:
  Witness(const RoomCommandPool& pool, std::uint64_t seed) : commands_(pool), random_(seed) {}

  /// Sends `count` commands at once and compares the outcomes with what was foretold. Those
  /// that the store could not take are left open.
  /// @return whether the store took them all; a fault is kept for `fault()`.
  bool Send(Store& store, std::size_t count);

  [[nodiscard]] const std::optional<std::string>& fault() const { return fault_; }

  /// Compares the events found since the last settlement, those of each room in order, with
  /// what was acknowledged: all of that must be there, and of the changes left open, whole ones
  /// from the first on or none. Then takes what is there for acknowledged.
  /// @return a fault.
  std::optional<std::string> Settle(const std::map<RoomId, std::vector<RoomEvent>>& found);

  /// Every room as it must be stored, after a settlement, with all of its viewers. A room whose
  /// making was left open has the sequence 0 until `Load` has told it; so has the place of one that
  /// may have become active.
  std::map<RoomId, Room>& rooms() { return rooms_; }
  /// The rooms that were acknowledged as made since the last call, as they were then.
  std::vector<Room> TakeCreated() { return std::exchange(created_, {}); }
  [[nodiscard]] bool Owns(const RoomId& id) const { return histories_.contains(id); }

 private:
  struct Change {
    RoomId id;
    std::vector<RoomEvent> events;
    std::optional<Room> after;  ///< none when the room ended
    /// Its event stands in the place of an earlier one, as the store tells changes of one custom
    /// field that share a commit.
    bool is_merged = false;
  };

  /// @param batch  what was foretold of the same batch so far.
  static Result<Change> Foretell(const RoomUpdate& update, const std::map<RoomId, Room>& rooms,
                                 const std::vector<Result<Change>>& batch);
  static void Accept(Change change, std::map<RoomId, Room>& rooms);
  void Judge(const Result<Change>& foretold, const Result<RoomChange>& outcome);
  void LeaveOpen(const Change& change);
  void Fault(std::string fault);

  RoomCommandSource commands_;
  std::mt19937_64 random_;
  std::map<RoomId, Room> rooms_;  // as acknowledged
  /// Acknowledged since the last settlement; an entry for each room ever sent a command.
  std::map<RoomId, std::vector<RoomEvent>> histories_;
  std::vector<Change> open_;  // sent, and failed for reasons that leave their fate in the dark
  std::vector<Room> created_;
  std::optional<std::string> fault_;
};

}  // namespace rtcroom
