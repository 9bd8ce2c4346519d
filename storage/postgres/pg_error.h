// Errors of PostgreSQL, and what they mean to this program.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rtcroom {

struct PgErrorText {
  std::string text;      ///< one line, without details and hints; a part for each host tried
  std::string sqlstate;  ///< the last one
};

/// Parses a verbose message of libpq.
PgErrorText ParsePgError(std::string_view message);

/// The consequence of an error for the caller.
enum class PgMeaning : std::uint8_t {
  kConflict,  ///< nothing happened, another transaction was first: the same again (22012, 23505,
              ///< 40001, 40P01). Statements divide by zero where what they rely on has changed
  kBusy,      ///< nothing happened: later (no connection; a lock was not free, 55P03; memory, disk
              ///< or connections of the server are used up, 53), or, if it is closed now, on
              ///< another connection (25006, 0A000, 26000)
  kLost,      ///< the connection was lost: whether it happened is unknown
  kBroken,    ///< nothing happened, and the same would fail again
};

/// @param sqlstate  of a statement that failed; empty: the server sent none.
PgMeaning PgMeaningOf(std::string_view sqlstate);

/// Whether another connection may be able to run the statement that failed. This host takes no
/// writes; the result of a prepared statement has got another type, or the statement is gone.
bool IsOfPgConnection(std::string_view sqlstate);

/// Whether a connection that is refused will be refused until somebody changes something.
bool IsLastingPgRefusal(std::string_view sqlstate);

}  // namespace rtcroom
