// Reads and checks the fields of a request.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "daemon/base/result.h"
#include "daemon/core/ids.h"
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
  /// @param unread  from `FaultOfUnreadBody`: the fault that is reported when a field is missing;
  ///                static storage.
  Fields(const nlohmann::json& body, const ProtocolTraits& traits, std::string_view unread = {})
      : body_(body), traits_(traits), unread_(unread) {}

  RoomId Room();
  /// The same, but optional; still checked when present.
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
  /// The same, but optional: empty when missing or ill-typed.
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

}  // namespace rtcroom
