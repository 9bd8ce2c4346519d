// Reads and checks the fields of a command of the message channel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "daemon/base/result.h"
#include "daemon/core/ids.h"
#include "handlers/shared/message_body.h"

namespace rtcroom {

/// Longest body in bytes.
/// @source docs/channel.md, 1.
inline constexpr std::size_t kMaxCommandBytes = std::size_t{64} * 1024;

/// Reads a body as an object, whatever its media type; the empty body is `{}`.
/// @errors kNotJson for any other text, or one beyond the bounds of `ParseOrderedJson`.
Result<nlohmann::ordered_json> ReadCommandBody(std::string_view body);

/// A reader of one object. Read all fields, then check `ok()` once: the first bad field wins and is
/// named in `error()`; values read after it are unusable.
///
/// A field that is null counts as missing. An ill-typed one is kNotJson, a missing or bad one
/// kBadRequest. IDs may be numbers, as some clients send them.
class ChannelFields {
 public:
  /// @param object  must outlive the reader.
  explicit ChannelFields(const nlohmann::ordered_json& object) : object_(object) {}

  /// `kind` and `roomID`, required, as new clients name a room. @errors as `Group`.
  RoomKey Room();
  /// `kind`, required, of a list of rooms: `webrtc` has none.
  RoomKind ListKind();
  /// A required text of 1 to `most` bytes.
  std::string Text(const char* name, std::size_t most);
  /// A text of at most `most` bytes; empty when it is missing.
  std::string OptionalText(const char* name, std::size_t most);
  /// Whether the field is there and not null.
  [[nodiscard]] bool Has(const char* name) const { return Find(name) != nullptr; }

  /// `GroupId`, required. @errors kRoomNotFound for a text that no room can have as its ID.
  RoomId Group();
  /// A required account.
  UserId Account(const char* name);
  /// A required array of texts; of at most `most`.
  std::vector<std::string> Texts(const char* name, std::size_t most);
  /// A text; empty when it is missing.
  std::string OptionalText(const char* name);
  /// A required whole number from 0 to 2^53.
  std::uint64_t Number(const char* name);
  /// An optional number.
  std::uint64_t OptionalNumber(const char* name, std::uint64_t if_missing = 0);
  /// How many elements a list may have: an optional whole number, but at least 1 and at most
  /// `most`, which also stands for a missing one.
  std::size_t Limit(const char* name, std::size_t most);
  /// A boolean; false when it is missing.
  bool OptionalFlag(const char* name);
  /// An object; an empty one when it is missing.
  const nlohmann::ordered_json& OptionalObject(const char* name);
  /// Readers of the objects of an array, at most `most`; none when it is missing.
  std::vector<ChannelFields> OptionalObjects(const char* name, std::size_t most);
  /// `MsgBody`, required. @errors as `MessageBody::From`, but kNotJson when it is malformed.
  Result<MessageBody> Message();

  [[nodiscard]] const nlohmann::ordered_json& object() const { return object_; }
  [[nodiscard]] bool ok() const { return outcome_.ok(); }
  [[nodiscard]] const Error& error() const { return outcome_.error(); }

 private:
  /// Null when it is missing.
  const nlohmann::ordered_json* Find(const char* name) const;
  const nlohmann::ordered_json* Required(const char* name);
  RoomId RoomIdOf(const char* name);
  /// The elements, none when `array` is null.
  const nlohmann::ordered_json& Elements(const char* name, const nlohmann::ordered_json* array,
                                         std::size_t most);
  std::string TextOf(const char* name, const nlohmann::ordered_json& value);
  std::uint64_t NumberOf(const char* name, const nlohmann::ordered_json& value);
  void Fail(Errc code, std::string_view name, std::string_view fault);

  const nlohmann::ordered_json& object_;
  Status outcome_;
};

}  // namespace rtcroom
