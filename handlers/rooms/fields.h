// Reads and checks the fields of a request, one by one and those that several endpoints share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "daemon/base/result.h"
#include "daemon/core/ids.h"
#include "daemon/core/room_service.h"
#include "handlers/rooms/endpoints.h"
#include "handlers/shared/field_spec.h"
#include "handlers/shared/protocol.h"

namespace rtcroom {

/// A reader of one body. Read all fields, then check `ok()` once: the first bad field wins and is
/// named in `error()`; values read after it are unusable.
///
/// The protocol defines when a field counts as missing.
class Fields {
 public:
  /// @param body  an object from `ParseBody`; must outlive the reader, as must `traits`.
  /// @param unread  `Body::unread`: the fault that is reported when a field is missing.
  Fields(const nlohmann::json& body, const ProtocolTraits& traits, std::string_view unread = {})
      : body_(body), traits_(traits), unread_(unread) {}

  RoomId Room();
  /// An optional room ID, which is still checked when present.
  std::optional<RoomId> OptionalRoom();
  UserId User();

  /// A string. A required one may be empty or null where the presence of the key is enough, unless
  /// its form excludes that; an optional one is empty when missing or ill-typed.
  std::string Text(const FieldSpec& spec);
  /// An optional user ID; nullopt when missing or ill-typed, checked otherwise.
  std::optional<UserId> OptionalUser(const FieldSpec& spec);

  std::string PushUrl();
  /// The text of a room.
  std::string Info();
  /// The optional text of a room: empty when missing or ill-typed.
  std::string OptionalInfo();

  /// `mergeParams`, an object, in a form that the protocol allows.
  nlohmann::json MergeParams();

  /// A string, a number or a boolean.
  nlohmann::json Scalar(const FieldSpec& spec);

  /// A whole number, or one in a decimal string, clamped to 64 bits. Only the key must be present,
  /// so 0 is a valid value (protocol A.4.8).
  std::int64_t Integer(const FieldSpec& spec);

  /// Fails with an error about a field that was read.
  void Refuse(Error error);

  [[nodiscard]] bool ok() const { return outcome_.ok(); }
  [[nodiscard]] const Error& error() const { return outcome_.error(); }

 private:
  struct Field {
    std::string_view name;
    const nlohmann::json* value = nullptr;  ///< null when missing
  };
  enum class MayBeEmpty : bool { kNo, kYes };

  static MayBeEmpty MayBeEmptyText(const FieldSpec& spec);
  [[nodiscard]] bool IsGiven(const nlohmann::json& value, MayBeEmpty may_be_empty) const;
  [[nodiscard]] Field Find(const FieldSpec& spec, MayBeEmpty may_be_empty = MayBeEmpty::kNo) const;
  RoomId CheckedRoom(const Field& field);
  UserId CheckedUser(const Field& field);
  std::string CheckedId(const Field& field);
  void CheckIdText(const Field& field, std::string_view id, std::size_t max_bytes);
  std::string CheckedText(const Field& field, std::size_t max_bytes,
                          Errc too_long = Errc::kBadRequest);
  void Fail(std::string_view name, std::string_view fault);
  void FailAsMissing(std::string_view name);
  void FailTooLong(std::string_view name, std::size_t max_bytes, Errc code = Errc::kBadRequest);

  const nlohmann::json& body_;
  const ProtocolTraits& traits_;
  const std::string_view unread_;
  Status outcome_;
};

/// The fields of `request`, which must outlive the reader.
Fields FieldsOf(const Request& request);

/// The first value of `name` in the query; empty when it is not there.
std::string QueryValue(const Request& request, std::string_view name);

/// `roomID`, under the kind of the path.
RoomKey ReadRoomKey(Fields& fields, const Request& request);

/// `roomID` and `userID`.
MemberCommand ReadMember(Fields& fields, const Request& request);

/// `userName`, `userAvatar` and `pushURL`.
PusherProfile ReadProfile(Fields& fields);

/// Whether the request names its client: then the reply may say more.
/// @source protocol C.7.
bool NamesClient(const Request& request);

/// Asks for the stay that a join begins, if the request names its client.
StayWish ReadStayWish(const Request& request);

/// The stay that a client which names itself means; empty: whichever it is.
std::string ReadStay(Fields& fields, const Request& request);

/// Adds the stay that a join has begun, if it was asked for.
JsonText WithStay(JsonText reply, const StayWish& stay);

/// The room that a request names and that its dialect may see.
/// @errors kBadRequest, and those of `RoomService::LoadRoom`.
Result<Room> LoadNamedRoom(const Request& request, const HandlerContext& context);

/// Failure of a call that names a room. A room-exists failure carries the id (protocol B.4.2).
Reply FailureOver(const RoomId& room_id, Error error, const ProtocolTraits& traits);

}  // namespace rtcroom
