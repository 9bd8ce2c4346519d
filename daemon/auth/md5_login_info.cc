#include "daemon/auth/md5_login_info.h"

#include <chrono>

#include <fmt/format.h>

#include "daemon/base/digest.h"

namespace rtcroom {

Result<std::string> Md5LoginInfo::Sign(const UserId& user_id, TimePoint ends) const {
  if (key_.empty()) return Error{Errc::kUnavailable, "no key of the live API is configured"};
  const auto seconds = std::chrono::floor<std::chrono::seconds>(ends).time_since_epoch().count();
  return Md5Hex(fmt::format("{}{}{}", key_.Reveal(), seconds, user_id.value));
}

}  // namespace rtcroom
