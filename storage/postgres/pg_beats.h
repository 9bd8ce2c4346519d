// How a node reports its heartbeats, and the signs of media that it has: in pieces, each a
// transaction of its own.
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

// `media_signs.state`.
inline constexpr std::int16_t kPgMediaNone = 1;
inline constexpr std::int16_t kPgMediaOn = 2;
inline constexpr std::int16_t kPgMediaOff = 3;

inline constexpr std::string_view kPgSignsInto =
    "INSERT INTO media_signs AS s (room, seat, track, state, at_ms, sign_order, node)"
    " SELECT v.room, v.seat, v.track, v.state, t.now_ms - v.age,"
    " coalesce(nullif(v.sign_order, 0), t.now_ms - v.age), $1"
    " FROM unnest($2::bigint[], $3::bigint[], $4::smallint[], $5::smallint[], $6::bigint[],"
    " $7::bigint[]) v(room, seat, track, state, age, sign_order) CROSS JOIN (SELECT ";
// A sign that only repeats a row is not written. A node's own later sign replaces what it reported:
// the times of both are as exact as the statements were quick.
inline constexpr std::string_view kPgSignsNewer =
    " AS now_ms) t ON CONFLICT (room, seat, track) DO UPDATE SET state = excluded.state,"
    " at_ms = excluded.at_ms, sign_order = excluded.sign_order, node = excluded.node"
    " WHERE excluded.sign_order > s.sign_order"
    " OR (excluded.node = s.node AND excluded.state <> s.state)"
    " OR (excluded.sign_order = s.sign_order AND (s.state = 2 AND excluded.state = 3"
    " OR excluded.state = s.state AND excluded.at_ms > s.at_ms + 1000))";
inline constexpr PgStatement kPgPutSigns{.name = "signs_put",
                                         .sql = kPgText<kPgSignsInto, kPgNowMs, kPgSignsNewer>};

// Never later than now: the clock of the database may have been set back since it was read.
inline constexpr std::string_view kPgToldThrough =
    "INSERT INTO told (node, through_ms) SELECT node, least($2::bigint, ";
inline constexpr std::string_view kPgToldBy =
    ") FROM nodes WHERE node = $1"
    " ON CONFLICT (node) DO UPDATE SET through_ms = excluded.through_ms";
/// It writes nothing for a node that is gone: with its return, everybody is given a timeout.
inline constexpr PgStatement kPgTold{.name = "beats_told",
                                     .sql = kPgText<kPgToldThrough, kPgNowMs, kPgToldBy>};

/// Writes what a node heard: heartbeats, then signs of media. A piece that fails is followed by one
/// of half its size, and one that succeeds by one of twice its size: a database that is short of
/// power gets through, too.
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

  /// The part that is left to be written.
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
  std::size_t most_ = kMostInPiece;  ///< most in the next piece
};

}  // namespace rtcroom
