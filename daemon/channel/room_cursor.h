// The position of a client in what happens in one room.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rtcroom {

/// The newest event and the newest message that a client has: both are numbered within the room
/// without gaps, independently of each other.
struct RoomPosition {
  std::uint64_t event = 0;    ///< `RoomEvent::room_sequence`
  std::uint64_t message = 0;  ///< `StoredMessage::seq`

  bool operator==(const RoomPosition&) const = default;
};

/// A position in one room of one history of the store; clients get it as an opaque text.
struct RoomCursor {
  std::string epoch{};            ///< as `Cursor::epoch`: 16 hex digits
  std::uint64_t room_number = 0;  ///< `Room::sequence`, which no other room has
  RoomPosition at{};

  /// `<epoch>-<room number>-<event>-<message>`, at most 79 bytes.
  [[nodiscard]] std::string Encode() const;
  /// @return nullopt when `text` is not an output of `Encode`.
  static std::optional<RoomCursor> Parse(std::string_view text);

  bool operator==(const RoomCursor&) const = default;
};

}  // namespace rtcroom
