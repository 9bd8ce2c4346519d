// How a node reports its heartbeats: in pieces, each a transaction of its own.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/cluster.h"
#include "storage/postgres/pg_connection.h"
#include "storage/postgres/pg_text.h"

namespace rtcroom {

/// A piece that was given up must not run on at the server. No commit is in doubt by that: the
/// tables of heartbeats are not logged, so that it waits for no standby.
inline constexpr PgStatement kPgLimitBeats{
    .name = "beats_limit", .sql = "SELECT set_config('statement_timeout', $1, true)"};

inline constexpr std::string_view kPgBeatsInto =
    "INSERT INTO beats (room, seat, at_ms) SELECT v.room, v.seat, ";
inline constexpr std::string_view kPgBeatsFrom =
    " - v.age FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) v(room, seat, age)"
    " ON CONFLICT (room, seat) DO UPDATE SET at_ms = greatest(beats.at_ms, excluded.at_ms)";
inline constexpr PgStatement kPgPutBeats{.name = "beats_put",
                                         .sql = kPgText<kPgBeatsInto, kPgNowMs, kPgBeatsFrom>};

// Never later than now: the clock of the database may have been set back since it was read.
inline constexpr std::string_view kPgToldThrough =
    "INSERT INTO told (node, through_ms) SELECT node, least($2::bigint, ";
inline constexpr std::string_view kPgToldBy =
    ") FROM nodes WHERE node = $1"
    " ON CONFLICT (node) DO UPDATE SET through_ms = excluded.through_ms";
/// Nothing for a node that is gone: with its return, everybody is given a timeout.
inline constexpr PgStatement kPgTold{.name = "beats_told",
                                     .sql = kPgText<kPgToldThrough, kPgNowMs, kPgToldBy>};

/// Writes the heartbeats of a node. A piece that fails is followed by one of half its size, and one
/// that succeeds by one of twice its size: a database that is short of power gets through, too.
///
/// @threads one thread at a time.
class PgBeats {
 public:
  static constexpr std::size_t kMostInPiece = 5000;
  static constexpr std::size_t kLeastInPiece = 100;

  /// @param patience  of a call; a statement ends after half of it, before the call does.
  /// @param clock     must outlive this.
  PgBeats(std::uint64_t node, std::chrono::milliseconds patience, const Clock& clock)
      : node_(node), patience_(patience), clock_(clock) {}

  /// The heartbeats that are left.
  struct Rest {
    const HeardBeats& heard;
    std::size_t reported = 0;     ///< how many were written
    std::int64_t through_ms = 0;  ///< `heard.as_of` by the database's clock, or before it
  };

  /// Writes the next piece, and with the last one how far that reaches.
  /// @return how many have been reported then.
  /// @errors those of `PgConnection::Run`: it may have been written.
  Result<std::size_t> ReportNext(const Rest& rest, PgConnection& connection);

 private:
  const std::uint64_t node_;
  const std::chrono::milliseconds patience_;
  const Clock& clock_;
  std::size_t most_ = kMostInPiece;  ///< in the next piece
};

}  // namespace rtcroom
