// Rooms as a subscriber knows them that does what it is told.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <rtcroom/v1/membership_notifier.pb.h>

#include "daemon/core/store.h"

namespace rtcroom {

/// Applies the messages of a Watch stream, one after the other, and notes what cannot be.
///
/// @threads for one thread.
class RoomMirror {
 public:
  void Apply(const v1::WatchResponse& message);

  /// What was wrong with the messages; empty when they fitted together: each event followed the one
  /// before it in its room, and was possible.
  [[nodiscard]] const std::vector<std::string>& faults() const { return faults_; }
  /// Whether a snapshot is complete.
  [[nodiscard]] bool snapshot_ended() const { return snapshot_ended_; }
  /// Of the newest message that had one; empty before.
  [[nodiscard]] const std::string& cursor() const { return cursor_; }

  /// One line for each room, in the order of their names: to compare.
  [[nodiscard]] std::vector<std::string> Lines() const;

 private:
  using Name = std::pair<int, std::string>;

  void ApplyEvent(const v1::Event& event);
  void ApplyChange(const v1::Event& event, v1::Room& room);
  void Complain(const v1::Event& event, const std::string& what);

  std::map<Name, v1::Room> rooms_;
  std::vector<std::string> faults_;
  std::string cursor_;
  bool snapshot_ended_ = false;
};

/// All rooms of a store, as `RoomMirror::Lines` has them.
std::vector<std::string> LinesOf(Store& store);

}  // namespace rtcroom
