#include "daemon/media/stream_server.h"

#include <algorithm>

#include "daemon/base/text.h"

namespace rtcroom {
namespace {

constexpr std::size_t kMaxClientIdBytes = 64;

bool IsPlain(char c) { return IsAsciiLetter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-'; }

}  // namespace

bool IsStreamClientId(std::string_view text) {
  return !text.empty() && text.size() <= kMaxClientIdBytes &&
         std::ranges::all_of(text, [](char c) { return IsPlain(c) || c == '.'; });
}

}  // namespace rtcroom
