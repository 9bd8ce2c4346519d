// A room and the people in it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/core/clock.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// A member that sends a stream; the only kind that counts toward the limit.
struct Pusher {
  UserId user_id{};
  std::string user_name{};       ///< ≤ 128 bytes UTF-8
  std::string user_avatar{};     ///< ≤ 1024 bytes
  std::string push_url{};        ///< ≤ 1024 bytes, as the client sent it
  std::string accelerate_url{};  ///< where the others play this stream; empty without a play host
  TimePoint added_at{};          ///< of the last add_pusher
  /// Number of the room event that gave this seat (set by the rules): unique in the room, and
  /// ascending in join order. A pusher that comes back keeps it.
  std::uint64_t seat = 0;

  bool operator==(const Pusher&) const = default;
};

struct Room {
  RoomKey key{};
  Dialect dialect = Dialect::kGen1;
  UserId creator{};
  std::string info{};  ///< roomName / roomInfo: ≤ 1024 bytes UTF-8
  std::string
      mixed_play_url{};  ///< flv play URL of the creator's stream; empty without a play host
  TimePoint created_at{};
  /// Place of the room in the order of creation, over all kinds; given by the store when the
  /// room is written for the first time, 0 before. Never used twice in a store.
  std::uint64_t sequence = 0;
  /// Number of the newest event of this room; its events are numbered from 1 without gaps.
  std::uint64_t last_event = 0;
  std::vector<Pusher> pushers{};  ///< in join order

  bool operator==(const Room&) const = default;
};

/// The pusher of that user, or null.
const Pusher* FindPusher(const Room& room, const UserId& user_id);

}  // namespace rtcroom
