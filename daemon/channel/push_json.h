// The JSON of rooms, events and messages for new clients of the message channel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/json_text.h"
#include "daemon/channel/room_cursor.h"
#include "daemon/core/event_log.h"
#include "daemon/core/message_store.h"
#include "daemon/core/room.h"

namespace rtcroom {

// No text has a line feed: objects of one frame are separated by them.

/// One event or message of a room, rendered once for all of its receivers.
struct RoomObject {
  bool is_message = false;
  std::uint64_t seq = 0;  ///< in the events or in the messages of the room
  std::uint64_t first =
      0;  ///< the one before it that it stands for, too, with all between; or `seq`
  bool ends_room = false;  ///< nothing follows
  TimePoint made_at{};     ///< when it happened or was sent
  /// An object without its cursor and closing brace; of a message only where a new client gets it.
  std::string text{};
  /// What other forms are rendered from, where there are receivers of any; null: nothing. Shared by
  /// the pushes that carry it.
  std::shared_ptr<const StoredMessage> message{};
  std::shared_ptr<const StoredEvent> event{};

  /// About what it takes in memory and in a frame, whether it has its text or not.
  [[nodiscard]] std::size_t bytes() const {
    if (!message) return text.size();
    constexpr std::size_t kRest = 100;
    return message->content.body.size() + message->content.custom.size() + kRest;
  }
};

/// In a room with more viewers than that, clients are told their number instead of each one.
inline constexpr std::uint64_t kMostToldViewers = 200;

/// How many viewers there are after the event, if it is told by that number.
std::optional<std::uint64_t> ToldAudienceCount(const RoomEvent& event);

/// @param room  gives the play URL of a pusher that joined; null, or without the pusher: none.
RoomObject MakeEventObject(const StoredEvent& event, const Room* room);
RoomObject MakeMessageObject(const RoomKey& room, const StoredMessage& message);

/// Adds the number of viewers to an object that stands for changes of it, too.
void AddAudienceCount(std::uint64_t audience_count, RoomObject& object);

/// The whole object.
std::string WithCursor(const RoomObject& object, const RoomCursor& cursor);

/// The members of a message: `seq` or, from one user to another, `position` and `to`; then `time`,
/// `from`, `nick`, `avatar`, `type`, `body` and perhaps `cmd`.
void WriteMessage(const StoredMessage& message, JsonText& out);

/// A push of a message from one user to another.
std::string DirectPush(const StoredMessage& message);

/// The members of a snapshot.
void WriteSnapshot(const Room& room, JsonText& out);

}  // namespace rtcroom
