#include "tests/support/authorised_client.h"

#include <stdexcept>

namespace rtcroom {

Settings LoginSettings(Settings settings) {
  settings.merge(Settings{{"im.sdk_app_id", kSdkAppId},
                          {"im.secret_key", kSecretKey},
                          {"auth.trust_userid", true},
                          {"live.bizid", "8888"},
                          {"live.push_key", "testpushkey0123456789"}});
  return settings;
}

std::string TicketOf(ApiClient& client, const std::string& user_id) {
  const ApiReply reply = client.Get("/weapp/utils/get_login_info?userID=" + user_id);
  std::string ticket = reply.Text("userSig");
  if (ticket.empty()) throw std::runtime_error("no ticket for " + user_id + ": " + reply.text);
  return ticket;
}

std::string LoginQueryOf(const std::string& user_id, const std::string& ticket) {
  return "sdkAppID=" + std::to_string(kSdkAppId) + "&accountType=0&userID=" + user_id +
         "&userSig=" + ticket;
}

Account LogIn(ApiClient& client, const std::string& user_id) {
  const std::string ticket = TicketOf(client, user_id);
  const ApiReply reply = CallWith(client, LoginQueryOf(user_id, ticket), "double_room", "login",
                                  nlohmann::json::object());
  Account account{.user_id = user_id, .token = reply.Text("token")};
  if (account.token.empty()) throw std::runtime_error("no token for " + user_id);
  return account;
}

ApiReply CallWith(ApiClient& client, std::string_view query, std::string_view kind,
                  std::string_view endpoint, const nlohmann::json& body) {
  ApiRequest request{.body = body.dump()};
  request.target.append("/weapp/").append(kind).append("/").append(endpoint);
  if (!query.empty()) request.target.append("?").append(query);
  return client.Send(request);
}

}  // namespace rtcroom
