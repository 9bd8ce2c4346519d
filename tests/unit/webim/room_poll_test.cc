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
using testing::SizeIs;

/// The poll of a room: docs/channel.md, 3, and hazards H1, H4, H6, H10 of
/// channel_hazards_test.cc.
class RoomPollTest : public testing::Test {
 protected:
  RoomPollTest() { phone_.Join(1); }

  ChannelWorld world_;
  Phone phone_{world_, "alice"};
};

TEST_F(RoomPollTest, WaitsForTheNextMessage) {
  const PollPtr poll = phone_.PollRoom();
  world_.Advance(30s);
  EXPECT_FALSE(poll->is_answered());
  world_.Say(1);
  EXPECT_THAT(poll->Texts(), ElementsAre(1));
  EXPECT_EQ(poll->NextSeq(), 2U);
  EXPECT_EQ(poll->Key(), phone_.key);
  EXPECT_EQ(poll->reply()["HoldTime"], 45);
}

TEST_F(RoomPollTest, IsAnsweredAtOnceWithWhatHasCome) {
  world_.Say(1);
  world_.Say(1);
  EXPECT_THAT(phone_.PollRoom()->Texts(), ElementsAre(1, 2));
}

TEST_F(RoomPollTest, IsAnsweredEmptyAfterTheHold) {
  const PollPtr poll = phone_.PollRoom();
  world_.Advance(44900ms);
  EXPECT_FALSE(poll->is_answered());
  world_.Advance(100ms);
  EXPECT_EQ(poll->Body(),
            R"({"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","NextSeq":1,"HoldTime":45,)"
            R"("Key":")" +
                phone_.key + R"(","RspMsgList":[]})");
}

TEST(RoomPollHoldTest, NamesTheHoldOfTheServer) {
  ChannelWorld world({.hold = 20s});
  Phone phone(world, "alice");
  phone.Join(1);
  const PollPtr poll = phone.PollRoom();
  world.Advance(20s);
  EXPECT_EQ(poll->reply()["HoldTime"], 20);
}

TEST_F(RoomPollTest, GivesNothingFromBeforeTheJoin) {
  for (int i = 0; i < 3; ++i) world_.Say(2);
  phone_.Join(2);
  for (const std::uint64_t start : {0U, 1U}) {
    phone_.start = start;
    const PollPtr poll = phone_.PollRoom();
    EXPECT_FALSE(poll->is_answered());
    world_.Advance(45s);
    EXPECT_EQ(poll->NextSeq(), 4U);
  }
}

TEST_F(RoomPollTest, GivesNothingFromBeforeTheJoinWhenTheStoreIsAheadOfTheFeed) {
  world_.Store(1);
  Phone late(world_, "bob");
  late.Join(1);
  const PollPtr poll = late.PollRoom();
  world_.Feed();
  EXPECT_FALSE(poll->is_answered());
  world_.Say(1);
  EXPECT_THAT(poll->Texts(), ElementsAre(2));
}

