#include "daemon/base/bearer_token.h"

#include <string_view>

#include "daemon/base/digest.h"
#include "daemon/base/text.h"

namespace rtcroom {

bool BearerToken::Admits(const Secret& authorization) const {
  constexpr std::string_view kScheme = "Bearer ";
  std::string_view shown = authorization.Reveal();
  if (!StartsWithIgnoringCase(shown, kScheme)) return false;
  shown.remove_prefix(kScheme.size());
  while (shown.starts_with(' ')) shown.remove_prefix(1);
  const MutexLock lock(mutex_);
  return !token_.empty() && SameBytes(token_.Reveal(), shown);
}

}  // namespace rtcroom
