#include "storage/sqlite/sqlite_read_positions.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>

#include "storage/sqlite/sqlite_engine.h"

namespace rtcroom {
namespace {

const ReaderSql kReadPositionsOf(
    "SELECT reader, peer, until_ms FROM read_positions WHERE reader = ?"
    " ORDER BY until_ms DESC LIMIT ?");
const ReaderSql kReadPosition(
    "SELECT reader, peer, until_ms FROM read_positions WHERE reader = ? AND peer = ?");

const WriterSql kPutReadPosition(
    "INSERT INTO read_positions (reader, peer, until_ms) VALUES (?, ?, ?)"
    " ON CONFLICT DO UPDATE SET until_ms = excluded.until_ms WHERE until_ms < excluded.until_ms");
const WriterSql kBoundReadPositions(
    "DELETE FROM read_positions WHERE reader = ?1 AND peer IN (SELECT peer FROM read_positions"
    " WHERE reader = ?1 ORDER BY until_ms DESC LIMIT -1 OFFSET ?2)");
const WriterSql kTrimReadPositions(
    "DELETE FROM read_positions WHERE (reader, peer) IN (SELECT reader, peer FROM read_positions"
    " WHERE until_ms < ? ORDER BY until_ms LIMIT ?) RETURNING 1");

ReadPosition ReadPositionRow(const StatementRun& row) {
  return {.reader = {row.Text(0)}, .peer = {row.Text(1)}, .until = row.Time(2)};
}

}  // namespace

Result<std::vector<ReadPosition>> SqliteReadPositions::ReadPositionsOf(const UserId& reader,
                                                                       std::size_t limit) {
  return engine_.Read([&](AuxReader& sql) {
    return ReadRows(sql[kReadPositionsOf], ReadPositionRow, reader.value, limit);
  });
}

Result<std::vector<ReadPosition>> SqliteReadPositions::ReadPositionsFor(
    const UserId& peer, std::span<const UserId> readers) {
  return engine_.Read([&](AuxReader& sql) -> Result<std::vector<ReadPosition>> {
    std::vector<ReadPosition> positions;
    for (const UserId& reader : readers) {
      auto found = ReadRows(sql[kReadPosition], ReadPositionRow, reader.value, peer.value);
      if (!found) return found;
      std::ranges::move(*found, std::back_inserter(positions));
    }
    return positions;
  });
}

Status SqliteReadPositions::RecordReadPositions(std::span<const ReadPosition> positions) {
  return engine_.Write([&](AuxWriter& sql) -> Status {
    std::set<std::string_view> readers;
    for (const auto& [reader, peer, until] : positions) {
      const Status put = Run(sql[kPutReadPosition], reader.value, peer.value, until);
      if (!put) return put;
      readers.insert(reader.value);
    }
    for (const std::string_view reader : readers) {
      const Status bounded = Run(sql[kBoundReadPositions], reader, kMaxOfReader);
      if (!bounded) return bounded;
    }
    return {};
  });
}

Result<std::size_t> SqliteReadPositions::TrimReadPositions(TimePoint as_of, TimePoint before) {
  return engine_.Remove(as_of, [=](AuxWriter& sql) {
    return RunCounting(sql[kTrimReadPositions], before, kMostPerTrim);
  });
}

}  // namespace rtcroom
