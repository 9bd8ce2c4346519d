// Room state maintained by a subscriber that follows the protocol.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <rtcroom/v1/membership_notifier.pb.h>

#include "storage/storage.h"

namespace rtcroom {

/// Applies the messages of a Watch stream in order and records those that cannot be applied.
///
/// @threads for one thread.
class RoomMirror {
 public:
  void Apply(const v1::WatchResponse& message);

  /// Errors in the messages; empty when they are consistent: each event directly follows the
  /// previous one of its room and is possible.
  [[nodiscard]] const std::vector<std::string>& faults() const { return faults_; }
  /// Whether a snapshot is complete.
  [[nodiscard]] bool snapshot_ended() const { return snapshot_ended_; }
  /// Of the newest message with a cursor; empty before.
  [[nodiscard]] const std::string& cursor() const { return cursor_; }

  /// One line per room, ordered by name, for comparison.
  [[nodiscard]] std::vector<std::string> Lines() const;

 private:
  using Name = std::pair<int, std::string>;

  void ApplyEvent(const v1::Event& event);
  void ApplyChange(const v1::Event& event, v1::Room& room);
  void RecordError(const v1::Event& event, const std::string& what);

  std::map<Name, v1::Room> rooms_;
  std::vector<std::string> faults_;
  std::string cursor_;
  bool snapshot_ended_ = false;
};

/// All rooms of a store, in the format of `RoomMirror::Lines`.
std::vector<std::string> LinesOf(Storage& store);

}  // namespace rtcroom
