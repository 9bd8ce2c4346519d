// Logging in with a ticket of either version (protocol B.1, D.1, D.2), over TLS.
#include <chrono>
#include <cstdint>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/auth/user_sig_envelope.h"
#include "tests/e2e/gen2_calls.h"
#include "tests/e2e/ticket_signers.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;

constexpr const char* kIncomplete =
    "请求参数不全，请检查sdkAppID，accountType，userID，userSig参数是否都存在";
constexpr const char* kMalformed = "userSig 格式不正确";
constexpr const char* kOtherApp = "sdkAppID 和userSig中的信息不一致";
constexpr const char* kOtherUser = "userID 和userSig中的信息不一致";
constexpr const char* kExpired = "userSig过期";
constexpr const char* kBadSignature = "签名验证失败";

class LoginWithTicket : public testing::TestWithParam<TicketSigner> {
 protected:
  static void SetUpTestSuite() {
    directory_ = new TempDirectory;
    const auto public_key = directory_->path() / "public.pem";
    std::ofstream(public_key) << PublicTicketKey();
    server_ =
        new ServerProcess({.settings = WithLogins({{"im.public_key_file", public_key.string()},
                                                   {"auth.deny_user_ids", {"denied_one"}}})});
  }
  static void TearDownTestSuite() {
    delete server_;
    delete directory_;
  }

  static std::string Sign(const Ticket& ticket = {}) { return GetParam().sign(ticket); }
  ApiReply LogInWith(const LoginQuery& query) { return LogIn(api_, query); }
  /// As user_0001.
  ApiReply LogInBy(const std::string& ticket) {
    return LogInWith({.user_id = "user_0001", .user_sig = ticket});
  }

  static void ExpectRefused(const ApiReply& reply, const std::string& result) {
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.json,
              (nlohmann::json{{"code", 7}, {"message", "鉴权失败"}, {"result", result}}))
        << reply;
  }

  static inline TempDirectory* directory_ = nullptr;
  static inline ServerProcess* server_ = nullptr;  ///< one for all: it keeps no state of them
  ApiClient api_ = server_->Https();
};

TEST_P(LoginWithTicket, ReturnsATokenValidForRoomCalls) {
  const ApiReply reply = LogInBy(Sign());
  ASSERT_EQ(reply.code(), kOk) << reply;
  EXPECT_EQ(reply.Text("message"), "请求成功");
  EXPECT_EQ(reply.Text("userID"), "user_0001");
  // The application in hex, the account type in base64.
  EXPECT_THAT(reply.Text("token"), testing::MatchesRegex("[0-9a-f]{32}\\*53724e01\\*MA=="));
  Gen2Client user(server_->Https(), "user_0001", "double_room");
  user.UseToken(reply.Text("token"));
  for (const std::string_view kind : kKinds) {
    EXPECT_EQ(user.CallOf(kind, "get_room_list", ListBody()).code(), kOk) << kind;
  }
}

TEST_P(LoginWithTicket, AcceptsAnUnencodedTicketUnderAnyKind) {
  for (const std::string_view kind : kKinds) {
    ApiRequest request;
    request.target = "/weapp/" + std::string(kind) +
                     "/login?sdkAppID=1400000001&accountType=0&userID=user_0001&userSig=" + Sign();
    EXPECT_EQ(api_.Send(request).code(), kOk) << kind << ": without a body";
    request.body = "{}";
    EXPECT_EQ(api_.Send(request).code(), kOk) << kind;
  }
}

TEST_P(LoginWithTicket, RequiresEveryParameter) {
  const std::string ticket = Sign();
  const LoginQuery whole = {.user_id = "user_0001", .user_sig = ticket};
  LoginQuery query = whole;
  query.account_type.clear();
  ExpectRefused(LogInWith(query), kIncomplete);
  query = whole;
  query.user_id.clear();
  ExpectRefused(LogInWith(query), kIncomplete);
  query = whole;
  query.user_sig.clear();
  ExpectRefused(LogInWith(query), kIncomplete);
  query = whole;
  query.sdk_app_id.clear();
  ExpectRefused(LogInWith(query), kIncomplete);
  ApiRequest empty_value;
  empty_value.target =
      "/weapp/live_room/login?sdkAppID=&accountType=0&userID=user_0001&userSig=" + ticket;
  ExpectRefused(api_.Send(empty_value), kIncomplete);
}

TEST_P(LoginWithTicket, RefusesAMalformedTicket) {
  const std::string ticket = Sign();
  for (const std::string& garbage :
       {std::string("garbage"), std::string("eJx"), std::string("%"), std::string("{}"),
        std::string(1000, 'A'), ticket.substr(0, ticket.size() / 2), ticket + "AAAA",
        PackUserSig("[]"), PackUserSig("{}"), PackUserSig("not JSON")}) {
    ExpectRefused(LogInBy(garbage), kMalformed);
  }
}

TEST_P(LoginWithTicket, RefusesAnotherApplication) {
  const std::string ticket = Sign();
  LoginQuery query = {.user_id = "user_0001", .user_sig = ticket};
  query.account_type = "36862";
  ExpectRefused(LogInWith(query), kOtherApp);
  query.account_type = "0";
  for (const char* app : {"1400000002", "0", "01400000001", "x"}) {
    query.sdk_app_id = app;
    ExpectRefused(LogInWith(query), kOtherApp);
  }
  query.sdk_app_id = std::to_string(kTestAppId);
  query.user_sig = Sign({.sdk_app_id = kTestAppId + 1});
  ExpectRefused(LogInWith(query), kOtherApp);
}

