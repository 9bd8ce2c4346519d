// What a server says, in one line.
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

struct PgSaid {
  std::string sentence;
  std::string sqlstate;  ///< the last one
};

/// A message of libpq as one line, without hints: one part for each host that was tried.
PgSaid PgInOneLine(std::string_view message);

}  // namespace rtcroom
