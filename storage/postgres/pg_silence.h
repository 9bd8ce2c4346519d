// The signs of pushers that all nodes together heard: heartbeats, and signs of their media.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/core/cluster.h"
#include "storage/postgres/pg_connection.h"
#include "storage/postgres/pg_reader_pool.h"
#include "storage/postgres/pg_text.h"

namespace rtcroom {

inline constexpr std::string_view kPgSilentNow =
    "WITH k AS (SELECT CASE WHEN count(*) = count(t.through_ms) THEN min(t.through_ms) END"
    " AS through_ms, 1 / count(*) FILTER (WHERE n.node = $1) AS is_node"
    " FROM nodes n LEFT JOIN told t ON t.node = n.node)"
    " SELECT v.place, greatest(b.at_ms, l.floor_ms), l.floor_ms, k.through_ms, k.is_node,"
    " m.track, m.state, m.at_ms, ";
inline constexpr std::string_view kPgSilentOf =
    " FROM unnest($2::bigint[], $3::bigint[]) WITH ORDINALITY v(room, seat, place)"
    " CROSS JOIN k CROSS JOIN (SELECT (SELECT floor_ms FROM beat_life) AS floor_ms) l"
    " LEFT JOIN beats b ON b.room = v.room AND b.seat = v.seat"
    " LEFT JOIN media_signs m ON m.room = v.room AND m.seat = v.seat";
/// A row for each place, or for each sign of its media. Divides by zero when the others have
/// declared this node gone.
inline constexpr PgStatement kPgSilent{.name = "cluster_silent",
                                       .sql = kPgText<kPgSilentNow, kPgNowMs, kPgSilentOf>};

inline constexpr std::string_view kPgMediaOffOf =
    "SELECT r.kind, r.id, p.user_id FROM media_signs m"
    " JOIN pushers p ON p.room = m.room AND p.seat = m.seat JOIN rooms r ON r.number = m.room"
    " WHERE m.state = 3 AND m.at_ms <= ";
inline constexpr std::string_view kPgMediaOffLimit = " - $1::bigint LIMIT $2";
inline constexpr PgStatement kPgReadMediaOff{
    .name = "cluster_media_off", .sql = kPgText<kPgMediaOffOf, kPgNowMs, kPgMediaOffLimit>};

// A place is never given to another member. In the order in which nodes report: locks are taken in
// one order. Uses of created groups have the place 0, which no member has.
inline constexpr std::string_view kPgLeftBeatsOf =
    "WITH p AS (SELECT room, seat FROM beats WHERE (room, seat) > ($1, $2)"
    " ORDER BY room, seat LIMIT $3),"
    " d AS (DELETE FROM beats b USING p WHERE b.room = p.room AND b.seat = p.seat"
    " AND b.at_ms <= ";
inline constexpr std::string_view kPgLeftBeatsSince =
    " - $4::bigint"
    " AND NOT EXISTS (SELECT 1 FROM pushers u WHERE u.room = p.room AND u.seat = p.seat)"
    " AND NOT EXISTS (SELECT 1 FROM audiences a WHERE a.room = p.room AND a.seat = p.seat)"
    " RETURNING 1)"
    " SELECT room, seat, (SELECT count(*) FROM p), (SELECT count(*) FROM d) FROM p"
    " ORDER BY room DESC, seat DESC LIMIT 1";
inline constexpr PgStatement kPgRemoveLeftBeats{
    .name = "cluster_remove_left", .sql = kPgText<kPgLeftBeatsOf, kPgNowMs, kPgLeftBeatsSince>};
// The tracks of one place in one step.
inline constexpr PgStatement kPgRemoveLeftSigns{
    .name = "cluster_remove_left_signs",
    .sql =
        "WITH p AS (SELECT DISTINCT room, seat FROM media_signs WHERE (room, seat) > ($1, $2)"
        " ORDER BY room, seat LIMIT $3),"
        " d AS (DELETE FROM media_signs m USING p WHERE m.room = p.room AND m.seat = p.seat"
        " AND NOT EXISTS (SELECT 1 FROM pushers u WHERE u.room = p.room AND u.seat = p.seat)"
        " RETURNING 1)"
        " SELECT room, seat, (SELECT count(*) FROM p), (SELECT count(*) FROM d) FROM p"
        " ORDER BY room DESC, seat DESC LIMIT 1"};

/// The answers in the rows of `kPgSilent`.
///
/// @threads for one thread.
class PgSilenceRows {
 public:
  /// @param count  of the places that were asked about.
  PgSilenceRows(std::size_t count, std::chrono::milliseconds timeout)
      : timeout_(timeout), answers_(count), media_(count) {}

  /// The time that the database's clock showed.
  static std::int64_t NowMs(PgRows& row);
  void Put(PgRows& row);
  /// Call it after all rows; it leaves nothing.
  std::vector<SharedSilence> Take();

 private:
  /// The signs by which `Take` decides. Tracks that a service reports apart are those of one
  /// member.
  struct Signs {
    std::optional<std::chrono::milliseconds> on{};   ///< age of the newest that counts
    std::optional<std::chrono::milliseconds> off{};  ///< age of the newest
    bool has_lapsed = false;                         ///< one was on, and is no longer believed

    [[nodiscard]] std::optional<SharedMedia> Newest() const;
  };
  struct Media {
    Signs stream{};
    Signs tracks{};  ///< these count before the stream
  };

  const std::chrono::milliseconds timeout_;
  std::vector<SharedSilence> answers_;
  std::vector<Media> media_;  ///< media of each place
};

/// Answers `Cluster::MediaOff`.
Result<std::vector<NamedMember>> ReadPgMediaOff(std::chrono::milliseconds lasting,
                                                std::size_t limit, PgConnection& connection,
                                                MonotonicTime deadline);

/// Does what `Cluster::RemoveLeftBeats` promises.
Result<std::size_t> RemoveLeftFromPg(std::chrono::milliseconds older_than,
                                     PgReaderPool& connections);

}  // namespace rtcroom
