// Counts of the channel's state.
#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/webim/channel_world.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using Latency = ChannelWorld::Latency;

class ChannelFiguresTest : public testing::Test {
 protected:
  ChannelFiguresTest() { phone_.Join(1); }

  [[nodiscard]] std::uint64_t Deliveries(DeliveryPath path) {
    return world_.counts().deliveries.at(static_cast<std::size_t>(path));
  }

  ChannelWorld world_;
  Phone phone_{world_, "alice"};
};

TEST_F(ChannelFiguresTest, CountWaitingPollsByKind) {
  const PollPtr account = phone_.PollAccount();
  const PollPtr first = phone_.PollRoom();
  const PollPtr second = phone_.PollRoom();
  EXPECT_EQ(world_.sizes().polls, 3U);
  EXPECT_EQ(world_.sizes().account_polls, 1U);
  world_.SayTo("alice", 10);
  ASSERT_TRUE(account->is_answered());
  EXPECT_EQ(world_.sizes().account_polls, 0U);
  EXPECT_EQ(world_.sizes().polls, 2U);
  world_.Advance(45s);
  EXPECT_EQ(world_.sizes().polls, 0U);
}

TEST_F(ChannelFiguresTest, CountAnswersThatCarriedSomethingByPath) {
  const PollPtr account = phone_.PollAccount();
  const PollPtr room = phone_.PollRoom();
  world_.ChangeMembers(1);
  world_.Say(1);
  EXPECT_TRUE(account->is_answered() && room->is_answered());
  EXPECT_EQ(Deliveries(DeliveryPath::kAccount), 1U);
  EXPECT_EQ(Deliveries(DeliveryPath::kRoom), 1U);
  phone_.TakeRoom(room);
  (void)phone_.PollRoom();
  world_.Advance(45s);
  EXPECT_EQ(Deliveries(DeliveryPath::kRoom), 1U) << "an empty answer does not count";
}

TEST_F(ChannelFiguresTest, MeasureFromTheMessageToTheAnswerOfAPollThatWaited) {
  (void)phone_.PollAccount();
  (void)phone_.PollRoom();
  world_.Store(1);
  world_.StoreDirect("alice", 10);
  world_.Advance(70ms);  // the feed is late
  world_.Feed();
  EXPECT_THAT(world_.latencies(), ElementsAre(Latency{DeliveryPath::kRoom, 70ms},
                                              Latency{DeliveryPath::kAccount, 70ms}));
}

TEST_F(ChannelFiguresTest, MeasureTheOldestNewEntryOfAnAnswer) {
  (void)phone_.PollRoom();
  world_.Store(1);
  world_.Advance(30ms);
  world_.Store(1);
  world_.Advance(20ms);
  world_.Feed();
  ASSERT_EQ(world_.latencies().size(), 1U);
  EXPECT_EQ(world_.latencies().front().time, 50ms);
}

TEST_F(ChannelFiguresTest, DoNotMeasureTheAbsenceOfAClient) {
  world_.Say(1);
  world_.SayTo("alice", 10);
  world_.ChangeMembers(1);
  world_.Advance(1min);
  EXPECT_TRUE(phone_.PollRoom()->is_answered());
  EXPECT_TRUE(phone_.PollAccount()->is_answered());
  EXPECT_THAT(world_.latencies(), IsEmpty());
}

TEST_F(ChannelFiguresTest, DoNotMeasureWhatIsGivenAgain) {
  const PollPtr lost = phone_.PollRoom();
  world_.Say(1);
  ASSERT_TRUE(lost->is_answered());
  (void)phone_.PollRoom();  // at once, with what was lost
  ASSERT_EQ(world_.latencies().size(), 1U);
  (void)phone_.PollRoom();
  (void)phone_.PollRoom();
  world_.Advance(3s);
  EXPECT_GT(world_.counts().redeliveries, 0U);
  EXPECT_EQ(world_.latencies().size(), 1U);
}

}  // namespace
}  // namespace rtcroom
