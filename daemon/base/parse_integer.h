// A number that is written as text.
#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string_view>
#include <system_error>

namespace rtcroom {

/// The number that the whole text is: decimal digits, after a minus where the type has negative
/// ones. nullopt for any other text, and for a number out of the type's range.
template <std::integral Number>
std::optional<Number> ParseInteger(std::string_view text) {
  Number number = 0;
  const char* const end = text.data() + text.size();
  // NOLINTNEXTLINE(bugprone-suspicious-stringview-data-usage): bounded by `end`
  const auto [stopped, failure] = std::from_chars(text.data(), end, number);
  if (failure != std::errc() || stopped != end) return std::nullopt;
  return number;
}

}  // namespace rtcroom
