// Reading all rows of one statement, and numbers of 64 bits.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "storage/postgres/pg_connection.h"
#include "storage/postgres/pg_rows.h"

namespace rtcroom {

/// @param read  returns the value of the current row.
/// @errors kStoreBusy; kStoreBroken.
template <typename Read>
auto ReadPgRows(PgConnection& connection, const PgCall& call, MonotonicTime deadline, Read read)
    -> Result<std::vector<std::invoke_result_t<Read, PgRows&>>> {
  Result<PgRows> rows = connection.Run(call, deadline);
  if (!rows) return rows.error();
  std::vector<std::invoke_result_t<Read, PgRows&>> values;
  values.reserve(rows->size());
  while (rows->Next()) values.push_back(read(*rows));
  if (!rows->status()) return rows->status().error();
  return values;
}

/// The highest number that a row can have, at most `number`: any number of a caller may be compared
/// with those of rows.
inline std::uint64_t ToPgBound(std::uint64_t number) {
  return std::min<std::uint64_t>(number, std::numeric_limits<std::int64_t>::max());
}

// Any 64 bits as a bigint, where their order does not matter.
inline std::int64_t ToPgBits(std::uint64_t bits) { return static_cast<std::int64_t>(bits); }
inline std::uint64_t FromPgBits(std::int64_t bits) { return static_cast<std::uint64_t>(bits); }

}  // namespace rtcroom
