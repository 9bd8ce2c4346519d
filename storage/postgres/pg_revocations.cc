#include "storage/postgres/pg_revocations.h"

#include "storage/postgres/pg_read.h"

namespace rtcroom::pg {
namespace {

const PgReaderStatement kLoadRevocations{
    "revocations_load", "SELECT stream, until_ms FROM revocations WHERE until_ms > $1"};

const PgWriterStatement kPutRevocation{
    "revocations_put",
    "INSERT INTO revocations (stream, until_ms) VALUES ($1, $2)"
    " ON CONFLICT (stream) DO UPDATE SET until_ms = excluded.until_ms"
    " WHERE revocations.until_ms < excluded.until_ms"};
const PgWriterStatement kRemoveEndedRevocations{"revocations_remove_ended", R"(
    WITH gone AS (
      DELETE FROM revocations WHERE stream = ANY (ARRAY(
        SELECT stream FROM revocations WHERE until_ms <= $1 ORDER BY until_ms LIMIT $2))
      RETURNING 1),
    marked AS (UPDATE removal SET time_ms = $1 WHERE EXISTS (SELECT 1 FROM gone))
    SELECT count(*) FROM gone)"};

Revocation ReadRevocation(PgRows& rows) { return {.stream = rows.Text(0), .until = rows.Time(1)}; }

}  // namespace

Result<std::vector<Revocation>> LoadRevocations(PgConnection& connection, TimePoint now,
                                                MonotonicTime deadline) {
  return ReadPgRows(connection, PgCall(kLoadRevocations, now), deadline, ReadRevocation);
}

PgCall WriteRevocation(const Revocation& revocation) {
  return PgCall(kPutRevocation, PgBytes(revocation.stream), revocation.until);
}

PgWrite RemoveEndedRevocations(TimePoint now, std::size_t limit, std::size_t& removed) {
  return CountingRemoved(PgCall(kRemoveEndedRevocations, now, ToPgBound(limit)), removed);
}

}  // namespace rtcroom::pg
