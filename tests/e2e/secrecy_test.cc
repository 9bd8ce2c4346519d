// Secrets that neither the log nor any reply may contain (protocol F.8; replies: F.7).
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/room_calls.h"
#include "tests/e2e/utils_calls.h"
#include "tests/support/gen2_client.h"
#include "tests/support/im_stand_in.h"
#include "tests/support/raw_client.h"
#include "tests/support/wechat_stand_in.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using testing::HasSubstr;

/// Keys of the configuration, which no reply contains. (live.callback_key excludes
/// live.rtmp_callback_secret; the tests of callbacks look for it.)
const std::map<std::string, std::string> kKeys = {
    {"im.secret_key", "key-of-im-0123456789"},
    {"live.push_key", "key-of-pushing-0123456789"},
    {"live.play_key", "key-of-playing-0123456789"},
    {"live.api_key", "key-of-the-api-0123456789"},
    {"utils.admin_token", "token-of-the-operator"},
    {"grpc.token", "token-of-the-grpc"},
    {"wechat.secret", "secret-of-wechat"},
    {"admin.token", "token-of-the-admin-port"},
    {"im.callback_token", "token-of-im-callbacks"},
    {"live.secret_key", "key-of-the-cloud-0123456789"},
    {"live.rtmp_callback_secret", "secret-of-rtmp-callbacks"},
    {"trtc.secret_key", "key-of-trtc-0123456789"},
    {"trtc.callback_key", "key-of-trtc-callbacks"}};
constexpr const char* kSessionKey = "session-key-of-wechat";
constexpr const char* kGuessedBearer = "guessed-bearer-4711";
constexpr const char* kGuessedToken = "0123456789abcdef0123456789abcdef";
/// Of a URL that a client pushes to on another service.
constexpr const char* kClientsStreamKey = "stream-key-of-a-client-4711";

Settings SecretSettings(const WechatStandIn& wechat, const ImStandIn& im,
                        const std::string& log_format) {
  Settings settings = WithLogins({{"utils.enabled", true},
                                  {"auth.trust_userid", true},
                                  {"live.bizid", "8888"},
                                  {"auth.gen1_login", true},
                                  {"im.enabled", true},
                                  {"im.base_url", im.base_url()},
                                  {"wechat.app_id", "wx_app"},
                                  {"wechat.base_url", wechat.base_url()},
                                  {"log.format", log_format},
                                  {"log.level", "debug"}});
  for (const auto& [key, value] : kKeys) settings[key] = value;
  return settings;
}

/// The parameter is `log.format`.
class Secrecy : public testing::TestWithParam<std::string> {
 protected:
  Secrecy() {
    wechat_.Answer("login-code-1",
                   {json{{"openid", "o_Abc-1"}, {"session_key", kSessionKey}}.dump()});
  }

  /// Secrets returned in a reply must not appear anywhere else.
  void Learn(const std::string& what, const std::string& secret) {
    ASSERT_GE(secret.size(), 16U) << what;
    learned_[what + " #" + std::to_string(learned_.size())] = secret;
  }
  ApiReply Keep(ApiReply reply) {
    EXPECT_NE(reply.status, 0) << reply;
    replies_ += reply.text + "\n";
    for (const auto& [name, value] : reply.headers) replies_ += name + ": " + value + "\n";
    return reply;
  }
  ApiReply Call(const std::string& query, std::string_view kind, std::string_view endpoint,
                const json& body) {
    return Keep(client_.Call(kind, endpoint, body, query));
  }

  /// The ticket as it is, so that it would show in a log.
  ApiReply LogInBy(const std::string& ticket) {
    return client_.Call(
        "live_room", "login", json::object(),
        "sdkAppID=" + std::to_string(kTestAppId) + "&accountType=0&userID=u1&userSig=" + ticket);
  }

  void LearnFromLogins() {
    const ApiReply info = client_.Get("/weapp/utils/get_login_info?userID=u1");
    Learn("userSig", info.Text("userSig"));
    const ApiReply login = LogInBy(info.Text("userSig"));
    token_ = login.Text("token");
    Learn("token", token_);
    Learn("token's secret part", token_.substr(0, 32));
    const ApiReply gen1 = client_.Call("live_room", "login", json::object(), "userID=g1");
    Learn("token", gen1.Text("token").substr(0, 32));
    Learn("userSig", gen1.Text("userSig"));
    const ApiReply wechat = client_.Call("live_room", "get_im_login_info",
                                         {{"userIDPrefix", "weixin"}, {"code", "login-code-1"}});
    ASSERT_EQ(wechat.Text("userID"), "o_Abc-1") << wechat;
    Learn("userSig", wechat.Text("userSig"));
  }

