#include "daemon/base/nearest_name.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include <fmt/format.h>

#include "daemon/base/text.h"

namespace rtcroom {
namespace {

/// Longer words are not compared: the cost is the product of both lengths.
constexpr std::size_t kMaxLetters = 128;

/// The optimal string alignment distance.
std::size_t Distance(std::string_view a, std::string_view b) {
  // The distances of the beginnings of `a`, of the last three lengths, to those of `b`.
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before.swap(last);
    last.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool is_same = ToLower(a[i - 1]) == ToLower(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (is_same ? 0 : 1)});
      const bool is_swapped = i > 1 && j > 1 && ToLower(a[i - 1]) == ToLower(b[j - 2]) &&
                              ToLower(a[i - 2]) == ToLower(b[j - 1]);
      if (is_swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row.back();
}

}  // namespace

std::optional<std::string> NearestName(std::string_view word, std::span<const std::string> names) {
  if (word.empty() || word.size() > kMaxLetters) return std::nullopt;
  const std::string* nearest = nullptr;
  std::size_t least = word.size() / 3 + 1;
  for (const std::string& name : names) {
    const std::size_t distance = Distance(word, name);
    if (distance >= least) continue;
    least = distance;
    nearest = &name;
  }
  if (nearest == nullptr) return std::nullopt;
  return *nearest;
}

std::string DidYouMean(std::string_view word, std::span<const std::string> names) {
  const std::optional<std::string> nearest = NearestName(word, names);
  return nearest ? fmt::format("; did you mean {}?", *nearest) : std::string();
}

}  // namespace rtcroom
