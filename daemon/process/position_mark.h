// The position of the newest event of a store, in a file beside it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "daemon/base/random_source.h"
#include "daemon/base/result.h"
#include "daemon/core/cursor.h"

namespace rtcroom {

/// Detects losses that the store itself cannot notice: SQLite treats a damaged write-ahead log as
/// one that ends there.
///
/// @threads for one thread at a time.
class PositionMark {
 public:
  /// @param store   the database file: the mark is `<store>.newest`.
  /// @param random  names the temporary file; must outlive this object.
  PositionMark(const std::filesystem::path& store, RandomSource& random);

  /// The last noted position; nullopt when there is no mark, or an unreadable one.
  [[nodiscard]] std::optional<Cursor> Read() const;

  /// Notes an acknowledged event, unless this object noted it last.
  /// @errors kUnavailable, naming the file.
  Status Record(const Cursor& newest);

 private:
  const std::filesystem::path path_;
  RandomSource& random_;
  std::optional<Cursor> recorded_;
};

/// The minimum number of acknowledged events missing from a store, according to its mark. 0 for a
/// store with another epoch than the mark's, such as a backup, unless that store is empty: a new
/// store is created when the old one is lost completely.
///
/// @param mark  read before `newest` was, or before the store was opened.
std::uint64_t CountMissingEvents(const std::optional<Cursor>& mark, const Cursor& newest);

}  // namespace rtcroom
