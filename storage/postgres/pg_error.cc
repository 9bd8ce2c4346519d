#include "storage/postgres/pg_error.h"

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <utility>

namespace rtcroom {
namespace {

bool StartsWithAny(std::string_view text, std::initializer_list<std::string_view> beginnings) {
  return std::ranges::any_of(
      beginnings, [&](std::string_view beginning) { return text.starts_with(beginning); });
}

constexpr std::size_t kSqlstateLength = 5;

bool IsSqlstate(std::string_view text) {
  return text.size() == kSqlstateLength && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
         });
}

/// Cuts ":  XXXXX: " of a verbose message to ": ".
std::string TakeSqlstate(std::string& line) {
  constexpr std::string_view kBefore = ":  ";
  for (std::size_t at = line.find(kBefore); at != std::string::npos;
       at = line.find(kBefore, at + 1)) {
    std::string state = line.substr(at + kBefore.size(), kSqlstateLength);
    const std::size_t end = at + kBefore.size() + state.size();
    if (!IsSqlstate(state) || line.compare(end, 2, ": ") != 0) continue;
    line.erase(at + 1, end - at);
    return state;
  }
  return {};
}

}  // namespace

PgErrorText ParsePgError(std::string_view message) {
  PgErrorText parsed;
  while (!message.empty()) {
    const std::size_t end = std::min(message.find('\n'), message.size());
    std::string line(message.substr(0, end));
    message.remove_prefix(std::min(end + 1, message.size()));
    if (line.empty() || StartsWithAny(line, {"\t", "LOCATION:", "DETAIL:", "HINT:"})) continue;
    if (std::string state = TakeSqlstate(line); !state.empty()) parsed.sqlstate = std::move(state);
    parsed.text += (parsed.text.empty() ? "" : "; ") + line;
  }
  return parsed;
}

PgMeaning PgMeaningOf(std::string_view sqlstate) {
  if (StartsWithAny(sqlstate, {"22012", "23505", "40001", "40P01"})) return PgMeaning::kConflict;
  if (IsOfPgConnection(sqlstate) || StartsWithAny(sqlstate, {"53", "55P03"})) {
    return PgMeaning::kBusy;
  }
  return PgMeaning::kBroken;
}

bool IsOfPgConnection(std::string_view sqlstate) {
  return StartsWithAny(sqlstate, {"25006", "0A000", "26000"});
}

bool IsLastingPgRefusal(std::string_view sqlstate) {
  return StartsWithAny(sqlstate, {"0A", "22", "28", "3D", "42"});
}

}  // namespace rtcroom
