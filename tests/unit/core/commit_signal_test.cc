#include "daemon/core/commit_signal.h"

#include <chrono>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/recording_listener.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;

MonotonicTime In(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

TEST(CommitSignal, ReportsAnEarlierCommit) {
  CommitSignal signal;
  signal.OnCommit({});
  signal.OnCommit({});
  EXPECT_TRUE(signal.Wait(In(1h)));
  EXPECT_FALSE(signal.Wait(In(0ms)));
}

TEST(CommitSignal, WakesAWaitingReader) {
  CommitSignal signal;
  bool woken = false;
  {
    const std::jthread reader([&] { woken = signal.Wait(In(1h)); });
    signal.OnCommit({});
  }
  EXPECT_TRUE(woken);
}

TEST(CommitSignal, TimesOutAtTheDeadline) {
  CommitSignal signal;
  EXPECT_FALSE(signal.Wait(In(1ms)));
}

TEST(DeliverySignal, IsRaisedOnlyWhenSomethingWasEnqueued) {
  DeliverySignal signal;
  RoomChange change;
  signal.OnCommit({&change, 1});
  change.delivery = DeliveryChange{.drops_pending = true};
  signal.OnCommit({&change, 1});
  EXPECT_FALSE(signal.Wait(In(0ms)));
  change.delivery->enqueue = DeliveryKind::kNotifyGroup;
  signal.OnCommit({&change, 1});
  EXPECT_TRUE(signal.Wait(In(1h)));
}

TEST(DeliverySignal, IsRaisedOnlyForItsService) {
  DeliverySignal to_im(DeliverySignal::To::kIm);
  DeliverySignal to_trtc(DeliverySignal::To::kTrtc);
  CommitFanOut both({&to_im, &to_trtc});
  RoomChange change;
  change.delivery = DeliveryChange{.enqueue = DeliveryKind::kDestroyGroup};
  both.OnCommit({&change, 1});
  EXPECT_TRUE(to_im.Wait(In(0ms)));
  EXPECT_FALSE(to_trtc.Wait(In(0ms)));
  change.delivery->enqueue = DeliveryKind::kRemoveUser;
  both.OnCommit({&change, 1});
  EXPECT_FALSE(to_im.Wait(In(0ms)));
  EXPECT_TRUE(to_trtc.Wait(In(0ms)));
}

TEST(MessageSignal, IsRaisedOnlyByMessages) {
  MessageSignal signal;
  const RoomChange change;
  signal.OnCommit({&change, 1});
  EXPECT_FALSE(signal.Wait(In(0ms)));
  signal.OnMessages();
  EXPECT_TRUE(signal.Wait(In(1h)));
}

TEST(CommitSignal, IsNotRaisedByMessages) {
  CommitSignal signal;
  signal.OnMessages();
  EXPECT_FALSE(signal.Wait(In(0ms)));
}

TEST(CommitFanOut, NotifiesAllListeners) {
  RecordingListener first;
  RecordingListener second;
  CommitFanOut both({&first, &second});
  const std::vector<RoomChange> changes(2);
  both.OnCommit(changes);
  EXPECT_EQ(first.changes().size(), 2U);
  EXPECT_EQ(second.changes().size(), 2U);
  both.OnMessages();
  EXPECT_EQ(first.message_reports(), 1);
  EXPECT_EQ(second.message_reports(), 1);
}

}  // namespace
}  // namespace rtcroom
