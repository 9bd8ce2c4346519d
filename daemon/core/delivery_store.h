// The outbox: deliveries to outside services, stored until they succeed or are abandoned.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// Deliveries of one group are sent in this order. The numbers are stored: never reuse one.
enum class DeliveryKind : std::uint8_t {
  kDestroyGroup = 1,
  kCreateGroup = 2,
  kNotifyGroup = 3,  ///< notifies its members that the pushers changed
  /// Disconnects a user from the TRTC room. Its group is "ROOM USER", of that user alone: users who
  /// are removed one after the other must not be merged, and no ID contains a space.
  kRemoveUser = 4,
  kDismissRoom = 5,  ///< ends the TRTC room
};
/// The kinds to the IM service.
inline constexpr DeliveryKind kDeliveryKinds[] = {
    DeliveryKind::kDestroyGroup, DeliveryKind::kCreateGroup, DeliveryKind::kNotifyGroup};
/// The kinds to TRTC: those of rooms without a group.
inline constexpr DeliveryKind kTrtcDeliveryKinds[] = {DeliveryKind::kRemoveUser,
                                                      DeliveryKind::kDismissRoom};
inline constexpr bool IsForTrtc(DeliveryKind kind) { return kind >= DeliveryKind::kRemoveUser; }

/// The `next_try` of a parked delivery: it is not tried, and later deliveries of its group are
/// parked too, until `DeliveryChange::drops_pending` removes it.
inline constexpr TimePoint kParked = TimePoint::max();
/// The `next_try` of a delivery that waits for one of an earlier kind, for the same group.
inline constexpr TimePoint kHeldBack = kParked - std::chrono::milliseconds(1);

/// One row of the outbox. There is at most one of a kind for a group: another one that is
/// enqueued while it is pending is merged into it.
struct Delivery {
  std::uint64_t id = 0;  ///< ascending in the order of enqueuing; no id is assigned twice
  RoomId group{};        ///< the room's id is the group's, except for kRemoveUser
  DeliveryKind kind = DeliveryKind::kDestroyGroup;
  std::string payload{};       ///< defined by the sender, up to 64 bytes of ASCII
  std::uint64_t revision = 1;  ///< how many enqueued deliveries were merged into it
  TimePoint next_try{};
  // The next four count since the last success.
  std::uint32_t attempts = 0;              ///< failed tries
  std::uint32_t lone_attempts = 0;         ///< part of `attempts`, made while others succeeded
  std::chrono::milliseconds lone_time{0};  ///< time span of `lone_attempts`
  TimePoint failed_at{};                   ///< time of the last of `attempts`

  bool operator==(const Delivery&) const = default;
};

/// How much of the time since its last failure counts as time in which the delivery failed. Tries
/// follow each other within a minute; it is longer where the wall clock was set, or no process ran.
inline std::chrono::milliseconds FailingSince(const Delivery& delivery, TimePoint now) {
  using std::chrono::milliseconds;
  constexpr milliseconds kMost{60'000};
  return std::clamp<milliseconds>(now - delivery.failed_at, milliseconds(0), kMost);
}

/// A change of the pending deliveries of one group.
struct DeliveryChange {
  RoomId group{};
  /// First removes all that is pending. If that includes a parked create, the group is foreign,
  /// and no destroy is enqueued.
  bool drops_pending = false;
  std::optional<DeliveryKind> enqueue{};
  std::string payload{};  ///< payload of `enqueue`; replaces that of a row it is merged into

  bool operator==(const DeliveryChange&) const = default;
};

/// Amount of pending deliveries to the IM service.
struct DeliveryBacklog {
  std::uint64_t groups = 0;                ///< groups with a pending delivery that is not parked
  std::uint64_t creates_and_destroys = 0;  ///< parked ones included
  /// Position of the oldest event with which a pending delivery that is not parked was enqueued.
  std::optional<std::uint64_t> oldest_event{};
  std::uint64_t to_trtc = 0;  ///< besides: all those to TRTC

  bool operator==(const DeliveryBacklog&) const = default;
};

/// The deliveries are stored as durably as rooms. A delivery that follows from a change of a room
/// is written by `Store::UpdateAll` with that change (`RoomChange::delivery`).
///
/// One sender at a time reads the rows of a kind, so a claim need not be stored.
///
/// @threads every method is safe from any thread.
/// @source protocol F.2, F.3.
class DeliveryStore {
 public:
  virtual ~DeliveryStore() = default;

  /// The first `limit` (1..10000) of that kind by `next_try`, then `id`, whether due or not, except
  /// parked and held back ones.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Result<std::vector<Delivery>> LoadDeliveries(DeliveryKind kind, std::size_t limit) = 0;

  /// @errors kStoreBusy; kStoreBroken.
  virtual Result<DeliveryBacklog> CountDeliveries() = 0;

  /// @param now  when the enqueued delivery is due, unless one of an earlier kind is pending.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Status ChangeDeliveries(const DeliveryChange& change, TimePoint now) = 0;

  /// Removes the row of the sent `delivery`, and releases the next kind of its group. If another
  /// one was merged into it since it was loaded, that one remains, without failures.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Status FinishDelivery(const Delivery& delivery) = 0;

  /// Writes all of `delivery` that may change between two tries; the payload only if nothing was
  /// merged into it since it was loaded. Parks the rest of its group with it.
  /// @return false when the row no longer exists.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Result<bool> PostponeDelivery(const Delivery& delivery) = 0;

  /// Makes the first `limit` failed deliveries of each kind to the IM service due within `within`
  /// of `now`, spread evenly.
  /// @errors kStoreBusy; kStoreBroken.
  virtual Status RetryDeliveriesSoon(TimePoint now, std::chrono::milliseconds within,
                                     std::size_t limit) = 0;
};

}  // namespace rtcroom
