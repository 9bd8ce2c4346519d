// The poll of an account: docs/channel.md, 3, and hazards H2, H4 of channel_hazards_test.cc.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/webim/channel_world.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class AccountPollTest : public testing::Test {
 protected:
  AccountPollTest() { phone_.Join(1); }

  /// The phone polls and receives what there is.
  void Receive() {
    const PollPtr poll = phone_.PollAccount();
    if (poll->is_answered()) phone_.TakeAccount(poll);
  }

  ChannelWorld world_;
  Phone phone_{world_, "alice"};
};

TEST_F(AccountPollTest, FailsWithNothingNewAfterTheHold) {
  const PollPtr poll = phone_.PollAccount();
  world_.Advance(44900ms);
  EXPECT_FALSE(poll->is_answered());
  world_.Advance(100ms);
  EXPECT_EQ(poll->ErrorCode(), kNothingNewCode);
}

TEST_F(AccountPollTest, CarriesSystemNoticesAndDirectMessages) {
  PollPtr poll = phone_.PollAccount();
  world_.ChangeMembers(1);
  EXPECT_THAT(poll->Notices(), ElementsAre(kChangeNotice));
  phone_.TakeAccount(poll);
  poll = phone_.PollAccount();
  world_.SayTo("alice", 11);
  EXPECT_THAT(poll->Directs(), ElementsAre(11));
  EXPECT_EQ(poll->ErrorCode(), 0);
}

TEST_F(AccountPollTest, AllEntriesOfAReplyCarryOneNumber) {
  for (int i = 0; i < 3; ++i) world_.SayTo("alice", 10);
  world_.ChangeMembers(1);
  const PollPtr poll = phone_.PollAccount();
  ASSERT_THAT(poll->NoticeSeqs(), SizeIs(4));
  EXPECT_THAT(poll->NoticeSeqs(), Each(poll->NoticeSeqs().front()));
}

