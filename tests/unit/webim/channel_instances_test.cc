// Logins, kicks, logouts and what is forgotten: docs/channel.md, 1.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/webim/channel_world.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class ChannelInstancesTest : public testing::Test {
 protected:
  Standing StandingOf(const ChannelInstance& login) { return world_.Admit(login); }

  ChannelWorld world_;
  Phone alice_{world_, "alice"};
};

TEST_F(ChannelInstancesTest, ANewLoginKicksTheOldestAtOnce) {
  alice_.Join(1);
  const ChannelInstance old = alice_.login();
  const PollPtr account = alice_.PollAccount();
  const PollPtr room = alice_.PollRoom();
  alice_.LogIn();
  EXPECT_EQ(account->Body(),
            R"({"ActionStatus":"FAIL","ErrorCode":91101,"ErrorInfo":"kicked by another login"})");
  EXPECT_EQ(StandingOf(old), Standing::kKicked);
  EXPECT_EQ(StandingOf(alice_.login()), Standing::kActive);
  EXPECT_FALSE(room->is_answered()) << "a failure would come back without a delay";
  EXPECT_EQ(world_.counts().kicked, 1U);
}

TEST_F(ChannelInstancesTest, TheRoomsKeyOfAKickedInstanceSaysNothingAnyMore) {
  alice_.Join(1);
  const ChannelInstance old = alice_.login();
  const PollPtr before = alice_.PollRoom();
  alice_.LogIn();
  const PollPtr after = world_.PollRoom(old, 5, alice_.key);
  world_.Say(1);
  world_.ChangeMembers(1);
  world_.Advance(45s);
  for (const PollPtr& poll : {before, after}) {
    EXPECT_EQ(poll->ErrorCode(), 0);
    EXPECT_EQ(poll->Key(), alice_.key);
    EXPECT_THAT(poll->Texts(), IsEmpty());
    EXPECT_THAT(poll->Notices(), IsEmpty());
  }
  EXPECT_EQ(after->NextSeq(), 5U);
}

TEST_F(ChannelInstancesTest, AKickedInstanceIsNoMemberAndGetsNoMessages) {
  alice_.Join(1);
  const ChannelInstance old = alice_.login();
  alice_.LogIn();
  EXPECT_FALSE(world_.IsMember(1, {"alice"}));
  EXPECT_TRUE(world_.AccountOf({"alice"}).IsPresent());
  EXPECT_EQ(world_.Join(old, 1), "");
  world_.SayTo("alice", 10);
  EXPECT_THAT(alice_.PollAccount()->Directs(), ElementsAre(10));
}

TEST_F(ChannelInstancesTest, APollThatWasAdmittedBeforeTheKickIsAnsweredAtOnce) {
  const ChannelInstance old = alice_.login();
  alice_.LogIn();
  const PollPtr poll = world_.PollAccount(old, 0);
  EXPECT_EQ(poll->ErrorCode(), kKickedCode);
}

TEST_F(ChannelInstancesTest, APollOfAnInstanceThatWasForgottenIsHeld) {
  auto poll = std::make_shared<SentPoll>();
  world_.Change([&](WebimTurn& turn) {
    world_.state().account_polls().Poll(nullptr, 0, SentPoll::ReplyTo(poll), turn);
  });
  EXPECT_FALSE(poll->is_answered());
  world_.Advance(45s);
  EXPECT_EQ(poll->ErrorCode(), kNothingNewCode);
}

TEST_F(ChannelInstancesTest, AfterARestartTheNewestLoginWins) {
  const ChannelInstance old = alice_.login();
  alice_.LogIn();
  for (const bool old_first : {true, false}) {
    world_.Restart();
    if (old_first) {
      EXPECT_EQ(StandingOf(old), Standing::kActive);
    }
    EXPECT_EQ(StandingOf(alice_.login()), Standing::kActive);
    EXPECT_EQ(StandingOf(old), Standing::kKicked);
  }
}

TEST_F(ChannelInstancesTest, ANewLoginIsTheNewestWhateverTheClockSays) {
  for (int i = 0; i < 3; ++i) {
    const ChannelInstance old = alice_.login();
    alice_.LogIn();  // within the same millisecond
    EXPECT_EQ(StandingOf(alice_.login()), Standing::kActive);
    EXPECT_EQ(StandingOf(old), Standing::kKicked);
  }
  world_.JumpWallClock(-1h);
  const ChannelInstance old = alice_.login();
  alice_.LogIn();
  EXPECT_EQ(StandingOf(alice_.login()), Standing::kActive);
  EXPECT_EQ(StandingOf(old), Standing::kKicked);
}

TEST_F(ChannelInstancesTest, AnAccountMayHaveAsManyInstancesAsConfigured) {
  ChannelWorld world({.max_instances = 2});
  const ChannelInstance first = world.LogIn("alice");
  const ChannelInstance second = world.LogIn("alice");
  EXPECT_EQ(world.Admit(first), Standing::kActive);
  const ChannelInstance third = world.LogIn("alice");
  EXPECT_EQ(world.Admit(first), Standing::kKicked);
  EXPECT_EQ(world.Admit(second), Standing::kActive);
  EXPECT_EQ(world.Admit(third), Standing::kActive);
}

