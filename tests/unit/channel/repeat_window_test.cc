#include "daemon/channel/repeat_window.h"

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;

class RepeatWindowTest : public testing::Test {
 protected:
  RepeatWindowTest() { window_.Begin(10, clock_.Monotonic()); }
  void Advance(std::uint64_t newest) { window_.Advance(newest, clock_.Monotonic()); }
  bool MayRepeat(std::uint64_t position, TimePoint sent_at) {
    return window_.For({.sent_at = clock_.Now()}, clock_.Monotonic())
        .Includes({.position = position, .content = {.sent_at = sent_at}});
  }

  FakeClock clock_;
  RepeatWindow window_;
};

TEST_F(RepeatWindowTest, HasWhatWasStoredWithinFiveMinutesWhateverItsDate) {
  Advance(11);
  clock_.Advance(1min);
  Advance(12);
  Advance(13);
  for (const TimePoint any : {kNoon - 24h, kNoon, kNoon + 24h}) {
    EXPECT_TRUE(MayRepeat(11, any));
    EXPECT_TRUE(MayRepeat(14, any)) << "it was stored just now";
  }
  clock_.Advance(4min);
  for (const TimePoint any : {kNoon - 24h, kNoon, kNoon + 24h}) {
    EXPECT_FALSE(MayRepeat(11, any));
    EXPECT_TRUE(MayRepeat(12, any));
  }
  clock_.Advance(1min);
  EXPECT_FALSE(MayRepeat(13, kNoon));
  EXPECT_TRUE(MayRepeat(14, kNoon));
}

TEST_F(RepeatWindowTest, HasWhatWasStoredBeforeItsBeginByTheDate) {
  constexpr auto kWithin = kRepeatedWithin + RepeatWindow::kClockAllowance;
  clock_.Advance(kRepeatedWithin - 1ms);
  Advance(11);
  EXPECT_FALSE(MayRepeat(10, clock_.Now() - kWithin));
  EXPECT_TRUE(MayRepeat(10, clock_.Now() - kWithin + 1ms));
  clock_.Advance(1ms);
  EXPECT_FALSE(MayRepeat(10, clock_.Now()));
}

}  // namespace
}  // namespace rtcroom