  void LearnFromWebrtc() {
    const ApiReply info = client_.Call("webrtc_room", "get_login_info", {{"userID", "user_1"}});
    Learn("userSig", info.Text("userSig"));
    const ApiReply room =
        client_.Call("webrtc_room", "create_room", {{"userID", "user_1"}, {"roomInfo", "i"}});
    Learn("privateMapKey", room.Text("privateMapKey"));
    const ApiReply entered =
        client_.Call("webrtc_room", "enter_room", MemberBody(room.Text("roomID"), "user_2"));
    Learn("privateMapKey", entered.Text("privateMapKey"));
  }

  void LearnFromStreams(const std::string& query) {
    const ApiReply push = client_.Call("live_room", "get_push_url", {{"userID", "u1"}}, query);
    const std::string url = push.Text("pushURL");
    const std::size_t at = url.find("txSecret=");
    ASSERT_NE(at, std::string::npos) << push;
    Learn("txSecret", url.substr(at + 9, 32));
    json joining = PusherBody(query.empty() ? "g_room" : "r1", "u1");
    joining["pushURL"] = url;
    joining["roomName"] = "i";
    streams_.push_back(url);
    Call(query, "live_room", query.empty() ? "create_room" : "add_pusher", joining);
    for (const char* endpoint : {"get_pushers", "get_room_list", "pusher_heartbeat"}) {
      json body = MemberBody(joining["roomID"], "u1");
      body.update({{"cnt", 20}, {"index", 0}});
      Call(query, "live_room", endpoint, body);
    }
  }

  [[nodiscard]] std::string Query() const { return "userID=u1&token=" + token_; }

  /// Secrets in wrong places, or wrong secrets.
  void Misplace() {
    for (const std::string& query :
         {Query(), "userID=u2&token=" + token_, std::string("userID=u1&token=") + kGuessedToken,
          std::string("userID=u1&token=") + kGuessedToken + "*1*MA==", "token=" + token_}) {
      for (const char* endpoint : {"get_pushers", "create_room", "merge_stream", "nothing"}) {
        Call(query, "live_room", endpoint, {{"userID", "u1"}, {"token", token_}});
      }
      Keep(client_.Get("/weapp/live_room/get_pushers?" + query));
      Keep(client_.Send({.target = "/weapp/live_room/get_pushers?" + query, .body = "{" + token_}));
      Keep(client_.Send({.method = "OPTIONS", .target = "/nowhere?" + query}));
    }
    for (const std::string& bearer : {kKeys.at("utils.admin_token"), std::string(kGuessedBearer)}) {
      for (const char* endpoint :
           {"logfilelist", "getlogfile?file=a.log", "check_config", "get_pushers"}) {
        Keep(Get(client_, endpoint, bearer));
      }
      ApiClient admin = server_.Admin();
      Keep(admin.Send({.method = "GET",
                       .target = "/metrics",
                       .content_type = "",
                       .headers = {{"Authorization", "Bearer " + bearer}}}));
    }
    LogInBy(learned_.begin()->second);
    for (const std::string& line :
         {"POST /weapp/live_room/login?" + Query() + " HTTP/1.1\r\nHost : x\r\n\r\n",
          "POST /weapp/live_room/login?" + Query() + "\r\n\r\n",
          "GET /" + token_ + std::string(9000, 'a') + " HTTP/1.1\r\n\r\n",
          "POST /weapp/live_room/login?" + Query() + " HTTP/1.1\r\nAuthorization: Bearer " +
              kGuessedBearer + "\r\nTransfer-Encoding: chunked\r\n\r\n"}) {
      RawClient raw("127.0.0.1:" + std::to_string(server_.PortOf("http")));
      raw.Send(line);
      replies_ += raw.Receive().body + "\n";
    }
  }

  /// Outside services fail, and the failures are logged.
  void ProvokeErrors() {
    json joining = PusherBody("g_room", "u9");
    joining["pushURL"] = std::string("rtmp://elsewhere.invalid/live/x?key=") + kClientsStreamKey;
    Call("", "live_room", "add_pusher", joining);
    im_.Behave(ImConduct::Status(500));
    json creating = CreateBody("u8");
    creating["pushURL"] = joining["pushURL"];
    Call("", "live_room", "create_room", creating);
    im_.Behave(ImConduct::Well());
    Call("", "live_room", "create_room", creating);
    wechat_.Answer("login-code-2", {"no JSON " + std::string(kSessionKey)});
    Keep(client_.Call("live_room", "get_im_login_info",
                      {{"userIDPrefix", "weixin"}, {"code", "login-code-2"}}));
    for (const ImCall& call : im_.calls()) Learn("the administrator's ticket", call.user_sig);
  }

