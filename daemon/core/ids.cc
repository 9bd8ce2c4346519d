#include "daemon/core/ids.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace rtcroom {
namespace {

constexpr std::size_t Index(char c) { return static_cast<unsigned char>(c); }

/// Whether an ID may contain each byte.
constexpr std::array<bool, 256> kIdBytes = [] {
  std::array<bool, 256> allowed{};
  for (char c = ' ' + 1; c <= '~'; ++c) allowed[Index(c)] = true;
  for (const char c : std::string_view(R"(/?#&%+"\)")) allowed[Index(c)] = false;
  return allowed;
}();

}  // namespace

bool IsIdText(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return kIdBytes[Index(c)]; });
}

}  // namespace rtcroom
