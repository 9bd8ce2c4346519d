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
#include "handlers/protocol.h"

namespace rtcroom {

/// Maximum bytes of each kind of value (protocol 0.3); for ids see daemon/core/ids.h.
inline constexpr std::size_t kMaxUserNameBytes = 128;
inline constexpr std::size_t kMaxTextBytes = 1024;  ///< URLs, roomInfo, userInfo, login code
inline constexpr std::size_t kMaxMergeParamsBytes = std::size_t{16} * 1024;

/// A reader of one body. Read all fields, then check `ok()` once: the first bad field wins and is
/// named in `error()`; values read after it are unusable.
///
/// The protocol defines when a field counts as missing. Where a field has two names, the second is
/// used when the first is missing (protocol C.4).
class Fields {
 public:
  /// @param body  an object from `ParseBody`; must outlive the reader, as must `traits`.
  Fields(const nlohmann::json& body, const ProtocolTraits& traits) : body_(body), traits_(traits) {}

  /// `roomID`, also read as `roomid`.
  RoomId Room();
  /// The same, but optional; still checked when present.
  std::optional<RoomId> OptionalRoom();
  UserId User();

  /// A required string; where the presence of the key is enough, it may be empty or null.
  std::string Text(std::string_view name, std::size_t max_bytes = kMaxTextBytes);
  /// A required, non-empty string.
  std::string Word(std::string_view name, std::size_t max_bytes);
  /// An optional string; empty when missing or ill-typed.
  std::string OptionalText(std::string_view name, std::size_t max_bytes = kMaxTextBytes);
  /// An optional user ID; nullopt when missing or ill-typed, checked otherwise.
  std::optional<UserId> OptionalUser(std::string_view name);

  std::string PushUrl();
  /// The text of a room.
  std::string Info();
  /// The same, but optional: empty when missing or ill-typed.
  std::string OptionalInfo();

  /// Checks that `mergeParams` is present, in a form that the protocol allows.
  void CheckMergeParams();

  /// A string, a number or a boolean.
  nlohmann::json Scalar(std::string_view name, std::size_t max_bytes);

  /// A whole number, or one in a decimal string, clamped to 64 bits. Only the key must be present,
  /// so 0 is a valid value (protocol A.4.8).
  std::int64_t Integer(std::string_view name, std::string_view alias = {});

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

  [[nodiscard]] bool IsGiven(const nlohmann::json& value, MayBeEmpty may_be_empty) const;
  [[nodiscard]] Field Find(std::string_view name, std::string_view alias = {},
                           MayBeEmpty may_be_empty = MayBeEmpty::kNo) const;
  RoomId CheckedRoom(const Field& field);
  UserId CheckedUser(const Field& field);
  std::string CheckedId(const Field& field);
  void CheckIdText(const Field& field, std::string_view id, std::size_t max_bytes);
  std::string CheckedText(const Field& field, std::size_t max_bytes,
                          Errc too_long = Errc::kBadRequest);
  void Fail(std::string_view name, std::string_view fault);
  void FailTooLong(std::string_view name, std::size_t max_bytes, Errc code = Errc::kBadRequest);

  const nlohmann::json& body_;
  const ProtocolTraits& traits_;
  Status outcome_;
};

}  // namespace rtcroom
