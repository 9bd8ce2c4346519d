#include "daemon/base/address_key.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include <fmt/format.h>

namespace rtcroom {

std::string AddressKey(std::string_view address) {
  constexpr std::string_view kMapped = "::ffff:";
  const bool has_dots = address.find('.') != std::string_view::npos;
  if (has_dots && address.starts_with(kMapped)) address.remove_prefix(kMapped.size());
  if (address.find(':') == std::string_view::npos) return std::string(address);

  // `::` stands for zero groups: those before it count from the front, those behind it from the
  // end. IPv4 in the last place stands for two groups, but then the first four are zeros.
  std::array<std::string_view, 8> groups;
  groups.fill("0");
  const std::size_t gap = std::min(address.find("::"), address.size());
  std::string_view front = address.substr(0, gap);
  for (std::size_t i = 0; i < groups.size() && !front.empty(); ++i) {
    const std::size_t end = std::min(front.find(':'), front.size());
    groups[i] = front.substr(0, end);
    front.remove_prefix(std::min(end + 1, front.size()));
  }
  std::string_view back = address.substr(std::min(gap + 2, address.size()));
  for (std::size_t i = groups.size(); i > 0 && !back.empty(); --i) {
    const std::size_t colon = back.rfind(':');
    const std::size_t begin = colon == std::string_view::npos ? 0 : colon + 1;
    groups[i - 1] = back.substr(begin);
    back = back.substr(0, begin == 0 ? 0 : colon);
  }
  return fmt::format("{}:{}:{}:{}", groups[0], groups[1], groups[2], groups[3]);
}

}  // namespace rtcroom
