// Checks that the rooms of a store match its events.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "daemon/core/event_log.h"
#include "daemon/core/room.h"
#include "storage/shared/store_findings.h"

namespace rtcroom {

/// "multi room r1".
std::string NameOfRoom(const RoomKey& key);

/// Replays all retained events of a store, and compares the result with its rooms. For a room whose
/// first events are not retained, only the order of its events is checked.
///
/// @threads one thread.
class HistoryCheck {
 public:
  /// The store's own counters of its history.
  struct Bounds {
    std::uint64_t trimmed_position = 0;
    std::uint64_t last_position = 0;
  };
  HistoryCheck(Bounds bounds, StoreFindings& findings)
      : bounds_(bounds), findings_(findings), last_position_(bounds.trimmed_position) {}

  /// Takes the events by ascending position ...
  ///
  /// @param previous  stored position of the room's previous event.
  void Take(const StoredEvent& stored, std::uint64_t previous);
  /// A record among them that is no event.
  void TakeOther(std::uint64_t position);
  void FinishEvents();
  /// ... then each room with all its viewers, in join order.
  /// @param last_position  stored position of its newest event.
  void Compare(const Room& room, std::uint64_t last_position);
  void FinishRooms();

 private:
  /// A room as reconstructed from its events.
  struct ReplayedRoom {
    RoomKey key{};
    std::uint64_t last_event = 0;
    std::uint64_t last_position = 0;  ///< 0 before its first event was taken
    bool is_whole = false;            ///< its events are retained from the first on
    std::string creator{};
    /// All fields, as in the last event of schema 5; empty: those that a created group began with,
    /// which no event tells ...
    std::string custom = "{}";
    /// ... and those that changed since, in order: name and value, as JSON text.
    std::vector<std::pair<std::string, std::string>> fields{};
    std::vector<std::string> pushers{};
    std::vector<std::string> viewers{};
  };
  struct ApplyEvent;
  using Rooms = std::unordered_map<std::uint64_t, ReplayedRoom>;

  [[nodiscard]] bool IsWhole() const { return bounds_.trimmed_position == 0 && !has_unnumbered_; }
  /// The room of an event, added when the event is its first.
  Rooms::iterator Find(const StoredEvent& stored);
  void CheckLink(const ReplayedRoom& room, const StoredEvent& stored, std::uint64_t previous);
  void CompareMembers(const Room& room, const ReplayedRoom& replayed);
  static bool IsCustomOf(const ReplayedRoom& replayed, const Room& room);
  void AddFinding(const RoomKey& key, std::string what) {
    findings_.Add(NameOfRoom(key), std::move(what));
  }

  const Bounds bounds_;
  StoreFindings& findings_;
  std::uint64_t last_position_ = 0;
  bool has_unnumbered_ = false;       ///< events of schema 1, which have no room number
  Rooms rooms_;                       ///< by `Room::sequence`; rooms that have not ended
  std::vector<std::uint64_t> ended_;  ///< numbers of rooms; ascending once all events are taken
};

}  // namespace rtcroom
