// The identity of a caller, and the ticket for it (protocol A.4.1, D.9).
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/room_calls.h"
#include "tests/support/server_process.h"
#include "tests/support/wechat_stand_in.h"

namespace rtcroom {
namespace {

using testing::HasSubstr;

constexpr const char* kGoodAnswer = R"({"openid":"o_Abc-1","session_key":"not for clients"})";

ServerOptions LoginOptions(const WechatStandIn& wechat, const Settings& more = {}) {
  ServerOptions options{.settings = {{"im.sdk_app_id", 1400000001},
                                     {"im.secret_key", "a key for tests"},
                                     {"im.admin", "administrator"},
                                     {"wechat.app_id", "wx_app"},
                                     {"wechat.secret", "wx_secret"},
                                     {"wechat.base_url", wechat.base_url()}}};
  for (const auto& [key, value] : more) options.settings[key] = value;
  return options;
}

ApiReply Login(ApiClient& client, const nlohmann::json& body) {
  return client.Call("double_room", "get_im_login_info", body);
}

nlohmann::json WithCode(const std::string& code) {
  return {{"userIDPrefix", "weixin"}, {"code", code}};
}

class WechatLogin : public testing::Test {
 protected:
  WechatStandIn wechat_;
  ServerProcess server_{LoginOptions(wechat_)};
  ApiClient client_ = server_.Https();
};

TEST_F(WechatLogin, UsesTheOpenidAsUserId) {
  wechat_.Answer("code 1&=+%", {kGoodAnswer});
  const ApiReply reply = Login(client_, WithCode("code 1&=+%"));
  ASSERT_EQ(reply.code(), kOk) << reply;
  EXPECT_EQ(reply.Text("userID"), "o_Abc-1");
  EXPECT_EQ(reply.json["sdkAppID"], 1400000001);
  EXPECT_EQ(reply.Text("accType"), "0");
  EXPECT_FALSE(reply.json.contains("sessionKey")) << "it stays on the server";
  ASSERT_EQ(wechat_.targets().size(), 1U);
  const std::string target = wechat_.targets().front();
  EXPECT_TRUE(target.starts_with("/sns/jscode2session?")) << target;
  EXPECT_THAT(target, HasSubstr("appid=wx_app"));
  EXPECT_THAT(target, HasSubstr("secret=wx_secret"));
  EXPECT_THAT(target, HasSubstr("grant_type=authorization_code"));
}

TEST_F(WechatLogin, SignsATicketThatTheCommandLineVerifies) {
  wechat_.Answer("c1", {kGoodAnswer});
  const std::string ticket = Login(client_, WithCode("c1")).Text("userSig");
  const auto verify = [&](const std::string& user) {
    return RunToEnd({.program = ServerBinary(),
                     .arguments = {"user-sig", "verify", "--config", server_.config_file().string(),
                                   "--user-id", user, ticket}})
        .exit_code;
  };
  EXPECT_EQ(verify("o_Abc-1"), 0);
  EXPECT_NE(verify("o_Abc-2"), 0);
}

TEST_F(WechatLogin, MakesAtMostSixteenCallsAtATime) {
  constexpr std::size_t kMostExchanges = 16;
  constexpr std::size_t kLogins = 20;
  std::vector<ApiClient> clients;
  for (std::size_t i = 0; i < kLogins; ++i) {
    clients.push_back(server_.Https());
    // Connected in advance, to keep the following calls short.
    EXPECT_EQ(PushersOf(clients.back(), "double_room", "nowhere").size(), 0U);
  }
  // After this time an exchange is abandoned, and the next one starts.
  constexpr std::chrono::seconds kMostOfAnExchange{3};
  for (bool is_seen = false; !is_seen && !HasFailure();) {
    const std::size_t before = wechat_.targets().size();
    ASSERT_TRUE(Eventually([&] { return wechat_.waiting() == 0; }));
    wechat_.Hold();
    const auto begun = std::chrono::steady_clock::now();
    std::vector<std::jthread> waiting;
    waiting.reserve(kLogins);
    for (std::size_t i = 0; i < kLogins; ++i) {
      waiting.emplace_back([&client = clients[i], code = "held" + std::to_string(i)] {
        EXPECT_EQ(Login(client, WithCode(code)).code(), kOk);
      });
    }
    EXPECT_TRUE(Eventually([&] { return wechat_.waiting() >= kMostExchanges; }));
    EXPECT_EQ(client_.Call("double_room", "create_room", CreateBody("u1")).code(), kOk);
    const std::size_t asked = wechat_.targets().size() - before;
    wechat_.Release();
    waiting.clear();
    is_seen = std::chrono::steady_clock::now() - begun < kMostOfAnExchange;
    if (!is_seen) continue;  // on a busy machine: try again
    EXPECT_EQ(asked, kMostExchanges) << "no further exchange";
    EXPECT_THAT(wechat_.targets(), testing::SizeIs(before + kLogins));
  }
}

TEST(OpenLogin, ReturnsTheSessionKeyIfConfigured) {
  WechatStandIn wechat;
  wechat.Answer("good", {kGoodAnswer});
  const ServerProcess server(LoginOptions(wechat, {{"wechat.expose_session_key", true}}));
  ApiClient client = server.Https();
  EXPECT_EQ(Login(client, WithCode("good")).Text("sessionKey"), "not for clients");
}

}  // namespace
}  // namespace rtcroom
