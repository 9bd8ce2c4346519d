#include "storage/postgres/pg_history.h"

#include <array>
#include <cstddef>
#include <string>

namespace rtcroom {
namespace {

constexpr std::size_t kEpochBytes = 8;

// A tag is given to one commit. The record that was applied last may have been removed, but not
// those behind it.
constexpr PgStatement kFind{
    "history_find",
    "SELECT coalesce((SELECT tag = $2 FROM events WHERE position = $1), $1 <= trimmed_position),"
    " $1 < trimmed_position FROM meta"};
// It runs once or a few times for a connection.
constexpr PgStatement kFindUnprepared{.sql = kFind.sql};
constexpr PgStatement kTakeTurn{"history_take_turn", "SELECT 1 FROM turn FOR UPDATE"};
// Another node may have been first.
constexpr PgStatement kRenew{"history_renew", "UPDATE meta SET epoch = $1 WHERE epoch = $2"};
constexpr auto kAll = std::to_array({kFind, kTakeTurn, kRenew});

}  // namespace

std::span<const PgStatement> PgHistory::Statements() { return kAll; }

Status PgHistory::Check(PgConnection& connection, const PgLogPlace& applied,
                        MonotonicTime deadline) {
  const Result<Found> found = Find(connection, kFind, applied, deadline);
  if (!found) return found.error();
  if (found->is_there && !found->is_behind) return {};
  if (!found->is_there) {
    if (const Status renewed = RenewEpoch(connection, deadline); !renewed) return renewed;
  }
  MarkLost();
  return Lost();
}

Result<bool> PgHistory::Holds(PgConnection& connection, const PgLogPlace& applied,
                              MonotonicTime deadline) const {
  const Result<Found> found = Find(connection, kFindUnprepared, applied, deadline);
  if (!found) return found.error();
  return found->is_there;
}

Result<PgHistory::Found> PgHistory::Find(PgConnection& connection, const PgStatement& find,
                                         const PgLogPlace& applied, MonotonicTime deadline) const {
  if (IsLost()) return Lost();
  Result<PgRows> rows = connection.Run(PgCall(find, applied.position, applied.tag), deadline);
  if (!rows) return rows.error();
  if (!rows->Next()) return Error{Errc::kStoreBroken, "its table meta is empty"};
  const Found found{.is_there = rows->Bool(0), .is_behind = rows->Bool(1)};
  if (!rows->status()) return rows->status().error();
  return found;
}

void PgHistory::MarkLost() {
  bool is_first = false;
  {
    const MutexLock lock(mutex_);
    is_first = !is_lost_;
    is_lost_ = true;
  }
  if (is_first && on_lost_) on_lost_();
}

bool PgHistory::IsLost() const {
  const MutexLock lock(mutex_);
  return is_lost_;
}

Status PgHistory::RenewEpoch(PgConnection& connection, MonotonicTime deadline) {
  const std::string drawn = RandomHex(random_, kEpochBytes);
  const auto renewed =
      connection.Run(std::array{PgCall(kPgBegin), PgCall(kTakeTurn),
                                PgCall(kRenew, std::string_view(drawn), std::string_view(epoch_)),
                                PgCall(kPgCommit)},
                     deadline);
  return renewed ? Status() : renewed.error();
}

}  // namespace rtcroom
