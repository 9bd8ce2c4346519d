// A room and its members.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// Place of a pusher's stream in the mix of its room. Positions and sizes are in pixels, at most
/// 3000, and may reach beyond the picture.
struct MixPlace {
  std::uint16_t x = 0;
  std::uint16_t y = 0;
  std::uint16_t width = 0;
  std::uint16_t height = 0;
  std::uint8_t layer = 1;  ///< 1 to 16; higher ones cover lower ones
  bool has_video = true;
  bool has_audio = true;
  bool operator==(const MixPlace&) const = default;
};

/// The picture of a mix; likewise.
struct MixCanvas {
  std::uint16_t width = 0;
  std::uint16_t height = 0;
  bool operator==(const MixCanvas&) const = default;
};

/// The mix of a room.
struct RoomMix {
  struct Input {
    UserId user_id{};  ///< a pusher of the room
    MixPlace place{};
    bool operator==(const Input&) const = default;
  };
  MixCanvas canvas{};
  std::vector<Input> inputs{};  ///< none: there is no mix
  bool operator==(const RoomMix&) const = default;
};

/// A member that sends a stream; the only kind that counts toward the limit.
struct Pusher {
  UserId user_id{};
  std::string user_name{};       ///< ≤ 128 bytes UTF-8
  std::string user_avatar{};     ///< ≤ 1024 bytes
  std::string push_url{};        ///< ≤ 1024 bytes, as the client sent it
  std::string accelerate_url{};  ///< play URL for other members; empty without a play host
  TimePoint added_at{};          ///< time of the last add_pusher
  /// Number of the room event that assigned this seat (set by the rules): unique in the room,
  /// ascending in join order. A pusher that rejoins keeps it.
  std::uint64_t seat = 0;
  std::optional<MixPlace> mix_place{};  ///< kept on rejoining; nullopt: not in the room's mix
  /// The address that its calls must come from until it leaves or rejoins; empty: any. A store that
  /// one process uses forgets it at a restart.
  /// @source protocol F.5.
  std::string bound_to{};

  bool operator==(const Pusher&) const = default;
};

/// A viewer that registered itself: only in live rooms of gen-2.
struct Audience {
  UserId user_id{};
  std::string user_info{};  ///< ≤ 1024 bytes UTF-8, opaque
  /// The seat ascends, as a pusher's, in join order; kept on rejoining unless that begins another
  /// stay.
  std::uint64_t seat = 0;

  bool operator==(const Audience&) const = default;
};

/// A room without pushers is inactive: created, but hidden until the first pusher joins (protocol
/// B.6).
struct Room {
  RoomKey key{};
  Dialect dialect = Dialect::kGen1;
  UserId creator{};    ///< the user that created it, where it is inactive
  std::string info{};  ///< roomName / roomInfo: ≤ 1024 bytes UTF-8
  std::string
      mixed_play_url{};  ///< flv play URL of the creator's stream; empty without a play host
  TimePoint created_at{};
  /// Place of the room in the order of creation, over all kinds; assigned by the store on the first
  /// write, 0 before. Never reused in a store.
  std::uint64_t sequence = 0;
  /// Place of the room in lists: ascending in the order of activation. Assigned by the store with
  /// the first pusher, 0 before. Never reused in a store, nor as a `sequence` of another room.
  std::uint64_t place = 0;
  /// Number of the newest event of this room; its events are numbered from 1 without gaps.
  std::uint64_t last_event = 0;
  /// roomType of a webrtc room: ≤ 1024 bytes, may be empty; `kCreatedGroup` of a live room that was
  /// created as a group; of others empty.
  std::string type{};
  std::string custom = "{}";  ///< custom fields: the text of a JSON object, opaque here
  std::size_t audience_count = 0;
  /// The canvas of the mix that was asked for; nullopt: none, and no pusher has a `mix_place`.
  std::optional<MixCanvas> mix{};
  std::vector<Pusher> pushers{};  ///< pushers in join order
  /// The one that a `RoomUpdate` asked for, if present; not all of them.
  std::vector<Audience> audiences{};

  [[nodiscard]] bool IsActive() const { return !pushers.empty(); }

  bool operator==(const Room&) const = default;
};

/// `Room::type` of a created group: what the SDKs call it.
inline constexpr std::string_view kCreatedGroup = "AVChatRoom";

/// Whether createGroup of an IM SDK made it. Without a pusher it lasts as long as it is used
/// (`CreatedGroups`), instead of `InactiveRooms`.
inline bool IsCreatedGroup(const Room& room) {
  return room.key.kind == RoomKind::kLive && room.type == kCreatedGroup;
}

/// The loaded audience entry of that user, or null.
const Audience* FindAudience(const Room& room, const UserId& user_id);

/// The pusher of that user, or null.
const Pusher* FindPusher(const Room& room, const UserId& user_id);

/// Identifies the stay of a member, over all rooms that had the key: opaque, at most 62 ASCII
/// characters. Each add_pusher begins another one; an add_audience does if it says so.
/// @param room  the stored one, with its `sequence`.
std::string StayOf(const Room& room, const Pusher& pusher);
std::string StayOf(const Room& room, const Audience& viewer);

/// Whether a call for a pusher comes from an address to which it is not bound.
/// @param bound_to  `Pusher::bound_to`.
/// @param from  empty: not to be checked.
inline bool IsFromElsewhere(std::string_view bound_to, std::string_view from) {
  return !bound_to.empty() && !from.empty() && bound_to != from;
}

/// The mix that was asked for, in join order.
RoomMix MixOf(const Room& room);

}  // namespace rtcroom