TEST_F(AccountPollTest, NoSenderDisplacesWhatWaitsFromAnother) {
  ChannelWorld world({.max_inbox = 5, .max_bytes = 5'000});
  Phone phone(world, "alice");
  (void)phone.PollAccount();
  world.Advance(45s);
  world.SayTo("alice", 1, "amy");
  for (std::uint64_t i = 10; i < 30; ++i) world.SayTo("alice", i, "eve");
  world.SayTo("alice", 2, "amy");
  for (std::uint64_t i = 30; i < 50; ++i) world.SayTo("alice", i, "eve");
  EXPECT_THAT(phone.PollAccount()->Directs(), ElementsAre(1, 2, 47, 48, 49));
}

TEST_F(AccountPollTest, NorByLongMessages) {
  ChannelWorld world({.max_bytes = 5'000});
  Phone phone(world, "alice");
  (void)phone.PollAccount();
  world.Advance(45s);
  world.SayTo("alice", 1, "amy");
  for (std::uint64_t i = 10; i < 20; ++i)
    world.SayTo("alice", i, "eve", "[\"" + std::string(1'500, 'x') + "\"]");
  EXPECT_THAT(phone.PollAccount()->Directs(), ElementsAre(1, 17, 18, 19));
}

TEST_F(AccountPollTest, WhatAPollConfirmsIsNotGivenAgain) {
  world_.SayTo("alice", 10);
  Receive();
  const PollPtr poll = phone_.PollAccount();
  world_.Advance(45s);
  EXPECT_EQ(poll->ErrorCode(), kNothingNewCode);
  EXPECT_THAT(phone_.directs, ElementsAre(10));
}

TEST_F(AccountPollTest, NothingIsSentWhileAnAnswerIsOnItsWay) {
  const PollPtr first = phone_.PollAccount();
  const PollPtr second = phone_.PollAccount();
  world_.SayTo("alice", 10);
  world_.SayTo("alice", 11);
  EXPECT_THAT(second->Directs(), ElementsAre(10));
  EXPECT_FALSE(first->is_answered());
  phone_.TakeAccount(second);
  EXPECT_THAT(phone_.PollAccount()->Directs(), ElementsAre(11));
}

TEST_F(AccountPollTest, ALostAnswerIsGivenAgainAtOnceToASinglePoll) {
  const PollPtr lost = phone_.PollAccount();
  world_.SayTo("alice", 10);
  world_.SayTo("alice", 11);
  const PollPtr poll = phone_.PollAccount();
  EXPECT_THAT(poll->Directs(), ElementsAre(10, 11));
  EXPECT_GT(poll->NoticeSeqs().front(), lost->NoticeSeqs().front());
}

TEST_F(AccountPollTest, OfTwoTheSecondGetsALostAnswerAfterTwoSeconds) {
  const PollPtr second = phone_.PollAccount();
  const PollPtr lost = phone_.PollAccount();
  world_.ChangeMembers(1);
  ASSERT_TRUE(lost->is_answered());
  const PollPtr again = phone_.PollAccount();
  world_.Advance(1900ms);
  EXPECT_FALSE(second->is_answered());
  EXPECT_FALSE(again->is_answered());
  world_.Advance(100ms);
  EXPECT_THAT(again->Notices(), ElementsAre(kChangeNotice));
}

TEST_F(AccountPollTest, AnAnswerThatArrivesLateConfirmsWhatItCarried) {
  const PollPtr slow = phone_.PollAccount();
  world_.SayTo("alice", 10);
  world_.Advance(2s);
  world_.SayTo("alice", 11);
  const PollPtr again = phone_.PollAccount();  // both, and it is lost
  ASSERT_THAT(again->Directs(), ElementsAre(10, 11));
  phone_.TakeAccount(slow);
  EXPECT_THAT(phone_.PollAccount()->Directs(), ElementsAre(11));
}

TEST_F(AccountPollTest, TheLoopOfAnEarlierLoginGetsNothingTwice) {
  phone_.LogIn();
  const PollPtr poll = phone_.PollAccount();
  world_.SayTo("alice", 10);
  ASSERT_TRUE(poll->is_answered());
  const PollPtr of_old_loop = phone_.PollAccount();  // while the answer is on its way
  EXPECT_FALSE(of_old_loop->is_answered());
  phone_.TakeAccount(poll);
  const PollPtr next = phone_.PollAccount();
  world_.Advance(1min);
  EXPECT_EQ(of_old_loop->ErrorCode(), kNothingNewCode);
  EXPECT_EQ(next->ErrorCode(), kNothingNewCode);
}

TEST_F(AccountPollTest, BoundsAReply) {
  for (std::uint64_t i = 1; i <= 60; ++i) world_.SayTo("alice", i);
  Receive();
  EXPECT_THAT(phone_.directs, SizeIs(50));
  Receive();
  EXPECT_THAT(phone_.directs, SizeIs(60));
}

TEST_F(AccountPollTest, HoldsAsManyLoopsAsAClientCanHave) {
  std::vector<PollPtr> polls;
  for (int i = 0; i < 11; ++i) polls.push_back(phone_.PollAccount());
  EXPECT_EQ(polls.front()->ErrorCode(), kNothingNewCode);
  for (std::size_t i = 1; i < polls.size(); ++i) EXPECT_FALSE(polls[i]->is_answered());
}

// Merging

TEST_F(AccountPollTest, WaitingChangesOfAGroupMergeIntoOneNotice) {
  for (int i = 0; i < 5; ++i) world_.ChangeMembers(1);
  EXPECT_THAT(phone_.PollAccount()->Notices(), ElementsAre(kChangeNotice));
}

TEST_F(AccountPollTest, AChangeAfterAnAnswerGetsANoticeOfItsOwn) {
  const PollPtr poll = phone_.PollAccount();
  world_.ChangeMembers(1);
  ASSERT_TRUE(poll->is_answered());
  world_.ChangeMembers(1);
  phone_.TakeAccount(poll);
  EXPECT_THAT(phone_.PollAccount()->Notices(), ElementsAre(kChangeNotice));
}

TEST_F(AccountPollTest, AChangeAfterAnAnswerThatSeemsLostGetsANoticeOfItsOwn) {
  const PollPtr slow = phone_.PollAccount();
  world_.ChangeMembers(1);
  world_.Advance(3s);  // taken for lost, but it arrived, and the phone asked for the members
  world_.ChangeMembers(1);
  phone_.TakeAccount(slow);
  EXPECT_THAT(phone_.PollAccount()->Notices(), ElementsAre(kChangeNotice));
}

TEST_F(AccountPollTest, TheEndOfAGroupReplacesItsWaitingChanges) {
  world_.ChangeMembers(1);
  world_.End(1);
  EXPECT_THAT(phone_.PollAccount()->Notices(), ElementsAre(kEndNotice));
}

// Numbers

TEST_F(AccountPollTest, NumbersGrowOverARestart) {
  world_.SayTo("alice", 10);
  Receive();
  const std::uint64_t before = phone_.cursor;
  (void)phone_.PollAccount();  // confirms it
  world_.Restart();
  world_.SayTo("alice", 11);
  Receive();
  EXPECT_GT(phone_.cursor, before);
  EXPECT_THAT(phone_.directs, ElementsAre(10, 11));
}

TEST_F(AccountPollTest, NumbersGrowOverARestartWithAClockThatWasSetBack) {
  world_.SayTo("alice", 10);
  Receive();
  const std::uint64_t before = phone_.cursor;
  (void)phone_.PollAccount();  // confirms it
  world_.Restart();
  world_.JumpWallClock(-std::chrono::hours(24 * 400));
  // A notice and a message before the first poll, which has a cursor beyond the clock.
  const PollPtr room = phone_.PollRoom();
  world_.SayTo("alice", 11);
  const PollPtr poll = phone_.PollAccount();
  EXPECT_THAT(poll->Directs(), ElementsAre(11));
  EXPECT_THAT(poll->Notices(), ElementsAre(kChangeNotice));
  EXPECT_GT(poll->NoticeSeqs().front(), before);
  EXPECT_LT(poll->NoticeSeqs().front(), std::uint64_t{1} << 53);
}

TEST_F(AccountPollTest, NumbersGrowWithinAMillisecondAndWithAClockThatIsSetBack) {
  std::uint64_t last = 0;
  for (std::uint64_t i = 1; i <= 5; ++i) {
    world_.JumpWallClock(-1h);
    world_.SayTo("alice", i);
    Receive();
    EXPECT_GT(phone_.cursor, last);
    last = phone_.cursor;
  }
  EXPECT_THAT(phone_.directs, ElementsAre(1, 2, 3, 4, 5));
}

TEST_F(AccountPollTest, AWildCursorConfirmsNothingThatWasNotGiven) {
  for (const std::uint64_t wild :
       {std::uint64_t{1} << 52, std::uint64_t{1} << 53, ~std::uint64_t{0}}) {
    phone_.cursor = wild;
    const PollPtr waiting = phone_.PollAccount();
    world_.SayTo("alice", 10);
    ASSERT_THAT(waiting->Directs(), ElementsAre(10));
    EXPECT_LT(waiting->NoticeSeqs().front(), std::uint64_t{1} << 53);
    phone_.cursor = waiting->NoticeSeqs().front();
    (void)phone_.PollAccount();
    world_.Advance(45s);
  }
}

// H2

TEST_F(AccountPollTest, NoticesGoByTheRoomsPollAfterTwoHoldsWithoutAnAccountPoll) {
  (void)phone_.PollAccount();
  PollPtr room = phone_.PollRoom();
  world_.Advance(45s);
  world_.ChangeMembers(1);
  room = phone_.PollRoom();
  world_.Advance(45s);
  EXPECT_THAT(room->Notices(), IsEmpty()) << "the account's poll may come back";
  world_.Advance(100ms);
  room = phone_.PollRoom();
  EXPECT_THAT(room->Notices(), ElementsAre(kChangeNotice));
  const auto entry = room->reply()["RspMsgList"][0];
  EXPECT_EQ(entry["From_Account"], "@TIM#SYSTEM") << "the SDK skips an entry without it";
  room = phone_.PollRoom();
  world_.End(1);
  EXPECT_THAT(room->Notices(), ElementsAre(kEndNotice));
  EXPECT_FALSE(phone_.PollAccount()->is_answered()) << "they are not sent again";
}

TEST_F(AccountPollTest, DirectMessagesWaitForTheAccountsPoll) {
  world_.Advance(2min);
  const PollPtr room = phone_.PollRoom();
  world_.SayTo("alice", 10);
  EXPECT_FALSE(room->is_answered());
  EXPECT_THAT(phone_.PollAccount()->Directs(), ElementsAre(10));
}

TEST_F(AccountPollTest, ANoticeByTheRoomsPollKeepsItsPosition) {
  world_.Say(1);
  world_.Say(1);
  phone_.TakeRoom(phone_.PollRoom());
  world_.Advance(2min);
  world_.ChangeMembers(1);
  // This poll confirms the messages, and is answered with the notice.
  const PollPtr poll = phone_.PollRoom();
  EXPECT_THAT(poll->Notices(), ElementsAre(kChangeNotice));
  EXPECT_EQ(poll->NextSeq(), 3U);
  phone_.TakeRoom(poll);
  EXPECT_FALSE(phone_.PollRoom()->is_answered());
}

TEST_F(AccountPollTest, AfterARestartNoticesWaitForTheAccountsFirstPoll) {
  world_.Restart();
  const PollPtr room = phone_.PollRoom();
  EXPECT_FALSE(room->is_answered());
  EXPECT_THAT(phone_.PollAccount()->Notices(), ElementsAre(kChangeNotice));
}

// Messages to an absent account

TEST_F(AccountPollTest, GivesMessagesFromBeforeTheLoginInTheirOrder) {
  for (std::uint64_t i = 1; i <= 3; ++i) world_.SayTo("bob", i);
  Phone bob(world_, "bob");
  world_.SayTo("bob", 4);  // between the login and the first poll
  EXPECT_THAT(bob.PollAccount()->Directs(), ElementsAre(1, 2, 3, 4));
}

TEST_F(AccountPollTest, GivesAMessageOnceThatTheFeedSuppliesAfterItWasRead) {
  Phone bob(world_, "bob");
  world_.StoreDirect("bob", 1);
  bob.TakeAccount(bob.PollAccount());
  const PollPtr poll = bob.PollAccount();
  world_.Feed();
  EXPECT_FALSE(poll->is_answered());
  EXPECT_THAT(bob.directs, ElementsAre(1));
}

TEST_F(AccountPollTest, AConfirmedMessageIsNotGivenToTheNextLogin) {
  world_.SayTo("alice", 10);
  Receive();
  (void)phone_.PollAccount();
  world_.SayTo("alice", 11);  // given, not confirmed
  phone_.LogIn();
  EXPECT_THAT(phone_.PollAccount()->Directs(), ElementsAre(11));
}

TEST_F(AccountPollTest, SettlesNothingBeforeThePendingMessagesWereRead) {
  for (std::uint64_t i = 1; i <= 3; ++i) world_.SayTo("bob", i);
  Phone bob(world_, "bob");
  world_.FailReads(true);
  PollPtr poll = bob.PollAccount();
  world_.SayTo("bob", 4);
  ASSERT_THAT(poll->Directs(), ElementsAre(4));
  bob.TakeAccount(poll);
  world_.FailReads(false);
  poll = bob.PollAccount();
  EXPECT_THAT(poll->Directs(), ElementsAre(1, 2, 3));
  bob.LogIn();  // the newest one is confirmed, but not those before it
  EXPECT_THAT(bob.PollAccount()->Directs(), ElementsAre(1, 2, 3, 4));
}

TEST_F(AccountPollTest, SettlesWhatWasConfirmedBeforeOlderOnes) {
  for (std::uint64_t i = 1; i <= 3; ++i) world_.SayTo("bob", i);
  Phone bob(world_, "bob");
  world_.FailReads(true);
  const PollPtr first = bob.PollAccount();
  world_.SayTo("bob", 4);
  bob.TakeAccount(first);
  world_.FailReads(false);
  bob.TakeAccount(bob.PollAccount());
  (void)bob.PollAccount();
  EXPECT_THAT(bob.directs, ElementsAre(4, 1, 2, 3));
  bob.LogIn();
  EXPECT_FALSE(bob.PollAccount()->is_answered()) << "all are settled";
}

TEST_F(AccountPollTest, EachInstanceOfAnAccountGetsItsMessages) {
  ChannelWorld world({.max_instances = 2});
  Phone one(world, "alice");
  Phone other(world, "alice");
  world.SayTo("alice", 10);
  EXPECT_THAT(one.PollAccount()->Directs(), ElementsAre(10));
  EXPECT_THAT(other.PollAccount()->Directs(), ElementsAre(10));
}

// The bounds of an inbox

TEST_F(AccountPollTest, AFullInboxDropsTheOldestMessagesAndNoNotice) {
  world_.ChangeMembers(1);
  world_.End(1);
  for (std::uint64_t i = 1; i <= 150; ++i) world_.SayTo("alice", i);
  for (int i = 0; i < 3; ++i) Receive();
  EXPECT_THAT(phone_.notices, ElementsAre(kEndNotice));
  EXPECT_THAT(phone_.directs, SizeIs(99));
  EXPECT_EQ(phone_.directs.back(), 150U);
  EXPECT_GE(world_.counts().dropped, 51U);
}

TEST(AccountPollBoundsTest, AnInboxHasABoundInBytes) {
  ChannelWorld world({.max_bytes = 1'000});
  Phone phone(world, "alice");
  for (std::uint64_t i = 1; i <= 50; ++i) world.SayTo("alice", i);
  const std::vector<std::uint64_t> directs = phone.PollAccount()->Directs();
  EXPECT_LT(directs.size(), 15U);
  ASSERT_FALSE(directs.empty());
  EXPECT_EQ(directs.back(), 50U);
}

}  // namespace
}  // namespace rtcroom
