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

/// What a caller can do about a failure.
enum class Errc : std::uint8_t {
  kBadRequest,       ///< a field is missing, ill-typed or out of bounds; `detail` names it
  kUnauthorized,     ///< who calls is not known, or may not call this
  kNoCredentials,    ///< the call lacks a user or his token
  kTokenMalformed,   ///< what stands for a token is none
  kUnknownApp,       ///< the token is of another application
  kNoSession,        ///< the user has not logged in, or too long ago
  kTokenWrong,       ///< the token is not the user's, or the user is not who he says
  kBadIdentity,      ///< nobody is ever let in under that user ID
  kNotAllowed,       ///< an operator, or the platform, keeps the caller out of this
  kRoomNotFound,     ///< no such room that the caller may see
  kRoomExists,       ///< the room ID is taken
  kRoomFull,         ///< no free seat
  kAudienceFull,     ///< no place for another viewer
  kInfoTooLong,      ///< the room's text is out of bounds
  kNotJson,          ///< a text that was to hold JSON does not
  kPusherNotFound,   ///< the user is not a pusher of the room
  kNotCreator,       ///< only the room's creator may do this
  kTooManyRooms,     ///< as many as may be; of one caller, when `detail` names that limit's key
  kTooManyRequests,  ///< the caller comes too often: the same call will work later
  kStoreBusy,        ///< the store could not take the change now; the same call may work later
  /// The store failed (disk full, I/O error, damage). Nobody sees the change; a crash right after
  /// may still bring it to light, whole.
  kStoreBroken,
  kUnavailable,    ///< an outside service failed or is not configured
  kUnreachable,    ///< an outside service was never reached: it was asked for nothing
  kFileNotFound,   ///< no such file that a caller may read
  kCursorExpired,  ///< events after the cursor are no longer retained, or are of another epoch
  kInternal,       ///< a mistake of ours
};
inline constexpr std::size_t kErrcCount = static_cast<std::size_t>(Errc::kInternal) + 1;

std::string_view ErrcName(Errc code);
std::ostream& operator<<(std::ostream& out, Errc code);

/// `detail` is for the log; only that of `kBadRequest` and `kTooManyRooms` reaches a client: it
/// holds our own words and never a value that somebody sent.
struct [[nodiscard]] Error {
  Errc code = Errc::kInternal;
  std::string detail;
};
std::ostream& operator<<(std::ostream& out, const Error& error);

/// A value or an `Error`. Reading the one that is not there is a programming error.
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
