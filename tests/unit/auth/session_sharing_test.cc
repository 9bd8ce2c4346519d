// Sessions that other servers on the store have begun, used or ended.
#include <string>

#include <gtest/gtest.h>

#include "tests/support/session_fixture.h"

namespace rtcroom {
namespace {

using std::chrono::days;

class SessionSharingTest : public SessionFixture {
 protected:
  /// Makes the session of the token one that only the store knows.
  void ForgetAll() {
    store_.elsewhere = sqlite_.sessions().LoadSessions(TimePoint(), 1)->at(0);
    EXPECT_OK(sqlite_.sessions().RemoveSessions({&*store_.elsewhere, 1}));
    Restart();
    EXPECT_EQ(service_->Check("amy", token_), TokenOutcome::kNoSession);
  }

  const std::string token_ = Login("amy");
};

TEST_F(SessionSharingTest, ASessionThatOnlyTheStoreKnowsIsFoundOnce) {
  ForgetAll();
  EXPECT_EQ(*service_->CheckStored("amy", token_), TokenOutcome::kOk);
  store_.broken = true;
  EXPECT_EQ(*service_->CheckStored("amy", token_), TokenOutcome::kOk);
}

TEST_F(SessionSharingTest, TheStoreIsNotAskedForWhatIsKnown) {
  store_.broken = true;
  EXPECT_EQ(*service_->CheckStored("amy", token_), TokenOutcome::kOk);
  EXPECT_EQ(*service_->CheckStored("amy", "undefined"), TokenOutcome::kMalformed);
  EXPECT_ERROR(kStoreBroken, service_->CheckStored("bob", token_));
}

TEST_F(SessionSharingTest, AnotherTokenThanTheStoredOneIsWrong) {
  ForgetAll();
  EXPECT_EQ(*service_->CheckStored("amy", "ffffffffffffffffffffffffffffffff*53724e01*MzY4NjI="),
            TokenOutcome::kWrongToken);
  EXPECT_EQ(*service_->CheckStored("bob", token_), TokenOutcome::kNoSession);
}

TEST_F(SessionSharingTest, ASessionThatHasEndedHereMayHaveBeenUsedElsewhere) {
  store_.elsewhere = sqlite_.sessions().LoadSessions(TimePoint(), 1)->at(0);
  clock_.Advance(days(7));
  EXPECT_EQ(*service_->CheckStored("amy", token_), TokenOutcome::kNoSession);
  store_.elsewhere->last_use = clock_.Now() - days(1);
  EXPECT_EQ(*service_->CheckStored("amy", token_), TokenOutcome::kOk);
}

TEST_F(SessionSharingTest, ALogoutThatIsHeardMeanwhileStays) {
  ForgetAll();
  store_.after_find = [this] {
    if (!store_.elsewhere) return;
    const SessionChange logout{.session = *store_.elsewhere, .has_ended = true};
    store_.elsewhere.reset();
    service_->OnSessions({&logout, 1});
  };
  EXPECT_EQ(*service_->CheckStored("amy", token_), TokenOutcome::kNoSession);
  EXPECT_EQ(service_->Check("amy", token_), TokenOutcome::kNoSession);
}

}  // namespace
}  // namespace rtcroom
