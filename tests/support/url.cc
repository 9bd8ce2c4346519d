#include "tests/support/url.h"

#include <charconv>
#include <ranges>

namespace rtcroom {
namespace {

std::string PercentDecoded(std::string_view text) {
  constexpr std::size_t kEscapeLength = 3;
  constexpr int kHexadecimal = 16;
  std::string decoded;
  while (!text.empty()) {
    unsigned char byte = 0;
    if (text.front() == '%' && text.size() >= kEscapeLength &&
        std::from_chars(text.data() + 1, text.data() + kEscapeLength, byte, kHexadecimal).ptr ==
            text.data() + kEscapeLength) {
      decoded += static_cast<char>(byte);
      text.remove_prefix(kEscapeLength);
    } else {
      decoded += text.front();
      text.remove_prefix(1);
    }
  }
  return decoded;
}

}  // namespace

std::string QueryParameter(std::string_view url, std::string_view name) {
  const std::size_t mark = url.find('?');
  if (mark == std::string_view::npos) return {};
  for (const auto part : std::views::split(url.substr(mark + 1), '&')) {
    const std::string_view pair(part.begin(), part.end());
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name) {
      return PercentDecoded(pair.substr(equals + 1));
    }
  }
  return {};
}

}  // namespace rtcroom
