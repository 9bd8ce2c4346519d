// Random wishes about rooms, for tests that compare stores or torture one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <random>
#include <string>

#include "daemon/core/clock.h"
#include "daemon/core/ids.h"
#include "daemon/core/room_policy.h"
#include "daemon/core/store.h"

namespace rtcroom {

/// One wish of one user about one room.
struct RoomCommand {
  enum class Action : std::uint8_t { kCreate, kAdd, kDelete, kExpire, kDestroy, kLook };

  Action action = Action::kCreate;
  RoomKey room;
  Dialect dialect = Dialect::kGen1;
  UserId user_id;
  std::string user_name;
  std::string user_avatar;
  std::string push_url;
  TimePoint at;
};

std::ostream& operator<<(std::ostream& out, const RoomCommand& command);

/// The command as the rule of `rtcroom::rules` that it asks for. `kLook` changes nothing.
RoomUpdate ToUpdate(const RoomCommand& command, const RoomPolicy& policy);

/// From how few the commands choose: the fewer, the more often they meet.
struct RoomCommandPool {
  std::size_t rooms = 6;
  std::size_t users = 5;
  std::string room_prefix = "room_";
  /// One command in so many speaks gen-2; 0 for none.
  unsigned one_in_gen2 = 8;
};

/// @threads for one thread at a time.
class RoomCommandSource {
 public:
  explicit RoomCommandSource(RoomCommandPool pool) : pool_(std::move(pool)) {}

  /// Time passes by up to 50 ms from one command to the next.
  RoomCommand Next(std::mt19937_64& random);

  /// The `index`-th of the rooms under one of the kinds.
  [[nodiscard]] RoomKey Room(std::size_t index, RoomKind kind) const;
  [[nodiscard]] const RoomCommandPool& pool() const { return pool_; }

 private:
  const RoomCommandPool pool_;
  std::chrono::milliseconds passed_{0};
};

}  // namespace rtcroom
