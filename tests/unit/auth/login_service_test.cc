#include "daemon/auth/login_service.h"

#include <optional>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "tests/support/awaited.h"
#include "tests/support/counting_ids.h"
#include "tests/support/fake_admission.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_logins.h"
#include "tests/support/matchers.h"

namespace rtcroom {
namespace {

class LoginServiceTest : public testing::Test {
 protected:
  LoginServiceTest() {
    codes_.answer = {.outcome = CodeExchangeOutcome::kOk,
                     .openid = "openid-1",
                     .session_key = Secret("session")};
  }

  Result<ImLogin> Login(const ImLoginCommand& command) {
    LoginService service(codes_, signer_, clock_, ids_, admission_, policy_);
    Awaited<Result<ImLogin>> login;
    service.Login(command, login.Callback());
    EXPECT_EQ(login.times(), 1u);
    return login.Get();
  }
  Result<ImLogin> LoginWithCode() { return Login(kWithCode); }
  void Answer(CodeExchangeOutcome outcome) { codes_.answer = {.outcome = outcome}; }

  const ImLoginCommand kWithCode{.user_id_prefix = "weixin", .code = "c1", .claimed = std::nullopt};
  FakeCodeExchange codes_;
  FakeLoginSigner signer_;
  FakeClock clock_;
  CountingIds ids_;
  FakeAdmission admission_;
  LoginPolicy policy_{.administrator = {"administrator"}, .deny_user_ids = {{"root"}}};
};

const std::string kFreshId = "user_00000001_0000";

TEST_F(LoginServiceTest, SignsForTheOpenidOfTheCode) {
  const Result<ImLogin> login = LoginWithCode();
  ASSERT_OK(login);
  EXPECT_EQ(login->user_id, UserId{"openid-1"});
  EXPECT_EQ(login->user_sig, "sig-of-openid-1");
  EXPECT_FALSE(login->session_key.has_value());
}

TEST_F(LoginServiceTest, ReturnsTheSessionKeyIfConfigured) {
  policy_.expose_session_key = true;
  EXPECT_EQ(LoginWithCode()->session_key, Secret("session"));
}

TEST_F(LoginServiceTest, ExchangesNoCodeWithoutACodeOrWithAnotherPrefix) {
  EXPECT_EQ(Login({.user_id_prefix = "weixin"})->user_id.value, "user_00000001_0000");
  EXPECT_EQ(Login({.user_id_prefix = "web", .code = "c1"})->user_id.value, "user_00000002_0000");
  EXPECT_TRUE(codes_.asked().empty());
}

TEST_F(LoginServiceTest, FallsBackToAGeneratedIdAfterAFailedExchange) {
  for (const CodeExchangeOutcome outcome :
       {CodeExchangeOutcome::kBadCode, CodeExchangeOutcome::kUnavailable,
        CodeExchangeOutcome::kNotConfigured}) {
    Answer(outcome);
    const Result<ImLogin> login = LoginWithCode();
    ASSERT_OK(login);
    EXPECT_EQ(login->user_id.value.substr(0, 5), "user_");
  }
}

TEST_F(LoginServiceTest, FailsInStrictModeAfterAFailedExchange) {
  policy_.strict_wechat = true;
  Answer(CodeExchangeOutcome::kBadCode);
  EXPECT_ERROR(kBadRequest, LoginWithCode());
  for (const CodeExchangeOutcome outcome :
       {CodeExchangeOutcome::kUnavailable, CodeExchangeOutcome::kOverloaded,
        CodeExchangeOutcome::kNotConfigured}) {
    Answer(outcome);
    EXPECT_ERROR(kUnavailable, LoginWithCode());
  }
}

TEST_F(LoginServiceTest, FailsOnOverloadInsteadOfUsingAnotherIdentity) {
  Answer(CodeExchangeOutcome::kOverloaded);
  EXPECT_ERROR(kUnavailable, LoginWithCode());
}

TEST_F(LoginServiceTest, RefusesAUserReportedAsRisky) {
  Answer(CodeExchangeOutcome::kRefused);
  EXPECT_ERROR(kBadRequest, LoginWithCode());
}

TEST_F(LoginServiceTest, IgnoresAClaimedIdentityUnlessItIsTrusted) {
  EXPECT_EQ(Login({.user_id_prefix = "x", .claimed = UserId{"me"}})->user_id.value, kFreshId);
  policy_.trust_imuserid = true;
  EXPECT_EQ(Login({.user_id_prefix = "x", .claimed = UserId{"me"}})->user_id, UserId{"me"});
}

TEST_F(LoginServiceTest, PrefersTheOpenidToAClaimedId) {
  policy_.trust_imuserid = true;
  EXPECT_EQ(Login({.user_id_prefix = "weixin", .code = "c1", .claimed = UserId{"me"}})->user_id,
            UserId{"openid-1"});
}

TEST_F(LoginServiceTest, NeverSignsForTheAdministratorOrADeniedAccount) {
  policy_.trust_imuserid = true;
  for (const char* user : {"administrator", "root"}) {
    EXPECT_ERROR(kBadRequest, Login({.user_id_prefix = "x", .claimed = UserId{user}}));
    codes_.answer.openid = user;
    EXPECT_ERROR(kBadRequest, LoginWithCode());
  }
}

TEST_F(LoginServiceTest, NeverSignsForAnIdOver32Bytes) {
  policy_.trust_imuserid = true;
  EXPECT_OK(Login({.user_id_prefix = "x", .claimed = UserId{std::string(32, 'a')}}));
  EXPECT_ERROR(kBadRequest,
               Login({.user_id_prefix = "x", .claimed = UserId{std::string(33, 'a')}}));
}

TEST_F(LoginServiceTest, NeverSignsForAnInvalidId) {
  policy_.trust_imuserid = true;
  for (const char* text : {"", "a b", "a/b", "a\nb", "\xE4\xBA\xBA", "@TGS#1"}) {
    EXPECT_ERROR(kBadRequest, Login({.user_id_prefix = "x", .claimed = UserId{text}})) << text;
    codes_.answer.openid = text;
    EXPECT_ERROR(kBadRequest, LoginWithCode()) << text;
  }
}

TEST_F(LoginServiceTest, IgnoresAnInvalidUntrustedClaim) {
  EXPECT_OK(Login({.user_id_prefix = "x", .claimed = UserId{"no id at all"}}));
}

TEST_F(LoginServiceTest, ExchangesNoCodeIfSigningIsNotConfigured) {
  signer_.configured = false;
  EXPECT_ERROR(kUnavailable, LoginWithCode());
  EXPECT_TRUE(codes_.asked().empty());
}

TEST_F(LoginServiceTest, CompletesWithTheExchange) {
  codes_.hangs = true;
  LoginService service(codes_, signer_, clock_, ids_, admission_, policy_);
  Awaited<Result<ImLogin>> first;
  Awaited<Result<ImLogin>> second;
  service.Login(kWithCode, first.Callback());
  service.Login(kWithCode, second.Callback());
  EXPECT_EQ(first.times() + second.times(), 0u);
  std::jthread([this] { codes_.AnswerAll(); }).join();
  EXPECT_EQ(first.Get()->user_id, UserId{"openid-1"});
  EXPECT_EQ(second.Get()->user_id, UserId{"openid-1"});
  EXPECT_EQ(first.times() + second.times(), 2u);
}

TEST_F(LoginServiceTest, FallsBackToTheClaimIfTheExchangeFails) {
  policy_.trust_imuserid = true;
  codes_.hangs = true;
  Answer(CodeExchangeOutcome::kUnavailable);
  LoginService service(codes_, signer_, clock_, ids_, admission_, policy_);
  Awaited<Result<ImLogin>> login;
  service.Login({.user_id_prefix = "weixin", .code = "c1", .claimed = UserId{"me"}},
                login.Callback());
  codes_.AnswerAll();
  EXPECT_EQ(login.Get()->user_id, UserId{"me"});
}

TEST_F(LoginServiceTest, UsesTheOpenidInGen2WithoutAPrefix) {
  EXPECT_EQ(Login({.dialect = Dialect::kGen2, .code = "c1"})->user_id, UserId{"openid-1"});
  EXPECT_EQ(Login({.dialect = Dialect::kGen2})->user_id.value, kFreshId);
}

TEST_F(LoginServiceTest, TrustsClaimsPerDialect) {
  const auto claim = [this](Dialect dialect) {
    return Login({.dialect = dialect, .user_id_prefix = "x", .claimed = UserId{"me"}})->user_id;
  };
  policy_.trust_userid = true;
  EXPECT_EQ(claim(Dialect::kGen2), UserId{"me"});
  EXPECT_NE(claim(Dialect::kGen1), UserId{"me"});
  policy_.trust_userid = false;
  policy_.trust_imuserid = true;
  EXPECT_NE(claim(Dialect::kGen2), UserId{"me"});
  EXPECT_EQ(claim(Dialect::kGen1), UserId{"me"});
}

TEST_F(LoginServiceTest, NamesARefusedClaimByTheFieldOfItsDialect) {
  policy_.trust_imuserid = true;
  policy_.trust_userid = true;
  const auto refusal = [this](Dialect dialect) {
    return Login({.dialect = dialect, .claimed = UserId{"root"}}).error();
  };
  EXPECT_EQ(refusal(Dialect::kGen1).detail, "imuserid: not an identity that is signed for");
  EXPECT_EQ(refusal(Dialect::kGen2).detail, "userID: not an identity that is signed for");
  EXPECT_EQ(refusal(Dialect::kGen2).code, Errc::kBadRequest);
}

TEST_F(LoginServiceTest, ReturnsNotAllowedForARiskyUserInGen2) {
  Answer(CodeExchangeOutcome::kRefused);
  EXPECT_ERROR(kNotAllowed, Login({.dialect = Dialect::kGen2, .code = "c1"}));
}

TEST_F(LoginServiceTest, LimitsTicketsForUnprovenIdentities) {
  admission_.refused_tickets = {"192.0.2.1"};
  ImLoginCommand command{.user_id_prefix = "x", .address = "192.0.2.1"};
  const Result<ImLogin> refused = Login(command);
  EXPECT_ERROR(kTooManyRequests, refused);
  EXPECT_EQ(refused.error().detail, kTooManyTickets);
  command.dialect = Dialect::kGen2;
  EXPECT_ERROR(kTooManyRequests, Login(command));
  command.address = "192.0.2.2";
  EXPECT_EQ(Login(command)->user_id.value, kFreshId) << "no id was generated without use";
}

TEST_F(LoginServiceTest, LimitsTicketsAfterAFailedExchange) {
  admission_.refused_tickets = {"192.0.2.1"};
  ImLoginCommand command = kWithCode;
  command.address = "192.0.2.1";
  for (const CodeExchangeOutcome outcome :
       {CodeExchangeOutcome::kBadCode, CodeExchangeOutcome::kUnavailable,
        CodeExchangeOutcome::kNotConfigured}) {
    Answer(outcome);
    EXPECT_ERROR(kTooManyRequests, Login(command));
  }
}

TEST_F(LoginServiceTest, MarksTicketsOfGen1ForUnprovenIdentitiesWhilePossible) {
  bool marks = true;
  policy_.trust_imuserid = true;
  policy_.trust_userid = true;
  policy_.marks_anonymous = [&marks] { return marks; };
  const ImLoginCommand claiming{.user_id_prefix = "x", .claimed = UserId{"me"}};
  EXPECT_EQ(Login(claiming)->user_sig, "anonymous-sig-of-me");
  EXPECT_EQ(Login({.user_id_prefix = "x"})->user_sig, "anonymous-sig-of-" + kFreshId);
  EXPECT_EQ(LoginWithCode()->user_sig, "sig-of-openid-1");
  EXPECT_EQ(Login({.dialect = Dialect::kGen2, .claimed = UserId{"me"}})->user_sig, "sig-of-me");
  marks = false;
  EXPECT_EQ(Login(claiming)->user_sig, "sig-of-me");
}

TEST_F(LoginServiceTest, DoesNotLimitTicketsForProvenOrTrustedIds) {
  ImLoginCommand command = kWithCode;
  EXPECT_OK(Login(command));
  policy_.trust_imuserid = true;
  command.code = "";
  command.claimed = UserId{"somebody"};
  EXPECT_OK(Login(command));
  EXPECT_EQ(admission_.tickets_asked, 0);
}

}  // namespace
}  // namespace rtcroom
