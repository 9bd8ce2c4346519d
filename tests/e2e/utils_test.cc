// The endpoints under `utils`, seen from outside (protocol A.5, B.7, F.8).
#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/e2e/room_calls.h"
#include "tests/support/eventually.h"
#include "tests/support/im_stand_in.h"
#include "tests/support/server_process.h"
#include "tests/support/wechat_stand_in.h"

namespace rtcroom {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

constexpr const char* kFreshId = "user_[0-9a-f]{8}_[0-9a-f]{4}";
constexpr const char* kToken = "token-of-the-operator";

Settings UtilsSettings(Settings settings = {}) {
  settings.merge(Settings{{"utils.enabled", true},
                          {"utils.admin_token", kToken},
                          {"im.sdk_app_id", 1400000001},
                          {"im.secret_key", "a key for tests"},
                          {"live.bizid", "8888"},
                          {"live.push_key", "testpushkey0123456789"},
                          {"live.api_key", "testapikey0123456789"}});
  return settings;
}

ApiReply Get(ApiClient& client, const std::string& endpoint, const std::string& token = "") {
  ApiRequest request{.method = "GET", .target = "/weapp/utils/" + endpoint, .content_type = ""};
  if (!token.empty()) request.headers = {{"Authorization", "Bearer " + token}};
  return client.Send(request);
}

ApiReply PostLoginInfo(ApiClient& client, const nlohmann::json& body) {
  return client.Send({.target = "/weapp/utils/get_login_info", .body = body.dump()});
}

TEST(UtilsOff, AreUnknownPathsByDefault) {
  const ServerProcess server;
  ApiClient client = server.Https();
  for (const char* endpoint : {"get_test_pushurl", "get_test_rtmpaccurl", "logfilelist",
                               "getlogfile?file=a", "check_config"}) {
    const ApiReply reply = Get(client, endpoint, kToken);
    EXPECT_EQ(reply.status, 404) << endpoint;
    EXPECT_EQ(reply.code(), kBadParameter) << endpoint;
  }
  EXPECT_EQ(PostLoginInfo(client, {{"time", 60}, {"userID", "u1"}}).code(), 7);
}

TEST(UtilsOff, SignAGuestIn) {
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

TEST(UtilsLogin, MakesTheOpenidTheUserId) {
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

TEST(UtilsLogin, SignsForAClaimedIdOnlyWhereThatIsTrusted) {
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

/// A server with logs, a link that leads out of them, and a secret beside them.
class Utils : public testing::Test {
 protected:
  Utils() {
    fs::create_directories(logs_ / "old");
    std::ofstream(logs_ / "a.log") << "first\nsecond\n";
    std::ofstream(logs_ / "old" / "<b>.log") << "old\n";
    std::ofstream(directory_.path() / "secret") << "secret\n";
    fs::create_symlink(directory_.path() / "secret", logs_ / "link");
    fs::create_directory_symlink(directory_.path(), logs_ / "linked");
  }

  const TempDirectory directory_;
  const fs::path logs_ = directory_.path() / "logs";
  ServerProcess server_{
      {.settings = UtilsSettings(
           {{"utils.log_dir", logs_.string()}, {"utils.public_url", "https://rooms.example"}})}};
  ApiClient client_ = server_.Https();
};

TEST_F(Utils, GiveTestStreams) {
  const ApiReply first = Get(client_, "get_test_pushurl");
  ASSERT_EQ(first.code(), kOk) << first;
  EXPECT_THAT(first.Text("url_push"),
              MatchesRegex("rtmp://8888.livepush.myqcloud.com/live/8888_test_[0-9a-f]{16}"
                           ".bizid=8888&txSecret=[0-9a-f]{32}&txTime=[0-9A-F]{8}"));
  EXPECT_THAT(first.Text("url_play_flv"), testing::EndsWith(".flv"));
  EXPECT_THAT(first.Text("url_play_rtmp"), testing::StartsWith("rtmp://8888.liveplay."));
  EXPECT_THAT(first.Text("url_play_hls"), testing::EndsWith(".m3u8"));
  EXPECT_THAT(first.Text("url_play_acc"), HasSubstr("txSecret="));
  EXPECT_NE(Get(client_, "get_test_pushurl").Text("url_push"), first.Text("url_push"));
  EXPECT_THAT(Get(client_, "get_test_rtmpaccurl").Text("url_rtmpacc"),
              HasSubstr("/live/8888_testclock_rtmpacc?bizid=8888&txSecret="));
}

TEST_F(Utils, SignLoginInfo) {
  const ApiReply reply = PostLoginInfo(client_, {{"time", "3600"}, {"userID", "user_0001"}});
  ASSERT_EQ(reply.code(), kOk) << reply;
  EXPECT_EQ(reply.Text("userID"), "user_0001");
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto ends = reply.json["txTime"].get<std::int64_t>();
  EXPECT_LE(ends, now.time_since_epoch().count() + 3600);
  EXPECT_GT(ends, now.time_since_epoch().count() + 3500);
  EXPECT_THAT(reply.Text("sign"), MatchesRegex("[0-9a-f]{32}"));
  EXPECT_EQ(PostLoginInfo(client_, {{"userID", "u1"}}).code(), kBadParameter);
}

TEST_F(Utils, ListAndShowLogsToTheOperator) {
  const ApiReply list = Get(client_, "logfilelist", kToken);
  EXPECT_EQ(list.status, 200);
  EXPECT_EQ(list.headers.at("content-type"), "text/html; charset=utf-8");
  EXPECT_EQ(list.headers.at("x-content-type-options"), "nosniff");
  EXPECT_THAT(list.headers.at("content-security-policy"), HasSubstr("default-src 'none'"));
  EXPECT_THAT(list.text,
              HasSubstr("href=\"https://rooms.example/weapp/utils/getlogfile?file=a.log\">a.log "
                        "1KB</a>"));
  EXPECT_THAT(list.text, HasSubstr("file=old/%3Cb%3E.log\">old/&lt;b&gt;.log 1KB</a>"));
  EXPECT_THAT(list.text, Not(HasSubstr("link")));

  const ApiReply file = Get(client_, "getlogfile?file=a.log", kToken);
  EXPECT_EQ(file.text, "first\nsecond\n");
  EXPECT_EQ(file.headers.at("content-type"), "text/plain; charset=utf-8");
  EXPECT_EQ(file.headers.at("x-content-type-options"), "nosniff");
  EXPECT_EQ(Get(client_, "getlogfile?file=old/%3Cb%3E.log", kToken).text, "old\n");
}

TEST_F(Utils, ShowNothingButLogs) {
  for (const char* name :
       {"../secret", "..%2Fsecret", "%2e%2e/secret", "%252e%252e%252fsecret", "/etc/passwd",
        "%2fetc%2fpasswd", "link", "linked/secret", "old", "old/../a.log", "nothing", "./a.log"}) {
    const ApiReply reply = Get(client_, std::string("getlogfile?file=") + name, kToken);
    EXPECT_EQ(reply.status, 200) << name;
    EXPECT_EQ(reply.text, R"({"code":3,"message":"您请求的文件不存在"})") << name;
  }
  EXPECT_EQ(Get(client_, "getlogfile?file=a.log%00", kToken).code(), kBadParameter);
  EXPECT_EQ(Get(client_, "getlogfile", kToken).code(), kBadParameter);
}

TEST_F(Utils, RefuseWhoIsNotTheOperatorAndTellTheLogNoToken) {
  for (const char* endpoint : {"logfilelist", "getlogfile?file=a.log", "check_config"}) {
    EXPECT_EQ(Get(client_, endpoint).code(), 7) << endpoint;
    EXPECT_EQ(Get(client_, endpoint, "guessed-wrong").code(), 7) << endpoint;
  }
  EXPECT_EQ(Get(client_, "logfilelist", kToken).status, 200);
  EXPECT_THAT(server_.Log(), HasSubstr("logfilelist"));
  EXPECT_THAT(server_.Log(), Not(HasSubstr(kToken)));
  EXPECT_THAT(server_.Log(), Not(HasSubstr("guessed-wrong")));
}

TEST_F(Utils, TakeUpAnotherTokenWithoutARestart) {
  std::string text = ReadWholeFile(server_.config_file());
  const std::string fresh = "another-token";
  text.replace(text.find(kToken), std::string(kToken).size(), fresh);
  std::ofstream(server_.config_file()) << text;
  server_.Signal(SIGHUP);
  EXPECT_TRUE(Eventually([&] { return Get(client_, "getlogfile?file=a.log", fresh).code() != 7; }));
  EXPECT_EQ(Get(client_, "logfilelist", kToken).code(), 7);
}

TEST(UtilsLogs, AreForNobodyWithoutAToken) {
  const ServerProcess server{
      {.settings = UtilsSettings({{"utils.admin_token", ""}, {"utils.log_dir", "/"}})}};
  ApiClient client = server.Https();
  EXPECT_EQ(Get(client, "logfilelist").code(), 7);
  EXPECT_EQ(Get(client, "getlogfile?file=etc/passwd", "x").code(), 7);
  EXPECT_EQ(Get(client, "check_config").code(), kOk);
}

TEST(UtilsCheck, NamesWhatIsNotConfigured) {
  const ServerProcess server{{.settings = {{"utils.enabled", true}}}};
  ApiClient client = server.Https();
  const ApiReply reply = Get(client, "check_config");
  EXPECT_EQ(reply.code(), kInternalFailure);
  EXPECT_EQ(reply.Text("result"), "检查失败");
  EXPECT_TRUE(reply.json["live"].contains("appID")) << reply;
  EXPECT_TRUE(reply.json["im"].contains("sdkAppID")) << reply;
  EXPECT_TRUE(reply.json["im"].contains("privateKey")) << reply;
  EXPECT_FALSE(reply.Text("doc").empty());
}

class CheckOfIm : public testing::Test {
 protected:
  ApiReply Check() { return Get(client_, "check_config", kToken); }

  ImStandIn im_;
  ServerProcess server_{
      {.settings = UtilsSettings({{"im.enabled", true}, {"im.base_url", im_.base_url()}})}};
  ApiClient client_ = server_.Https();
};

TEST_F(CheckOfIm, AsksOneQuestionThatLeavesNothingBehind) {
  const ApiReply reply = Check();
  EXPECT_EQ(reply.text, R"({"code":0,"message":"请求成功","result":"检查正确"})");
  EXPECT_EQ(im_.questions(), 1U);
  EXPECT_TRUE(im_.calls().empty());
  EXPECT_EQ(im_.bad_requests(), 0U);
}

TEST_F(CheckOfIm, HintsAtTheCulpritAndTellsNoSecret) {
  struct Row {
    int error_code;
    const char* culprit;
  };
  for (const Row& row :
       {Row{70020, "sdkAppID"}, Row{60010, "administrator"}, Row{70009, "privateKey"}}) {
    im_.BehaveForQuestions(ImConduct::ErrorCode(row.error_code));
    const ApiReply reply = Check();
    EXPECT_EQ(reply.code(), kInternalFailure);
    EXPECT_EQ(reply.Text("result"), "检查失败");
    EXPECT_EQ(reply.json["im"].size(), 1U) << reply;
    EXPECT_TRUE(reply.json["im"].contains(row.culprit)) << reply;
    EXPECT_THAT(reply.text, Not(HasSubstr("a key for tests")));
    EXPECT_THAT(reply.text, Not(HasSubstr("testpushkey")));
  }
}

TEST_F(CheckOfIm, SaysThatTheServiceIsNotThere) {
  im_.GoDown();
  const ApiReply reply = Check();
  EXPECT_EQ(reply.code(), kInternalFailure);
  EXPECT_TRUE(reply.json["im"].contains("service")) << reply;
}

TEST_F(CheckOfIm, HoldsNobodyElseUpWhileTheServiceHangs) {
  im_.BehaveForQuestions(ImConduct::Saying(ImConduct::Reply::kHang));
  std::vector<std::jthread> waiting;
  for (int i = 0; i < 80; ++i) {  // more than there are workers
    waiting.emplace_back([this, client = server_.Https()]() mutable {
      EXPECT_EQ(Get(client, "check_config", kToken).code(), kOk);
    });
  }
  ASSERT_TRUE(Eventually([this] { return im_.questions() == 1; }));
  EXPECT_EQ(client_.Call("double_room", "create_room", CreateBody("u1", "r1")).code(), kOk);
  im_.BehaveForQuestions(ImConduct::Well());
  im_.Release();
}

}  // namespace
}  // namespace rtcroom
