// A user of gen-2: logs in with a ticket, and carries the token in the query from then on.
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

/// `settings`, and what a server needs for users to log in to it.
Settings WithLogins(Settings settings = {});

/// A ticket of version 2 for that user.
/// @param since_issued  how long ago it was made.
std::string MakeTicket(const std::string& user_id,
                       std::chrono::seconds life = std::chrono::hours(1),
                       std::chrono::seconds since_issued = std::chrono::seconds(0));

/// How bodies are sent.
enum class BodyForm : std::uint8_t { kJson, kUrlEncoded };

/// @threads for one thread.
class Gen2Client {
 public:
  /// @param kind  of the rooms that it calls for.
  Gen2Client(ApiClient api, std::string user_id, std::string_view kind,
             BodyForm form = BodyForm::kJson);

  /// Logs in with a fresh ticket, and takes the token of the reply.
  ApiReply Login();
  ApiReply Logout();
  /// Who is logged in already, perhaps from elsewhere.
  void UseToken(std::string token) { token_ = std::move(token); }

  /// POST /weapp/<kind>/<endpoint> with who it is in the query.
  ApiReply Call(std::string_view endpoint, const nlohmann::json& body);
  /// The same for another kind.
  ApiReply CallOf(std::string_view kind, std::string_view endpoint, const nlohmann::json& body);

  [[nodiscard]] const std::string& user_id() const { return user_id_; }
  [[nodiscard]] const std::string& token() const { return token_; }

 private:
  ApiClient api_;
  std::string user_id_;
  std::string kind_;
  BodyForm form_;
  std::string token_;
};

/// A client that is logged in.
/// @throws std::runtime_error when the server refuses it.
Gen2Client LoggedIn(const ServerProcess& server, const std::string& user_id, std::string_view kind,
                    BodyForm form = BodyForm::kJson);

/// What login is asked with.
struct LoginQuery {
  std::string sdk_app_id = std::to_string(kTestAppId);
  std::string account_type = "0";
  std::string user_id = {};
  std::string user_sig = {};
};
ApiReply LogIn(ApiClient& api, const LoginQuery& query, std::string_view kind = "multi_room");

}  // namespace rtcroom
