// The five authentication failures, at every endpoint of gen-2 (protocol B.1, B.2).
#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/expected_reply.h"
#include "tests/e2e/room_calls.h"
#include "tests/e2e/seen_state.h"
#include "tests/support/endpoint_fields.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using nlohmann::json;

/// An invalid query, and the expected reply.
struct BadQuery {
  std::string what = {};
  std::string query = {};
  ExpectedReply expected = {};
};

/// Every call of gen-2 that needs a token.
std::vector<EndpointCall> AuthorizedCalls() {
  std::vector<EndpointCall> calls = AllCalls();
  std::erase_if(calls, [](const EndpointCall& call) { return !call.needs_token; });
  return calls;
}

std::string Changed(std::string token, std::size_t at) {
  token.at(at) = token.at(at) == '0' ? '1' : '0';
  return token;
}

class AuthFailures : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    json joining = PusherBody("r1", "u1");
    ASSERT_EQ(CallAs(client_, user_, "live_room", "add_pusher", joining).code(), kOk);
    const Account gone = LogIn(client_, "gone");
    ASSERT_EQ(CallAs(client_, gone, "live_room", "logout", json::object()).code(), kOk);
    gone_ = gone;
  }

  [[nodiscard]] std::vector<BadQuery> BadQueries() const {
    using namespace sentences;
    const std::string& token = user_.token;
    const std::string secret = token.substr(0, 32);
    const std::string account = token.substr(token.rfind('*'));
    const auto as = [](const std::string& user, const std::string& its_token) {
      return "userID=" + user + "&token=" + its_token;
    };
    std::vector<BadQuery> queries = {
        {"another's token", as("u1", other_.token), kWrongToken},
        {"a token for another", as("u2", token), kWrongToken},
        {"a guessed token", as("u1", Changed(token, 0)), kWrongToken},
        {"a token that a login replaced", as("u1", replaced_.token), kWrongToken},
        {"the first of two users", "userID=u2&" + as("u1", token), kWrongToken},
        {"nobody's userID", as("nobody", token), kNoSession},
        {"a session that ended", gone_.Query(), kNoSession},
        {"no user", "token=" + token, kNoCredentials},
        {"an empty user", as("", token), kNoCredentials},
        {"no token", "userID=u1", kNoCredentials},
        {"an empty token", as("u1", ""), kNoCredentials},
        {"nothing but keys", "userID&token", kNoCredentials},
        {"keys in another case", "userid=u1&TOKEN=" + token + "&token", kNoCredentials},
        {"another app", as("u1", secret + "*1" + account), kUnknownApp},
        {"another account type", as("u1", token.substr(0, token.rfind('*')) + "*MQ=="),
         kUnknownApp}};
    for (const std::string& malformed :
         {std::string("x"), std::string("undefined"), secret, token.substr(1), token + "*",
          token + "*x", secret + "**" + account, std::string(1000, 'a'), "%00" + token.substr(1),
          std::string("'%20or%20''='")}) {
      queries.push_back({"the token " + malformed, as("u1", malformed), kMalformedToken});
    }
    return queries;
  }

  ServerProcess server_{{.settings = LoginSettings({{"auth.mode", GetParam()}})}};
  ApiClient client_ = server_.Https();
  const Account replaced_ = LogIn(client_, "u1");
  const Account user_ = LogIn(client_, "u1");
  const Account other_ = LogIn(client_, "u2");
  Account gone_;
};

INSTANTIATE_TEST_SUITE_P(Modes, AuthFailures, testing::Values("mixed", "token"),
                         [](const auto& param_info) { return std::string(param_info.param); });

TEST_P(AuthFailures, AreReportedByEveryEndpointWithoutSideEffects) {
  const std::string before = SeenState(client_, user_, "r1");
  for (const EndpointCall& call : AuthorizedCalls()) {
    for (const std::string_view kind : call.areas) {
      for (const BadQuery& bad : BadQueries()) {
        EXPECT_TRUE(IsReply(CallWith(client_, bad.query, kind, call.endpoint, GoodBody(call)),
                            bad.expected))
            << kind << " " << call << ": " << bad.what;
      }
    }
  }
  EXPECT_EQ(SeenState(client_, user_, "r1"), before);
}

