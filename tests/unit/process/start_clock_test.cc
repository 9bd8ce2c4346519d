// Which difference of the clocks a start bears.
#include "daemon/process/start_clock.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/matchers.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(StartClock, MayDifferByTenMinutes) {
  EXPECT_OK(CheckStartClock({.clock_ahead = 10min}));
  EXPECT_OK(CheckStartClock({.clock_ahead = -10min}));
  EXPECT_ERROR(kStoreBusy, CheckStartClock({.clock_ahead = 10min + 1ms}));
  EXPECT_ERROR(kStoreBusy, CheckStartClock({.clock_ahead = -10min - 1ms}));
}

TEST(StartClock, SaysByHowMuchItDiffersAndWhatToSet) {
  const std::string ahead = CheckStartClock({.clock_ahead = 1h - 3ms}).error().detail;
  EXPECT_THAT(ahead, HasSubstr("this machine's clock is 3600 s ahead of the database's"));
  EXPECT_THAT(ahead, HasSubstr("store.start_with_wrong_clock"));
  EXPECT_THAT(CheckStartClock({.clock_ahead = -1h}).error().detail,
              HasSubstr("3600 s behind the database's"));
}

TEST(StartClock, DoesNotMatterWhereTheDatabasesIsWrong) {
  EXPECT_OK(CheckStartClock({.clock_ahead = 1h, .database_clock_differs = true}));
}

}  // namespace
}  // namespace rtcroom
