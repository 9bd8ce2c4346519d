// Store contract: commit listeners.
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/store_contract.h"

namespace rtcroom {
namespace {

TEST_P(StoreContract, NotifiesTheListenerBeforeAcknowledgingACommit) {
  const auto created = Apply(*store_, Creating(MakeRoom(RoomKind::kMulti, "r1")));
  ASSERT_OK(created);
  const auto heard = listener_.events();
  EXPECT_EQ(heard, AllEvents());
  ASSERT_EQ(heard.size(), created->events.size());
  EXPECT_EQ(heard[0].room_number, created->room.sequence);
}

TEST_P(StoreContract, DoesNotNotifyTheListenerOfFailedUpdates) {
  const RoomKey key = MakeKey(RoomKind::kMulti, "r1");
  Create(MakeRoom(key.kind, "r1"));
  EXPECT_ERROR(kRoomFull, Apply(*store_, Adding(key, "bob", 1)));
  EXPECT_ERROR(kRoomExists, Apply(*store_, Creating(MakeRoom(RoomKind::kLive, "r1"))));
  ASSERT_OK(
      store_->rooms().Update(key, [](const Room* stored) { return RoomChange{.room = *stored}; }));
  EXPECT_EQ(listener_.events().size(), 2u);
}

TEST_P(StoreContract, NotifiesTheListenerOfABan) {
  const int before = listener_.commits();
  ASSERT_OK(store_->bans().PutBan(
      {.room = MakeKey(RoomKind::kMulti, "r1"), .user_id = {"eve"}, .until = kNoon}));
  EXPECT_GT(listener_.commits(), before) << "with or without it, since its caller knows it";
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
  EXPECT_EQ(listener_.events(), AllEvents());
}

}  // namespace
}  // namespace rtcroom