TEST_F(RoomPollTest, GivesAllMessagesToEachMemberInTheirOrder) {
  Phone other(world_, "bob");
  other.Join(1);
  for (int round = 0; round < 5; ++round) {
    const PollPtr poll = phone_.PollRoom();
    world_.Say(1);
    world_.Say(1);
    phone_.TakeRoom(poll);
  }
  phone_.TakeRoom(phone_.PollRoom());
  EXPECT_THAT(phone_.texts, ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
  EXPECT_THAT(other.PollRoom()->Texts(), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
}

TEST_F(RoomPollTest, GivesNothingOfOtherRooms) {
  const PollPtr poll = phone_.PollRoom();
  world_.Say(2);
  Phone other(world_, "bob");
  other.Join(2);
  world_.Say(2);
  EXPECT_FALSE(poll->is_answered());
}

TEST_F(RoomPollTest, BoundsAReply) {
  for (int i = 0; i < 60; ++i) world_.Say(1);
  phone_.TakeRoom(phone_.PollRoom());
  EXPECT_THAT(phone_.texts, SizeIs(50));
  phone_.TakeRoom(phone_.PollRoom());
  EXPECT_THAT(phone_.texts, SizeIs(60));

  Phone other(world_, "bob");
  other.Join(1);
  for (int i = 0; i < 20; ++i) world_.Say(1, std::string(12'000, 'x'));
  while (other.texts.size() < 20) {
    const PollPtr poll = other.PollRoom();
    ASSERT_TRUE(poll->is_answered());
    EXPECT_LT(poll->Body().size(), std::size_t{150'000});
    other.TakeRoom(poll);
  }
}

// H1

TEST_F(RoomPollTest, IsHeldAndAnsweredAsItCameForAnUnknownKeyOrInstance) {
  Phone stranger(world_, "bob");
  stranger.key = "1\"2\\3";
  stranger.start = 77;
  const std::string key_of_alice = phone_.key;
  world_.LogOut(phone_.instance());
  const std::vector<PollPtr> polls = {stranger.PollRoom(), phone_.PollRoom()};
  world_.Say(1);
  world_.Advance(44s);
  for (const PollPtr& poll : polls) EXPECT_FALSE(poll->is_answered());
  world_.Advance(1s);
  for (const PollPtr& poll : polls) {
    EXPECT_EQ(poll->ErrorCode(), 0);
    EXPECT_THAT(poll->Texts(), IsEmpty());
  }
  EXPECT_EQ(polls[0]->Key(), stranger.key);
  EXPECT_EQ(polls[0]->NextSeq(), 77U);
  EXPECT_EQ(polls[1]->Key(), key_of_alice);
}

TEST_F(RoomPollTest, WithTheKeyOfAnotherInstanceGivesNothing) {
  Phone stranger(world_, "bob");
  stranger.key = phone_.key;
  const PollPtr poll = stranger.PollRoom();
  world_.Say(1);
  world_.Advance(45s);
  EXPECT_THAT(poll->Texts(), IsEmpty());
  EXPECT_FALSE(world_.IsMember(1, {"bob"}));
}

TEST_F(RoomPollTest, KeepsNoMoreThanTheBeginningOfALongKey) {
  Phone stranger(world_, "bob");
  stranger.key = std::string(60'000, 'k');
  const PollPtr poll = stranger.PollRoom();
  world_.Advance(45s);
  EXPECT_EQ(poll->Key(), std::string(512, 'k'));
}

TEST_F(RoomPollTest, WithAnUnknownKeyIsNotAnsweredAtOnceInsideAGroup) {
  phone_.key = "of another server";
  const PollPtr poll = phone_.PollRoom();
  EXPECT_FALSE(poll->is_answered());
  world_.Advance(45s);
  EXPECT_NE(poll->Key(), phone_.key) << "the client finds back to its group";
}

TEST_F(RoomPollTest, BelievesNoPositionBeyondTheNewestMessage) {
  world_.Say(1);
  phone_.start = 1'000'000'000'000;
  const PollPtr poll = phone_.PollRoom();
  world_.Say(1);
  EXPECT_THAT(poll->Texts(), ElementsAre(2));
  EXPECT_EQ(poll->NextSeq(), 3U);
}

// H4

TEST_F(RoomPollTest, ALostAnswerIsGivenAgainAtOnceToASinglePoll) {
  const PollPtr lost = phone_.PollRoom();
  world_.Say(1);
  ASSERT_TRUE(lost->is_answered());
  world_.Say(1);
  EXPECT_THAT(phone_.PollRoom()->Texts(), ElementsAre(1, 2));
  EXPECT_EQ(world_.counts().redeliveries, 1U);
}

TEST_F(RoomPollTest, OnlyOneAnswerIsOnItsWay) {
  const std::vector<PollPtr> polls = {phone_.PollRoom(), phone_.PollRoom()};
  world_.Say(1);
  world_.Say(1);
  EXPECT_FALSE(polls[0]->is_answered());
  EXPECT_THAT(polls[1]->Texts(), ElementsAre(1)) << "the newest poll, most likely alive";
}

TEST_F(RoomPollTest, OfTwoTheSecondWaitsForTheConfirmation) {
  const PollPtr first = phone_.PollRoom();
  const PollPtr second = phone_.PollRoom();
  world_.Say(1);
  world_.Say(1);
  phone_.TakeRoom(second);
  const PollPtr third = phone_.PollRoom();
  EXPECT_THAT(third->Texts(), ElementsAre(2));
  EXPECT_FALSE(first->is_answered());
  world_.Advance(1900ms);
  EXPECT_FALSE(first->is_answered());
}

TEST_F(RoomPollTest, OfTwoTheSecondGetsALostAnswerAfterTwoSeconds) {
  const PollPtr first = phone_.PollRoom();
  const PollPtr lost = phone_.PollRoom();
  world_.Say(1);
  const PollPtr again = phone_.PollRoom();  // with the old position
  EXPECT_FALSE(again->is_answered());
  world_.Advance(1900ms);
  EXPECT_FALSE(again->is_answered());
  world_.Advance(100ms);
  EXPECT_THAT(again->Texts(), ElementsAre(1));
  EXPECT_FALSE(first->is_answered());
}

TEST_F(RoomPollTest, WithoutASecondPollALostAnswerWaitsForTheNextOne) {
  const PollPtr lost = phone_.PollRoom();
  world_.Say(1);
  world_.Advance(1min);
  EXPECT_THAT(phone_.PollRoom()->Texts(), ElementsAre(1));
  EXPECT_EQ(lost->replies(), 1U);
}

TEST_F(RoomPollTest, AnAnswerThatArrivesLateConfirmsWhatItCarried) {
  const PollPtr slow = phone_.PollRoom();
  world_.Say(1);
  world_.Advance(2s);
  world_.Say(1);
  phone_.TakeRoom(slow);
  phone_.TakeRoom(phone_.PollRoom());
  EXPECT_THAT(phone_.texts, ElementsAre(1, 2));
}

TEST_F(RoomPollTest, TheSecondLoopOfAClientGetsNothingTwice) {
  // Both loops wait; the hold of one ends while the answer of the other is on its way.
  const PollPtr first = phone_.PollRoom();
  world_.Advance(10s);
  const PollPtr second = phone_.PollRoom();
  world_.Advance(34800ms);
  world_.Say(1);
  ASSERT_TRUE(second->is_answered());
  world_.Advance(200ms);
  ASSERT_TRUE(first->is_answered());
  phone_.TakeRoom(first);  // with the old position
  const PollPtr third = phone_.PollRoom();
  EXPECT_FALSE(third->is_answered());
  phone_.TakeRoom(second);
  EXPECT_FALSE(phone_.PollRoom()->is_answered());
  world_.Advance(1min);
  EXPECT_THAT(third->Texts(), IsEmpty());
}

TEST_F(RoomPollTest, ASecondJoinKeepsThePositionAndBeginsNoRepetition) {
  world_.Say(1);
  const PollPtr first = phone_.PollRoom();
  ASSERT_THAT(first->Texts(), ElementsAre(1));
  const std::string old_key = phone_.key;
  phone_.Join(1);
  EXPECT_NE(phone_.key, old_key);
  const PollPtr of_new_loop = phone_.PollRoom();  // from position 0
  EXPECT_FALSE(of_new_loop->is_answered()) << "the first answer is on its way";
  phone_.TakeRoom(first);
  EXPECT_EQ(phone_.key, old_key);
  const PollPtr of_old_loop = phone_.PollRoom();  // the old key is as good
  world_.Say(1);
  EXPECT_THAT(of_old_loop->Texts(), ElementsAre(2));
  EXPECT_NE(of_old_loop->Key(), old_key);
  EXPECT_FALSE(of_new_loop->is_answered());
}

TEST_F(RoomPollTest, AnEmptyReplyKeepsUnconfirmedMessagesBeforeIt) {
  const PollPtr first = phone_.PollRoom();
  world_.Advance(44s);
  const PollPtr lost = phone_.PollRoom();
  world_.Say(1);
  world_.Advance(1s);
  EXPECT_EQ(first->NextSeq(), 1U);
  EXPECT_EQ(lost->NextSeq(), 2U);
}

TEST_F(RoomPollTest, ThePositionNeverGoesBack) {
  for (int i = 0; i < 3; ++i) world_.Say(1);
  phone_.TakeRoom(phone_.PollRoom());
  const PollPtr current = phone_.PollRoom();
  phone_.start = 2;  // a late reply has set it back
  const PollPtr late = phone_.PollRoom();
  world_.Say(1);
  EXPECT_THAT(late->Texts(), ElementsAre(4));
  EXPECT_FALSE(current->is_answered());
}

TEST_F(RoomPollTest, HoldsAsManyLoopsAsAClientCanHave) {
  std::vector<PollPtr> polls;
  for (int i = 0; i < 10; ++i) polls.push_back(phone_.PollRoom());
  for (const PollPtr& poll : polls) EXPECT_FALSE(poll->is_answered());
  polls.push_back(phone_.PollRoom());
  EXPECT_TRUE(polls.front()->is_answered()) << "one more answers the oldest";
  EXPECT_THAT(polls.front()->Texts(), IsEmpty());
  EXPECT_EQ(polls.front()->Key(), phone_.key);
  for (std::size_t i = 1; i < polls.size(); ++i) EXPECT_FALSE(polls[i]->is_answered());
  EXPECT_EQ(world_.sizes().polls, 10U);
}

// H6

TEST_F(RoomPollTest, OfAGroupThatWasLeftIsAnsweredWithThePlaceInThePresentOne) {
  for (int i = 0; i < 5; ++i) world_.Say(1);
  for (int i = 0; i < 2; ++i) world_.Say(2);
  phone_.TakeRoom(phone_.PollRoom());
  const std::string old_key = phone_.key;
  const PollPtr waiting = phone_.PollRoom();
  phone_.Join(2);
  EXPECT_TRUE(waiting->is_answered());
  phone_.key = old_key;
  phone_.start = 6;
  const PollPtr late = phone_.PollRoom();
  ASSERT_TRUE(late->is_answered());
  for (const PollPtr& poll : {waiting, late}) {
    EXPECT_THAT(poll->Texts(), IsEmpty());
    EXPECT_EQ(poll->NextSeq(), 3U);
    EXPECT_NE(poll->Key(), old_key);
  }
  phone_.TakeRoom(late);
  EXPECT_FALSE(phone_.PollRoom()->is_answered()) << "no loop of immediate answers";
}

TEST_F(RoomPollTest, OfAnEarlierLoginIsAnsweredWithThePlaceInThePresentGroup) {
  const std::string old_key = phone_.key;
  phone_.LogIn();
  phone_.Join(2);
  const std::string key = phone_.key;
  phone_.key = old_key;
  const PollPtr late = phone_.PollRoom();
  ASSERT_TRUE(late->is_answered());
  EXPECT_EQ(late->Key(), key);
}

TEST_F(RoomPollTest, ALatePollOfTheOldGroupRepeatsNoMessageOfTheNewOne) {
  const std::string old_key = phone_.key;
  phone_.Join(2);
  const PollPtr of_new_loop = phone_.PollRoom();
  world_.Say(2);
  ASSERT_THAT(of_new_loop->Texts(), ElementsAre(1));
  const std::string key = std::exchange(phone_.key, old_key);
  phone_.TakeRoom(phone_.PollRoom());
  EXPECT_EQ(phone_.key, key);
  const PollPtr of_old_loop = phone_.PollRoom();
  EXPECT_FALSE(of_old_loop->is_answered());
  phone_.TakeRoom(of_new_loop);
  const PollPtr next = phone_.PollRoom();
  world_.Advance(1min);
  EXPECT_THAT(of_old_loop->Texts(), IsEmpty());
  EXPECT_THAT(next->Texts(), IsEmpty());
}

// H10

TEST_F(RoomPollTest, IsAnsweredBeforeAStop) {
  world_.Say(1);
  phone_.TakeRoom(phone_.PollRoom());
  const PollPtr room = phone_.PollRoom();
  const PollPtr account = phone_.PollAccount();
  world_.EndPolls();
  EXPECT_EQ(room->ErrorCode(), 0);
  EXPECT_EQ(room->NextSeq(), 2U);
  EXPECT_EQ(account->Body(), R"({"ActionStatus":"FAIL","ErrorCode":60008,"ErrorInfo":"timeout"})");
  EXPECT_EQ(world_.sizes().polls, 0U);
}

// Batches

TEST(RoomPollBatchTest, PastTheRateOfDeliveriesPollsAreAnsweredOnceASecond) {
  ChannelWorld world({.delivery_rate = {.per_second = 3, .burst = 3}});
  std::vector<Phone> phones;
  for (int i = 0; i < 4; ++i) {
    phones.emplace_back(world, "user_" + std::to_string(i)).Join(1);
  }
  std::vector<PollPtr> polls;
  const auto poll_all = [&] {
    polls.clear();
    for (const Phone& phone : phones) polls.push_back(phone.PollRoom());
  };
  poll_all();
  world.Say(1);
  for (std::size_t i = 0; i < phones.size(); ++i) {
    EXPECT_THAT(polls[i]->Texts(), ElementsAre(1)) << "before the rate is exceeded";
    phones[i].TakeRoom(polls[i]);
  }
  poll_all();
  world.Say(1);
  world.Advance(500ms);
  world.Say(1);
  world.Advance(400ms);
  for (const PollPtr& poll : polls) EXPECT_FALSE(poll->is_answered());
  world.Advance(100ms);
  for (const PollPtr& poll : polls) EXPECT_THAT(poll->Texts(), ElementsAre(2, 3));
}

TEST(RoomPollBatchTest, ABatchOfAGroupWithoutMembersIsDropped) {
  ChannelWorld world({.delivery_rate = {.per_second = 1, .burst = 1}});
  Phone phone(world, "alice");
  Phone other(world, "bob");
  phone.Join(1);
  other.Join(1);
  const std::vector<PollPtr> polls = {phone.PollRoom(), other.PollRoom()};
  world.Say(1);
  world.Say(1);  // waits for the batch
  phone.Quit(1);
  other.Quit(1);
  phone.Join(1);
  const PollPtr poll = phone.PollRoom();
  world.Advance(1s);
  EXPECT_FALSE(poll->is_answered());
  world.Advance(5s);
  world.Say(1);
  EXPECT_THAT(poll->Texts(), ElementsAre(3));
}

}  // namespace
}  // namespace rtcroom
