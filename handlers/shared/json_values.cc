#include "handlers/shared/json_values.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

namespace rtcroom {

using nlohmann::json;

bool IsTruthy(const json& value) {
  switch (value.type()) {
    case json::value_t::null:
    case json::value_t::discarded:
      return false;
    case json::value_t::boolean:
      return value.get<bool>();
    case json::value_t::string:
      return !value.get_ref<const std::string&>().empty();
    case json::value_t::number_integer:
    case json::value_t::number_unsigned:
    case json::value_t::number_float:
      return value != 0;
    case json::value_t::object:
    case json::value_t::array:
    case json::value_t::binary:
      return true;
  }
  return false;
}

bool IsEmptyValue(const json& value) {
  return value.is_null() || (value.is_string() && value.get_ref<const std::string&>().empty());
}

std::optional<std::int64_t> WholeNumber(const json& value) {
  using Limits = std::numeric_limits<std::int64_t>;
  if (value.is_number_unsigned()) {
    const auto number = value.get<std::uint64_t>();
    return static_cast<std::int64_t>(std::min<std::uint64_t>(number, Limits::max()));
  }
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (!value.is_number_float()) return std::nullopt;
  // A double in two cases: `20.0`, the same as 20 to a JavaScript client, and 65 bits or more.
  const auto number = value.get<double>();
  if (std::trunc(number) != number) return std::nullopt;
  constexpr double kTwoTo63 = 9223372036854775808.0;
  if (number >= kTwoTo63) return Limits::max();
  if (number < -kTwoTo63) return Limits::min();
  return static_cast<std::int64_t>(number);
}

std::optional<std::int64_t> WholeNumber(std::string_view text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [parsed_to, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed_to != end || fault == std::errc::invalid_argument) return std::nullopt;
  if (fault == std::errc::result_out_of_range) {
    using Limits = std::numeric_limits<std::int64_t>;
    return text.front() == '-' ? Limits::min() : Limits::max();
  }
  return number;
}

std::optional<std::string> IdText(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_integer()) return value.dump();
  if (!value.is_number_float()) return std::nullopt;
  // A double holds whole numbers exactly only up to 2^53; a greater one may be rounded.
  constexpr double kExact = 9007199254740992.0;
  if (std::abs(value.get<double>()) > kExact) return std::nullopt;
  const std::optional<std::int64_t> number = WholeNumber(value);
  if (!number) return std::nullopt;
  return std::to_string(*number);
}

}  // namespace rtcroom
