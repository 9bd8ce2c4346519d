#include "daemon/channel/room_push.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

RoomObject Event(std::uint64_t number, EventPayload payload = AudienceDeleted{}) {
  return {.event = std::make_shared<const StoredEvent>(
              StoredEvent{.event = {.room_sequence = number, .payload = std::move(payload)}}),
          .first = number};
}
RoomObject Message(std::uint64_t seq) {
  return {.message = std::make_shared<const StoredMessage>(StoredMessage{.seq = seq}),
          .first = seq};
}

TEST(RoomPush, AReceiverThatIsAheadGetsTheRest) {
  const RoomPush push({Event(4), Message(1), Event(5)});
  EXPECT_THAT(push.PartFrom({.event = 3}).objects, SizeIs(3));
  const RoomPush::Part rest = push.PartFrom({.event = 5});
  EXPECT_THAT(rest.objects, ElementsAre(&push.objects()[1]));
  EXPECT_EQ(rest.at, (RoomPosition{.event = 5, .message = 1}));
  EXPECT_FALSE(rest.has_gap);
  EXPECT_FALSE(rest.has_ended());
  EXPECT_THAT(push.PartFrom({.event = 9, .message = 9}).objects, IsEmpty());
}

TEST(RoomPush, AMissingEventIsFound) {
  const RoomPush push({Event(4), Event(6)});
  const RoomPush::Part part = push.PartFrom({.event = 3});
  EXPECT_TRUE(part.has_gap);
  EXPECT_EQ(part.at.event, 4U);
  EXPECT_TRUE(RoomPush({Message(2)}).PartFrom({}).has_gap);
}

TEST(RoomPush, AReceiverThatCountsNoEventsGetsAllOfThem) {
  const RoomPush push({Event(4), Message(1), Event(6), Message(2), Event(7)});
  const RoomPush::Part part = push.PartFrom({.event = RoomPush::kEveryEvent, .message = 1});
  EXPECT_THAT(part.objects, SizeIs(4));
  EXPECT_EQ(part.at.message, 2U);
  EXPECT_FALSE(part.has_gap);
}

TEST(RoomPush, AnObjectThatStandsForSeveralEventsLeavesNoGap) {
  RoomObject object = Event(6);
  object.first = 4;
  const RoomPush push({object, Event(7)});
  for (const std::uint64_t at : {3U, 4U, 5U}) {
    const RoomPush::Part part = push.PartFrom({.event = at});
    EXPECT_FALSE(part.has_gap) << at;
    EXPECT_THAT(part.objects, SizeIs(2));
    EXPECT_EQ(part.at.event, 7U);
  }
  EXPECT_THAT(push.PartFrom({.event = 6}).objects, SizeIs(1)) << "the receiver knows it";
  EXPECT_TRUE(push.PartFrom({.event = 2}).has_gap);
}

TEST(RoomPush, NothingFollowsTheEndOfTheRoom) {
  const RoomPush push({Event(4), Event(5, RoomDestroyed{}), Message(1)});
  const RoomPush::Part part = push.PartFrom({.event = 3});
  EXPECT_TRUE(part.has_ended());
  EXPECT_THAT(part.objects, SizeIs(2));
}

TEST(RoomPush, IsMadeOnceForAllReceiversAtOnePosition) {
  RoomPush push({Event(4), Event(5)});
  int made = 0;
  const auto make = [&made](const RoomPush::Part& part) {
    ++made;
    return std::to_string(part.objects.size());
  };
  for (int i = 0; i < 3; ++i) EXPECT_EQ(push.FormFrom({.event = 3}, 0, make).form, "2");
  EXPECT_EQ(made, 1);
  EXPECT_EQ(push.FormFrom({.event = 3}, 1, make).form, "2") << "in another form";
  EXPECT_EQ(push.FormFrom({.event = 4}, 0, make).form, "1");
  EXPECT_EQ(made, 3);
  EXPECT_EQ(push.FormFrom({.event = 5}, 0, make).form, "");
  EXPECT_TRUE(push.FormFrom({.event = 2}, 0, make).has_gap);
  EXPECT_EQ(made, 3) << "there is nothing new";
}

}  // namespace
}  // namespace rtcroom
