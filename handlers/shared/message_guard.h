// Keeps messages from members that would stop the clients of other members.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/base/result.h"
#include "handlers/shared/message_body.h"

namespace rtcroom {

// Old clients concatenate the elements of a message to one text and parse JSON from it; when that
// throws, the client receives nothing any more until it is started again. So one member could
// silence a room, by a mistake or on purpose.
//
// All functions are pure.

/// The numbers are those of `MsgPriority` on the wire.
enum class MessagePriority : std::uint8_t { kRedPacket = 1, kCommon = 2, kLike = 3 };

/// Most bytes by which mending lengthens a body.
inline constexpr std::size_t kMaxMendBytes = 1024;

/// The message to relay in a room of kind double, multi or live. It has the priority kCommon,
/// whatever was asked: clients put a word before the text of the others. Messages in a webrtc_room
/// are not parsed by clients, and relayed without a guard.
///
/// Clients parse the text up to and including the first `}}`. It must be a JSON object; when its
/// `cmd` is `CustomTextMsg` or `CustomCmdMsg`, its `data` must be an object. Otherwise
///
/// - texts and faces alone get an element in front that names their sender by `nick`, and so does a
///   text of another priority;
/// - a command that the client's library made of an unescaped nick or picture URL is escaped.
///
/// The result passes again, unchanged. It is at most kMaxMendBytes longer than `body`.
///
/// @param nick  of the sender. Its beginning is used when it is longer than 400 bytes once escaped.
/// @errors kContentRefused.
/// @source docs/channel.md, 4 (guard).
Result<MessageBody> GuardRoomMessage(MessageBody body, MessagePriority priority,
                                     std::string_view nick);

/// Whether a message from one account to another can be relayed to an instance that is in the group
/// of a live_room of gen-2. Its clients parse the whole text, which must be JSON other than `null`;
/// when it is an object with the `cmd` `linkmic`, its `data` must be an object.
///
/// @errors kContentRefused.
/// @source docs/channel.md, 4 (guard).
Status GuardDirectMessage(const MessageBody& body);

/// The `Data` of the custom element in front of a text in a room, as the libraries of old clients
/// write it, but escaped.
/// @param nick  its beginning is used when it is longer than 400 bytes once escaped.
std::string MakeTextCommand(std::string_view nick, std::string_view avatar);
/// The `Data` of such an element of a command, whose text follows.
std::string MakeCustomCommand(std::string_view nick, std::string_view avatar, std::string_view cmd);

}  // namespace rtcroom
