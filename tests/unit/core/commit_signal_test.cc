#include "daemon/core/commit_signal.h"

#include <array>
#include <chrono>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/core/heard_logins.h"
#include "tests/support/recording_listener.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;

MonotonicTime In(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

const StoredEvent kEvent{};
const Committed kEvents{.events = {&kEvent, 1}};

TEST(CommitSignal, ReportsAnEarlierCommit) {
  CommitSignal signal;
  signal.OnCommit(kEvents);
  signal.OnCommit(kEvents);
  EXPECT_TRUE(signal.Wait(In(1h)));
  EXPECT_FALSE(signal.Wait(In(0ms)));
}

TEST(CommitSignal, WakesAWaitingReader) {
  CommitSignal signal;
  bool woken = false;
  {
    const std::jthread reader([&] { woken = signal.Wait(In(1h)); });
    signal.OnCommit(kEvents);
  }
  EXPECT_TRUE(woken);
}

TEST(CommitSignal, TimesOutAtTheDeadline) {
  CommitSignal signal;
  EXPECT_FALSE(signal.Wait(In(1ms)));
}

TEST(CommitSignal, IsRaisedOnlyByEvents) {
  CommitSignal signal;
  const MixChanged mix;
  signal.OnCommit({.mixes = {&mix, 1}, .has_im_deliveries = true, .has_messages = true});
  EXPECT_FALSE(signal.Wait(In(0ms)));
}

TEST(DeliverySignal, IsRaisedOnlyForItsService) {
  DeliverySignal to_im(DeliverySignal::To::kIm);
  DeliverySignal to_trtc(DeliverySignal::To::kTrtc);
  CommitFanOut both({&to_im, &to_trtc});
  both.OnCommit(kEvents);
  EXPECT_FALSE(to_im.Wait(In(0ms)));
  EXPECT_FALSE(to_trtc.Wait(In(0ms)));
  both.OnCommit({.has_im_deliveries = true});
  EXPECT_TRUE(to_im.Wait(In(0ms)));
  EXPECT_FALSE(to_trtc.Wait(In(0ms)));
  both.OnCommit({.has_trtc_deliveries = true});
  EXPECT_FALSE(to_im.Wait(In(0ms)));
  EXPECT_TRUE(to_trtc.Wait(In(0ms)));
}

TEST(ChannelSignal, IsRaisedByEventsMessagesAndLogins) {
  ChannelSignal signal;
  signal.OnCommit(kEvents);
  EXPECT_TRUE(signal.Wait(In(0ms)));
  signal.OnCommit({.has_messages = true});
  EXPECT_TRUE(signal.Wait(In(0ms)));
  const std::array logins = {AccountLogin{.account = {"alice"}}};
  signal.OnCommit({.account_logins = logins});
  EXPECT_TRUE(signal.Wait(In(0ms)));
  signal.OnCommit({.has_im_deliveries = true});
  EXPECT_FALSE(signal.Wait(In(0ms)));
}

TEST(HeardLogins, AreTakenOnceInTheirOrder) {
  HeardLogins heard;
  const std::array first = {AccountLogin{.account = {"alice"}}, AccountLogin{.account = {"bob"}}};
  const std::array second = {AccountLogin{.account = {"carol"}}};
  heard.OnCommit({.account_logins = first});
  heard.OnCommit(kEvents);
  heard.OnCommit({.account_logins = second});
  EXPECT_EQ(heard.Take(), (std::vector{first[0], first[1], second[0]}));
  EXPECT_TRUE(heard.Take().empty());
}

TEST(CommitFanOut, NotifiesAllListeners) {
  RecordingListener first;
  RecordingListener second;
  CommitFanOut both({&first, &second});
  both.OnCommit(kEvents);
  EXPECT_EQ(first.events().size(), 1U);
  EXPECT_EQ(second.events().size(), 1U);
}

}  // namespace
}  // namespace rtcroom
