#include "daemon/grpc/event_ring.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <grpcpp/support/slice.h>
#include <gtest/gtest.h>

#include "tests/support/rooms.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::size_t kMessageBytes = 100;

std::shared_ptr<const FeedEvent> EventAt(std::uint64_t position, const std::string& room = "r") {
  const grpc::Slice bytes(std::string(kMessageBytes, 'x'));
  return std::make_shared<const FeedEvent>(
      FeedEvent{.position = position,
                .facts = EventFacts(RoomEvent{.room = MakeKey(RoomKind::kMulti, room)}),
                .message = grpc::ByteBuffer(&bytes, 1)});
}

std::vector<std::uint64_t> ReadAll(const EventRing& ring, EventRing::Mark& mark,
                                   const WatchFilter& filter = {}) {
  std::vector<std::uint64_t> positions;
  while (true) {
    const EventRing::Found found = ring.Next(mark, filter);
    EXPECT_EQ(found.loss, EventRing::Loss::kNone);
    mark = found.mark;
    if (found.event == nullptr) return positions;
    positions.push_back(found.event->position);
  }
}

TEST(EventRing, IsEmptyBeforeItStarts) {
  const EventRing ring({});
  EXPECT_FALSE(ring.MarkAt(0));
}

TEST(EventRing, ReturnsEventsAfterThePositionOfAReader) {
  EventRing ring({});
  ring.Restart(10);
  ring.Append({EventAt(11), EventAt(14), EventAt(15)});
  EXPECT_FALSE(ring.MarkAt(9));
  auto mark = ring.MarkAt(10);
  ASSERT_TRUE(mark);
  EXPECT_THAT(ReadAll(ring, *mark), ElementsAre(11, 14, 15));
  EXPECT_EQ(mark->position, 15U);
  mark = ring.MarkAt(12);
  EXPECT_THAT(ReadAll(ring, *mark), ElementsAre(14, 15));

  ring.Append({EventAt(20)});
  EXPECT_THAT(ReadAll(ring, *mark), ElementsAre(20));
}

TEST(EventRing, RepeatsNothingForAReaderAheadOfIt) {
  EventRing ring({});
  ring.Restart(10);
  ring.Append({EventAt(11)});
  auto mark = ring.MarkAt(13);  // has read 12 and 13 from the store
  ASSERT_TRUE(mark);
  ring.Append({EventAt(12), EventAt(13), EventAt(14)});
  EXPECT_THAT(ReadAll(ring, *mark), ElementsAre(14));
}

TEST(EventRing, SkipsFilteredEventsAndAdvancesTheMark) {
  EventRing ring({});
  ring.Restart(0);
  ring.Append({EventAt(1, "a"), EventAt(2, "b"), EventAt(3, "a"), EventAt(4, "b")});
  auto mark = ring.MarkAt(0);
  const WatchFilter filter(0, {{.id = {"a"}}}, {});
  EXPECT_THAT(ReadAll(ring, *mark, filter), ElementsAre(1, 3));
  EXPECT_EQ(mark->position, 4U);
}

TEST(EventRing, SkipsManyFilteredEventsAtOnce) {
  EventRing ring({});
  ring.Restart(0);
  for (std::uint64_t i = 1; i <= 2000; ++i) ring.Append({EventAt(i, i % 999 == 0 ? "a" : "b")});
  auto mark = ring.MarkAt(0);
  EXPECT_THAT(ReadAll(ring, *mark, WatchFilter(0, {{.id = {"a"}}}, {})), ElementsAre(999, 1998));
}

TEST(EventRing, DropsOldestEventsWhenFull) {
  EventRing ring({.max_events = 3});
  ring.Restart(0);
  const auto mark = ring.MarkAt(0);
  ring.Append({EventAt(1), EventAt(2), EventAt(3)});
  EXPECT_EQ(ring.LossOf(*mark), EventRing::Loss::kNone);
  ring.Append({EventAt(4)});
  EXPECT_EQ(ring.LossOf(*mark), EventRing::Loss::kTooSlow);
  EXPECT_EQ(ring.Next(*mark, {}).loss, EventRing::Loss::kTooSlow);
  EXPECT_FALSE(ring.MarkAt(0));
  auto later = ring.MarkAt(1);
  ASSERT_TRUE(later);
  EXPECT_THAT(ReadAll(ring, *later), ElementsAre(2, 3, 4));
}

TEST(EventRing, DropsOldestEventsBeyondTheByteLimit) {
  EventRing ring({.max_events = 1000, .max_bytes = 3 * kMessageBytes});
  ring.Restart(0);
  for (std::uint64_t i = 1; i <= 10; ++i) ring.Append({EventAt(i)});
  EXPECT_FALSE(ring.MarkAt(6));
  auto mark = ring.MarkAt(7);
  ASSERT_TRUE(mark);
  EXPECT_THAT(ReadAll(ring, *mark), ElementsAre(8, 9, 10));
}

TEST(EventRing, ReportsARestartToEachReader) {
  EventRing ring({});
  ring.Restart(0);
  const auto before = ring.MarkAt(0);
  ring.Restart(50);  // counts as a loss even if the ring was empty
  EXPECT_EQ(ring.LossOf(*before), EventRing::Loss::kRestarted);
  EXPECT_EQ(ring.Next(*before, {}).loss, EventRing::Loss::kRestarted);
  EXPECT_FALSE(ring.MarkAt(1));
  auto mark = ring.MarkAt(50);
  ring.Append({EventAt(51)});
  EXPECT_THAT(ReadAll(ring, *mark), ElementsAre(51));
}

TEST(EventRing, SupportsReadersDuringAppends) {
  EventRing ring({.max_events = 100'000});
  ring.Restart(0);
  constexpr std::uint64_t kEvents = 5000;
  std::atomic<int> complete{0};
  {
    std::vector<std::jthread> readers;
    for (int i = 0; i < 2; ++i) {
      readers.emplace_back([&ring, &complete] {
        EventRing::Mark mark = *ring.MarkAt(0);
        std::uint64_t expected = 0;
        while (expected < kEvents) {
          for (const std::uint64_t position : ReadAll(ring, mark)) {
            if (position != ++expected) return;
          }
        }
        ++complete;
      });
    }
    for (std::uint64_t i = 1; i <= kEvents; ++i) ring.Append({EventAt(i)});
  }
  EXPECT_EQ(complete, 2);
}

}  // namespace
}  // namespace rtcroom
