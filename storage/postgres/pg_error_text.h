// Error messages of libpq.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>

namespace rtcroom {

inline bool StartsWithAny(std::string_view text,
                          std::initializer_list<std::string_view> beginnings) {
  return std::ranges::any_of(
      beginnings, [&](std::string_view beginning) { return text.starts_with(beginning); });
}

struct PgErrorText {
  std::string text;      ///< one line, without details and hints; a part for each host tried
  std::string sqlstate;  ///< the last one
};

/// Parses a verbose message of libpq.
PgErrorText ParsePgError(std::string_view message);

}  // namespace rtcroom