TEST_F(ChannelInstancesTest, ANewLoginAtAnotherServerKicksTheOneHere) {
  ChannelInstance elsewhere = alice_.login();
  ++elsewhere.instance;
  elsewhere.logged_in += 1s;
  world_.ChangeLogins([&](ChannelTurn& turn) { world_.logins().AdmitElsewhere(elsewhere, turn); });
  EXPECT_EQ(StandingOf(alice_.login()), Standing::kKicked);
  EXPECT_EQ(StandingOf(elsewhere), Standing::kActive);
}

TEST_F(ChannelInstancesTest, ALoginThatGoesOnAtAnotherServerEndsItsConnectionHere) {
  ChannelWorld world({.max_instances = 2});
  const ChannelInstance here = world.LogIn("alice");
  ChannelInstance elsewhere = here;
  ++elsewhere.instance;
  world.ChangeLogins([&](ChannelTurn& turn) { world.logins().AdmitElsewhere(elsewhere, turn); });
  EXPECT_EQ(world.Admit(here), Standing::kKicked);
  EXPECT_EQ(world.Admit(elsewhere), Standing::kActive);
}

TEST_F(ChannelInstancesTest, ItsOwnLoginComesBackWithoutEffect) {
  world_.ChangeLogins(
      [&](ChannelTurn& turn) { world_.logins().AdmitElsewhere(alice_.login(), turn); });
  EXPECT_EQ(StandingOf(alice_.login()), Standing::kActive);
}

TEST_F(ChannelInstancesTest, OtherAccountsAreNotKicked) {
  (void)world_.LogIn("bob");
  EXPECT_EQ(StandingOf(alice_.login()), Standing::kActive);
}

// Logout

TEST_F(ChannelInstancesTest, ALoggedOutInstanceGetsNothingAndItsPollsAreLeftToTheClient) {
  alice_.Join(1);
  const PollPtr account = alice_.PollAccount();
  const PollPtr room = alice_.PollRoom();
  world_.LogOut(alice_.instance());
  EXPECT_EQ(StandingOf(alice_.login()), Standing::kLoggedOut);
  EXPECT_FALSE(world_.AccountOf({"alice"}).IsPresent());
  EXPECT_EQ(world_.CountMembers(1), 0U);
  world_.Say(1);
  world_.SayTo("alice", 10);
  world_.ChangeMembers(1);
  EXPECT_FALSE(account->is_answered());
  EXPECT_FALSE(room->is_answered());
  world_.Advance(45s);
  EXPECT_EQ(account->ErrorCode(), kNothingNewCode);
  EXPECT_THAT(room->Texts(), IsEmpty());
}

TEST_F(ChannelInstancesTest, ALogoutOfAllEndsTheInstancesOfTheAccountOnly) {
  ChannelWorld world({.max_instances = 2});
  const ChannelInstance first = world.LogIn("alice");
  const ChannelInstance second = world.LogIn("alice");
  const ChannelInstance other = world.LogIn("bob");
  world.ChangeLogins([&](ChannelTurn& turn) { world.logins().LogOutAll({"alice"}, turn); });
  EXPECT_EQ(world.Admit(first), Standing::kLoggedOut);
  EXPECT_EQ(world.Admit(second), Standing::kLoggedOut);
  EXPECT_EQ(world.Admit(other), Standing::kActive);
}

// Connections

TEST_F(ChannelInstancesTest, AnAttachedInstanceHearsThatItWasKicked) {
  int kicks = 0;
  const ChannelInstance attached = world_.LogIn("carol");
  ASSERT_TRUE(world_.Attach(attached, [&kicks] { ++kicks; }));
  (void)world_.LogIn("bob");
  EXPECT_EQ(kicks, 0);
  (void)world_.LogIn("carol");
  EXPECT_EQ(kicks, 1);
  EXPECT_FALSE(world_.Attach(attached, [] {})) << "it was kicked";
}

TEST_F(ChannelInstancesTest, AnAttachedInstanceIsNotForgottenUntilItEnds) {
  const ChannelInstance attached = world_.LogIn("carol");
  ASSERT_TRUE(world_.Attach(attached, [] {}));
  world_.Advance(20min);
  EXPECT_TRUE(world_.AccountOf({"carol"}).IsPresent());
  world_.LogOut(attached.instance);
  EXPECT_FALSE(world_.AccountOf({"carol"}).IsPresent());
  world_.Advance(10min);
  EXPECT_EQ(world_.logins().FindAccount({"carol"}), nullptr);
}

TEST_F(ChannelInstancesTest, AConnectionTakesALoginFromItsPolls) {
  alice_.Join(1);
  const PollPtr poll = alice_.PollAccount();
  ASSERT_TRUE(world_.Attach(alice_.login(), [] {}));
  EXPECT_FALSE(world_.IsMember(1, {"alice"}));
  world_.SayTo("alice", 10);
  EXPECT_FALSE(poll->is_answered());
  world_.Advance(45s);
  EXPECT_EQ(poll->ErrorCode(), kNothingNewCode);
}

