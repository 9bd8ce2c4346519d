// Streams as the live service's callbacks report them (docs/tencent-live.md; protocol E.5).
#include "daemon/media/callback_streams.h"

#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class CallbackStreamsTest : public testing::Test {
 protected:
  static constexpr std::chrono::seconds kBelieved{75};

  bool Start(std::string_view sequence, std::chrono::seconds at = 0s) {
    return streams_.Started({.stream = "s", .sequence = sequence, .at = TimePoint(at)});
  }
  bool Stop(std::string_view sequence, std::chrono::seconds at = 0s) {
    return streams_.Stopped({.stream = "s", .sequence = sequence, .at = TimePoint(at)});
  }
  MediaState::Kind State() { return streams_.StateOf("s").kind; }
  bool IsOn() { return State() == MediaState::Kind::kOn; }
  bool IsOff() { return State() == MediaState::Kind::kOff; }

  FakeClock clock_;
  CallbackStreams streams_{{.believed_for = kBelieved, .max_streams = 2}, clock_};
};

TEST_F(CallbackStreamsTest, KnowsNothingOfAStreamWithoutReports) {
  EXPECT_EQ(State(), MediaState::Kind::kNone);
  EXPECT_THAT(streams_.OffFor(0s), IsEmpty());
}

TEST_F(CallbackStreamsTest, IsOnFromItsStartToItsStop) {
  Start("1");
  clock_.Advance(10s);
  EXPECT_EQ(streams_.StateOf("s").kind, MediaState::Kind::kOn);
  EXPECT_EQ(streams_.StateOf("s").lasting, 10s);
  Stop("1");
  clock_.Advance(20s);
  EXPECT_EQ(streams_.StateOf("s").kind, MediaState::Kind::kOff);
  EXPECT_EQ(streams_.StateOf("s").lasting, 20s);
  EXPECT_THAT(streams_.OffFor(20s), ElementsAre("s"));
  EXPECT_THAT(streams_.OffFor(20001ms), IsEmpty());
}

TEST_F(CallbackStreamsTest, OtherNodesAreToldInTheOrderOfPushes) {
  const auto order = [&] {
    const std::vector<StreamSign> signs = streams_.SignsSince(MonotonicTime::min());
    return signs.size() == 1 ? signs.front().order : -1;
  };
  Start("6", 3s);
  const MonotonicTime began = clock_.Monotonic();
  EXPECT_EQ(order(), 6);
  clock_.Advance(1s);
  EXPECT_THAT(streams_.SignsSince(clock_.Monotonic()), IsEmpty());
  EXPECT_EQ(streams_.SignsSince(began).front().at, began);
  Stop("", 7s);
  EXPECT_EQ(order(), 7000) << "its time where it has no number";
  EXPECT_FALSE(streams_.SignsSince(began).front().is_on);
  Start("8", 9s);
  clock_.Advance(kBelieved + 1ms);
  EXPECT_THAT(streams_.SignsSince(began), IsEmpty()) << "it is not believed any more";
}

TEST_F(CallbackStreamsTest, RepeatedReportsChangeNothing) {
  Start("1");
  clock_.Advance(10s);
  Start("1");
  EXPECT_EQ(streams_.StateOf("s").lasting, 10s);
  Stop("1");
  clock_.Advance(10s);
  Stop("1");
  Start("1");  // repeated, because the reply got lost
  EXPECT_TRUE(IsOff());
  EXPECT_EQ(streams_.StateOf("s").lasting, 10s);
}

TEST_F(CallbackStreamsTest, AStopThatComesBeforeItsStartCounts) {
  Stop("7");
  EXPECT_TRUE(IsOff());
  Start("7");
  EXPECT_TRUE(IsOff());
  Start("8");
  EXPECT_TRUE(IsOn());
}

TEST_F(CallbackStreamsTest, TheStopOfAnEarlierPushDoesNotEndALaterOne) {
  Start("9", 10s);
  Start("10", 20s);
  // Its successor began before the service had ended it.
  Stop("9", 21s);
  EXPECT_TRUE(IsOn());
  Stop("10", 30s);
  EXPECT_TRUE(IsOff());
}

TEST_F(CallbackStreamsTest, TheStopOfALaterPushEndsAnEarlierOne) {
  Start("9", 10s);
  Stop("10", 30s);
  EXPECT_TRUE(IsOff());
}

TEST_F(CallbackStreamsTest, ALateStartDoesNotReplaceALaterPush) {
  Start("10", 20s);
  Start("9", 10s);
  Stop("10", 30s);
  EXPECT_TRUE(IsOff());
}

TEST_F(CallbackStreamsTest, WithoutNumbersTimeOrdersReports) {
  Start("b", 20s);
  Stop("a", 19s);
  EXPECT_TRUE(IsOn());
  Stop("", 20s);
  EXPECT_TRUE(IsOff());
  Start("", 19s);
  EXPECT_TRUE(IsOff());
  Start("", 21s);
  EXPECT_TRUE(IsOn());
}

TEST_F(CallbackStreamsTest, AStartIsBelievedForALimitedTime) {
  Start("1");
  clock_.Advance(kBelieved);
  EXPECT_TRUE(IsOn());
  clock_.Advance(1ms);
  EXPECT_EQ(State(), MediaState::Kind::kNone);
  Stop("1");
  EXPECT_TRUE(IsOff());
}

TEST_F(CallbackStreamsTest, AnEndIsForgottenOnceItIsNotRepeatedAnyMore) {
  Stop("1");
  clock_.Advance(CallbackStreams::kOffIsKept);
  streams_.Started({.stream = "other"});
  EXPECT_EQ(State(), MediaState::Kind::kNone);
}

TEST_F(CallbackStreamsTest, KeepsABoundedNumberOfStreams) {
  EXPECT_TRUE(Start("1"));
  EXPECT_TRUE(streams_.Started({.stream = "t"}));
  EXPECT_FALSE(streams_.Started({.stream = "u"}));
  EXPECT_FALSE(streams_.Stopped({.stream = "u"}));
  EXPECT_EQ(streams_.StateOf("u").kind, MediaState::Kind::kNone);
  EXPECT_TRUE(Stop("1"));
  clock_.Advance(CallbackStreams::kOffIsKept);
  EXPECT_TRUE(streams_.Started({.stream = "u"}));
}

}  // namespace
}  // namespace rtcroom
