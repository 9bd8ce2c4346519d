#include "storage/postgres/pg_value.h"

#include <limits>

#include <fmt/format.h>

namespace rtcroom {
namespace {

// The server takes a message of less than 1 GiB.
constexpr std::size_t kMaxBytes = std::size_t{1} << 29;

template <std::unsigned_integral Number>
void AppendBigEndian(std::string& to, Number number) {
  for (int shift = std::numeric_limits<Number>::digits - 8; shift >= 0; shift -= 8) {
    to.push_back(static_cast<char>(number >> shift & 0xFFU));
  }
}

template <std::unsigned_integral Number>
std::string BigEndian(Number number) {
  std::string bytes;
  AppendBigEndian(bytes, number);
  return bytes;
}

PgType ArrayOf(PgType element) {
  using enum PgType;
  switch (element) {
    case kBool:
    case kBoolArray:
      return kBoolArray;
    case kBytea:
    case kByteaArray:
      return kByteaArray;
    case kBigint:
    case kBigintArray:
      return kBigintArray;
    case kSmallint:
    case kSmallintArray:
      return kSmallintArray;
    case kInt:
    case kIntArray:
      return kIntArray;
    case kText:
    case kChar:
    case kVarchar:
    case kTextArray:
      return kTextArray;
  }
  return element;
}

}  // namespace

std::string PgTypeName(PgType type) {
  using enum PgType;
  switch (type) {
    case kBool:
      return "boolean";
    case kBytea:
      return "bytea";
    case kBigint:
      return "bigint";
    case kSmallint:
      return "smallint";
    case kInt:
      return "integer";
    case kText:
      return "text";
    case kBoolArray:
      return "boolean[]";
    case kByteaArray:
      return "bytea[]";
    case kBigintArray:
      return "bigint[]";
    case kSmallintArray:
      return "smallint[]";
    case kIntArray:
      return "integer[]";
    case kTextArray:
      return "text[]";
    case kChar:
      return "character";
    case kVarchar:
      return "character varying";
  }
  return fmt::format("type {}", static_cast<std::uint32_t>(type));
}

PgValue::PgValue(std::int64_t value)
    : PgValue(PgType::kBigint, BigEndian(static_cast<std::uint64_t>(value))) {}

PgValue::PgValue(std::uint64_t value) : PgValue(PgType::kBigint, BigEndian(value)) {
  if (value > std::numeric_limits<std::int64_t>::max()) fault_ = "above the largest bigint";
}

PgValue::PgValue(std::int32_t value)
    : PgValue(PgType::kInt, BigEndian(static_cast<std::uint32_t>(value))) {}

PgValue::PgValue(std::int16_t value)
    : PgValue(PgType::kSmallint, BigEndian(static_cast<std::uint16_t>(value))) {}

PgValue::PgValue(std::span<const std::byte> bytes)
    : PgValue(PgType::kBytea,
              std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size())) {
  if (bytes.size() > kMaxBytes) fault_ = "too long";
}

bool PgValue::Suits(PgType wanted) const {
  return PgFormOf(wanted) == type_ ||
         (PgWidthOf(type_) != 0 && PgWidthOf(type_) < PgWidthOf(wanted));
}

std::string PgValue::BytesAs(PgType wanted) const {
  const std::size_t width = PgWidthOf(wanted);
  if (bytes_.size() >= width) return bytes_;
  const bool is_negative = (static_cast<unsigned char>(bytes_.front()) & 0x80U) != 0;
  return std::string(width - bytes_.size(), is_negative ? '\xFF' : '\0') + bytes_;
}

void PgElements::Append(const PgValue& value) {
  ++count_;
  if (!value.fault().empty()) fault_ = value.fault();
  if (value.is_null()) {
    has_null_ = true;
    AppendBigEndian(bytes_, std::numeric_limits<std::uint32_t>::max());  // -1
    return;
  }
  AppendBigEndian(bytes_, static_cast<std::uint32_t>(value.bytes().size()));
  bytes_ += value.bytes();
}

PgValue PgElements::ToArray(PgType element) const {
  std::string array;
  const bool empty = count_ == 0;
  AppendBigEndian(array, std::uint32_t{empty ? 0U : 1U});  // dimensions
  AppendBigEndian(array, std::uint32_t{has_null_ ? 1U : 0U});
  AppendBigEndian(array, static_cast<std::uint32_t>(element));
  if (!empty) {
    AppendBigEndian(array, count_);
    AppendBigEndian(array, std::uint32_t{1});  // index of the first element
    array += bytes_;
  }
  PgValue value(ArrayOf(element), std::move(array));
  value.fault_ = fault_;
  if (value.bytes_.size() > kMaxBytes) value.fault_ = "too long";
  return value;
}

}  // namespace rtcroom
