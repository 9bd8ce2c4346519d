// Messages of a group that are not in memory: docs/channel.md, 4.
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

/// A group with room for three messages in memory.
class ChannelLogTest : public testing::Test {
 protected:
  ChannelLogTest() { phone_.Join(1); }

  void Say(int times) {
    for (int i = 0; i < times; ++i) world_.Say(1);
  }
  /// Polls until there is nothing more.
  void ReceiveAll() {
    for (int i = 0; i < 100; ++i) {
      const PollPtr poll = phone_.PollRoom();
      if (!poll->is_answered()) return;
      phone_.TakeRoom(poll);
    }
    FAIL() << "polls are answered at once without end";
  }
  PollPtr PollWith(const std::optional<RoomPolls::OlderMessages>& older) {
    const RoomPoll sent{.start = phone_.start, .key = phone_.key, .room_number = 1};
    auto poll = std::make_shared<SentPoll>();
    world_.Change([&](WebimTurn& turn) {
      world_.state().room_polls().Poll(&world_.LoginOf(phone_.login()), sent, older,
                                       SentPoll::ReplyTo(poll), turn);
    });
    return poll;
  }
  static std::vector<StoredMessage> Messages(std::uint64_t first, std::uint64_t last) {
    std::vector<StoredMessage> messages;
    for (std::uint64_t seq = first; seq <= last; ++seq) {
      messages.push_back({.room_number = 1, .seq = seq});
      messages.back().content = {.sender = {"bob"}, .body = "[]"};
    }
    return messages;
  }

  ChannelWorld world_{{.tail = 3}};
  Phone phone_{world_, "alice"};
};

