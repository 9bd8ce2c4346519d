// The rows of one statement's result.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"

struct pg_result;

namespace rtcroom {

struct PgResultClearer {
  void operator()(pg_result* result) const;
};
using PgResultPtr = std::unique_ptr<pg_result, PgResultClearer>;

/// Goes from row to row. A column of another type, an unexpected NULL or a value out
/// of range ends it: the reading returns zero or nothing, and `status` has the reason.
///
/// @threads one thread at a time. Independent of the connection.
class PgRows {
 public:
  explicit PgRows(PgResultPtr result);

  /// Moves to the next row. False after the last one, and after a failed reading: check `status`.
  bool Next();
  /// @errors kStoreBroken.
  [[nodiscard]] const Status& status() const { return status_; }
  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(rows_); }

  // Columns of the current row, from 0.
  [[nodiscard]] bool IsNull(int column);
  /// A smallint, an integer or a bigint.
  [[nodiscard]] std::int64_t Integer(int column);
  /// An integer that is not negative.
  [[nodiscard]] std::uint64_t Unsigned(int column);
  [[nodiscard]] bool Bool(int column);
  [[nodiscard]] TimePoint Time(int column);
  /// A text, or a free text in a bytea.
  [[nodiscard]] std::string Text(int column);
  /// The bytes of a bytea. They are valid as long as the rows.
  [[nodiscard]] std::span<const std::byte> Bytes(int column);

 private:
  bool HasCell(int column);
  /// The bytes of a value that is not NULL.
  std::string_view Value(int column);
  void Fail(int column, std::string_view why);

  PgResultPtr result_;
  // libpq is not asked for these with each value: a start reads tens of millions.
  int rows_ = 0;
  int columns_ = 0;
  int row_ = -1;
  Status status_;
};

}  // namespace rtcroom
