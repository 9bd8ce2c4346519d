#include "storage/postgres/pg_rows.h"

#include <fmt/format.h>

#include "storage/postgres/libpq.h"
#include "storage/postgres/pg_value.h"

namespace rtcroom {
namespace {

PgType TypeOf(const PGresult* result, int column) {
  return static_cast<PgType>(Pq().PQftype(result, column));
}

/// It reads two's complement of the text's own width.
std::int64_t FromBigEndian(std::string_view bytes) {
  const bool negative = (static_cast<unsigned char>(bytes.front()) & 0x80U) != 0;
  std::uint64_t number = negative ? ~std::uint64_t{0} : 0;
  for (const char byte : bytes) number = number << 8U | static_cast<unsigned char>(byte);
  return static_cast<std::int64_t>(number);
}

}  // namespace

void PgResultClearer::operator()(pg_result* result) const { Pq().PQclear(result); }

PgRows::PgRows(PgResultPtr result)
    : result_(std::move(result)),
      rows_(Pq().PQntuples(result_.get())),
      columns_(Pq().PQnfields(result_.get())) {}

bool PgRows::Next() {
  if (!status_ || row_ + 1 >= rows_) return false;
  ++row_;
  return true;
}

bool PgRows::IsNull(int column) {
  return HasCell(column) && Pq().PQgetisnull(result_.get(), row_, column) != 0;
}

std::int64_t PgRows::Integer(int column) {
  const std::string_view value = Value(column);
  if (!status_) return 0;
  const std::size_t width = PgWidthOf(TypeOf(result_.get(), column));
  if (width != 0 && value.size() == width) return FromBigEndian(value);
  Fail(column, "is no integer");
  return 0;
}

std::uint64_t PgRows::Unsigned(int column) {
  const std::int64_t value = Integer(column);
  if (value < 0) Fail(column, "is negative");
  return value < 0 ? 0 : static_cast<std::uint64_t>(value);
}

bool PgRows::Bool(int column) {
  const std::string_view value = Value(column);
  if (!status_) return false;
  if (TypeOf(result_.get(), column) != PgType::kBool || value.size() != 1) {
    Fail(column, "is no boolean");
    return false;
  }
  return value.front() != '\0';
}

TimePoint PgRows::Time(int column) { return TimePoint(std::chrono::milliseconds(Integer(column))); }

std::string PgRows::Text(int column) {
  const std::string_view value = Value(column);
  if (!status_) return {};
  const PgType type = PgFormOf(TypeOf(result_.get(), column));
  if (type == PgType::kText || type == PgType::kBytea) return std::string(value);
  Fail(column, "is no text");
  return {};
}

std::span<const std::byte> PgRows::Bytes(int column) {
  const std::string_view value = Value(column);
  if (!status_) return {};
  if (TypeOf(result_.get(), column) == PgType::kBytea) return std::as_bytes(std::span(value));
  Fail(column, "is no bytea");
  return {};
}

bool PgRows::HasCell(int column) {
  if (!status_) return false;
  const bool found = column >= 0 && column < columns_ && row_ >= 0 && row_ < rows_;
  if (!found) Fail(column, "is not in the result");
  return found;
}

std::string_view PgRows::Value(int column) {
  if (!HasCell(column)) return {};
  const Libpq& pq = Pq();
  if (pq.PQgetisnull(result_.get(), row_, column) != 0) {
    Fail(column, "is NULL");
    return {};
  }
  if (pq.PQfformat(result_.get(), column) != 1) {
    Fail(column, "is not in binary form");
    return {};
  }
  return {pq.PQgetvalue(result_.get(), row_, column),
          static_cast<std::size_t>(pq.PQgetlength(result_.get(), row_, column))};
}

void PgRows::Fail(int column, std::string_view why) {
  if (!status_) return;
  // Beyond the last column libpq would write a notice.
  const bool known = column >= 0 && column < columns_;
  const std::string name = known ? fmt::format(" ({}, {})", Pq().PQfname(result_.get(), column),
                                               PgTypeName(TypeOf(result_.get(), column)))
                                 : "";
  status_ = Error{Errc::kStoreBroken, fmt::format("column {}{} {}", column, name, why)};
}

}  // namespace rtcroom
