// Random room commands, for tests that compare or stress stores.
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
#include "daemon/core/room_change.h"
#include "daemon/core/room_policy.h"
#include "daemon/core/room_rules.h"

namespace rtcroom {

/// One command by a user, an operator or a sweep about one room.
struct RoomCommand {
  enum class Action : std::uint8_t {
    kCreate,          ///< create_room: in gen-2 of a room that waits
    kAdd,             ///< add_pusher, enter_room: in gen-2 creates a missing room
    kDelete,          ///< delete_pusher, quit_room
    kExpire,          ///< a sweep evicts the user
    kDestroy,         ///< destroy_room
    kDismiss,         ///< an operator ends the room
    kExpireInactive,  ///< a sweep ends the room if it waits
    kWatch,           ///< add_audience
    kUnwatch,         ///< delete_audience
    kSetCustom,       ///< set_custom_field with the right of `RoomPolicy::custom_set`
    kCountCustom,     ///< set_custom_field for all users
    kLook             ///< changes nothing
  };

  Action action = Action::kCreate;
  RoomKey room{};
  Dialect dialect = Dialect::kGen1;  ///< of the request; kGen2 for webrtc rooms
  UserId user_id{};
  std::string user_name{};
  std::string user_avatar{};
  std::string push_url{};
  std::string info{};      ///< of the room if created; of the viewer
  std::string type{};      ///< of a webrtc room
  unsigned step = 0;       ///< amount added by `EditCustom`
  bool is_stale = false;   ///< kExpireInactive: refers to an earlier room of the id
  bool with_last = false;  ///< sent together with the previous command
  TimePoint at{};
};

std::ostream& operator<<(std::ostream& out, const RoomCommand& command);

/// The edit of custom fields of a command: a step of 0 leaves them unchanged, one of 7 is rejected,
/// any other is added to one of three fields.
Result<rules::CustomChange> EditCustom(std::string_view custom, unsigned step);

/// The `Room::mixed_play_url` with that creator: derived from the creator's stream, where the
/// dialect allows the creator to name it.
std::string MixedPlayUrl(const RoomKey& room, Dialect made_by, const UserId& creator,
                         const std::string& push_url);

/// The command as an update by the rules of `rtcroom::rules`, composed as in the use cases.
RoomUpdate ToUpdate(const RoomCommand& command, const RoomPolicy& policy);

/// The sets that commands draw from: the smaller, the more often commands interact.
struct RoomCommandPool {
  std::size_t rooms = 6;
  std::size_t users = 5;
  std::string room_prefix = "room_";
  /// Kinds of the rooms, assigned in turn; one command in eight uses a wrong kind.
  std::vector<RoomKind> kinds{std::begin(kAllRoomKinds), std::end(kAllRoomKinds)};
  unsigned gen2_percent = 50;  ///< share of gen-2 among commands about rooms with two dialects
};

/// @threads for one thread at a time.
class RoomCommandSource {
 public:
  explicit RoomCommandSource(RoomCommandPool pool) : pool_(std::move(pool)) {}

  /// Advances time by up to 50 ms per command.
  RoomCommand Next(std::mt19937_64& random);

  /// The key of the `index`-th room under the given kind.
  [[nodiscard]] RoomKey Room(std::size_t index, RoomKind kind) const;
  [[nodiscard]] const RoomCommandPool& pool() const { return pool_; }

 private:
  const RoomCommandPool pool_;
  std::chrono::milliseconds passed_{0};
};

}  // namespace rtcroom
