// A second, deliberately simple implementation of the room state machines of protocol A.6, B.6 and
// B.8, to check the rules and the stores.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/core/ids.h"
#include "daemon/core/room_event.h"
#include "daemon/core/room_policy.h"
#include "tests/support/room_commands.h"

namespace rtcroom {

/// Shares no code with the rules. Models only what the protocol defines: the rooms, their members
/// and viewers, the order of each, and the events.
///
/// @threads for one thread at a time.
class RoomModel {
 public:
  struct Member {
    std::string user_id;
    std::string user_name;
    std::string user_avatar;
    std::string push_url;
    bool operator==(const Member&) const = default;
  };
  using Viewer = std::pair<std::string, std::string>;  ///< user id, and info given by the viewer
  struct ModelRoom {
    RoomKey key;
    Dialect made_by = Dialect::kGen1;
    std::string creator;
    std::string info;
    std::string type;
    std::string custom = "{}";
    std::vector<Member> members{};
    std::vector<Viewer> viewers{};
    std::uint64_t activation = 0;  ///< ordinal of its activation; 0 while it waits
  };
  struct Outcome {
    std::optional<Errc> failure{};
    std::vector<EventPayload> payloads{};
  };

  /// @param policy  only its settings are read; its functions are not called.
  RoomModel(const RoomPolicy& policy, std::size_t max_rooms)
      : policy_(policy), max_rooms_(max_rooms) {}

  Outcome Apply(const RoomCommand& command);

  /// In creation order.
  [[nodiscard]] const std::list<ModelRoom>& rooms() const { return rooms_; }
  [[nodiscard]] const ModelRoom* Find(const RoomKey& key) const;
  /// The complete room list.
  [[nodiscard]] std::vector<const ModelRoom*> List(RoomKind kind, std::optional<Dialect> made_by,
                                                   const std::optional<std::string>& type) const;

 private:
  using Place = std::list<ModelRoom>::iterator;

  Outcome Make(const RoomCommand& command, bool with_pusher);
  Outcome Create(const RoomCommand& command);
  Outcome Add(Place room, const RoomCommand& command);
  Outcome Leave(Place room, const RoomCommand& command);
  Outcome Destroy(Place room, const RoomCommand& command);
  Outcome Watch(Place room, const RoomCommand& command);
  Outcome Unwatch(Place room, const RoomCommand& command);
  Outcome ChangeCustom(Place room, const RoomCommand& command);
  [[nodiscard]] bool Sees(const RoomCommand& command, const ModelRoom& room) const;
  [[nodiscard]] bool CreatorEnds(const ModelRoom& room) const;
  [[nodiscard]] std::size_t Seats(RoomKind kind) const;
  /// Ends the room and appends the resulting events to `outcome`.
  Outcome End(Place room, EndReason reason, Outcome outcome);

  const RoomPolicy policy_;
  const std::size_t max_rooms_;
  std::uint64_t activations_ = 0;
  std::list<ModelRoom> rooms_;
};

}  // namespace rtcroom
