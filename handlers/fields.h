// Reads the fields of a request, checking each.
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

/// Most bytes of each kind of value (protocol 0.3); of ids in daemon/core/ids.h.
inline constexpr std::size_t kMaxUserNameBytes = 128;
inline constexpr std::size_t kMaxTextBytes = 1024;  ///< URLs, roomInfo, userInfo, login code
inline constexpr std::size_t kMaxMergeParamsBytes = std::size_t{16} * 1024;

/// A reader of one body. Read all fields, then ask `ok()` once: the first bad field wins and is
/// named in `error()`; what was read after it is of no use.
///
/// What counts as missing is the protocol's affair. Where a field has two names, the second counts
/// when the first is missing (protocol C.4).
class Fields {
 public:
  /// @param body  an object out of `ParseBody`; must outlive the reader, as must `manners`.
  Fields(const nlohmann::json& body, const Manners& manners) : body_(body), manners_(manners) {}

  /// `roomID`, also read as `roomid`.
  RoomId Room();
  /// The same where it may be missing; still checked when it is not.
  std::optional<RoomId> OptionalRoom();
  UserId User();

  /// A string that must be there; where the key is enough, it may be empty or null.
  std::string Text(std::string_view name, std::size_t max_bytes = kMaxTextBytes);
  /// A string that must be there and hold something.
  std::string Word(std::string_view name, std::size_t max_bytes);
  /// A string that may be missing or ill-typed: it is empty then.
  std::string OptionalText(std::string_view name, std::size_t max_bytes = kMaxTextBytes);
  /// A user ID that may be missing or ill-typed; checked otherwise.
  std::optional<UserId> OptionalUser(std::string_view name);

  std::string PushUrl();
  /// The text of a room.
  std::string Info();
  /// The same where it may be missing or ill-typed.
  std::string OptionalInfo();

  /// Checks that `mergeParams` are there, in a form that the protocol has for them.
  void CheckMergeParams();

  /// A string, a number or a boolean.
  nlohmann::json Scalar(std::string_view name, std::size_t max_bytes);

  /// A whole number, or one in a decimal string, cut to what 64 bits hold. Only the key must be
  /// present, so 0 is a value like any other (protocol A.4.8).
  std::int64_t Integer(std::string_view name, std::string_view alias = {});

  /// Says what is wrong with a field that seemed good.
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
  const Manners& manners_;
  Status outcome_;
};

}  // namespace rtcroom
