// Changes of a room, and the rules that compute them.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/core/ban_store.h"
#include "daemon/core/delivery_store.h"
#include "daemon/core/room.h"
#include "daemon/core/room_event.h"

namespace rtcroom {

/// The result of a rule for a room: written all together, or not at all.
struct RoomChange {
  Room room{};                      ///< the room afterwards (its last state, when `closed`)
  std::vector<RoomEvent> events{};  ///< none: nothing changed but, with `sets_mix`, the mix
  bool sets_mix = false;            ///< the mix changed: no subscriber of events needs to know
  bool closed = false;              ///< the room is removed in the same write
  // These are written with the change, too, and only when there are events.
  std::optional<Ban> ban{};
  std::optional<DeliveryChange> delivery{};
  std::vector<Revocation> revocations{};

  [[nodiscard]] bool HasEffect() const { return sets_mix || !events.empty(); }
};

/// A pure rule applied to the stored room, or to null when there is none.
///
/// It runs inside the store's atomic step and may run more than once: it must not block, call
/// the store, or keep the pointer. An error leaves the store as it was.
using RoomEdit = std::function<Result<RoomChange>(const Room* stored)>;

struct RoomUpdate {
  RoomKey key{};
  RoomEdit edit{};
  /// The user whose entry the edit reads and may change in `Room::audiences`: the cost of a change
  /// does not depend on the number of viewers.
  std::optional<UserId> audience = {};
  /// The user who joins with this change. A store that several programs write refuses it with
  /// kNotAllowed, in the same atomic step, where any of them has banned the user from the room. The
  /// bans of the program itself are the edit's to look at.
  std::optional<UserId> guest = {};
};

}  // namespace rtcroom
