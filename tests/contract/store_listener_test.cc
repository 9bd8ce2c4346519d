// Store contract: commit listeners.
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/store_contract.h"

namespace rtcroom {
namespace {

std::vector<RoomEvent> WithoutPositions(const std::vector<StoredEvent>& stored) {
  std::vector<RoomEvent> events;
  events.reserve(stored.size());
  for (const StoredEvent& event : stored) events.push_back(event.event);
  return events;
}

TEST_P(StoreContract, NotifiesTheListenerBeforeAcknowledgingACommit) {
  const auto created = Apply(*store_, Creating(MakeRoom(RoomKind::kMulti, "r1")));
  ASSERT_OK(created);
  const auto heard = listener_.changes();
  ASSERT_EQ(heard.size(), 1u);
  EXPECT_EQ(heard[0].room, created->room);
  EXPECT_EQ(heard[0].events, created->events);
  EXPECT_FALSE(heard[0].closed);
}

TEST_P(StoreContract, NotifiesTheListenerOfClosedRooms) {
  Create(MakeRoom(RoomKind::kMulti, "r1"));
  ASSERT_OK(Apply(*store_, Destroying(MakeKey(RoomKind::kMulti, "r1"))));
  EXPECT_TRUE(listener_.changes().back().closed);
}

TEST_P(StoreContract, DoesNotNotifyTheListenerOfFailedUpdates) {
  const RoomKey key = MakeKey(RoomKind::kMulti, "r1");
  Create(MakeRoom(key.kind, "r1"));
  EXPECT_ERROR(kRoomFull, Apply(*store_, Adding(key, "bob", 1)));
  EXPECT_ERROR(kRoomExists, Apply(*store_, Creating(MakeRoom(RoomKind::kLive, "r1"))));
  ASSERT_OK(store_->Update(key, [](const Room* stored) { return RoomChange{.room = *stored}; }));
  EXPECT_EQ(listener_.changes().size(), 1u);
}

TEST_P(StoreContract, NotifiesTheListenerInCommitOrder) {
  constexpr int kCallers = 8;
  {
    std::vector<std::jthread> callers;  // joined at the end of this scope
    callers.reserve(kCallers);
    for (int caller = 0; caller < kCallers; ++caller) {
      callers.emplace_back([&, caller] {
        const auto key = MakeKey(RoomKind::kMulti, fmt::format("r{}", caller % 3));
        (void)Apply(*store_, Creating(MakeRoom(key.kind, key.id.value)));
        (void)Apply(*store_, Adding(key, fmt::format("u{}", caller)));
        (void)Apply(*store_, Deleting(key, fmt::format("u{}", caller)));
      });
    }
  }
  EXPECT_EQ(listener_.events(), WithoutPositions(AllEvents()));
}

}  // namespace
}  // namespace rtcroom
