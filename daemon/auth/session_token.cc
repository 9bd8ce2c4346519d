#include "daemon/auth/session_token.h"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>

#include "daemon/base/text.h"

namespace rtcroom {
namespace {

constexpr std::size_t kSecretSize = 32;
constexpr std::size_t kMaxAppIdSize = 8;     // 32 bits
constexpr std::size_t kMaxAccountSize = 64;  // for 48 bytes

/// The two characters that a query string would change are left out: no token of this server has
/// them.
bool IsBase64Character(char c) { return IsAsciiAlphanumeric(c); }

bool IsBase64(std::string_view text) {
  if (text.size() % 4 != 0) return false;
  if (text.ends_with('=')) text.remove_suffix(1);
  if (text.ends_with('=')) text.remove_suffix(1);
  return std::ranges::all_of(text, IsBase64Character);
}

}  // namespace

std::optional<SessionToken> ParseSessionToken(std::string_view text) {
  const std::size_t first = text.find('*');
  if (first != kSecretSize) return std::nullopt;
  const std::size_t second = text.find('*', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const std::string_view secret = text.substr(0, first);
  const std::string_view app_id = text.substr(first + 1, second - first - 1);
  const std::string_view account = text.substr(second + 1);
  if (!IsLowerHex(secret)) return std::nullopt;
  if (app_id.empty() || app_id.size() > kMaxAppIdSize || !IsLowerHex(app_id)) return std::nullopt;
  if (account.empty() || account.size() > kMaxAccountSize || !IsBase64(account)) {
    return std::nullopt;
  }
  return SessionToken{.secret = secret, .application = text.substr(first + 1)};
}

std::string TokenApplication(std::uint32_t sdk_app_id, std::string_view account_type_base64) {
  return fmt::format("{:x}*{}", sdk_app_id, account_type_base64);
}

std::string FormatSessionToken(const SessionToken& token) {
  return fmt::format("{}*{}", token.secret, token.application);
}

}  // namespace rtcroom
