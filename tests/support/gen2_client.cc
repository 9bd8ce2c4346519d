#include "tests/support/gen2_client.h"

#include <sstream>
#include <stdexcept>
#include <utility>

#include "daemon/auth/user_sig_v2.h"
#include "daemon/base/percent_encoding.h"

namespace rtcroom {
namespace {

std::string UrlEncoded(const nlohmann::json& body) {
  std::string text;
  for (const auto& [name, value] : body.items()) {
    if (!text.empty()) text += '&';
    text += PercentEncode(name) + '=' +
            PercentEncode(value.is_string() ? value.get<std::string>() : value.dump());
  }
  return text;
}

}  // namespace

Settings WithLogins(Settings settings) {
  settings["im.sdk_app_id"] = kTestAppId;
  settings["im.secret_key"] = kTestAppKey;
  return settings;
}

std::string MakeTicket(const std::string& user_id, std::chrono::seconds life,
                       std::chrono::seconds since_issued) {
  const TimePoint now =
      std::chrono::floor<TimePoint::duration>(std::chrono::system_clock::now()) - since_issued;
  return SignUserSigV2({.sdk_app_id = kTestAppId, .user_id = {user_id}}, Secret(kTestAppKey), now,
                       life);
}

Gen2Client::Gen2Client(ApiClient api, std::string user_id, std::string_view kind, BodyForm form)
    : api_(std::move(api)), user_id_(std::move(user_id)), kind_(kind), form_(form) {}

Gen2Client::Gen2Client(ApiClient api, std::string user_id, std::string_view kind, std::string token)
    : Gen2Client(std::move(api), std::move(user_id), kind) {
  token_ = std::move(token);
}

ApiReply Gen2Client::Login() {
  ApiReply reply = LogIn(api_, {.user_id = user_id_, .user_sig = MakeTicket(user_id_)}, kind_);
  token_ = reply.Text("token");
  return reply;
}

ApiReply Gen2Client::Logout() { return Call("logout", nlohmann::json::object()); }

ApiReply Gen2Client::Call(std::string_view endpoint, const nlohmann::json& body) {
  return CallOf(kind_, endpoint, body);
}

ApiReply Gen2Client::CallOf(std::string_view kind, std::string_view endpoint,
                            const nlohmann::json& body) {
  if (form_ == BodyForm::kJson) return api_.Call(kind, endpoint, body, Query());
  ApiRequest request{.content_type = "application/x-www-form-urlencoded", .body = UrlEncoded(body)};
  request.target.append("/weapp/").append(kind).append("/").append(endpoint);
  request.target.append("?").append(Query());
  return api_.Send(request);
}

// As the real clients do: the token is not encoded.
std::string Gen2Client::Query() const { return "userID=" + user_id_ + "&token=" + token_; }

Gen2Client LoggedIn(const ServerProcess& server, const std::string& user_id, std::string_view kind,
                    BodyForm form) {
  Gen2Client client(server.Https(), user_id, kind, form);
  const ApiReply reply = client.Login();
  if (reply.code() == 0) return client;
  std::ostringstream text;
  text << user_id << " cannot log in: " << reply;
  throw std::runtime_error(text.str());
}

ApiReply LogIn(ApiClient& api, const LoginQuery& query, std::string_view kind) {
  std::string target = "/weapp/" + std::string(kind) + "/login?";
  const auto add = [&target](const char* name, const std::string& value) {
    if (!target.ends_with('?')) target += '&';
    target += name + ("=" + PercentEncode(value));
  };
  // Empty values are omitted.
  if (!query.sdk_app_id.empty()) add("sdkAppID", query.sdk_app_id);
  if (!query.account_type.empty()) add("accountType", query.account_type);
  if (!query.user_id.empty()) add("userID", query.user_id);
  if (!query.user_sig.empty()) add("userSig", query.user_sig);
  ApiRequest request;
  request.target = target;
  request.body = "{}";
  return api.Send(request);
}

}  // namespace rtcroom