  /// Calls to the admin and gRPC listeners, with and without authorisation.
  void AskTheOperatorsListeners() {
    ApiClient admin = server_.Admin();
    for (const std::string& token : {kKeys.at("admin.token"), std::string(kGuessedBearer)}) {
      for (const char* path : {"/metrics", "/readyz", "/healthz", "/", "/console", "/console/",
                               "/api/rooms", "/nothing"}) {
        const std::string target = std::string(path) + "?token=" + token;
        for (const char* method : {"GET", "POST"}) {
          Keep(admin.Send(
              {.method = method,
               .target = target,
               .body = json{{"token", token}}.dump(),
               .headers = {{"Authorization", "Bearer " + token}, {"Cookie", "token=" + token}}}));
        }
      }
    }
    const std::string target = server_.AddressOf("grpc");
    for (const std::string& token : {kKeys.at("grpc.token"), std::string(kGuessedBearer)}) {
      for (const std::string what : {"list", "show live g_room", "kick live g_room u9"}) {
        const FinishedCommand ended = RunToEnd(
            {.program = "/bin/sh",
             .arguments = {"-c", ServerBinary().string() + " rooms " + what + " --config " +
                                     server_.config_file().string() + " --target " + target},
             .environment = {{"RTCROOMD_GRPC_TOKEN", token}}});
        replies_ += ended.out + ended.err;
      }
    }
  }

  WechatStandIn wechat_;
  ImStandIn im_;
  ServerProcess server_{{.settings = SecretSettings(wechat_, im_, GetParam())}};
  ApiClient client_ = server_.Https();
  std::string token_;
  std::vector<std::string> streams_;  ///< push URLs: returned only to their own pusher
  std::map<std::string, std::string> learned_;
  std::string replies_;  ///< all replies that must not contain a secret
};

TEST_P(Secrecy, CoversLogsAndRepliesOfAWholeRun) {
  ASSERT_NO_FATAL_FAILURE(LearnFromLogins());
  ASSERT_NO_FATAL_FAILURE(LearnFromWebrtc());
  ASSERT_NO_FATAL_FAILURE(LearnFromStreams(""));
  ASSERT_NO_FATAL_FAILURE(LearnFromStreams(Query()));
  Misplace();
  ProvokeErrors();
  AskTheOperatorsListeners();
  Call(Query(), "live_room", "logout", json::object());
  EXPECT_EQ(server_.Terminate(), 0);

  const std::string log = server_.Log();
  ASSERT_THAT(log, HasSubstr("get_pushers")) << "at level debug, each call is logged";
  ASSERT_THAT(log, HasSubstr("grpc_unauthenticated"));
  ASSERT_THAT(log, HasSubstr("wechat_answer_unreadable"));
  ASSERT_THAT(replies_, HasSubstr("rtcroomd_requests_total"));
  ASSERT_THAT(replies_, HasSubstr("accelerateURL"));
  for (const auto& [what, secret] : kKeys) {
    EXPECT_EQ(log.find(secret), std::string::npos) << what;
    EXPECT_EQ(replies_.find(secret), std::string::npos) << what;
  }
  for (const auto& [what, secret] : learned_) {
    EXPECT_EQ(log.find(secret), std::string::npos) << what << ": " << secret;
    EXPECT_EQ(replies_.find(secret), std::string::npos) << what << ": " << secret;
  }
  for (const std::string& url : streams_) EXPECT_EQ(log.find(url), std::string::npos) << url;
  for (const char* word :
       {kSessionKey, kGuessedBearer, kGuessedToken, kClientsStreamKey, "login-code-1",
        "login-code-2", "txSecret", "token=", "Bearer", "rtmp://"}) {
    EXPECT_EQ(log.find(word), std::string::npos) << word;
  }
  for (const char* word : {kSessionKey, kGuessedBearer, kGuessedToken, "sessionKey"}) {
    EXPECT_EQ(replies_.find(word), std::string::npos) << word;
  }
}

INSTANTIATE_TEST_SUITE_P(LogFormats, Secrecy, testing::Values("json", "text"),
                         [](const auto& param_info) { return param_info.param; });

}  // namespace
}  // namespace rtcroom
