// The form of gen-2 tokens.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rtcroom {

/// `secret` + `*` + `application`: what a client appends to its query string, unencoded.
/// @source protocol B.1.
struct SessionToken {
  std::string_view secret{};  ///< 32 characters of lower-case hex
  /// The token's application: hex(sdkAppID) + `*` + base64(accountType).
  std::string_view application{};
};

/// The parts of `text`, as views into it; nullopt when it does not have exactly that form.
std::optional<SessionToken> ParseSessionToken(std::string_view text);

/// The second part.
/// @param account_type_base64  standard base64. Account types are digits, so it contains no
///                             character that a query string would change.
std::string TokenApplication(std::uint32_t sdk_app_id, std::string_view account_type_base64);

/// The whole token.
std::string FormatSessionToken(const SessionToken& token);

}  // namespace rtcroom
