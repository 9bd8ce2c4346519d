#include "tests/support/url.h"

#include <ranges>

#include "daemon/base/percent_encoding.h"

namespace rtcroom {
std::string QueryParameter(std::string_view url, std::string_view name) {
  const std::size_t mark = url.find('?');
  if (mark == std::string_view::npos) return {};
  for (const auto part : std::views::split(url.substr(mark + 1), '&')) {
    const std::string_view pair(part.begin(), part.end());
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name) {
      return PercentDecode(pair.substr(equals + 1));
    }
  }
  return {};
}

}  // namespace rtcroom
