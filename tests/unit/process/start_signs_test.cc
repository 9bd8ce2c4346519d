#include "daemon/process/start_signs.h"

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
  std::vector<std::string> SaidWithin(std::chrono::milliseconds time, StartSigns& signs) {
    for (std::chrono::milliseconds passed{0}; passed < time; passed += signs.TickPeriod()) {
      clock_.Advance(signs.TickPeriod());
      signs.Tick();
    }
    return manager_.Take();
  }

  FakeClock clock_;
  RecordedNotices manager_;
};

TEST_F(StartSignsTest, KeepWatchdogAndTimeoutFromEndingIt) {
  StartSigns signs(30s, clock_, manager_);
  const auto said = SaidWithin(1min, signs);
  EXPECT_THAT(said, SizeIs(8)) << "four within the watchdog's time";
  EXPECT_THAT(said, Each("WATCHDOG=1\nEXTEND_TIMEOUT_USEC=60000000"));
}

TEST_F(StartSignsTest, ExtendTheTimeWithoutAWatchdogToo) {
  StartSigns signs(std::nullopt, clock_, manager_);
  EXPECT_LE(signs.TickPeriod(), StartSigns::kExtension / 4);
  const auto said = SaidWithin(1min, signs);
  EXPECT_THAT(said, SizeIs(6));
  EXPECT_THAT(said, Each("EXTEND_TIMEOUT_USEC=60000000"));
}

TEST_F(StartSignsTest, EndWithAStartThatHangs) {
  StartSigns signs(30s, clock_, manager_);
  EXPECT_THAT(SaidWithin(StartSigns::kMost - 1min, signs), SizeIs(8 * 14));
  SaidWithin(1min, signs);
  EXPECT_THAT(SaidWithin(1h, signs), IsEmpty());
}

}  // namespace
}  // namespace rtcroom
