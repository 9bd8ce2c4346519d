// A gen-2 user: logs in with a ticket and sends the token in the query of later calls.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "tests/support/api_client.h"
#include "tests/support/server_process.h"

namespace rtcroom {

/// The IM application of the tests.
inline constexpr std::uint32_t kTestAppId = 1400000001;
inline constexpr const char* kTestAppKey = "a key of the test's application";

/// `settings`, plus those that a server needs to accept logins.
Settings WithLogins(Settings settings = {});

/// A ticket of version 2 for that user.
/// @param since_issued  age of the ticket.
std::string MakeTicket(const std::string& user_id,
                       std::chrono::seconds life = std::chrono::hours(1),
                       std::chrono::seconds since_issued = std::chrono::seconds(0));

/// Encoding of request bodies.
enum class BodyForm : std::uint8_t { kJson, kUrlEncoded };

/// @threads for one thread.
class Gen2Client {
 public:
  /// @param kind  room kind of its calls.
  Gen2Client(ApiClient api, std::string user_id, std::string_view kind,
             BodyForm form = BodyForm::kJson);
  /// @param token  of an earlier login, possibly by another client.
  Gen2Client(ApiClient api, std::string user_id, std::string_view kind, std::string token);

  /// Logs in with a fresh ticket and keeps the token of the reply.
  ApiReply Login();
  ApiReply Logout();

  /// POST /weapp/<kind>/<endpoint>?<Query()>.
  ApiReply Call(std::string_view endpoint, const nlohmann::json& body);
  /// The same for another kind.
  ApiReply CallOf(std::string_view kind, std::string_view endpoint, const nlohmann::json& body);

  [[nodiscard]] const std::string& user_id() const { return user_id_; }
  [[nodiscard]] const std::string& kind() const { return kind_; }
  [[nodiscard]] const std::string& token() const { return token_; }
  /// User ID and token, as the query of a call.
  [[nodiscard]] std::string Query() const;
  /// Its connection, for calls with another query or none.
  ApiClient& api() { return api_; }

 private:
  ApiClient api_;
  std::string user_id_;
  std::string kind_;
  BodyForm form_;
  std::string token_;
};

/// A logged-in client.
/// @throws std::runtime_error when the server refuses the login.
Gen2Client LoggedIn(const ServerProcess& server, const std::string& user_id, std::string_view kind,
                    BodyForm form = BodyForm::kJson);

/// The parameters of a login.
struct LoginQuery {
  std::string sdk_app_id = std::to_string(kTestAppId);
  std::string account_type = "0";
  std::string user_id = {};
  std::string user_sig = {};
};
ApiReply LogIn(ApiClient& api, const LoginQuery& query, std::string_view kind = "multi_room");

}  // namespace rtcroom
