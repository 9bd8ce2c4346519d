// The tables that stores in SQLite and in PostgreSQL have in common, for a copy of one to the
// other.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace rtcroom {

struct StoreColumn {
  enum class Type : std::uint8_t { kBigint, kInt, kSmallint, kText, kBytes };  ///< in PostgreSQL

  const char* name = "";  ///< in PostgreSQL
  Type type = Type::kBigint;
  /// The expression in SQLite; empty: the column of that name. `lift` is what is added to positions
  /// of events there.
  const char* sqlite = "";
};

struct StoreTable {
  const char* name = "";  ///< in both
  std::span<const StoreColumn> columns{};
};

/// All of them, but for the numbers in `meta` (`StoreMarks`).
std::span<const StoreTable> StoreTables();

/// A value; monostate: NULL.
using StoreCell = std::variant<std::monostate, std::int64_t, std::string>;
/// The cells of rows, one row after the other.
using StoreCells = std::vector<StoreCell>;

/// How far a store has come, as PostgreSQL keeps it.
struct StoreMarks {
  std::uint64_t trimmed_position = 0;  ///< highest position of an event that was removed
  std::uint64_t trimmed_events = 0;    ///< number of events up to there
  std::uint64_t last_message = 0;      ///< highest position ever given to a message
};

}  // namespace rtcroom
