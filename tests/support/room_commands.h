// Random wishes about rooms, for tests that compare stores or torture one.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <ostream>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/ids.h"
#include "daemon/core/room_policy.h"
#include "daemon/core/room_rules.h"
#include "daemon/core/store.h"

namespace rtcroom {

/// One wish of one user, of an operator or of a sweep about one room.
struct RoomCommand {
  enum class Action : std::uint8_t {
    kCreate,          ///< create_room: in gen-2 of a room that waits
    kAdd,             ///< add_pusher, enter_room: in gen-2 it makes a room that is not there
    kDelete,          ///< delete_pusher, quit_room
    kExpire,          ///< a sweep evicts the user
    kDestroy,         ///< destroy_room
    kDismiss,         ///< an operator ends the room
    kExpireInactive,  ///< a sweep ends the room if it waits
    kWatch,           ///< add_audience
    kUnwatch,         ///< delete_audience
    kSetCustom,       ///< set_custom_field for those who may, by `RoomPolicy::custom_set`
    kCountCustom,     ///< set_custom_field for everybody
    kLook             ///< changes nothing
  };

  Action action = Action::kCreate;
  RoomKey room{};
  Dialect dialect = Dialect::kGen1;  ///< of the request; kGen2 for webrtc rooms
  UserId user_id{};
  std::string user_name{};
  std::string user_avatar{};
  std::string push_url{};
  std::string info{};      ///< of the room, should it be made; of the viewer
  std::string type{};      ///< of a webrtc room
  unsigned step = 0;       ///< what `EditCustom` adds
  bool is_stale = false;   ///< kExpireInactive: it means an earlier room of the id
  bool with_last = false;  ///< sent together with the command before
  TimePoint at{};
};

std::ostream& operator<<(std::ostream& out, const RoomCommand& command);

/// The edit of custom fields that a command asks for: a step of 0 leaves them as they are, one of
/// 7 is refused, any other is added to one of three.
Result<rules::CustomChange> EditCustom(std::string_view custom, unsigned step);

/// The `Room::mixed_play_url` with that creator: of the stream that he sends, where the dialect
/// lets him name it.
std::string MixedPlayUrl(const RoomKey& room, Dialect made_by, const UserId& creator,
                         const std::string& push_url);

/// The command as the rules of `rtcroom::rules` that it asks for, put together as the use cases do.
RoomUpdate ToUpdate(const RoomCommand& command, const RoomPolicy& policy);

/// From how few the commands choose: the fewer, the more often they meet.
struct RoomCommandPool {
  std::size_t rooms = 6;
  std::size_t users = 5;
  std::string room_prefix = "room_";
  /// Of the rooms, one after the other; one command in eight mistakes the kind of its room.
  std::vector<RoomKind> kinds{std::begin(kAllRoomKinds), std::end(kAllRoomKinds)};
  unsigned gen2_percent = 50;  ///< of the commands about rooms that have two dialects
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
