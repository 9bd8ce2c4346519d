#include "daemon/process/startup_keep_alive.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"
#include "tests/support/recorded_notices.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::Each;
using testing::IsEmpty;
using testing::SizeIs;

class StartSignsTest : public testing::Test {
 protected:
  /// Ticks for the given time. @return the notifications sent meanwhile.
  std::vector<std::string> SentWithin(std::chrono::milliseconds time,
                                      StartupKeepAlive& keep_alive) {
    for (std::chrono::milliseconds passed{0}; passed < time; passed += keep_alive.TickPeriod()) {
      clock_.Advance(keep_alive.TickPeriod());
      keep_alive.Tick();
    }
    return manager_.Take();
  }

  FakeClock clock_;
  RecordedNotices manager_;
};

TEST_F(StartSignsTest, FeedTheWatchdogAndExtendTheStartTimeout) {
  StartupKeepAlive keep_alive(30s, clock_, manager_);
  const auto sent = SentWithin(1min, keep_alive);
  EXPECT_THAT(sent, SizeIs(8)) << "four per watchdog period";
  EXPECT_THAT(sent, Each("WATCHDOG=1\nEXTEND_TIMEOUT_USEC=60000000"));
}

TEST_F(StartSignsTest, ExtendTheStartTimeoutWithoutAWatchdog) {
  StartupKeepAlive keep_alive(std::nullopt, clock_, manager_);
  EXPECT_LE(keep_alive.TickPeriod(), StartupKeepAlive::kExtension / 4);
  const auto sent = SentWithin(1min, keep_alive);
  EXPECT_THAT(sent, SizeIs(6));
  EXPECT_THAT(sent, Each("EXTEND_TIMEOUT_USEC=60000000"));
}

TEST_F(StartSignsTest, StopAfterTheMaximumStartTime) {
  StartupKeepAlive keep_alive(30s, clock_, manager_);
  EXPECT_THAT(SentWithin(StartupKeepAlive::kMost - 1min, keep_alive), SizeIs(8 * 14));
  SentWithin(1min, keep_alive);
  EXPECT_THAT(SentWithin(1h, keep_alive), IsEmpty());
}

TEST_F(StartSignsTest, GoOnAsLongAsTheStartWaits) {
  StartupKeepAlive keep_alive(30s, clock_, manager_);
  for (int turn = 0; turn < 10; ++turn) {
    SentWithin(StartupKeepAlive::kMost - 1min, keep_alive);
    keep_alive.Waits();
  }
  EXPECT_THAT(SentWithin(StartupKeepAlive::kMost - 1min, keep_alive), SizeIs(8 * 14));
  SentWithin(1min, keep_alive);
  EXPECT_THAT(SentWithin(1h, keep_alive), IsEmpty()) << "it hangs";
}

}  // namespace
}  // namespace rtcroom
