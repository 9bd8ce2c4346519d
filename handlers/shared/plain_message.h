// Messages as new clients read and write them, and their form for old ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/base/result.h"
#include "daemon/core/ids.h"
#include "handlers/shared/message_body.h"

namespace rtcroom {

/// Longest text of a new client in bytes, before its form for old ones.
inline constexpr std::size_t kMaxPlainBytes = 8000;

/// A message without the elements of the old protocol. All texts are UTF-8.
struct PlainMessage {
  enum class Type : std::uint8_t { kText, kCustom };

  Type type = Type::kText;
  std::string body{};    ///< of type kCustom: opaque
  std::string cmd{};     ///< only of type kCustom; empty: none
  std::string nick{};    ///< of the sender; empty: unknown
  std::string avatar{};  ///< likewise

  bool operator==(const PlainMessage&) const = default;
};

// All functions are pure.

/// Reads the stored body of any client:
///
/// - a text of a room's member with nick and picture in front (CustomTextMsg), texts and faces
///   alone, and the texts of webrtc rooms are of type kText, with the entities of old clients
///   decoded and each face as its name in brackets
/// - a command of a room's member (CustomCmdMsg) is of type kCustom, with its `cmd`
/// - everything else is of type kCustom: the raw `Data` of its first custom element
///
/// @param stored  a text that `MessageBody` has checked; any other counts as an empty custom one.
PlainMessage ReadPlainMessage(std::string_view stored);

/// The body of a message to a room, so that old clients show a text or receive a command, and
/// `ReadPlainMessage` returns the same message: but a nick of more than 400 bytes, once escaped, is
/// cut.
/// @errors kContentTooLong when it exceeds the bound on stored bodies.
Result<MessageBody> MakeRoomBody(const PlainMessage& message, RoomKind kind);

/// The same for a message to a user: a text as a text, a custom one without `cmd` as the `Data` of
/// a custom element. Nick and picture are left out unless there is a `cmd`.
Result<MessageBody> MakeDirectBody(const PlainMessage& message);

}  // namespace rtcroom
