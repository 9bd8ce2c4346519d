// Token checks, and the lifetime of sessions over time and restarts.
#include "daemon/auth/session_service.h"

#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/session_fixture.h"

namespace rtcroom {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

using SessionServiceTest = SessionFixture;

/// Well formed, but of no session.
constexpr const char* kForeign = "ffffffffffffffffffffffffffffffff*53724e01*MzY4NjI=";

TEST_F(SessionServiceTest, ReportsTheFaultOfAToken) {
  const std::string token = Login("amy");
  const std::string secret = token.substr(0, 32);
  EXPECT_EQ(service_->Check("amy", ""), TokenOutcome::kMissing);
  EXPECT_EQ(service_->Check("", token), TokenOutcome::kMissing);
  EXPECT_EQ(service_->Check("amy", "undefined"), TokenOutcome::kMalformed);
  EXPECT_EQ(service_->Check("amy", secret + "*53724e02*MzY4NjI="), TokenOutcome::kUnknownApp);
  EXPECT_EQ(service_->Check("amy", secret + "*53724e01*MA=="), TokenOutcome::kUnknownApp);
  EXPECT_EQ(service_->Check("bob", token), TokenOutcome::kNoSession);
  EXPECT_EQ(service_->Check("amy", kForeign), TokenOutcome::kWrongToken);
  EXPECT_EQ(service_->Check("amy", token), TokenOutcome::kOk);
}

TEST_F(SessionServiceTest, RejectsATokenWithAnAlteredByte) {
  const std::string token = Login("amy");
  for (std::size_t at = 0; at < token.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string altered = token;
      altered[at] = static_cast<char>(byte);
      if (altered == token) continue;
      ASSERT_NE(service_->Check("amy", altered), TokenOutcome::kOk) << altered;
    }
    ASSERT_NE(service_->Check("amy", token.substr(0, at)), TokenOutcome::kOk);
  }
}

TEST_F(SessionServiceTest, ExpiresATokenAWeekAfterItsLastUse) {
  const std::string token = Login("amy");
  clock_.Advance(days(6));
  EXPECT_EQ(service_->Check("amy", token), TokenOutcome::kOk);
  clock_.Advance(days(6));
  EXPECT_EQ(service_->Check("amy", token), TokenOutcome::kOk);
  clock_.Advance(days(7));
  EXPECT_EQ(service_->Check("amy", token), TokenOutcome::kNoSession);
  EXPECT_EQ(*service_->Logout("amy", token), TokenOutcome::kNoSession);
}

TEST_F(SessionServiceTest, EvictsTheLeastRecentlyUsedSession) {
  options_.table.max_sessions = 2;
  Restart();
  const std::string amy = Login("amy");
  const std::string bob = Login("bob");
  EXPECT_EQ(service_->Check("amy", amy), TokenOutcome::kOk);
  const std::string eve = Login("eve");
  EXPECT_EQ(service_->Check("bob", bob), TokenOutcome::kNoSession);
  const Result<SessionUpkeep> upkeep = Upkeep();
  ASSERT_OK(upkeep);
  EXPECT_EQ(upkeep->removed, 1u);
  EXPECT_EQ(sqlite_.sessions().LoadSessions(TimePoint(), 10)->size(), 2u);
  Restart();
  EXPECT_EQ(service_->Check("amy", amy), TokenOutcome::kOk);
  EXPECT_EQ(service_->Check("eve", eve), TokenOutcome::kOk);
}

TEST_F(SessionServiceTest, EvictsSessionsOfTheSameAddressFirst) {
  const auto login = [this](const std::string& user, const std::string& address) {
    SessionLoginCommand command = CommandOf(user);
    command.address = address;
    return service_->Login(command)->token.Reveal();
  };
  const std::string amy = login("amy", "192.0.2.1");
  for (int i = 0; i < 300; ++i) login(fmt::format("free{}", i), "2001:db8::" + std::to_string(i));
  EXPECT_EQ(service_->size(), 100U);
  EXPECT_EQ(service_->Check("amy", amy), TokenOutcome::kOk);
}

TEST_F(SessionServiceTest, CheckDoesNotWrite) {
  const std::string token = Login("amy");
  const std::size_t before = store_.writes;
  for (int hour = 0; hour < 48; ++hour) {
    clock_.Advance(hours(1));
    EXPECT_EQ(service_->Check("amy", token), TokenOutcome::kOk);
  }
  EXPECT_EQ(store_.writes, before);
}

TEST_F(SessionServiceTest, KeepsAWrittenUseAcrossARestart) {
  const std::string token = Login("amy");
  clock_.Advance(days(4));
  EXPECT_EQ(service_->Check("amy", token), TokenOutcome::kOk);
  const Result<SessionUpkeep> upkeep = Upkeep();
  ASSERT_OK(upkeep);
  EXPECT_EQ(upkeep->uses_written, 1u);
  EXPECT_FALSE(upkeep->left_some);
  EXPECT_EQ(Upkeep()->uses_written, 0u);
  clock_.Advance(days(4));
  Restart();
  EXPECT_EQ(service_->Check("amy", token), TokenOutcome::kOk);
}

