// The newest event of a store, noted beside it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "daemon/base/random_source.h"
#include "daemon/base/result.h"
#include "daemon/core/cursor.h"

namespace rtcroom {

/// A file that outlives what the store itself cannot notice: SQLite takes a damaged write-ahead log
/// for one that ends there.
///
/// @threads for one thread at a time.
class PositionMark {
 public:
  /// @param store   the database file: the mark is `<store>.newest`.
  /// @param random  names the file in the making; outlives this.
  PositionMark(const std::filesystem::path& store, RandomSource& random);

  /// What was noted last; nothing when there is no mark, or none that can be read.
  [[nodiscard]] std::optional<Cursor> Read() const;

  /// Notes an event that was acknowledged, unless it is the one that this has noted last.
  /// @errors kUnavailable, naming the file.
  Status Note(const Cursor& newest);

 private:
  const std::filesystem::path path_;
  RandomSource& random_;
  std::optional<Cursor> noted_;
};

/// How many acknowledged events are at least missing from a store, going by its mark. 0 for a store
/// with another history than that of the mark, as a backup has, unless that is empty: it would be
/// made anew where all of the old one is gone.
///
/// @param mark  read before `newest` was, or before the store was opened.
std::uint64_t CountMissingEvents(const std::optional<Cursor>& mark, const Cursor& newest);

}  // namespace rtcroom
