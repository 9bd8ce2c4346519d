// The room state machine of protocol A.6 once more, as plainly as it can be said: a second
// opinion on the rules and the stores.
#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/ids.h"
#include "daemon/core/result.h"
#include "daemon/core/room_limits.h"
#include "tests/support/room_commands.h"

namespace rtcroom {

/// It shares no code with the rules, and knows only what the protocol says: who is in which
/// room, in which order, and what happens to them.
///
/// @threads for one thread at a time.
class Gen1Model {
 public:
  struct Member {
    std::string user_id;
    std::string user_name;
    std::string push_url;
    bool operator==(const Member&) const = default;
  };
  struct ModelRoom {
    RoomKey key;
    Dialect dialect = Dialect::kGen1;
    std::string creator;
    std::vector<Member> members;
  };
  struct Outcome {
    std::optional<Errc> failure;
    std::vector<std::string> happenings;  ///< names of the events, in order
  };

  Gen1Model(RoomLimits limits, std::size_t max_rooms) : limits_(limits), max_rooms_(max_rooms) {}

  Outcome Apply(const RoomCommand& command);

  /// In the order of creation.
  [[nodiscard]] const std::list<ModelRoom>& rooms() const { return rooms_; }
  [[nodiscard]] const ModelRoom* Find(const RoomKey& key) const;

 private:
  using Place = std::list<ModelRoom>::iterator;

  Outcome Create(const RoomCommand& command);
  Outcome Add(Place room, const RoomCommand& command);
  Outcome Delete(Place room, const RoomCommand& command);
  Outcome Destroy(Place room, const RoomCommand& command);
  /// What a room's end adds to the happenings of whatever ended it.
  void End(Place room, std::vector<std::string>& happenings);

  const RoomLimits limits_;
  const std::size_t max_rooms_;
  std::list<ModelRoom> rooms_;
};

}  // namespace rtcroom