TEST_P(AuthFailures, TakePrecedenceOverBodyErrors) {
  const std::string target = "/weapp/live_room/add_pusher?userID=u1&token=x";
  for (const char* body : {"{}", "{", "[]", "\xff", R"({"userID":"u2"})"}) {
    EXPECT_TRUE(IsReply(client_.Send({.target = target, .body = body}), sentences::kMalformedToken))
        << body;
  }
}

TEST_P(AuthFailures, IncludeAUserIdOfAnotherUserInTheBody) {
  for (const EndpointCall& call : AuthorizedCalls()) {
    json body = GoodBody(call);
    body["userID"] = "u1";
    EXPECT_TRUE(
        IsReply(CallAs(client_, other_, "live_room", call.endpoint, body), sentences::kWrongToken))
        << call;
  }
  EXPECT_TRUE(
      IsReply(CallAs(client_, user_, "live_room", "pusher_heartbeat", MemberBody("r1", "u1")),
              sentences::kSuccess));
}

TEST_P(AuthFailures, UseTheFirstOfRepeatedKeysDecodedOnce) {
  const auto beats = [this](const std::string& query) {
    return CallWith(client_, query, "live_room", "pusher_heartbeat", MemberBody("r1", "u1"));
  };
  EXPECT_TRUE(IsReply(beats(user_.Query() + "&userID=u2&token=x"), sentences::kSuccess));
  EXPECT_TRUE(IsReply(beats("x=/&&=&userID=%75%31&token=" + user_.token), sentences::kSuccess));
  EXPECT_TRUE(IsReply(beats("userID=%2575%2531&token=" + user_.token), sentences::kNoSession));
}

TEST_P(AuthFailures, NameTheFaultOfATicket) {
  const std::string ticket = TicketOf(client_, "u3");
  const auto logs_in = [this](const std::string& query) {
    return CallWith(client_, query, "multi_room", "login", json::object());
  };
  const auto expect = [&](const std::string& query, const std::string& result) {
    const ApiReply reply = logs_in(query);
    EXPECT_TRUE(IsReply(reply, sentences::kNotAuthorised, "login")) << query;
    EXPECT_EQ(reply.Text("result"), result) << query;
  };
  const std::string incomplete =
      "请求参数不全，请检查sdkAppID，accountType，userID，userSig参数是否都存在";
  const std::string app = "sdkAppID=" + std::to_string(kSdkAppId);
  expect(app, incomplete);
  expect("userSig=" + ticket, incomplete);
  expect(app + "&accountType=0&userID=u3", incomplete);
  expect(app + "&accountType=0&userSig=" + ticket, incomplete);
  expect(app + "&userID=u3&userSig=" + ticket, incomplete);
  expect("accountType=0&userID=u3&userSig=" + ticket, incomplete);
  expect(LoginQueryOf("u3", ""), incomplete);
  expect(LoginQueryOf("", ticket), incomplete);
  for (const char* garbage : {"x", "eJyrVg", "*-_", "%00", "undefined"}) {
    expect(LoginQueryOf("u3", garbage), "userSig 格式不正确");
  }
  expect("sdkAppID=1400000002&accountType=0&userID=u3&userSig=" + ticket,
         "sdkAppID 和userSig中的信息不一致");
  expect(LoginQueryOf("u4", ticket), "userID 和userSig中的信息不一致");
  const ApiReply good = logs_in(LoginQueryOf("u3", ticket));
  EXPECT_TRUE(IsReply(good, sentences::kSuccess));
  EXPECT_THAT(good.Text("token"),
              testing::MatchesRegex("[0-9a-f]{32}[*][0-9a-f]+[*][A-Za-z0-9=]+"));
}

}  // namespace
}  // namespace rtcroom
