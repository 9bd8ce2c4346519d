// A client of the message channel that sends one request after the other.
#pragma once

#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tests/e2e/channel_caller.h"
#include "tests/e2e/utils_calls.h"
#include "tests/support/api_client.h"
#include "tests/support/server_process.h"

namespace rtcroom {

/// A client with one connection, logged in as the user that the server has chosen for it.
///
/// @threads for one thread.
class ChannelClient {
 public:
  explicit ChannelClient(const ServerProcess& server) : api_(server.Https()) {
    const ApiReply info = Get(api_, "get_login_info");
    account_ = info.Text("userID");
    app_ = info.json.value("sdkAppID", 0);
    user_sig_ = info.Text("userSig");
    LogIn();
  }

  /// Again, as a new instance.
  void LogIn() {
    const ApiReply login =
        Post(fmt::format("v4/openim/login?sdkappid={}&accounttype=1&identifier={}&usersig={}", app_,
                         account_, user_sig_),
             {{"State", "Online"}});
    proof_ =
        fmt::format("sdkappid={}&tinyid={}&a2={}", app_, login.Text("TinyId"), login.Text("A2Key"));
    a2_ = login.Text("A2Key");
  }
  ApiReply Call(const std::string& command, const nlohmann::json& body = nlohmann::json::object()) {
    return Post(command + "?" + proof_, body);
  }
  /// @return the key of the group's poll.
  std::string Join(const std::string& group) {
    return Call(kGroups + std::string("apply_join_group"), {{"GroupId", group}})
        .Text("LongPollingKey");
  }
  nlohmann::json SendText(const std::string& group, const std::string& text, int random) {
    return Call(kGroups + std::string("send_group_msg"),
                {{"GroupId", group}, {"Random", random}, {"MsgBody", BodyOf(text)}})
        .json;
  }
  nlohmann::json SendDirect(const std::string& account, const std::string& text, int random) {
    return Call("v4/openim/sendmsg",
                {{"To_Account", account}, {"MsgRandom", random}, {"MsgBody", BodyOf(text)}})
        .json;
  }
  void Reconnect(const ServerProcess& server) { api_ = server.Https(); }

  [[nodiscard]] const std::string& account() const { return account_; }
  [[nodiscard]] int app() const { return app_; }
  [[nodiscard]] const std::string& user_sig() const { return user_sig_; }
  [[nodiscard]] const std::string& a2() const { return a2_; }

 private:
  static nlohmann::json BodyOf(const std::string& text) {
    return nlohmann::json::array({{{"MsgType", "TIMTextElem"}, {"MsgContent", {{"Text", text}}}}});
  }
  ApiReply Post(const std::string& target, const nlohmann::json& body) {
    return api_.Send({.target = "/" + target, .body = body.dump()});
  }

  ApiClient api_;
  std::string account_;
  int app_ = 0;
  std::string user_sig_;
  std::string a2_;
  std::string proof_;
};

}  // namespace rtcroom