TEST_F(ChannelLogTest, OlderMessagesAreReadFromTheStore) {
  Say(10);
  ReceiveAll();
  EXPECT_THAT(phone_.texts, ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
  EXPECT_EQ(world_.reads(), 1U);
}

TEST_F(ChannelLogTest, MessagesInMemoryAreNotRead) {
  Say(3);
  ReceiveAll();
  EXPECT_THAT(phone_.texts, ElementsAre(1, 2, 3));
  EXPECT_EQ(world_.reads(), 0U);
}

TEST_F(ChannelLogTest, ManyOlderMessagesComeInSeveralReplies) {
  Say(120);
  ReceiveAll();
  ASSERT_THAT(phone_.texts, SizeIs(120));
  EXPECT_TRUE(std::ranges::is_sorted(phone_.texts));
  EXPECT_EQ(world_.counts().gaps, 0U);
}

TEST_F(ChannelLogTest, ATailHasABoundInBytesAndKeepsTheNewestMessage) {
  ChannelWorld world({.max_bytes = 1'000});
  Phone phone(world, "alice");
  phone.Join(1);
  for (int i = 0; i < 5; ++i) world.Say(1, std::string(5'000, 'x'));
  phone.start = 5;
  EXPECT_THAT(phone.PollRoom()->Texts(), ElementsAre(5));
  EXPECT_EQ(world.reads(), 0U);
}

TEST_F(ChannelLogTest, APositionBeforeTheLogContinuesAtItsStartWithANotice) {
  Say(10);
  world_.Trim(1, 5);
  ReceiveAll();
  EXPECT_THAT(phone_.texts, ElementsAre(5, 6, 7, 8, 9, 10));
  EXPECT_THAT(phone_.PollAccount()->Notices(), ElementsAre(kChangeNotice));
  EXPECT_EQ(world_.counts().gaps, 1U);
}

TEST_F(ChannelLogTest, AnEmptyLogContinuesInMemory) {
  Say(10);
  world_.Trim(1, 11);
  ReceiveAll();
  EXPECT_THAT(phone_.texts, ElementsAre(8, 9, 10));
  EXPECT_EQ(world_.counts().gaps, 1U);
}

TEST_F(ChannelLogTest, TheNoticeOfAGapMayGoByTheRoomsPoll) {
  world_.Advance(2min);  // without an account poll
  Say(10);
  world_.Trim(1, 5);
  const PollPtr poll = phone_.PollRoom();
  EXPECT_THAT(poll->Notices(), ElementsAre(kChangeNotice));
  EXPECT_EQ(poll->NextSeq(), 5U);
  phone_.TakeRoom(poll);
  ReceiveAll();
  EXPECT_THAT(phone_.texts, ElementsAre(5, 6, 7, 8, 9, 10));
}

TEST_F(ChannelLogTest, ALostAnswerFromTheStoreIsGivenAgain) {
  Say(10);
  ASSERT_THAT(phone_.PollRoom()->Texts(), SizeIs(10));
  EXPECT_THAT(phone_.PollRoom()->Texts(), SizeIs(10));
}

TEST_F(ChannelLogTest, AWaitingPollOfAnOldPositionIsSentToTheStore) {
  // The answer is lost, and more messages than the tail follow while the second poll waits.
  (void)phone_.PollRoom();
  (void)phone_.PollRoom();
  Say(1);
  const PollPtr waiting = phone_.PollRoom();
  Say(5);
  world_.Advance(2s);
  EXPECT_TRUE(waiting->is_answered());
  EXPECT_THAT(waiting->Texts(), IsEmpty());
  phone_.TakeRoom(waiting);
  EXPECT_THAT(phone_.PollRoom()->Texts(), ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(ChannelLogTest, AHoleInTheFeedIsFilledFromTheStore) {
  Say(2);
  ReceiveAll();
  const PollPtr poll = phone_.PollRoom();
  const auto skipped = Messages(5, 5);
  for (int i = 0; i < 3; ++i) world_.Store(1);
  world_.FeedOne(skipped[0]);
  phone_.TakeRoom(poll);
  ReceiveAll();
  EXPECT_THAT(phone_.texts, ElementsAre(1, 2, 3, 4, 5));
  world_.Feed();  // supplies them once more
  EXPECT_FALSE(phone_.PollRoom()->is_answered());
}

// Reads that do not fit

TEST_F(ChannelLogTest, WhileReadsFailPollsAreAskedAgainEveryTwoSeconds) {
  Say(10);
  world_.FailReads(true);
  for (int i = 0; i < 5; ++i) {
    const PollPtr poll = phone_.PollRoom();
    world_.Advance(1900ms);
    EXPECT_FALSE(poll->is_answered());
    world_.Advance(100ms);
    ASSERT_TRUE(poll->is_answered());
    phone_.TakeRoom(poll);
    EXPECT_EQ(phone_.start, 1U);
  }
  world_.FailReads(false);
  ReceiveAll();
  EXPECT_THAT(phone_.texts, SizeIs(10));
}

TEST_F(ChannelLogTest, AFailedReadAfterARestartKeepsTheClientsPosition) {
  Say(5);
  ReceiveAll();
  Say(1);
  world_.Restart();
  world_.FailReads(true);
  const PollPtr poll = phone_.PollRoom();
  world_.Advance(2s);
  EXPECT_EQ(poll->NextSeq(), 6U);
}

TEST_F(ChannelLogTest, MessagesThatBecameMissingAfterTheReadAreNoGap) {
  Say(10);
  const PollPtr poll = PollWith(std::nullopt);  // nothing was missing when the store was asked
  world_.Advance(2s);
  phone_.TakeRoom(poll);
  ReceiveAll();
  EXPECT_THAT(phone_.texts, SizeIs(10));
  EXPECT_EQ(world_.counts().gaps, 0U);
}

TEST_F(ChannelLogTest, AReadForAnotherPlaceIsNoGap) {
  Say(10);
  const std::vector<StoredMessage> none;
  using Missing = RoomPolls::Missing;
  for (const Missing missing : {Missing{.room_number = 2, .first = 1, .last = 7},
                                Missing{.room_number = 1, .first = 2, .last = 7}}) {
    const PollPtr poll = PollWith(RoomPolls::OlderMessages{.missing = missing, .stored = none});
    EXPECT_FALSE(poll->is_answered());
  }
  EXPECT_EQ(world_.counts().gaps, 0U);
}

TEST_F(ChannelLogTest, MessagesThatWereConfirmedAfterTheReadAreNotGivenAgain) {
  Say(10);
  phone_.start = 4;
  const std::vector<StoredMessage> stored = Messages(2, 7);
  const PollPtr poll = PollWith(RoomPolls::OlderMessages{
      .missing = {.room_number = 1, .first = 2, .last = 7}, .stored = stored});
  EXPECT_THAT(poll->Texts(), ElementsAre(4, 5, 6, 7));
}

TEST_F(ChannelLogTest, AStoreThatIsAheadOfTheFeedCausesNoRepetition) {
  Say(10);
  for (int i = 0; i < 2; ++i) world_.Store(1);
  ReceiveAll();
  EXPECT_THAT(phone_.texts, SizeIs(10));
  const PollPtr poll = phone_.PollRoom();
  world_.Feed();
  phone_.TakeRoom(poll);
  ReceiveAll();
  EXPECT_THAT(phone_.texts, ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12));
}

}  // namespace
}  // namespace rtcroom
