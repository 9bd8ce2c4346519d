#include "daemon/core/ids.h"

#include <algorithm>
#include <array>

namespace rtcroom {
namespace {

/// Whether an ID may contain each byte.
constexpr std::array<bool, 256> kIdBytes = [] {
  std::array<bool, 256> allowed{};
  for (unsigned char byte = ' ' + 1; byte <= '~'; ++byte) allowed[byte] = true;
  for (const unsigned char byte : std::string_view(R"(/?#&%+"\)")) allowed[byte] = false;
  return allowed;
}();

}  // namespace

bool IsIdText(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](unsigned char c) { return kIdBytes[c]; });
}

}  // namespace rtcroom
