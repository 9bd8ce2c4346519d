// Callers that have logged in as gen-2 clients do (protocol B.1, B.9).
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "tests/support/api_client.h"
#include "tests/support/server_process.h"

namespace rtcroom {

inline constexpr std::uint32_t kSdkAppId = 1'400'000'001;
inline constexpr const char* kSecretKey = "secret-key-of-the-application";

/// `settings`, plus the settings that let any user id log in.
Settings LoginSettings(Settings settings = {});

/// The credentials of a logged-in user.
struct Account {
  std::string user_id = {};
  std::string token = {};

  /// The query to append to every call.
  [[nodiscard]] std::string Query() const { return "userID=" + user_id + "&token=" + token; }
};

/// The ticket with which `user_id` may log in, for a server with `LoginSettings`.
/// @throws std::runtime_error when the server gives none.
std::string TicketOf(ApiClient& client, const std::string& user_id);

/// The query of a login.
std::string LoginQueryOf(const std::string& user_id, const std::string& ticket);

/// Logs in; invalidates the account's previous token.
/// @throws std::runtime_error when that fails.
Account LogIn(ApiClient& client, const std::string& user_id);

/// POST /weapp/<kind>/<endpoint>?<query>; with an empty query, the `?` is omitted too.
ApiReply CallWith(ApiClient& client, std::string_view query, std::string_view kind,
                  std::string_view endpoint, const nlohmann::json& body);

inline ApiReply CallAs(ApiClient& client, const Account& account, std::string_view kind,
                       std::string_view endpoint, const nlohmann::json& body) {
  return CallWith(client, account.Query(), kind, endpoint, body);
}

}  // namespace rtcroom
