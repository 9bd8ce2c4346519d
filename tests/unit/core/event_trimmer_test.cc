#include "daemon/core/event_trimmer.h"

#include <chrono>

#include <gtest/gtest.h>

#include "tests/support/service_fixture.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;

class EventTrimmerTest : public ServiceFixture {
 protected:
  void MakeEvents(int rooms) {
    for (int i = 0; i < rooms; ++i) ASSERT_OK(CreateRoom(Create("r" + Next(), "host")));
  }
  std::string Next() { return std::to_string(++made_); }
  int made_ = 0;
};

TEST_F(EventTrimmerTest, RemovesEventsOlderThanTheRetention) {
  EventTrimmer trimmer(sqlite_.rooms(), {.retention = 24h}, logger_);
  MakeEvents(5);
  clock_.Advance(23h);
  MakeEvents(3);
  EXPECT_EQ(trimmer.Trim(clock_.Now()), 0U);
  clock_.Advance(2h);
  EXPECT_EQ(trimmer.Trim(clock_.Now()), 10U);
  EXPECT_EQ(Events().size(), 6U);
}

TEST_F(EventTrimmerTest, KeepsAtMostTheMaximumNumberOfEvents) {
  EventTrimmer trimmer(sqlite_.rooms(), {.max_events = 4}, logger_);
  MakeEvents(5);
  EXPECT_EQ(trimmer.Trim(clock_.Now()), 6U);
  EXPECT_EQ(Events().size(), 4U);
}

TEST_F(EventTrimmerTest, KeepsAtMostTheMaximumBytes) {
  MakeEvents(5);
  const std::vector<RoomEvent> events = Events();
  std::uint64_t newest = 0;
  for (std::size_t i = events.size() - 4; i < events.size(); ++i) newest += StoredBytes(events[i]);
  EventTrimmer trimmer(sqlite_.rooms(), {.max_bytes = newest}, logger_);
  EXPECT_EQ(trimmer.Trim(clock_.Now()), 6U);
  EXPECT_EQ(Events().size(), 4U);
}

TEST_F(EventTrimmerTest, TrimsInStepsUntilWithinBounds) {
  EventTrimmer trimmer(sqlite_.rooms(), {.max_events = 0, .most_per_step = 3}, logger_);
  MakeEvents(5);
  EXPECT_EQ(trimmer.Trim(clock_.Now()), 10U);
}

TEST_F(EventTrimmerTest, BoundsTheStepsOfOneCall) {
  EventTrimmer trimmer(sqlite_.rooms(), {.max_events = 0, .most_per_step = 1, .most_steps = 4},
                       logger_);
  MakeEvents(5);
  EXPECT_EQ(trimmer.Trim(clock_.Now()), 4U);
}

TEST_F(EventTrimmerTest, StopsBetweenStepsWhenAskedTo) {
  EventTrimmer trimmer(sqlite_.rooms(), {.max_events = 0, .most_per_step = 1}, logger_);
  MakeEvents(5);
  std::stop_source stopping;
  stopping.request_stop();
  EXPECT_EQ(trimmer.Trim(clock_.Now(), stopping.get_token()), 0U);
}

}  // namespace
}  // namespace rtcroom