TEST_F(ChannelInstancesTest, ALogoutOfAllIsAKickForThoseWithAConnection) {
  int kicks = 0;
  ASSERT_TRUE(world_.Attach(world_.LogIn("carol"), [&kicks] { ++kicks; }));
  world_.ChangeLogins([&](ChannelTurn& turn) { world_.logins().LogOutAll({"carol"}, turn); });
  EXPECT_EQ(kicks, 1);
}

// Profiles

TEST_F(ChannelInstancesTest, AProfileIsKeptWhileTheAccountHasAnInstance) {
  world_.AccountOf({"alice"}).profile.nick = "Alice";
  alice_.LogIn();
  EXPECT_EQ(world_.AccountOf({"alice"}).profile.nick, "Alice");
  world_.Advance(10min);
  EXPECT_EQ(world_.AccountOf({"alice"}).profile.nick, "");
}

// What is forgotten

TEST_F(ChannelInstancesTest, AnIdleInstanceIsForgottenWithItsGroup) {
  alice_.Join(1);
  world_.Advance(9min);
  Phone bob(world_, "bob");
  world_.Advance(59s);
  EXPECT_EQ(world_.sizes().instances, 2U);
  world_.Advance(1s);
  EXPECT_EQ(world_.sizes().instances, 1U);
  EXPECT_EQ(world_.sizes().groups, 0U);
}

TEST_F(ChannelInstancesTest, AnInstanceThatPollsIsNotIdle) {
  for (int i = 0; i < 20; ++i) {
    const PollPtr poll = alice_.PollAccount();
    world_.Advance(45s);
    EXPECT_EQ(poll->ErrorCode(), kNothingNewCode);
  }
  EXPECT_EQ(world_.sizes().instances, 1U);
}

TEST_F(ChannelInstancesTest, AForgottenInstanceComesBackToItsPlace) {
  alice_.Join(1);
  world_.Say(1);
  alice_.TakeRoom(alice_.PollRoom());
  world_.Advance(10min);
  ASSERT_EQ(world_.sizes().instances, 0U);
  world_.Say(1);
  EXPECT_THAT(alice_.PollRoom()->Texts(), ElementsAre(2));
  EXPECT_THAT(alice_.PollAccount()->Notices(), ElementsAre(255)) << "it may have missed a change";
}

TEST_F(ChannelInstancesTest, WaitingPollsOutliveTheirInstance) {
  ChannelWorld world({.idle_ttl = 1s});
  Phone phone(world, "alice");
  phone.Join(1);
  const PollPtr account = phone.PollAccount();
  const PollPtr room = phone.PollRoom();
  world.Advance(2s);
  EXPECT_EQ(world.sizes().instances, 0U);
  world.Say(1);
  world.ChangeMembers(1);
  world.Advance(43s);
  EXPECT_EQ(account->ErrorCode(), kNothingNewCode);
  EXPECT_EQ(room->Key(), phone.key);
}

TEST_F(ChannelInstancesTest, AnAccountThatLogsInAllTheTimeKeepsAFewInstances) {
  for (int i = 0; i < 100; ++i) {
    alice_.LogIn();
    alice_.Join(1);
    (void)alice_.PollRoom();
  }
  EXPECT_LE(world_.sizes().instances, 5U);
  for (int i = 0; i < 100; ++i) {
    alice_.LogIn();
    world_.LogOut(alice_.instance());
  }
  EXPECT_LE(world_.sizes().instances, 5U);
  world_.Advance(45s);
  EXPECT_EQ(world_.sizes().polls, 0U);
}

TEST_F(ChannelInstancesTest, AKickedInstanceThatWasForgottenIsKickedAgain) {
  const ChannelInstance old = alice_.login();
  for (int i = 0; i < 20; ++i) alice_.LogIn();
  EXPECT_EQ(StandingOf(old), Standing::kKicked);
  EXPECT_EQ(StandingOf(alice_.login()), Standing::kActive);
}

TEST_F(ChannelInstancesTest, ManyAccountsDisplaceTheLeastRecentlyUsed) {
  ChannelWorld world({.max_known_instances = 3});
  Phone alice(world, "alice");
  alice.Join(1);
  world.Say(1);
  alice.TakeRoom(alice.PollRoom());
  const PollPtr waiting = alice.PollRoom();
  for (int i = 0; i < 10; ++i) (void)world.LogIn("user_" + std::to_string(i));
  EXPECT_EQ(world.sizes().instances, 3U);
  world.Say(1);
  world.Advance(45s);
  EXPECT_EQ(waiting->NextSeq(), 2U) << "held, and answered as it came";
  alice.TakeRoom(waiting);
  EXPECT_THAT(alice.PollRoom()->Texts(), ElementsAre(2));
}

}  // namespace
}  // namespace rtcroom
