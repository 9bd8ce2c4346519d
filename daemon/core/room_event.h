// Room events. They hold no push URL and no signature: they are stored and forwarded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "daemon/base/clock.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// Why a member left. The numbers are stored: never reuse one.
enum class LeaveReason : std::uint8_t {
  kLeft = 1,
  kHeartbeatTimeout = 2,
  kStreamInterrupted = 3,
  kKicked = 4,
  kRoomDestroyed = 5
};

/// Why a room ended. The numbers are stored: never reuse one.
enum class EndReason : std::uint8_t {
  kDestroyed = 1,
  kCreatorLeft = 2,
  kLastLeft = 3,
  kIdle = 4,  ///< no user joined in time
  kDismissed = 5
};

/// "left", "heartbeat_timeout", "stream_interrupted", "kicked", "room_destroyed".
std::string_view LeaveReasonName(LeaveReason reason);
/// "destroyed", "creator_left", "last_left", "idle", "dismissed".
std::string_view EndReasonName(EndReason reason);

/// How stores mark `RoomCreated::is_group`.
inline constexpr std::string_view kGroupCreated = "group";
struct RoomCreated {
  UserId creator{};
  std::string info{};
  bool is_group = false;  ///< `IsCreatedGroup`: not for subscribers
  bool operator==(const RoomCreated&) const = default;
};
/// An inactive room got its first pusher, which becomes its creator.
struct RoomActivated {
  UserId creator{};
  bool operator==(const RoomActivated&) const = default;
};
struct PusherAdded {
  UserId user_id{};
  std::string user_name{};
  std::string user_avatar{};
  /// The stream that its push URL names (`StreamInPushUrl`): not for subscribers.
  std::string stream{};
  std::string bound_to{};  ///< `Pusher::bound_to`: likewise
  bool operator==(const PusherAdded&) const = default;
};
/// A pusher that rejoined, with its current profile.
struct PusherUpdated {
  UserId user_id{};
  std::string user_name{};
  std::string user_avatar{};
  std::string stream{};    ///< likewise
  std::string bound_to{};  ///< likewise
  bool operator==(const PusherUpdated&) const = default;
};
struct PusherDeleted {
  UserId user_id{};
  LeaveReason reason = LeaveReason::kLeft;
  UserId new_creator{};  ///< the new creator of the room; empty when there is no change
  bool operator==(const PusherDeleted&) const = default;
};
struct RoomDestroyed {
  EndReason reason = EndReason::kDestroyed;
  bool operator==(const RoomDestroyed&) const = default;
};

/// How stores mark `AudienceAdded::begins_stay`.
inline constexpr std::string_view kBegunStay = "stay";
/// A viewer that joined, or whose profile changed.
struct AudienceAdded {
  UserId user_id{};
  std::string user_info{};
  bool is_new = true;  ///< whether it joined: not for subscribers
  /// The number of viewers after the event: not for subscribers. Events of older versions have 0.
  std::uint64_t audience_count = 0;
  /// Whether one that had joined before begins another stay: likewise.
  bool begins_stay = false;
  bool operator==(const AudienceAdded&) const = default;
};
/// A viewer that left: kLeft or, without a sign of it for too long, kHeartbeatTimeout.
struct AudienceDeleted {
  UserId user_id{};
  std::uint64_t audience_count = 0;  ///< likewise
  LeaveReason reason = LeaveReason::kLeft;
  std::string user_info{};  ///< kept with kHeartbeatTimeout, for its return: not for subscribers
  bool operator==(const AudienceDeleted&) const = default;
};
/// A custom field changed. A store may merge several changes of one field in one commit into one
/// event.
struct CustomChanged {
  std::string field{};  ///< name as JSON text; empty in events of schema 5: `value` is all
  std::string value{};  ///< JSON text, the new value
  /// The one that changed it, for operators: not for clients and subscribers. Empty in events of
  /// older versions.
  UserId user_id{};
  bool operator==(const CustomChanged&) const = default;
};

using EventPayload =
    std::variant<RoomCreated, RoomActivated, PusherAdded, PusherUpdated, PusherDeleted,
                 AudienceAdded, AudienceDeleted, CustomChanged, RoomDestroyed>;

struct RoomEvent {
  RoomKey room{};
  Dialect dialect = Dialect::kGen1;
  /// Number of the event within its room: 1 is `RoomCreated`, then without gaps up to
  /// `RoomDestroyed`. A later room of the same id starts at 1 again.
  std::uint64_t room_sequence = 0;
  TimePoint at{};
  EventPayload payload{};

  bool operator==(const RoomEvent&) const = default;
};

/// An event as a store keeps it.
struct StoredEvent {
  std::uint64_t position = 0;  ///< place in the store's order: ascending, may have gaps
  /// `Room::sequence` of its room, which distinguishes it from others that had the same id. 0 for
  /// events stored before this field existed.
  std::uint64_t room_number = 0;
  RoomEvent event{};

  bool operator==(const StoredEvent&) const = default;
};

/// "room_created", "room_activated", "pusher_added", "pusher_updated", "pusher_deleted",
/// "audience_added", "audience_deleted", "custom_changed", "room_destroyed".
std::string_view EventTypeName(const EventPayload& payload);

/// Size of an event for limits on the bytes of a history: its texts, plus 64 bytes for all
/// fixed-size fields.
std::uint64_t StoredBytes(const RoomEvent& event);
/// An `audience_count` as stores keep it, and as `StoredBytes` counts it: decimal; 0: empty.
std::string AudienceCountText(std::uint64_t audience_count);
inline constexpr std::uint64_t kFixedEventBytes = 64;

}  // namespace rtcroom
