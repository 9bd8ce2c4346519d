// Texts of statements, joined when the program is compiled.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace rtcroom {

/// `kPgText<a, b...>` is a literal: the parts, which are static `std::string_view`s, one after the
/// other.
template <const std::string_view&... kParts>
struct PgText {
  static constexpr std::size_t kLength = (kParts.size() + ...);
  static constexpr std::array<char, kLength + 1> kJoined = [] {
    std::array<char, kLength + 1> joined{};
    auto end = joined.begin();
    ((end = std::ranges::copy(kParts, end).out), ...);
    return joined;
  }();
};

template <const std::string_view&... kParts>
inline constexpr const char* kPgText = PgText<kParts...>::kJoined.data();

/// The time that the database's clock shows, in milliseconds.
inline constexpr std::string_view kPgNowMs =
    "(extract(epoch FROM clock_timestamp()) * 1000)::bigint";

}  // namespace rtcroom
