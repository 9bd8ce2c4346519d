// GET get_login_info, through the public API (protocol B.7).
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/room_calls.h"
#include "tests/e2e/utils_calls.h"
#include "tests/support/wechat_stand_in.h"

namespace rtcroom {
namespace {

using testing::MatchesRegex;

constexpr const char* kFreshId = "user_[0-9a-f]{8}_[0-9a-f]{4}";

TEST(UtilsLogin, IsServedWithUtilsDisabled) {
  const ServerProcess server{{.settings = {{"im.sdk_app_id", 1400000001},
                                           {"im.secret_key", "a key for tests"},
                                           {"auth.mode", "token"}}}};
  ApiClient client = server.Https();
  std::set<std::string> guests;
  for (int i = 0; i < 5; ++i) {
    const ApiReply reply = Get(client, "get_login_info?userIDPrefix=weixin&userID=somebody");
    ASSERT_EQ(reply.code(), kOk) << reply;
    EXPECT_THAT(reply.Text("userID"), MatchesRegex(kFreshId));
    EXPECT_EQ(reply.json["sdkAppID"], 1400000001);
    EXPECT_EQ(reply.Text("accType"), "0");
    EXPECT_FALSE(reply.Text("userSig").empty());
    guests.insert(reply.Text("userID"));
  }
  EXPECT_EQ(guests.size(), 5U);
}

TEST(UtilsLogin, UsesTheOpenidAsUserId) {
  WechatStandIn wechat;
  wechat.Answer("c 1", {R"({"openid":"o_Abc-1","session_key":"not for clients"})"});
  wechat.Answer("risky", {R"({"errcode":40226,"errmsg":"code blocked"})"});
  const ServerProcess server{{.settings = {{"im.sdk_app_id", 1400000001},
                                           {"im.secret_key", "a key for tests"},
                                           {"wechat.app_id", "wx_app"},
                                           {"wechat.secret", "wx_secret"},
                                           {"wechat.expose_session_key", true},
                                           {"wechat.base_url", wechat.base_url()}}}};
  ApiClient client = server.Https();
  const ApiReply good = Get(client, "get_login_info?userIDPrefix=weixin&code=c%201&userID=");
  EXPECT_EQ(good.Text("userID"), "o_Abc-1") << good;
  EXPECT_FALSE(good.json.contains("sessionKey"));
  EXPECT_EQ(Get(client, "get_login_info?code=risky").code(), 7);
  EXPECT_THAT(Get(client, "get_login_info?code=bad").Text("userID"), MatchesRegex(kFreshId));
}

TEST(UtilsLogin, SignsForAClaimedIdOnlyIfTrusted) {
  const ServerProcess server{{.settings = {{"im.sdk_app_id", 1400000001},
                                           {"im.secret_key", "a key for tests"},
                                           {"auth.trust_userid", true},
                                           {"auth.deny_user_ids", {"root"}}}}};
  ApiClient client = server.Https();
  EXPECT_EQ(Get(client, "get_login_info?userID=some%62ody").Text("userID"), "somebody");
  for (const char* denied : {"administrator", "root", "%61dministrator", "a%20b"}) {
    const ApiReply reply = Get(client, std::string("get_login_info?userID=") + denied);
    EXPECT_EQ(reply.code(), kBadParameter) << denied;
    EXPECT_FALSE(reply.json.contains("userSig"));
  }
}

TEST(UtilsLogin, IsRateLimitedByAddress) {
  const ServerProcess server{{.settings = {{"im.sdk_app_id", 1400000001},
                                           {"im.secret_key", "a key for tests"},
                                           {"limits.per_address_rate", "1/s"},
                                           {"limits.per_address_burst", 2}}}};
  ApiClient client = server.Https();
  std::vector<int> codes;
  for (int i = 0; i < 20; ++i) codes.push_back(Get(client, "get_login_info").code());
  EXPECT_EQ(codes.front(), kOk);
  EXPECT_THAT(codes, testing::Contains(kInternalFailure));
}

}  // namespace
}  // namespace rtcroom
