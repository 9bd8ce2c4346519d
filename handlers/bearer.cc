#include "handlers/bearer.h"

#include <string>
#include <string_view>

#include "daemon/base/text.h"

namespace rtcroom {
namespace {

constexpr std::string_view kBearer = "Bearer ";

}  // namespace

Secret BearerToken(const Secret& authorization) {
  std::string_view text = authorization.Reveal();
  if (!EqualsIgnoringCase(text.substr(0, kBearer.size()), kBearer)) return {};
  text.remove_prefix(kBearer.size());
  while (text.starts_with(' ')) text.remove_prefix(1);
  return Secret(std::string(text));
}

}  // namespace rtcroom
