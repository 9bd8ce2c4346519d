#include "daemon/process/service_reports.h"

#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"
#include "tests/support/recorded_notices.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ServiceReportsTest : public testing::Test {
 protected:
  FakeClock clock_;
  RecordedNotices manager_;
  ServiceReports reports_{manager_, clock_};
};

TEST_F(ServiceReportsTest, ReportStartReloadAndStop) {
  reports_.Ready();
  clock_.Advance(std::chrono::milliseconds(1500));
  reports_.Reloading("reloading");
  reports_.Ready();
  reports_.Stopping();
  // The fake clock begins at one hour.
  EXPECT_THAT(manager_.Take(),
              ElementsAre("READY=1\nSTATUS=serving",
                          "RELOADING=1\nMONOTONIC_USEC=3601500000\nSTATUS=reloading",
                          "READY=1\nSTATUS=serving", "STOPPING=1\nSTATUS=stopping"));
}

TEST_F(ServiceReportsTest, RepeatNoStatus) {
  reports_.Status("1 rooms, 2 pushers");
  EXPECT_THAT(manager_.Take(), ElementsAre("STATUS=1 rooms, 2 pushers"));
  reports_.Status("1 rooms, 2 pushers");
  EXPECT_THAT(manager_.Take(), IsEmpty());
  reports_.Ready();
  reports_.Status("1 rooms, 2 pushers");
  EXPECT_THAT(manager_.Take(), ElementsAre("READY=1\nSTATUS=serving", "STATUS=1 rooms, 2 pushers"));
}

TEST_F(ServiceReportsTest, ReportAWaitForTheDatabaseAsStartedWhenItsReasonChanges) {
  reports_.WaitingForDatabase("refused\nMAINPID=1");
  reports_.WaitingForDatabase("refused\nMAINPID=1");
  reports_.WaitingForDatabase("silent");
  reports_.Ready();
  EXPECT_THAT(manager_.Take(), ElementsAre("READY=1\nSTATUS=waiting for the database: refused",
                                           "READY=1\nSTATUS=waiting for the database: silent",
                                           "READY=1\nSTATUS=serving"));
}

TEST_F(ServiceReportsTest, KeepAServiceAliveWhileItsLoopGoesRound) {
  LoopKeepAlive unwatched(std::nullopt, clock_, reports_);
  unwatched.Round();
  EXPECT_THAT(manager_.Take(), IsEmpty());
  LoopKeepAlive watched(std::chrono::seconds(8), clock_, reports_);
  for (int second = 0; second < 5; ++second) {
    watched.Round();
    clock_.Advance(std::chrono::seconds(1));
  }
  EXPECT_THAT(manager_.Take(), ElementsAre("WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1"));
}

TEST_F(ServiceReportsTest, TruncateAStatusAtALineBreak) {
  reports_.Status("cannot start\nREADY=1");
  EXPECT_THAT(manager_.Take(), ElementsAre("STATUS=cannot start"));
}

}  // namespace
}  // namespace rtcroom