TEST_F(SessionServiceTest, ChangesExpiryByLessThanAnHourAtRestart) {
  const std::string token = Login("amy");
  clock_.Advance(minutes(59));
  EXPECT_EQ(service_->Check("amy", token), TokenOutcome::kOk);
  ASSERT_OK(Upkeep());
  clock_.Advance(days(7) - minutes(59) - seconds(1));
  Restart();
  EXPECT_EQ(service_->Check("amy", token), TokenOutcome::kOk);

  const std::string bobs = Login("bob");
  clock_.Advance(minutes(59));
  EXPECT_EQ(service_->Check("bob", bobs), TokenOutcome::kOk);
  clock_.Advance(days(7) - minutes(59));
  EXPECT_EQ(service_->Check("bob", bobs), TokenOutcome::kOk);
  Restart();
  EXPECT_EQ(service_->Check("bob", bobs), TokenOutcome::kNoSession);
}

TEST_F(SessionServiceTest, KeepsTheOrderOfLastUsesAcrossARestart) {
  const std::string amy = Login("amy");
  clock_.Advance(seconds(1));
  const std::string bob = Login("bob");
  options_.table.max_sessions = 2;
  Restart();
  Login("eve");
  EXPECT_EQ(service_->Check("amy", amy), TokenOutcome::kNoSession);
  EXPECT_EQ(service_->Check("bob", bob), TokenOutcome::kOk);
}

TEST_F(SessionServiceTest, ReplacesAnEarlierLoginAfterARestart) {
  Login("bob");
  const std::string old = Login("amy");
  Restart();
  const std::string fresh = Login("amy");
  EXPECT_EQ(service_->Check("amy", old), TokenOutcome::kWrongToken);
  Restart();
  EXPECT_EQ(service_->Check("amy", old), TokenOutcome::kWrongToken);
  EXPECT_EQ(service_->Check("amy", fresh), TokenOutcome::kOk);
}

TEST_F(SessionServiceTest, ReplacesAnExpiredSessionInTheStore) {
  Login("amy");
  clock_.Advance(days(7));
  Restart();
  const std::string fresh = Login("amy");
  Restart();
  EXPECT_EQ(service_->Check("amy", fresh), TokenOutcome::kOk);
}

TEST_F(SessionServiceTest, RejectsTokensOfAnotherApplication) {
  const std::string token = Login("amy");
  options_.sdk_app_id = 1400000002;
  Restart();
  EXPECT_EQ(service_->Check("amy", token), TokenOutcome::kUnknownApp);
}

TEST_F(SessionServiceTest, RetriesUsesThatCouldNotBeStored) {
  const std::string token = Login("amy");
  clock_.Advance(hours(2));
  EXPECT_EQ(service_->Check("amy", token), TokenOutcome::kOk);
  store_.broken = true;
  EXPECT_ERROR(kStoreBroken, Upkeep());
  store_.broken = false;
  EXPECT_EQ(Upkeep()->uses_written, 1u);
}

TEST_F(SessionServiceTest, RemovesExpiredSessionsFromMemoryAndThenTheStore) {
  Login("amy");
  clock_.Advance(days(7));
  ASSERT_OK(Upkeep());
  EXPECT_EQ(service_->size(), 0u);
  ASSERT_OK(service_->RemoveExpired(clock_.Now()));
  EXPECT_EQ(sqlite_.sessions().LoadSessions(TimePoint(), 10)->size(), 1u);
  clock_.Advance(hours(3));
  ASSERT_OK(service_->RemoveExpired(clock_.Now()));
  EXPECT_EQ(sqlite_.sessions().LoadSessions(TimePoint(), 10)->size(), 0u);
}

TEST_F(SessionServiceTest, KeepsStoredSessionsThatAreInMemory) {
  const std::string token = Login("amy");
  clock_.Advance(minutes(59));
  EXPECT_EQ(service_->Check("amy", token), TokenOutcome::kOk);  // too soon for a write
  clock_.Advance(days(7) - minutes(1));
  ASSERT_OK(Upkeep());
  EXPECT_EQ(service_->Check("amy", token), TokenOutcome::kOk);
  ASSERT_OK(Upkeep());
  clock_.Advance(days(6));
  Restart();
  EXPECT_EQ(service_->Check("amy", token), TokenOutcome::kOk);
}

TEST_F(SessionServiceTest, UpkeepIsBoundedAndReportsRemainingWork) {
  options_.table.max_sessions = 5000;
  Restart();
  std::vector<std::string> tokens;
  tokens.reserve(1500);
  for (int i = 0; i < 1500; ++i) tokens.push_back(Login(fmt::format("u{}", i)));
  clock_.Advance(hours(1));
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    ASSERT_EQ(service_->Check(fmt::format("u{}", i), tokens[i]), TokenOutcome::kOk);
  }
  const auto first = Upkeep();
  ASSERT_OK(first);
  EXPECT_EQ(first->uses_written, 1000u);
  EXPECT_TRUE(first->left_some);
  const auto second = Upkeep();
  EXPECT_EQ(second->uses_written, 500u);
  EXPECT_FALSE(second->left_some);
}

