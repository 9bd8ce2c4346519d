#include "daemon/auth/account_logins.h"

#include <chrono>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/auth/user_sig_v2.h"
#include "daemon/auth/user_sig_verifier.h"
#include "tests/support/session_fixture.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

constexpr std::uint32_t kApp = 1400000001;
const UserId kBob{"bob"};

class AccountLoginsTest : public SessionFixture {
 protected:
  Status EndAll() {
    return AccountLogins({.store = sqlite_.ended_logins(),
                          .validities = validities_,
                          .sessions = *service_,
                          .dates = clock_,
                          .end_channel_logins =
                              [this](const AccountValidity& validity) {
                                ended_.push_back(validity.account);
                              }})
        .EndAll(kBob);
  }
  /// Of a ticket of that time.
  UserSigOutcome Verify(TimePoint issued, const UserId& user = kBob) {
    const Secret key("a key for tests");
    const auto verifier = UserSigVerifier::Create(
        {.sdk_app_id = kApp, .secret_key = key, .validities = &validities_});
    return (*verifier)->VerifyUserSig(SignUserSigV2({kApp, user}, key, issued, 1h), user,
                                      clock_.Now());
  }

  AccountValidities validities_;
  std::vector<UserId> ended_;
};

TEST_F(AccountLoginsTest, RefusesTicketsUpToAndInThatSecond) {
  clock_.Advance(999ms);
  ASSERT_OK(EndAll());
  EXPECT_EQ(Verify(clock_.Now()), UserSigOutcome::kExpired);
  EXPECT_EQ(Verify(clock_.Now(), {"amy"}), UserSigOutcome::kOk);
  clock_.Advance(1ms);
  EXPECT_EQ(Verify(clock_.Now()), UserSigOutcome::kOk);
  EXPECT_EQ(Verify(clock_.Now() - 1s), UserSigOutcome::kExpired);
}

TEST_F(AccountLoginsTest, EndsTheSessionAndTheLoginsToTheChannel) {
  const std::string token = Login("bob");
  const std::string other = Login("amy");
  ASSERT_OK(EndAll());
  EXPECT_EQ(service_->Check("bob", token), TokenOutcome::kNoSession);
  EXPECT_EQ(service_->Check("amy", other), TokenOutcome::kOk);
  EXPECT_THAT(ended_, ElementsAre(kBob));
  Restart();
  EXPECT_EQ(service_->Check("bob", token), TokenOutcome::kNoSession);
}

TEST_F(AccountLoginsTest, EndsASessionThatOnlyTheStoreKnows) {
  options_.store_is_shared = true;
  Restart();
  store_.elsewhere = Session{.user_id = kBob, .token = {}, .number = 7};
  ASSERT_OK(EndAll());
  EXPECT_EQ(store_.writes, 1U) << "it is removed";
}

TEST_F(AccountLoginsTest, IsStoredAndNeverLowered) {
  ASSERT_OK(EndAll());
  const auto stored = sqlite_.ended_logins().LoadAccountValidities();
  ASSERT_OK(stored);
  ASSERT_EQ(stored->size(), 1U);
  AccountValidities loaded;
  loaded.Put(stored->front());
  loaded.Put({.account = kBob, .valid_from = stored->front().valid_from - 1s});
  EXPECT_EQ(loaded.FirstValid(kBob), kNoon + 1s);
  EXPECT_EQ(loaded.FirstValid({"amy"}), TimePoint());
}

/// Ends the logins of the user while its session is stored.
class EndsMeanwhile : public FailingSessionStore {
 public:
  using FailingSessionStore::FailingSessionStore;
  Result<std::uint64_t> PutSession(const Session& session) override {
    verifier->outcome = UserSigOutcome::kExpired;
    return FailingSessionStore::PutSession(session);
  }
  FakeLoginVerifier* verifier = nullptr;
};

TEST_F(AccountLoginsTest, ALoginUnderWayLeavesNoSession) {
  EndsMeanwhile store(sqlite_.sessions());
  store.verifier = &verifier_;
  SessionService service(SessionServiceDeps{.verifier = verifier_,
                                            .store = store,
                                            .crypto = crypto_,
                                            .clock = clock_,
                                            .dates = clock_},
                         options_);
  const Result<SessionLogin> login = service.Login(CommandOf("bob"));
  ASSERT_OK(login);
  EXPECT_EQ(login->outcome, LoginOutcome::kExpired);
  EXPECT_EQ(service.size(), 0U);
  EXPECT_TRUE(sqlite_.sessions().LoadSessions(TimePoint(), 10)->empty());
}

}  // namespace
}  // namespace rtcroom
