// Reads the fields of a request, checking each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "daemon/core/ids.h"
#include "daemon/core/result.h"

namespace rtcroom {

/// Most bytes of each kind of value (protocol 0.3); of ids in daemon/core/ids.h.
inline constexpr std::size_t kMaxUserNameBytes = 128;
inline constexpr std::size_t kMaxTextBytes = 1024;  ///< URLs, roomName, login code
inline constexpr std::size_t kMaxMergeParamsBytes = std::size_t{16} * 1024;

/// A reader of one gen-1 body. Read all fields, then ask `ok()` once: the first bad field wins
/// and is named in `error()`; what was read after it is of no use.
///
/// By gen-1's rule `""`, `0`, `false` and `null` count as missing (protocol A.2). Where a field
/// has two names, the second counts when the first is missing (protocol C.4).
class Fields {
 public:
  /// @param body  an object out of `ParseBody`; must outlive the reader.
  explicit Fields(const nlohmann::json& body) : body_(body) {}

  /// `roomID`, also read as `roomid`.
  RoomId Room();
  /// The same where it may be missing; still checked when it is not.
  std::optional<RoomId> OptionalRoom();
  UserId User();

  /// A string that must be there.
  std::string Text(std::string_view name, std::size_t max_bytes = kMaxTextBytes);
  /// A string that must be there under one of two names.
  std::string Text(std::string_view name, std::string_view alias,
                   std::size_t max_bytes = kMaxTextBytes);
  /// A string that may be missing or ill-typed: it is empty then.
  std::string OptionalText(std::string_view name);
  /// A user ID that may be missing or ill-typed; checked otherwise.
  std::optional<UserId> OptionalUser(std::string_view name);

  /// Checks an object whose JSON text must not be longer than `max_bytes`.
  void RequireObject(std::string_view name, std::size_t max_bytes);

  /// A whole number, or one in a decimal string, cut to what 64 bits hold. Only the key must be
  /// present, so 0 is a value like any other (protocol A.4.8).
  std::int64_t Integer(std::string_view name, std::string_view alias = {});

  [[nodiscard]] bool ok() const { return outcome_.ok(); }
  [[nodiscard]] const Error& error() const { return outcome_.error(); }

 private:
  struct Field {
    std::string_view name;
    const nlohmann::json* value = nullptr;  ///< null when missing
  };

  [[nodiscard]] Field Find(std::string_view name, std::string_view alias = {}) const;
  std::string CheckedId(const Field& field, std::size_t max_bytes);
  std::string CheckedText(const Field& field, std::size_t max_bytes);
  void Fail(std::string_view name, std::string_view fault);
  void FailTooLong(std::string_view name, std::size_t max_bytes);

  const nlohmann::json& body_;
  Status outcome_;
};

}  // namespace rtcroom
