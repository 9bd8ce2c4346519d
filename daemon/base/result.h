// Outcomes as values: `Result<T>` is a T or an `Error`.
#pragma once

#include <cassert>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace rtcroom {

/// Errors, by how a caller can react.
enum class Errc : std::uint8_t {
  kBadRequest,       ///< a field is missing, ill-typed or out of bounds; `detail` names it
  kUnauthorized,     ///< the caller is not authenticated, or may not call this
  kNoCredentials,    ///< the call lacks a user or its token
  kTokenMalformed,   ///< the token is malformed
  kUnknownApp,       ///< the token is of another application
  kNoSession,        ///< the user has not logged in, or too long ago
  kTokenWrong,       ///< the token is not the user's, or the user is not the claimed one
  kBadIdentity,      ///< that user ID is never admitted
  kNotAllowed,       ///< an operator or the platform denies the caller access
  kRoomNotFound,     ///< no such room that the caller may see
  kRoomExists,       ///< the room ID is taken
  kRoomFull,         ///< no free seat
  kAudienceFull,     ///< no place for another viewer
  kInfoTooLong,      ///< the room's text is out of bounds
  kNotJson,          ///< a text that must hold JSON does not
  kPusherNotFound,   ///< the user is not a pusher of the room
  kNotCreator,       ///< only the room's creator may do this
  kNotReachable,     ///< the caller may not send messages to that user
  kInstanceKicked,   ///< a newer login of the account has ended the caller's
  kContentRefused,   ///< a message that other clients could not show
  kContentTooLong,   ///< a message is longer than its limit
  kTooManyRooms,     ///< limit reached; a per-caller limit when `detail` names its key
  kTooManyRequests,  ///< rate limit exceeded: the same call will work later
  kStoreBusy,        ///< the store could not take the change now; the same call may work later
  /// The store failed (disk full, I/O error, damage). The change is not visible; after a crash
  /// right afterwards it may still appear, whole.
  kStoreBroken,
  /// The change may have happened, or may not: no answer came to its commit. Only of writes, and
  /// only by a store that is reached over a network.
  kOutcomeUnknown,
  kUnavailable,    ///< an outside service failed or is not configured
  kUnreachable,    ///< an outside service was not reached: it got no request
  kFileNotFound,   ///< no such file that a caller may read
  kCursorExpired,  ///< events after the cursor are no longer retained, or are of another epoch
  kInternal,       ///< internal error
};
inline constexpr std::size_t kErrcCount = static_cast<std::size_t>(Errc::kInternal) + 1;

/// Whether a table has one row for each failure, in the order of the enumerators.
template <typename Rows>
constexpr bool IsOrderedByErrc(const Rows& rows) {
  std::size_t at = 0;
  for (const auto& row : rows) {
    if (static_cast<std::size_t>(row.failure) != at++) return false;
  }
  return at == kErrcCount;
}

std::string_view ErrcName(Errc code);
std::ostream& operator<<(std::ostream& out, Errc code);

/// `detail` is for the log; only that of `kBadRequest` and `kTooManyRooms` reaches a client: it
/// contains fixed texts only, never a value that a client sent.
struct [[nodiscard]] Error {
  Errc code = Errc::kInternal;
  std::string detail;
};
std::ostream& operator<<(std::ostream& out, const Error& error);

/// A value or an `Error`. Reading the absent one is a programming error.
template <typename T>
class [[nodiscard]] Result {
 public:
  // NOLINTBEGIN(google-explicit-constructor): `return value;` and `return Error{...};` are the
  // point
  Result(T value) : outcome_(std::move(value)) {}
  Result(Error error) : outcome_(std::move(error)) {}
  // NOLINTEND(google-explicit-constructor)

  [[nodiscard]] bool ok() const { return std::holds_alternative<T>(outcome_); }
  explicit operator bool() const { return ok(); }

  [[nodiscard]] const Error& error() const {
    assert(!ok());
    return *std::get_if<Error>(&outcome_);
  }
  T& operator*() & {
    assert(ok());
    return *std::get_if<T>(&outcome_);
  }
  const T& operator*() const& {
    assert(ok());
    return *std::get_if<T>(&outcome_);
  }
  T&& operator*() && {
    assert(ok());
    return std::move(*std::get_if<T>(&outcome_));
  }
  T* operator->() { return &**this; }
  const T* operator->() const { return &**this; }

 private:
  std::variant<T, Error> outcome_;
};

/// Success without a value, or an `Error`.
class [[nodiscard]] Status {
 public:
  Status() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): `return Error{...};` is the point
  Status(Error error) : failed_(true), error_(std::move(error)) {}

  [[nodiscard]] bool ok() const { return !failed_; }
  explicit operator bool() const { return ok(); }
  [[nodiscard]] const Error& error() const {
    assert(failed_);
    return error_;
  }

 private:
  bool failed_ = false;
  Error error_;
};

}  // namespace rtcroom
