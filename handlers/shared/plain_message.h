// Messages as new clients read and write them, and as elements of IM SDKs.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "daemon/core/ids.h"
#include "daemon/core/message_store.h"
#include "handlers/shared/message_body.h"
#include "handlers/shared/message_guard.h"

namespace rtcroom {

/// Longest text of a new client in bytes.
inline constexpr std::size_t kMaxPlainBytes = 8000;
/// Longest text that `WriteElements` may make of a message. An older server may add to it.
inline constexpr std::size_t kMaxMadeBytes = kMaxStoredBytes - kMaxMendBytes;

// All functions are pure.

/// The message of any client as a text or a custom one. Elements are read thus:
///
/// - a text of a room's member with nick and picture in front (CustomTextMsg), texts and faces
///   alone, and the texts of webrtc rooms are of type kText, with the entities of old clients
///   decoded and each face as its name in brackets
/// - a command of a room's member (CustomCmdMsg) is of type kCustom, with its `cmd`
/// - everything else is of type kCustom: the raw `Data` of its first custom element
///
/// A nick in them replaces that of the message. What `MessageBody` would not take is an empty
/// custom message.
MessageContent ReadPlain(MessageContent content);

/// The elements of a message, as JSON: those of an SDK as they are stored. Of others they are made,
/// so that clients of 2018 show a text or receive a command, and their guard lets them pass in
/// rooms; `ReadPlain` returns the same message, but of one to an account without `cmd` neither nick
/// nor picture. A nick of more than 400 bytes, once escaped, is cut.
/// @param room  its kind; nullopt: the message is to an account.
std::string WriteElements(const MessageContent& content, std::optional<RoomKind> room);

/// Replaces the elements of a message to a room by what `GuardRoomMessage` returns for them. Those
/// that are made of another message pass.
/// @errors kContentRefused.
Status GuardInRoom(MessageContent& content, MessagePriority priority = MessagePriority::kCommon);
/// Does what `GuardDirectMessage` does, for a message of any type.
/// @errors kContentRefused.
Status GuardDirect(const MessageContent& content);

}  // namespace rtcroom
