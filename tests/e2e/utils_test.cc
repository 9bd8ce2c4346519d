// Test streams and logs under `utils`, through the public API (protocol A.5, F.8).
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/e2e/room_calls.h"
#include "tests/e2e/utils_calls.h"
#include "tests/support/eventually.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

ApiReply PostLoginInfo(ApiClient& client, const nlohmann::json& body) {
  return client.Send({.target = "/weapp/utils/get_login_info", .body = body.dump()});
}

TEST(UtilsDisabled, AreUnknownPathsByDefault) {
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

/// A server with logs, a link that leads outside of them, and a secret beside them.
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

TEST_F(Utils, ReturnTestStreams) {
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

TEST_F(Utils, ServeLogsToTheOperator) {
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

TEST_F(Utils, ServeOnlyLogs) {
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

TEST_F(Utils, RefuseOtherCallersWithoutLoggingTheirToken) {
  for (const char* endpoint : {"logfilelist", "getlogfile?file=a.log", "check_config"}) {
    EXPECT_EQ(Get(client_, endpoint).code(), 7) << endpoint;
    EXPECT_EQ(Get(client_, endpoint, "guessed-wrong").code(), 7) << endpoint;
  }
  EXPECT_EQ(Get(client_, "logfilelist", kToken).status, 200);
  const std::string log = server_.StopAndReadLog();
  EXPECT_THAT(log, HasSubstr("logfilelist"));
  EXPECT_THAT(log, Not(HasSubstr(kToken)));
  EXPECT_THAT(log, Not(HasSubstr("guessed-wrong")));
}

TEST_F(Utils, ReloadTheTokenWithoutARestart) {
  std::string text = ReadWholeFile(server_.config_file());
  const std::string fresh = "another-token";
  text.replace(text.find(kToken), std::string(kToken).size(), fresh);
  std::ofstream(server_.config_file()) << text;
  server_.Signal(SIGHUP);
  EXPECT_TRUE(Eventually([&] { return Get(client_, "getlogfile?file=a.log", fresh).code() != 7; }));
  EXPECT_EQ(Get(client_, "logfilelist", kToken).code(), 7);
}

TEST(UtilsLogs, AreRefusedWithoutAConfiguredToken) {
  const ServerProcess server{
      {.settings = UtilsSettings({{"utils.admin_token", ""}, {"utils.log_dir", "/"}})}};
  ApiClient client = server.Https();
  EXPECT_EQ(Get(client, "logfilelist").code(), 7);
  EXPECT_EQ(Get(client, "getlogfile?file=etc/passwd", "x").code(), 7);
  EXPECT_EQ(Get(client, "check_config").code(), kOk);
}

}  // namespace
}  // namespace rtcroom
