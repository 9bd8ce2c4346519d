#include "daemon/media/stream_server.h"

#include <algorithm>

#include "daemon/base/text.h"

namespace rtcroom {
namespace {

constexpr std::size_t kMaxClientIdBytes = 64;

bool IsClientIdCharacter(char c) {
  return IsAsciiAlphanumeric(c) || c == '_' || c == '-' || c == '.';
}

}  // namespace

bool IsStreamClientId(std::string_view text) {
  return !text.empty() && text.size() <= kMaxClientIdBytes &&
         std::ranges::all_of(text, IsClientIdCharacter);
}

}  // namespace rtcroom
