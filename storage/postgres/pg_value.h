// Parameters of prepared statements, in PostgreSQL's binary form.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "daemon/base/clock.h"

namespace rtcroom {

/// The types of parameters and results, with their numbers in the catalogue.
/// @source PostgreSQL, src/include/catalog/pg_type.dat.
enum class PgType : std::uint32_t {
  kBool = 16,
  kBytea = 17,
  kBigint = 20,
  kSmallint = 21,
  kInt = 23,
  kText = 25,
  kBoolArray = 1000,
  kByteaArray = 1001,
  kSmallintArray = 1005,
  kIntArray = 1007,
  kTextArray = 1009,
  kBigintArray = 1016,
  kChar = 1042,  // read as text, as is the next one; no value has them
  kVarchar = 1043,
};

/// The type of values of the same binary form: text for all strings of characters.
constexpr PgType PgFormOf(PgType type) {
  return type == PgType::kVarchar || type == PgType::kChar ? PgType::kText : type;
}

/// Bytes of an integer of that type; 0: it is another one.
constexpr std::size_t PgWidthOf(PgType type) {
  if (type == PgType::kBigint) return sizeof(std::int64_t);
  if (type == PgType::kInt) return sizeof(std::int32_t);
  return type == PgType::kSmallint ? sizeof(std::int16_t) : 0;
}

/// The name as SQL spells it; "type N" for another one.
std::string PgTypeName(PgType type);

template <typename T>
class PgArray;

/// One parameter. Its C++ type decides the SQL type; a statement that expects one that does not
/// hold all its values is not run. Keeps a copy of the value.
class PgValue {
 public:
  explicit PgValue(std::int64_t value);
  /// A bigint. A statement with a value above INT64_MAX is not run: compare before.
  explicit PgValue(std::uint64_t value);
  explicit PgValue(std::int32_t value);
  explicit PgValue(std::int16_t value);
  template <std::same_as<bool> Bool>  // nothing else may convert to it
  explicit PgValue(Bool value) : PgValue(PgType::kBool, std::string(1, value ? '\1' : '\0')) {}
  /// A text: UTF-8 without NUL, or the server refuses it (22021). Free texts of clients are bytes.
  explicit PgValue(std::string_view text) : PgValue(PgType::kText, std::string(text)) {}
  explicit PgValue(std::span<const std::byte> bytes);
  /// A bigint: milliseconds.
  explicit PgValue(TimePoint value) : PgValue(std::int64_t{value.time_since_epoch().count()}) {}
  /// A smallint.
  template <typename Enum>
    requires(std::is_enum_v<Enum> && sizeof(Enum) == 1)
  explicit PgValue(Enum value) : PgValue(static_cast<std::int16_t>(value)) {}
  /// NULL when empty.
  template <typename T>
  explicit PgValue(const std::optional<T>& value) : PgValue(value ? *value : T{}) {
    is_null_ = !value;
  }
  template <typename T>
  explicit PgValue(const PgArray<T>& array);

  [[nodiscard]] PgType type() const { return type_; }
  [[nodiscard]] bool is_null() const { return is_null_; }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }
  /// Why it cannot be sent; empty when it can.
  [[nodiscard]] std::string_view fault() const { return fault_; }
  /// Whether all values of this type are of that one, too, which a column may have been given.
  [[nodiscard]] bool Suits(PgType wanted) const;
  /// The bytes as a value of a type that it suits.
  [[nodiscard]] std::string BytesAs(PgType wanted) const;

 private:
  friend class PgElements;
  PgValue(PgType type, std::string bytes) : type_(type), bytes_(std::move(bytes)) {}

  PgType type_;
  bool is_null_ = false;
  std::string bytes_;
  std::string_view fault_;  // a literal
};

/// The elements of an array, encoded.
class PgElements {
 public:
  void Append(const PgValue& value);
  [[nodiscard]] PgValue ToArray(PgType element) const;

 private:
  std::string bytes_;
  std::uint32_t count_ = 0;
  bool has_null_ = false;
  std::string_view fault_;
};

/// An array, for `unnest` and `ANY`.
///
/// @tparam T  a type that `PgValue` takes: `std::string_view` for texts, a span for bytes, an
/// optional where NULLs occur.
template <typename T>
class PgArray {
 public:
  void Add(const T& value) { elements_.Append(PgValue(value)); }

 private:
  friend class PgValue;
  PgElements elements_;
};

template <typename T>
PgValue::PgValue(const PgArray<T>& array) : PgValue(array.elements_.ToArray(PgValue(T{}).type())) {}

/// A free text as it is bound.
inline std::span<const std::byte> PgBytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

}  // namespace rtcroom
