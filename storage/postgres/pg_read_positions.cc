#include "storage/postgres/pg_read_positions.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "storage/postgres/pg_engine.h"

namespace rtcroom {
namespace {

const PgReaderStatement kReadPositionsOf{"read_positions_of", R"(
    SELECT reader, peer, until_ms FROM read_positions WHERE reader = $1
    ORDER BY until_ms DESC LIMIT $2)"};
const PgReaderStatement kReadPositionsFor{"read_positions_for", R"(
    SELECT p.reader, $1::text, p.until_ms FROM unnest($2::text[]) AS v (reader)
    CROSS JOIN LATERAL (SELECT reader, until_ms FROM read_positions
      WHERE reader = v.reader AND peer = $1 LIMIT 1) p)"};

const PgWriterStatement kPutReadPositions{"read_positions_put", R"(
    INSERT INTO read_positions (reader, peer, until_ms)
    SELECT v.reader, v.peer, v.until_ms
    FROM unnest($1::text[], $2::text[], $3::bigint[]) AS v (reader, peer, until_ms)
    ON CONFLICT (reader, peer) DO UPDATE SET until_ms = excluded.until_ms
    WHERE read_positions.until_ms < excluded.until_ms)"};
const PgWriterStatement kBoundReadPositions{"read_positions_bound", R"(
    DELETE FROM read_positions WHERE ctid = ANY (ARRAY(
      SELECT p.ctid FROM unnest($1::text[]) AS v (reader)
      CROSS JOIN LATERAL (
        SELECT ctid FROM read_positions WHERE reader = v.reader
        ORDER BY until_ms DESC OFFSET $2) p)))"};
const PgWriterStatement kTrimReadPositions{"read_positions_trim", R"(
    WITH gone AS (
      DELETE FROM read_positions WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM read_positions WHERE until_ms < $2 ORDER BY until_ms LIMIT $3))
      RETURNING 1),
    marked AS (UPDATE removal SET time_ms = $1 WHERE EXISTS (SELECT 1 FROM gone))
    SELECT count(*) FROM gone)"};

ReadPosition ReadPositionRow(PgRows& rows) {
  return {.reader = {rows.Text(0)}, .peer = {rows.Text(1)}, .until = rows.Time(2)};
}

PgWrite WriteReadPositions(std::span<const ReadPosition> positions) {
  // A statement must not write a row twice.
  std::map<std::pair<std::string_view, std::string_view>, TimePoint> last;
  std::set<std::string_view> of;
  for (const auto& [reader, peer, until] : positions) {
    TimePoint& latest = last.try_emplace({reader.value, peer.value}, until).first->second;
    latest = std::max(latest, until);
    of.insert(reader.value);
  }
  PgArray<std::string_view> readers;
  PgArray<std::string_view> peers;
  PgArray<TimePoint> times;
  for (const auto& [pair, until] : last) {
    readers.Add(pair.first);
    peers.Add(pair.second);
    times.Add(until);
  }
  PgArray<std::string_view> bounded;
  for (const std::string_view reader : of) bounded.Add(reader);
  return {
      .calls = {PgCall(kPutReadPositions, readers, peers, times),
                PgCall(kBoundReadPositions, bounded, ToPgBound(ReadPositionStore::kMaxOfReader))}};
}

}  // namespace

Result<std::vector<ReadPosition>> PgReadPositions::ReadPositionsOf(const UserId& reader,
                                                                   std::size_t limit) {
  return engine_.ReadRows(PgCall(kReadPositionsOf, reader.value, ToPgBound(limit)),
                          ReadPositionRow);
}

Result<std::vector<ReadPosition>> PgReadPositions::ReadPositionsFor(
    const UserId& peer, std::span<const UserId> readers) {
  PgArray<std::string_view> asked;
  for (const UserId& reader : readers) asked.Add(reader.value);
  return engine_.ReadRows(PgCall(kReadPositionsFor, peer.value, asked), ReadPositionRow);
}

Status PgReadPositions::RecordReadPositions(std::span<const ReadPosition> positions) {
  if (positions.empty()) return {};
  return engine_.Write([=] { return WriteReadPositions(positions); });
}

Result<std::size_t> PgReadPositions::TrimReadPositions(TimePoint as_of, TimePoint before) {
  return engine_.RemoveInSteps(kMostPerTrim, [=](std::size_t limit, std::size_t& removed) {
    return CountingRemoved(PgCall(kTrimReadPositions, as_of, before, ToPgBound(limit)), removed);
  });
}

}  // namespace rtcroom
