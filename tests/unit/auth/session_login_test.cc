// Login and logout.
#include <string>

#include <gtest/gtest.h>

#include "daemon/auth/user_sig_verifier.h"
#include "tests/support/session_fixture.h"
#include "tests/unit/auth/user_sig_vectors.h"

namespace rtcroom {
namespace {

using std::chrono::seconds;

using SessionLoginTest = SessionFixture;

TEST_F(SessionLoginTest, ReturnsATokenOfTheProtocolFormat) {
  const std::string token = Login("amy");
  EXPECT_EQ(token, "00000000000000000000000000000001*53724e01*MzY4NjI=");
  EXPECT_EQ(service_->Check("amy", token), TokenOutcome::kOk);
}

TEST_F(SessionLoginTest, RequiresEachParameter) {
  EXPECT_EQ(OutcomeOf({}), LoginOutcome::kMissingParameter);
  SessionLoginCommand command = CommandOf("amy");
  command.sdk_app_id = "";
  EXPECT_EQ(OutcomeOf(command), LoginOutcome::kMissingParameter);
  command = CommandOf("amy");
  command.account_type = "";
  EXPECT_EQ(OutcomeOf(command), LoginOutcome::kMissingParameter);
  command = CommandOf("amy");
  command.user_sig = "";
  EXPECT_EQ(OutcomeOf(command), LoginOutcome::kMissingParameter);
  EXPECT_EQ(OutcomeOf(CommandOf("")), LoginOutcome::kMissingParameter);
}

TEST_F(SessionLoginTest, TreatsAnInvalidUserIdAsMissing) {
  for (const std::string user : {"a b", "a/b", "a\nb", "\xE4\xBA\xBA"}) {
    EXPECT_EQ(OutcomeOf(CommandOf(user)), LoginOutcome::kMissingParameter) << user;
  }
  EXPECT_EQ(OutcomeOf(CommandOf(std::string(65, 'a'))), LoginOutcome::kMissingParameter);
  EXPECT_EQ(OutcomeOf(CommandOf(std::string(64, 'a'))), LoginOutcome::kOk);
}

TEST_F(SessionLoginTest, ChecksApplicationAndAccountType) {
  SessionLoginCommand command = CommandOf("amy");
  for (const char* app : {"1400000002", "0", "01400000001", "1400000001 ", "x"}) {
    command.sdk_app_id = app;
    EXPECT_EQ(OutcomeOf(command), LoginOutcome::kWrongApp) << app;
  }
  command = CommandOf("amy");
  command.account_type = "0";
  EXPECT_EQ(OutcomeOf(command), LoginOutcome::kWrongApp);
}

TEST_F(SessionLoginTest, CountsRefusalsByTheirCause) {
  verifier_.outcome = UserSigOutcome::kExpired;
  for (int i = 0; i < 3; ++i) (void)OutcomeOf(CommandOf("amy"));
  (void)OutcomeOf({});
  EXPECT_EQ(service_->refused_logins(LoginOutcome::kExpired), 3U);
  EXPECT_EQ(service_->refused_logins(LoginOutcome::kMissingParameter), 1U);
  EXPECT_EQ(service_->refused_logins(LoginOutcome::kBadSignature), 0U);
}

TEST_F(SessionLoginTest, ReportsTheFaultOfATicket) {
  const struct {
    UserSigOutcome ticket;
    LoginOutcome login;
  } rows[] = {{UserSigOutcome::kMalformed, LoginOutcome::kMalformed},
              {UserSigOutcome::kWrongApp, LoginOutcome::kWrongApp},
              {UserSigOutcome::kWrongUser, LoginOutcome::kWrongUser},
              {UserSigOutcome::kExpired, LoginOutcome::kExpired},
              {UserSigOutcome::kBadSignature, LoginOutcome::kBadSignature},
              {UserSigOutcome::kAnonymous, LoginOutcome::kMalformed}};
  for (const auto& [ticket, login] : rows) {
    verifier_.outcome = ticket;
    EXPECT_EQ(OutcomeOf(CommandOf("amy")), login);
  }
  EXPECT_EQ(service_->size(), 0u);
  EXPECT_EQ(store_.writes, 0u);
}

TEST_F(SessionLoginTest, ChecksTheTicketBeforeTheApplication) {
  SessionLoginCommand command = CommandOf("amy");
  command.account_type = "0";
  command.user_sig = "garbage";
  EXPECT_EQ(OutcomeOf(command), LoginOutcome::kMalformed);
  command = CommandOf("amy");
  command.account_type = "0";
  verifier_.outcome = UserSigOutcome::kWrongUser;
  EXPECT_EQ(OutcomeOf(command), LoginOutcome::kWrongApp);
}

TEST_F(SessionLoginTest, AcceptsPublishedTicketsOfBothVersions) {
  const auto verifier = UserSigVerifier::Create({.sdk_app_id = vectors::kSdkAppId,
                                                 .secret_key = vectors::SecretKey(),
                                                 .public_key_pem = vectors::kPublicKeyPem});
  ASSERT_OK(verifier);
  SessionService service({.verifier = **verifier,
                          .store = store_,
                          .crypto = crypto_,
                          .clock = clock_,
                          .dates = clock_},
                         options_);
  SessionLoginCommand command = CommandOf("user_0001");
  for (const char* sig : {vectors::kV2, vectors::kV1A, vectors::kV1B}) {
    command.user_sig = sig;
    EXPECT_EQ(service.Login(command)->outcome, LoginOutcome::kOk) << sig;
  }
  command.user_sig = vectors::kV1A;
  for (const char* other : {"user_0002", "USER_0001"}) {
    command.user_id = {other};
    EXPECT_EQ(service.Login(command)->outcome, LoginOutcome::kWrongUser) << other;
  }
  command.user_id = {"user_0001"};
  clock_.Advance(seconds(2591999));
  EXPECT_EQ(service.Login(command)->outcome, LoginOutcome::kOk);
  clock_.Advance(seconds(2));
  EXPECT_EQ(service.Login(command)->outcome, LoginOutcome::kExpired);
}

TEST_F(SessionLoginTest, IsUnavailableWithoutAnApplicationOrAKey) {
  verifier_.configured = false;
  EXPECT_ERROR(kUnavailable, service_->Login(CommandOf("amy")));
  options_.sdk_app_id = 0;
  Restart();
  EXPECT_ERROR(kUnavailable, service_->LoginTrusted({"amy"}, "192.0.2.1"));
}

TEST_F(SessionLoginTest, ReplacesTheTokenOfAnEarlierLogin) {
  const std::string first = Login("amy");
  const std::string second = Login("amy");
  EXPECT_NE(first, second);
  EXPECT_EQ(service_->Check("amy", first), TokenOutcome::kWrongToken);
  EXPECT_EQ(service_->Check("amy", second), TokenOutcome::kOk);
}

TEST_F(SessionLoginTest, AcceptsATrustedLoginWithoutATicket) {
  const Result<Secret> token = service_->LoginTrusted({"amy"}, "192.0.2.1");
  ASSERT_OK(token);
  EXPECT_EQ(service_->Check("amy", token->Reveal()), TokenOutcome::kOk);
  EXPECT_ERROR(kBadRequest, service_->LoginTrusted({""}, "192.0.2.1"));
  EXPECT_ERROR(kBadRequest, service_->LoginTrusted({"a b"}, "192.0.2.1"));
  EXPECT_ERROR(kBadRequest, service_->LoginTrusted({std::string(65, 'a')}, "192.0.2.1"));
}

TEST_F(SessionLoginTest, IsStoredBeforeItIsAnswered) {
  const std::string token = Login("amy");
  Restart();
  EXPECT_EQ(service_->Check("amy", token), TokenOutcome::kOk);
}

TEST_F(SessionLoginTest, FailsWithTheStoreAndKeepsTheEarlierToken) {
  const std::string token = Login("amy");
  store_.broken = true;
  EXPECT_ERROR(kStoreBroken, service_->Login(CommandOf("amy")));
  EXPECT_ERROR(kStoreBroken, service_->LoginTrusted({"bob"}, "192.0.2.1"));
  EXPECT_EQ(service_->Check("amy", token), TokenOutcome::kOk);
  EXPECT_EQ(service_->size(), 1u);
}

TEST_F(SessionLoginTest, StoresNoPartOfAToken) {
  const std::string token = Login("amy");
  const auto stored = sqlite_.sessions().LoadSessions(TimePoint(), 10);
  ASSERT_OK(stored);
  ASSERT_EQ(stored->size(), 1u);
  EXPECT_EQ(stored->front().token, crypto_.Digest(token));
}

TEST_F(SessionLoginTest, LogoutInvalidatesTheToken) {
  const std::string token = Login("amy");
  const std::string other = Login("bob");
  EXPECT_EQ(*service_->Logout("amy", token), TokenOutcome::kOk);
  EXPECT_EQ(service_->Check("amy", token), TokenOutcome::kNoSession);
  EXPECT_EQ(*service_->Logout("amy", token), TokenOutcome::kNoSession);
  Restart();
  EXPECT_EQ(service_->Check("amy", token), TokenOutcome::kNoSession);
  EXPECT_EQ(service_->Check("bob", other), TokenOutcome::kOk);
}

TEST_F(SessionLoginTest, LogoutRequiresTheToken) {
  const std::string old = Login("amy");
  const std::string token = Login("amy");
  EXPECT_EQ(*service_->Logout("amy", old), TokenOutcome::kWrongToken);
  EXPECT_EQ(*service_->Logout("amy", "garbage"), TokenOutcome::kMalformed);
  EXPECT_EQ(*service_->Logout("bob", token), TokenOutcome::kNoSession);
  EXPECT_EQ(*service_->Logout("amy", ""), TokenOutcome::kMissing);
  EXPECT_EQ(service_->Check("amy", token), TokenOutcome::kOk);
}

TEST_F(SessionLoginTest, AFailedLogoutKeepsTheToken) {
  const std::string token = Login("amy");
  store_.broken = true;
  EXPECT_ERROR(kStoreBroken, service_->Logout("amy", token));
  EXPECT_EQ(service_->Check("amy", token), TokenOutcome::kOk);
}

}  // namespace
}  // namespace rtcroom
