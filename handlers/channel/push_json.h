// The JSON of rooms, events and messages for new clients of the message channel.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/json_text.h"
#include "daemon/channel/push_notices.h"
#include "daemon/channel/room_cursor.h"
#include "daemon/channel/room_list_pushes.h"
#include "daemon/channel/room_push.h"
#include "daemon/core/message_store.h"
#include "daemon/core/room.h"

namespace rtcroom {

/// The forms that receivers make of a push of a room: variants of `RoomPush::FormFrom`.
enum PushVariant : int {
  kSocketForm,
  kPollForm,
  kSdkForm,  ///< the first of those of SDKs
};

// No object has a line feed: those of one frame are separated by them. Each has the cursor after
// it.

/// @param play_url        of the pusher whose profile the event shows; empty: unknown.
/// @param audience_count  is told with the event; nullopt: none.
/// @param cursor          before the event; it is moved on.
std::string EventObject(const RoomEvent& event, std::string_view play_url,
                        std::optional<std::uint64_t> audience_count, RoomCursor& cursor);
std::string MessageObject(const RoomKey& room, const StoredMessage& message, RoomCursor& cursor);
/// @param cursor  before the part; it is moved on.
std::vector<std::string> ObjectsOf(const RoomPush::Part& part, const RoomKey& room,
                                   RoomCursor& cursor);

/// The members of a reply to `subscribe` that continues from a cursor.
/// @param cursor  after the objects.
void WriteRecovered(const RoomCursor& cursor, const std::vector<std::string>& objects,
                    JsonText& out);

/// The members of a message: `seq` or, from one user to another, `position` and `to`; then `time`,
/// `from`, `nick`, `avatar`, `type`, `body` and perhaps `cmd`.
void WriteMessage(const StoredMessage& message, JsonText& out);

/// A push of a message from one user to another.
std::string DirectPush(const StoredMessage& message);

/// A push of what has changed in a list, which is kept in `push`.
const std::string& ListPush(RoomListPush& push);

/// A push of a notice, which is kept in `push`; empty: the client is not told.
/// @param asks_streams  as of `ChannelLogin`.
const std::string& NoticeObject(NoticePush& push, bool asks_streams);

/// The members of a snapshot.
void WriteSnapshot(const Room& room, JsonText& out);

}  // namespace rtcroom
