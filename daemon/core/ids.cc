#include "daemon/core/ids.h"

#include <algorithm>

namespace rtcroom {

bool IsIdText(std::string_view text) {
  static constexpr std::string_view kForbidden = R"(/?#&%+"\)";
  return !text.empty() && std::ranges::all_of(text, [](char byte) {
    return byte > ' ' && byte <= '~' && kForbidden.find(byte) == std::string_view::npos;
  });
}

}  // namespace rtcroom
