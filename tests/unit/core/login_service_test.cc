#include "daemon/core/login_service.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/support/counting_ids.h"
#include "tests/support/fake_clock.h"
#include "tests/support/matchers.h"

namespace rtcroom {
namespace {

class FakeSigner : public LoginSigner {
 public:
  bool configured = true;
  Result<std::string> SignUserSig(const UserId& user_id, TimePoint /*now*/) const override {
    if (!configured) return Error{Errc::kUnavailable, "im.sdk_app_id: not set"};
    return "sig-of-" + user_id.value;
  }
};

class FakeExchange : public CodeExchange {
 public:
  CodeExchangeResult answer{
      .outcome = CodeExchangeOutcome::kOk, .openid = "openid-1", .session_key = Secret("session")};
  int calls = 0;
  CodeExchangeResult Exchange(const std::string& /*code*/) override {
    ++calls;
    return answer;
  }
};

class LoginServiceTest : public testing::Test {
 protected:
  Result<ImLogin> Login(const ImLoginCommand& command) {
    LoginService service(exchange_, signer_, clock_, ids_, policy_);
    return service.Login(command);
  }
  Result<ImLogin> LoginWithCode() {
    return Login({.user_id_prefix = "weixin", .code = "c1", .im_user_id = std::nullopt});
  }
  void Answer(CodeExchangeOutcome outcome) { exchange_.answer = {.outcome = outcome}; }

  FakeExchange exchange_;
  FakeSigner signer_;
  FakeClock clock_;
  CountingIds ids_;
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

TEST_F(LoginServiceTest, HandsOutTheSessionKeyOnlyWhenToldTo) {
  policy_.expose_session_key = true;
  EXPECT_EQ(LoginWithCode()->session_key, Secret("session"));
}

TEST_F(LoginServiceTest, AsksNobodyWithoutACodeOrWithAnotherPrefix) {
  EXPECT_EQ(Login({.user_id_prefix = "weixin"})->user_id.value, "user_00000001_0000");
  EXPECT_EQ(Login({.user_id_prefix = "web", .code = "c1"})->user_id.value, "user_00000002_0000");
  EXPECT_EQ(exchange_.calls, 0);
}

TEST_F(LoginServiceTest, AFailedExchangeFallsThroughToAFreshId) {
  for (const CodeExchangeOutcome outcome :
       {CodeExchangeOutcome::kBadCode, CodeExchangeOutcome::kUnavailable,
        CodeExchangeOutcome::kOverloaded, CodeExchangeOutcome::kNotConfigured}) {
    Answer(outcome);
    const Result<ImLogin> login = LoginWithCode();
    ASSERT_OK(login);
    EXPECT_EQ(login->user_id.value.substr(0, 5), "user_");
  }
}

TEST_F(LoginServiceTest, StrictModeFailsInsteadOfFallingThrough) {
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

TEST_F(LoginServiceTest, RefusesAUserWhomThePlatformHoldsForRisky) {
  Answer(CodeExchangeOutcome::kRefused);
  EXPECT_ERROR(kBadRequest, LoginWithCode());
}

TEST_F(LoginServiceTest, IgnoresAClaimedIdentityUnlessItIsTrusted) {
  EXPECT_EQ(Login({.user_id_prefix = "x", .im_user_id = UserId{"me"}})->user_id.value, kFreshId);
  policy_.trust_imuserid = true;
  EXPECT_EQ(Login({.user_id_prefix = "x", .im_user_id = UserId{"me"}})->user_id, UserId{"me"});
}

TEST_F(LoginServiceTest, TheOpenidGoesBeforeAClaim) {
  policy_.trust_imuserid = true;
  EXPECT_EQ(Login({.user_id_prefix = "weixin", .code = "c1", .im_user_id = UserId{"me"}})->user_id,
            UserId{"openid-1"});
}

TEST_F(LoginServiceTest, NeverSignsForTheAdministratorOrADeniedAccount) {
  policy_.trust_imuserid = true;
  for (const char* user : {"administrator", "root"}) {
    EXPECT_ERROR(kBadRequest, Login({.user_id_prefix = "x", .im_user_id = UserId{user}}));
    exchange_.answer.openid = user;
    EXPECT_ERROR(kBadRequest, LoginWithCode());
  }
}

TEST_F(LoginServiceTest, NeverSignsForAnIdOver32Bytes) {
  policy_.trust_imuserid = true;
  EXPECT_OK(Login({.user_id_prefix = "x", .im_user_id = UserId{std::string(32, 'a')}}));
  EXPECT_ERROR(kBadRequest,
               Login({.user_id_prefix = "x", .im_user_id = UserId{std::string(33, 'a')}}));
}

TEST_F(LoginServiceTest, FailsWhenSigningIsNotConfigured) {
  signer_.configured = false;
  EXPECT_ERROR(kUnavailable, LoginWithCode());
}

}  // namespace
}  // namespace rtcroom
