#include "storage/postgres/pg_confirm.h"

#include <array>

namespace rtcroom::pg {
namespace {

constexpr PgStatement kSetMark{"set_mark",
                               "INSERT INTO marks (node) VALUES ($1) ON CONFLICT DO NOTHING"};
// It fails without a row: nothing would be locked, and nothing waited for.
constexpr PgStatement kLockMark{
    "lock_mark",
    "SELECT 1 / count(*) FROM (SELECT 1 FROM marks WHERE node = $1 FOR UPDATE) locked"};
constexpr PgStatement kRemoveMarks{"remove_marks",
                                   "DELETE FROM marks WHERE node BETWEEN $1 AND $2"};
constexpr auto kAll = std::to_array({kSetMark, kLockMark, kRemoveMarks});

}  // namespace

std::span<const PgStatement> Confirms() { return kAll; }

std::vector<PgCall> Confirm(std::uint64_t mark) {
  return {PgCall(kSetMark, mark), PgCall(kLockMark, mark)};
}

PgCall RemoveMarks(std::uint64_t node) {
  const std::uint64_t first = node * kPgMarksPerNode;
  return PgCall(kRemoveMarks, first, first + kPgMarksPerNode - 1);
}

}  // namespace rtcroom::pg
