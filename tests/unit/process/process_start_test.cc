#include "daemon/process/process_start.h"

#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "daemon/base/system_clock.h"
#include "tests/support/fake_clock.h"

namespace rtcroom {
namespace {

Environment Handing(const std::string& variable) {
  const std::size_t equals = variable.find('=');
  return {{variable.substr(0, equals), variable.substr(equals + 1)}};
}

TEST(ProcessStart, IsInThePast) {
  const SystemClock clock;
  const auto start = FindProcessStart({}, clock);
  ASSERT_TRUE(start);
  EXPECT_GT(start->ticks, 0u);
  EXPECT_LE(start->at, clock.Now());
  EXPECT_GT(start->at, clock.Now() - std::chrono::hours(24));
}

TEST(ProcessStart, IsKeptForASuccessorAcrossClockJumps) {
  FakeClock clock;
  const auto start = FindProcessStart({}, clock);
  ASSERT_TRUE(start);
  EXPECT_TRUE(IsProcessStartVariable(start->Variable()));
  clock.Advance(std::chrono::milliseconds(1234));
  EXPECT_NE(FindProcessStart({}, clock), start);
  EXPECT_EQ(FindProcessStart(Handing(start->Variable()), clock), start);
}

TEST(ProcessStart, IsNotThatOfAnotherProcess) {
  const FakeClock clock;
  const auto start = FindProcessStart({}, clock);
  ASSERT_TRUE(start);
  ProcessStart other = *start;
  ++other.ticks;
  other.at += std::chrono::hours(1);
  const auto found = FindProcessStart(Handing(other.Variable()), clock);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->ticks, start->ticks);
  EXPECT_NE(found->at, other.at);
}

TEST(ProcessStart, IsNotReadFromInvalidText) {
  const FakeClock clock;
  const auto start = FindProcessStart({}, clock);
  ASSERT_TRUE(start);
  const std::string ticks = std::to_string(start->ticks);
  for (const std::string& text :
       {std::string(), ticks, ticks + ":", ticks + ":1x", std::string(":1")}) {
    const auto found = FindProcessStart(Handing("RTCROOM_PROCESS_START=" + text), clock);
    ASSERT_TRUE(found) << text;
    EXPECT_GT(found->at, TimePoint(std::chrono::milliseconds(1))) << text;
  }
}

}  // namespace
}  // namespace rtcroom
