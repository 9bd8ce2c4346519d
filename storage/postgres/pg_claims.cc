#include "storage/postgres/pg_claims.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "storage/postgres/pg_text.h"

namespace rtcroom {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kInsertClaims =
    "INSERT INTO group_claims (group_id, node, until_ms) SELECT v.id, $1::bigint, v.lasting + ";
constexpr std::string_view kTakeOverClaims =
    " FROM unnest($2::text[], $3::bigint[]) v(id, lasting)"
    " ON CONFLICT (group_id) DO UPDATE SET node = excluded.node, until_ms = excluded.until_ms"
    " WHERE group_claims.node = excluded.node OR group_claims.until_ms < ";
constexpr std::string_view kReturnClaims = " RETURNING group_id";
constexpr PgStatement kTakeClaims{
    "claims_take", kPgText<kInsertClaims, kPgNowMs, kTakeOverClaims, kPgNowMs, kReturnClaims>};
constexpr PgStatement kReleaseClaims{"claims_release",
                                     "DELETE FROM group_claims USING unnest($2::text[]) v(id)"
                                     " WHERE group_id = v.id AND node = $1"};
constexpr PgStatement kOfClaims[] = {kTakeClaims, kReleaseClaims};

/// Sorted: nodes lock claims in one order.
struct GatheredClaims {
  std::set<std::string_view> released{};
  std::map<std::string_view, milliseconds> claimed{};
};

Status WriteReleases(PgConnection& connection, std::uint64_t node, const GatheredClaims& gathered,
                     MonotonicTime deadline) {
  if (gathered.released.empty()) return {};
  PgArray<std::string_view> groups;
  for (const std::string_view group : gathered.released) groups.Add(group);
  const Result<PgRows> released = connection.Run(PgCall(kReleaseClaims, node, groups), deadline);
  return released ? Status() : released.error();
}

/// @return those that this node has now.
Result<std::set<std::string>> WriteClaims(PgConnection& connection, std::uint64_t node,
                                          const GatheredClaims& gathered, MonotonicTime deadline) {
  std::set<std::string> taken;
  if (gathered.claimed.empty()) return taken;
  PgArray<std::string_view> groups;
  PgArray<std::int64_t> lasting;
  for (const auto& [group, time] : gathered.claimed) {
    groups.Add(group);
    lasting.Add(std::int64_t{time.count()});
  }
  Result<PgRows> rows = connection.Run(PgCall(kTakeClaims, node, groups, lasting), deadline);
  if (!rows) return rows.error();
  while (rows->Next()) taken.insert(rows->Text(0));
  if (!rows->status()) return rows->status().error();
  return taken;
}

}  // namespace

PgClaims::PgClaims(const PgAddress& address, const Options& options, const Clock& clock)
    : writer_(address, options, clock), committer_(writer_, nullptr) {}

std::span<const PgStatement> PgClaims::Statements() { return kOfClaims; }

Result<bool> PgClaims::Claim(const RoomId& group, milliseconds lasting) {
  Job job(group, lasting);
  committer_.Run(job);
  return job.outcome();
}

Status PgClaims::Release(const RoomId& group) {
  Job job(group, std::nullopt);
  committer_.Run(job);
  return job.outcome() ? Status() : job.outcome().error();
}

PgClaims::Writer::Writer(const PgAddress& address, const Options& options, const Clock& clock)
    : node_(options.node),
      connection_(address,
                  {.readers = 1,
                   .patience = options.patience,
                   .pace = options.pace,
                   .statements = kOfClaims},
                  clock) {}

Status PgClaims::Writer::Run(const std::vector<Job*>& jobs) {
  GatheredClaims gathered;
  for (const Job* const job : jobs) {
    const std::string_view group = job->group().value;
    if (job->lasting()) {
      milliseconds& lasting = gathered.claimed.try_emplace(group, *job->lasting()).first->second;
      lasting = std::max(lasting, *job->lasting());
    } else {
      gathered.released.insert(group);
    }
  }
  // Releases first: the group may be claimed again. Each by itself, or two nodes could wait for
  // each other, one of which releases what the other claims.
  const auto taken = connection_.Run(
      [&](PgConnection& connection, MonotonicTime deadline) -> Result<std::set<std::string>> {
        const Status released = WriteReleases(connection, node_, gathered, deadline);
        if (!released) return released.error();
        return WriteClaims(connection, node_, gathered, deadline);
      });
  for (Job* const job : jobs) {
    if (taken) {
      job->outcome() = job->lasting() && taken->contains(job->group().value);
    } else {
      job->outcome() = taken.error();
    }
  }
  return taken ? Status() : taken.error();
}

}  // namespace rtcroom
