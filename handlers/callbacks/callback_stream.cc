#include "handlers/callbacks/callback_stream.h"

#include <cstddef>

#include "daemon/base/ip_address.h"
#include "daemon/base/text.h"
#include "daemon/core/ids.h"

namespace rtcroom {

std::string AddressOrEmpty(std::string_view text) {
  return IpAddress::Parse(text) ? std::string(text) : std::string();
}

bool IsRecordedFile(std::string_view text) {
  constexpr std::size_t kMaxPathBytes = 4096;
  return text.starts_with('/') && text.size() <= kMaxPathBytes && IsUtf8(text) && !HasNul(text);
}

Status CheckStream(std::string_view app, std::string_view stream,
                   const StreamCallbackRules& rules) {
  if (app != rules.app) return Error{Errc::kBadRequest, "app: another"};
  if (!IsStreamName(stream)) return Error{Errc::kBadRequest, "name: not a stream's"};
  return {};
}

}  // namespace rtcroom
