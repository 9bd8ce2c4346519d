// The endpoints under `utils` that an operator enables (protocol A.5, F.8).
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/router_fixture.h"

namespace rtcroom {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;

constexpr const char* kEndpoints[] = {"get_test_pushurl", "get_test_rtmpaccurl", "logfilelist",
                                      "getlogfile", "check_config"};
constexpr std::string_view kRefused =
    R"({"code":7,"message":"鉴权失败","detail":"Authorization: not the operator's token"})";

class UtilsEndpoints : public testing::Test {
 protected:
  UtilsEndpoints() {
    server_.utils.SwitchOn();
    server_.utils.token.Set(Secret("let me in"));
  }

  LabelledReply Get(const std::string& endpoint, std::string query = "",
                    std::string authorization = "Bearer let me in") {
    return server_.Send({.method = "GET",
                         .path = "/weapp/utils/" + endpoint,
                         .query = std::move(query),
                         .authorization = Secret(std::move(authorization))});
  }

  RouterFixture server_;
};

TEST_F(UtilsEndpoints, AreUnknownPathsWhenDisabled) {
  server_.utils.services.enabled = false;
  for (const char* endpoint : kEndpoints) {
    const LabelledReply reply = Get(endpoint);
    EXPECT_EQ(reply.status, 404) << endpoint;
    EXPECT_EQ(reply.body, R"({"code":1,"message":"请求参数错误","detail":"path: unknown"})");
    EXPECT_EQ(reply.label.endpoint, "unknown");
  }
}

TEST_F(UtilsEndpoints, RequireGet) {
  for (const char* endpoint : kEndpoints) {
    const LabelledReply reply = server_.Post(std::string("/weapp/utils/") + endpoint, "{}");
    EXPECT_EQ(reply.status, 405) << endpoint;
    EXPECT_THAT(reply.headers, Contains(Pair("Allow", "GET, OPTIONS"))) << endpoint;
  }
}

TEST_F(UtilsEndpoints, ReturnANewTestStreamEachTime) {
  EXPECT_EQ(Get("get_test_pushurl", "", "").body,
            R"({"code":0,"message":"请求成功","url_push":"rtmp://push/test1",)"
            R"("url_play_flv":"https://play/test1.flv","url_play_rtmp":"rtmp://play/test1",)"
            R"("url_play_hls":"https://play/test1.m3u8","url_play_acc":"rtmp://play/test1?fast"})");
  EXPECT_THAT(Get("get_test_pushurl", "", "").body, HasSubstr("rtmp://push/test2"));
}

TEST_F(UtilsEndpoints, ReturnTheUrlOfTheClockStream) {
  EXPECT_EQ(Get("get_test_rtmpaccurl", "", "").body,
            R"({"code":0,"message":"请求成功","url_rtmpacc":"rtmp://play/clock"})");
}

TEST_F(UtilsEndpoints, ReturnInternalErrorWithoutAHost) {
  server_.utils.test_streams.configured = false;
  EXPECT_EQ(Get("get_test_pushurl").label.code, 6);
  EXPECT_EQ(Get("get_test_rtmpaccurl").label.code, 6);
}

TEST_F(UtilsEndpoints, ServeLogsOnlyToTheOperator) {
  server_.utils.logs.files = std::vector<LogFile>{{.name = "secret.log", .bytes = 1}};
  server_.utils.logs.tail = std::string("secret");
  for (const char* authorization :
       {"", "Bearer", "Bearer ", "Bearer let me", "Bearer let me in ", "Bearer let me in,Bearer x",
        "Basic let me in", "let me in", "Bearer LET ME IN"}) {
    for (const char* endpoint : {"logfilelist", "getlogfile", "check_config"}) {
      const LabelledReply reply = Get(endpoint, "file=secret.log", authorization);
      EXPECT_EQ(reply.status, 200) << authorization;
      EXPECT_EQ(reply.body, kRefused) << endpoint << ": " << authorization;
    }
  }
  EXPECT_THAT(server_.utils.logs.asked, IsEmpty());
  EXPECT_EQ(server_.utils.config.times_asked, 0);
  EXPECT_EQ(Get("getlogfile", "file=secret.log", "bEARER  let me in").body, "secret");
}

TEST(UtilsInEveryMode, ServeLogsOnlyToTheOperator) {
  for (const AuthMode mode : {AuthMode::kOpen, AuthMode::kMixed, AuthMode::kToken}) {
    RouterFixture server{{.auth_mode = mode}};
    server.utils.SwitchOn();
    server.utils.token.Set(Secret("let me in"));
    static_cast<void>(server.sessions.LoginTrusted({"u1"}));
    const std::string user = FakeSessions::TokenOf("u1");
    const auto get = [&](const char* endpoint, const std::string& query, std::string shown) {
      return server.Send({.method = "GET",
                          .path = std::string("/weapp/utils/") + endpoint,
                          .query = "file=a.log&" + query,
                          .authorization = Secret(std::move(shown))});
    };
    for (const char* endpoint : {"logfilelist", "getlogfile", "check_config"}) {
      EXPECT_EQ(get(endpoint, "", "").body, kRefused) << endpoint;
      EXPECT_EQ(get(endpoint, "userID=u1&token=" + user, "").body, kRefused) << endpoint;
      EXPECT_EQ(get(endpoint, "", "Bearer " + user).body, kRefused) << endpoint;
      EXPECT_NE(get(endpoint, "", "Bearer let me in").body, kRefused) << endpoint;
    }
  }
}

TEST_F(UtilsEndpoints, ServeNoLogsWithoutAConfiguredToken) {
  server_.utils.token.Set(Secret());
  for (const char* authorization : {"", "Bearer ", "Bearer x"}) {
    EXPECT_EQ(Get("logfilelist", "", authorization).body, kRefused) << authorization;
    EXPECT_EQ(Get("getlogfile", "file=a", authorization).body, kRefused) << authorization;
  }
}

TEST_F(UtilsEndpoints, NeverReadTheTokenFromTheQuery) {
  EXPECT_EQ(Get("logfilelist", "token=let+me+in&access_token=let+me+in", "").body, kRefused);
}

TEST_F(UtilsEndpoints, ListLogFilesWithALinkEach) {
  server_.utils.logs.files = std::vector<LogFile>{{.name = "a.log", .bytes = 0},
                                                  {.name = "old/b c.log", .bytes = 1},
                                                  {.name = "c", .bytes = 2048}};
  server_.utils.services.log_link = "https://rooms.example/weapp/utils/getlogfile?file=";
  const LabelledReply reply = Get("logfilelist");
  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(
      reply.body,
      AllOf(HasSubstr("<a href=\"https://rooms.example/weapp/utils/getlogfile?file=a.log\">"
                      "a.log 0KB</a>"),
            HasSubstr("?file=old/b%20c.log\">old/b c.log 1KB</a>"), HasSubstr(">c 2KB</a>")));
  EXPECT_EQ(reply.label.code, 0);
  EXPECT_EQ(reply.label.endpoint, "logfilelist");
}

TEST_F(UtilsEndpoints, EscapeFileNames) {
  server_.utils.logs.files = std::vector<LogFile>{{.name = "<script>alert(1)</script>"},
                                                  {.name = "\" onmouseover='x()"},
                                                  {.name = "a&amp;\nb"}};
  const std::string html = Get("logfilelist").body;
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, Not(HasSubstr("\" on")));
  EXPECT_THAT(html, Not(HasSubstr("'")));
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt; 0KB</a>"));
  EXPECT_THAT(html, HasSubstr("?file=%3Cscript%3Ealert%281%29%3C/script%3E\">"));
  EXPECT_THAT(html, HasSubstr("?file=%22%20onmouseover%3D%27x%28%29\">"));
  EXPECT_THAT(html, HasSubstr("a&amp;amp;\xEF\xBF\xBD"
                              "b 0KB"));
}

TEST_F(UtilsEndpoints, SendPagesWithCspAndNosniff) {
  server_.utils.logs.tail = std::string("<script>");
  const LabelledReply list = Get("logfilelist");
  EXPECT_THAT(list.headers, Contains(Pair("Content-Type", "text/html; charset=utf-8")));
  const LabelledReply file = Get("getlogfile", "file=a.log");
  EXPECT_THAT(file.headers, Contains(Pair("Content-Type", "text/plain; charset=utf-8")));
  EXPECT_EQ(file.body, "<script>");
  for (const LabelledReply& reply : {list, file}) {
    EXPECT_THAT(reply.headers, Contains(Pair("X-Content-Type-Options", "nosniff")));
    EXPECT_THAT(reply.headers,
                Contains(Pair("Content-Security-Policy", HasSubstr("default-src 'none'"))));
    EXPECT_THAT(reply.headers, Contains(Pair("Cache-Control", "no-store")));
  }
}

TEST_F(UtilsEndpoints, DecodeTheLogFileNameOnce) {
  (void)Get("getlogfile", "file=a%2Fb+c%252e&file=second");
  EXPECT_THAT(server_.utils.logs.asked, ElementsAre("a/b c%2e"));
}

TEST_F(UtilsEndpoints, ReportAMissingLogFileWithoutItsName) {
  const LabelledReply reply = Get("getlogfile", "file=passwd");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, R"({"code":3,"message":"您请求的文件不存在"})");
  EXPECT_EQ(reply.label.failure, Errc::kFileNotFound);
}

TEST_F(UtilsEndpoints, ReportAMissingOrInvalidFileParameter) {
  for (const char* query : {"", "file", "file=", "FILE=a.log"}) {
    EXPECT_EQ(Get("getlogfile", query).label.failure_detail, "file: missing") << query;
  }
  EXPECT_EQ(Get("getlogfile", "file=a%00b").label.failure_detail, "query: holds a NUL");
  EXPECT_EQ(Get("getlogfile", "file=%FF").label.failure_detail, "query: not valid UTF-8");
  EXPECT_THAT(server_.utils.logs.asked, IsEmpty());
}

TEST_F(UtilsEndpoints, ReturnInternalErrorIfTheLogFolderIsUnreadable) {
  server_.utils.logs.files = Error{Errc::kUnavailable, "log folder: no"};
  server_.utils.logs.tail = Error{Errc::kUnavailable, "log folder: no"};
  EXPECT_EQ(Get("logfilelist").body, R"({"code":6,"message":"服务器内部错误"})");
  EXPECT_EQ(Get("getlogfile", "file=a").body, R"({"code":6,"message":"服务器内部错误"})");
}

TEST_F(UtilsEndpoints, ReportAValidConfiguration) {
  EXPECT_EQ(Get("check_config").body, R"({"code":0,"message":"请求成功","result":"检查正确"})");
}

TEST_F(UtilsEndpoints, ReportConfigurationFaults) {
  server_.utils.config.findings = {
      {.part = ConfigPart::kLiveKey, .fault = ConfigFault::kMissing},
      {.part = ConfigPart::kImKey, .fault = ConfigFault::kRefused, .error_code = 70009}};
  EXPECT_EQ(Get("check_config").body,
            R"({"code":6,"message":"服务器内部错误","result":"检查失败",)"
            R"("live":{"APIKey":"未配置，请检查 live.push_key"},)"
            R"("im":{"privateKey":"错误码 70009，请检查 im.secret_key, im.private_key_file"},)"
            R"("doc":"docs/protocol.md A.5"})");
}

TEST_F(UtilsEndpoints, KeyEachHintByItsSetting) {
  struct Row {
    ConfigPart part;
    const char* area;
    const char* culprit;
  };
  for (const Row& row :
       {Row{ConfigPart::kLiveAddress, "live", "appID"}, Row{ConfigPart::kLiveKey, "live", "APIKey"},
        Row{ConfigPart::kImApplication, "im", "sdkAppID"},
        Row{ConfigPart::kImAdministrator, "im", "administrator"},
        Row{ConfigPart::kImKey, "im", "privateKey"},
        Row{ConfigPart::kImService, "im", "service"}}) {
    server_.utils.config.findings = {{.part = row.part, .fault = ConfigFault::kUnreachable}};
    const auto reply = nlohmann::json::parse(Get("check_config").body);
    EXPECT_EQ(reply["code"], 6);
    EXPECT_EQ(reply["live"].size() + reply["im"].size(), 1U) << row.culprit;
    EXPECT_TRUE(reply[row.area].contains(row.culprit)) << row.culprit;
  }
}

TEST_F(UtilsEndpoints, CheckTheConfigurationWithoutAConfiguredToken) {
  server_.utils.token.Set(Secret());
  EXPECT_EQ(Get("check_config", "", "").label.code, 0);
}

}  // namespace
}  // namespace rtcroom