TEST_F(SessionServiceTest, FailsToRestoreIfTheStoreFails) {
  store_.broken = true;
  EXPECT_ERROR(kStoreBroken, service_->Restore(clock_.Now()));
}

class SessionsAcrossWallClockJumps : public SessionFixture,
                                     public testing::WithParamInterface<std::chrono::milliseconds> {
};

TEST_P(SessionsAcrossWallClockJumps, DoNotEndEarly) {
  const std::string token = Login("amy");
  clock_.JumpWallClock(GetParam());
  EXPECT_EQ(service_->Check("amy", token), TokenOutcome::kOk);
  clock_.Advance(days(7) - seconds(1));
  EXPECT_EQ(service_->Check("amy", token), TokenOutcome::kOk);
}

TEST_P(SessionsAcrossWallClockJumps, AreValidAgainWhenTheClockIsRight) {
  const std::string token = Login("amy");
  const TimePoint removal = clock_.Now();
  clock_.JumpWallClock(GetParam());
  ASSERT_OK(service_->Upkeep(removal));
  ASSERT_OK(service_->RemoveExpired(removal));
  Restart(removal);
  (void)service_->Check("amy", token);
  clock_.JumpWallClock(-GetParam());
  EXPECT_EQ(service_->Check("amy", token), TokenOutcome::kOk);
}

INSTANTIATE_TEST_SUITE_P(Jumps, SessionsAcrossWallClockJumps,
                         testing::Values(hours(1), -hours(1), days(8), -days(8), days(3653),
                                         -days(3653)));

/// The sessions of one of several programs on a store; the others log users in and out.
class SharedSessionsTest : public SessionFixture {
 protected:
  SharedSessionsTest() {
    options_.store_is_shared = true;
    Restart();
  }

  /// @return the token of a login at another program.
  std::string LoginElsewhere(const std::string& user, std::uint64_t number) {
    const std::string token = fmt::format("{:0>32}*53724e01*MzY4NjI=", number);
    Tell({.session = {.user_id = {user},
                      .token = crypto_.Digest(token),
                      .number = number,
                      .last_use = clock_.Now()}});
    return token;
  }
  void LogoutElsewhere(const std::string& user, std::uint64_t number) {
    Tell({.session = {.user_id = {user}, .token = {}, .number = number}, .has_ended = true});
  }

 private:
  void Tell(const SessionChange& change) { store_.listener->OnSessions({&change, 1}); }
};

TEST_F(SharedSessionsTest, ALoginElsewhereReplacesTheToken) {
  const std::string here = Login("amy");
  const std::string elsewhere = LoginElsewhere("amy", 7);
  EXPECT_EQ(service_->Check("amy", elsewhere), TokenOutcome::kOk);
  EXPECT_EQ(service_->Check("amy", here), TokenOutcome::kWrongToken);
}

TEST_F(SharedSessionsTest, ALogoutElsewhereEndsThatLoginAlone) {
  const std::string amy = LoginElsewhere("amy", 7);
  const std::string bob = LoginElsewhere("bob", 8);
  LogoutElsewhere("amy", 7);
  LogoutElsewhere("bob", 6);
  EXPECT_EQ(service_->Check("amy", amy), TokenOutcome::kNoSession);
  EXPECT_EQ(service_->Check("bob", bob), TokenOutcome::kOk);
}

TEST_F(SharedSessionsTest, ALogoutElsewhereWhileTheyAreReadIsNotMissed) {
  const std::string amy = Login("amy");
  const std::uint64_t number = sqlite_.sessions().LoadSessions(TimePoint(), 10)->front().number;
  store_.after_load = [&] { LogoutElsewhere("amy", number); };
  Restart();
  EXPECT_EQ(service_->Check("amy", amy), TokenOutcome::kNoSession);
}

TEST_F(SharedSessionsTest, HearingOfItsOwnLoginChangesNothing) {
  const std::string amy = Login("amy");
  clock_.Advance(days(6));
  EXPECT_EQ(service_->Check("amy", amy), TokenOutcome::kOk);
  Session own = sqlite_.sessions().LoadSessions(TimePoint(), 10)->front();
  const SessionChange heard{.session = own};
  store_.listener->OnSessions({&heard, 1});
  clock_.Advance(days(6));
  EXPECT_EQ(service_->Check("amy", amy), TokenOutcome::kOk) << "its last use counts";
}

TEST_F(SharedSessionsTest, WhatIsEvictedStaysStored) {
  options_.table.max_sessions = 2;
  Restart();
  for (const char* const user : {"amy", "bob", "eve"}) Login(user);
  ASSERT_OK(Upkeep());
  EXPECT_EQ(service_->size(), 2u);
  EXPECT_EQ(sqlite_.sessions().LoadSessions(TimePoint(), 10)->size(), 3u);
}

}  // namespace
}  // namespace rtcroom