TEST_P(LoginWithTicket, RefusesAnotherUser) {
  ExpectRefused(LogInBy(Sign({.user_id = "user_0002"})), kOtherUser);
  ExpectRefused(LogInBy(Sign({.user_id = "USER_0001"})), kOtherUser);
}

TEST_P(LoginWithTicket, RefusesAnExpiredTicket) {
  ExpectRefused(LogInBy(Sign({.life = 60s, .since_issued = 61s})), kExpired);
  ExpectRefused(LogInBy(Sign({.life = 60s, .since_issued = 60s})), kExpired);
  EXPECT_EQ(LogInBy(Sign({.life = 3600s, .since_issued = 60s})).code(), kOk);
}

TEST_P(LoginWithTicket, RefusesTheSignatureOfAnotherKey) {
  ExpectRefused(LogInBy(Sign({.with_other_key = true})), kBadSignature);
}

TEST_P(LoginWithTicket, ChecksInTheProtocolsOrder) {
  const std::string all_wrong = Sign(
      {.sdk_app_id = 1, .user_id = "x", .life = 1s, .since_issued = 9s, .with_other_key = true});
  ExpectRefused(LogInBy(all_wrong), kOtherApp);
  ExpectRefused(LogInBy(Sign({.user_id = "x", .life = 1s, .since_issued = 9s})), kOtherUser);
  ExpectRefused(LogInBy(Sign({.life = 1s, .since_issued = 9s, .with_other_key = true})), kExpired);
}

TEST_P(LoginWithTicket, RefusesATicketWithAnAlteredField) {
  const auto whole = nlohmann::json::parse(UnpackUserSig(Sign()).value());
  for (const char* field : {"TLS.time", "TLS.expire", "TLS.expire_after", "TLS.sig"}) {
    if (!whole.contains(field)) continue;
    nlohmann::json altered = whole;
    if (altered[field].is_number()) {
      altered[field] = altered[field].get<std::int64_t>() + 1;
    } else {
      auto& text = altered[field].get_ref<std::string&>();
      text[text.size() / 2] = text[text.size() / 2] == '1' ? '2' : '1';
    }
    const ApiReply reply = LogInBy(PackUserSig(altered.dump()));
    EXPECT_EQ(reply.code(), kNotAuthorized) << field << ": " << altered;
    EXPECT_THAT(reply.Text("result"), testing::AnyOf(kBadSignature, kExpired)) << field;
  }
}

TEST_P(LoginWithTicket, RefusesATicketWithAnAlteredByte) {
  const std::string ticket = Sign();
  for (std::size_t place = 0; place < ticket.size(); ++place) {
    std::string altered = ticket;
    altered[place] = altered[place] == 'A' ? 'B' : 'A';
    // The last characters have bits that belong to no byte.
    if (UnpackUserSig(altered) == UnpackUserSig(ticket)) continue;
    EXPECT_EQ(LogInBy(altered).code(), kNotAuthorized) << place << " of " << ticket;
  }
}

TEST_P(LoginWithTicket, AcceptsAForeignTicketOfADeniedUser) {
  const std::string ticket = Sign({.user_id = "denied_one"});
  EXPECT_EQ(LogInWith({.user_id = "denied_one", .user_sig = ticket}).code(), kOk)
      << "the list names the users for which the server signs nothing";
}

TEST_P(LoginWithTicket, LogsNeitherTicketsNorTokens) {
  const std::string ticket = Sign();
  const ApiReply reply = LogInBy(ticket);
  Gen2Client user(server_->Https(), "user_0001", "double_room");
  user.UseToken(reply.Text("token"));
  ASSERT_EQ(user.Call("get_room_list", ListBody()).code(), kOk);
  const std::string log = server_->StopAndReadLog();
  server_->Start();  // for the other tests
  EXPECT_THAT(log, testing::Not(testing::HasSubstr(ticket)));
  EXPECT_THAT(log, testing::Not(testing::HasSubstr(reply.Text("token").substr(0, 32))));
}

INSTANTIATE_TEST_SUITE_P(Versions, LoginWithTicket, testing::ValuesIn(TicketSigners()),
                         [](const auto& param_info) { return param_info.param.name; });

TEST(LoginWithoutKeys, IsUnavailable) {
  const ServerProcess server;
  ApiClient api = server.Https();
  EXPECT_EQ(LogIn(api, {.user_id = "user_0001", .user_sig = MakeTicket("user_0001")}).code(),
            kInternalFailure);
}

TEST(LoginWithCommandLineTicket, Succeeds) {
  const ServerProcess server({.settings = WithLogins()});
  FinishedCommand signed_ticket =
      RunToEnd({.program = ServerBinary(),
                .arguments = {"user-sig", "sign", "--config", server.config_file().string(),
                              "--user-id", "user_0001"}});
  ASSERT_EQ(signed_ticket.exit_code, 0) << signed_ticket.err;
  signed_ticket.out.pop_back();  // the newline
  ApiClient api = server.Https();
  EXPECT_EQ(LogIn(api, {.user_id = "user_0001", .user_sig = signed_ticket.out}).code(), kOk);
}

}  // namespace
}  // namespace rtcroom
