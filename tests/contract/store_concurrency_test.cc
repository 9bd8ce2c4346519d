// Store contract: concurrent callers.
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/store_contract.h"
#include "tests/support/in_parallel.h"
#include "tests/support/live_rooms.h"

namespace rtcroom {
namespace {

TEST_P(StoreContract, ConcurrentAddsFillExactlyTheFreeSeats) {
  constexpr int kRooms = 30;
  constexpr int kCallers = 32;
  std::vector<RoomUpdate> creating;
  std::vector<RoomKey> keys;
  for (int i = 0; i < kRooms; ++i) {
    keys.push_back(MakeKey(RoomKind::kMulti, fmt::format("r{}", i)));
    creating.push_back(Creating(MakeRoom(keys.back().kind, keys.back().id.value)));
  }
  for (const auto& outcome : store_->rooms().UpdateAll(creating)) ASSERT_OK(outcome);
  std::atomic<int> added{0};
  InParallel(kCallers, [&](int caller) {
    // Each caller requests a seat in every room, starting at a different one.
    for (int i = 0; i < kRooms; ++i) {
      const RoomKey& key = keys[static_cast<std::size_t>((i + caller * 7) % kRooms)];
      const auto change = Apply(*store_, Adding(key, fmt::format("u{}", caller), 4));
      if (change) {
        ++added;
      } else {
        EXPECT_ERROR(kRoomFull, change);
      }
    }
  });
  EXPECT_EQ(added, kRooms * 3);
  for (const RoomKey& key : keys) EXPECT_EQ(store_->rooms().Load(key)->pushers.size(), 4u);
}

TEST_P(StoreContract, ConcurrentCreatesOfOneIdSucceedOnce) {
  std::atomic<int> created{0};
  InParallel(16, [&](int caller) {
    const RoomKind kind = kAllRoomKinds[static_cast<std::size_t>(caller) % 3];
    const auto change = Apply(*store_, Creating(MakeRoom(kind, "r1", fmt::format("u{}", caller))));
    if (change) {
      ++created;
    } else {
      EXPECT_ERROR(kRoomExists, change);
    }
  });
  EXPECT_EQ(created, 1);
}

TEST_P(StoreContract, ConcurrentCreatesNeverExceedTheRoomLimit) {
  constexpr int kLimit = 5;
  OpenStore({.max_rooms = kLimit});
  std::atomic<int> created{0};
  InParallel(16, [&](int caller) {
    if (Apply(*store_, Creating(MakeRoom(RoomKind::kLive, fmt::format("r{}", caller))))) ++created;
  });
  EXPECT_GE(created, kLimit);
  EXPECT_LE(created, kLimit * GetParam().programs);
  EXPECT_EQ(store_->rooms().CountRooms(RoomKind::kLive), static_cast<std::uint64_t>(created));
}

TEST_P(StoreContract, ReadsSeeAcknowledgedWrites) {
  InParallel(8, [&](int caller) {
    for (int i = 0; i < 8; ++i) {
      const Room room = MakeRoom(RoomKind::kMulti, fmt::format("r{}-{}", caller, i));
      const auto created = Apply(*store_, Creating(room));
      ASSERT_OK(created);
      ASSERT_OK(store_->rooms().Load(room.key));
      ASSERT_EQ(store_->rooms().Scan(created->room.sequence - 1, 1)->rooms.front().key, room.key);
      const auto rooms = store_->rooms().List({.kind = room.key.kind, .count = 200});
      ASSERT_OK(rooms);
      ASSERT_TRUE(std::ranges::count(*rooms, room.key, &Room::key) == 1);
      ASSERT_OK(Apply(*store_, Destroying(room.key)));
      EXPECT_ERROR(kRoomNotFound, store_->rooms().Load(room.key));
    }
  });
}

TEST_P(StoreContract, ReadsNeverSeeOlderStateThanEarlierReads) {
  constexpr int kReaders = 3;
  constexpr int kChanges = 80;
  const RoomKey key = MakeKey(RoomKind::kLive, "r1");
  Create(MakeRoom(key.kind, "r1", "creator", Dialect::kGen2));
  std::atomic<std::uint64_t> seen{0};
  std::atomic<bool> is_over{false};
  InParallel(kReaders + 1, [&](int caller) {
    if (caller == kReaders) {
      for (int i = 0; i < kChanges; ++i) {
        EXPECT_OK(Apply(*store_, SettingCustom(key, std::to_string(i))));
      }
      is_over = true;
      return;
    }
    while (!is_over) {
      const std::uint64_t before = seen;
      const auto room = store_->rooms().Load(key);
      ASSERT_OK(room);
      ASSERT_GE(room->last_event, before);
      std::uint64_t newest = before;
      while (newest < room->last_event && !seen.compare_exchange_weak(newest, room->last_event)) {
      }
    }
  });
}

TEST_P(StoreContract, AReaderDuringWritesMissesNoEvent) {
  constexpr int kWriters = 4;
  constexpr int kRounds = 25;
  constexpr auto kEvents =
      std::size_t{kWriters} * kRounds * 4;  // created, added, deleted, destroyed
  std::vector<StoredEvent> followed;
  InParallel(kWriters + 1, [&](int caller) {
    if (caller == kWriters) {
      Cursor cursor = Cursor::Start();
      while (followed.size() < kEvents) {
        const auto page = store_->rooms().ReadEvents(cursor, 7);
        ASSERT_OK(page);
        followed.insert(followed.end(), page->events.begin(), page->events.end());
        cursor = page->next;
      }
      return;
    }
    for (int i = 0; i < kRounds; ++i) {
      const Room room = MakeRoom(RoomKind::kMulti, fmt::format("r{}", caller));
      EXPECT_OK(Apply(*store_, Creating(room)));
      EXPECT_OK(Apply(*store_, Destroying(room.key)));
    }
  });
  std::map<std::string, std::uint64_t> last_of_room;
  std::uint64_t last_position = 0;
  for (const StoredEvent& event : followed) {
    EXPECT_GT(event.position, last_position);
    last_position = event.position;
    std::uint64_t& last = last_of_room[event.event.room.id.value];
    EXPECT_EQ(event.event.room_sequence, last + 1);
    last = event.event.room_sequence % 4;  // a new room with the same id starts from 1 again
  }
}

TEST_P(StoreContract, ConcurrentCounterIncrementsAreAllApplied) {
  constexpr int kCallers = 16;
  constexpr int kSteps = 20;
  const RoomKey key = MakeKey(RoomKind::kLive, "r1");
  Create(MakeRoom(key.kind, "r1", "creator", Dialect::kGen2));
  ASSERT_OK(Apply(*store_, SettingField(key, "n", "0")));
  const auto count = [](std::string_view custom) -> Result<rules::CustomChange> {
    const int n = nlohmann::json::parse(custom).at("n");
    return WithField(custom, "n", std::to_string(n + 1));
  };
  InParallel(kCallers, [&](int caller) {
    const std::string user = fmt::format("u{}", caller);
    for (int i = 0; i < kSteps; ++i) {
      EXPECT_OK(store_->rooms().Update(key, [&](const Room* stored) {
        return rules::ChangeCustom(stored, Dialect::kGen2, {user}, rules::CustomRight::kAnyone,
                                   count, SharedPolicy(), kNoon);
      }));
      // Another change in between, so that the changes cannot all merge into one event.
      if (i % 10 != caller % 10) continue;
      EXPECT_OK(Apply(*store_, Watching(key, user, std::to_string(i))));
    }
  });
  const Room room = *store_->rooms().Load(key);
  EXPECT_EQ(room.custom, fmt::format(R"({{"n":{}}})", kCallers * kSteps));
  EXPECT_EQ(room.audience_count, std::size_t{kCallers});
  std::uint64_t number = 0;
  int value = 0;
  for (const StoredEvent& stored : AllEvents()) {
    EXPECT_EQ(stored.event.room_sequence, ++number);
    const auto* const changed = std::get_if<CustomChanged>(&stored.event.payload);
    if (changed == nullptr) continue;
    EXPECT_GE(std::stoi(changed->value), value);
    value = std::stoi(changed->value);
  }
  EXPECT_EQ(value, kCallers * kSteps);
  EXPECT_EQ(room.last_event, number);
}

TEST_P(StoreContract, ConcurrentViewersNeverOverfillAnAudience) {
  constexpr int kMost = 5;
  const RoomKey key = MakeKey(RoomKind::kLive, "r1");
  Create(MakeRoom(key.kind, "r1", "creator", Dialect::kGen2));
  std::atomic<int> came{0};
  InParallel(16, [&](int caller) {
    const auto update = Watching(key, fmt::format("u{}", caller), "{}", kNoon, kMost);
    const auto change = Apply(*store_, update);
    if (change) {
      ++came;
    } else {
      EXPECT_ERROR(kAudienceFull, change);
    }
  });
  EXPECT_EQ(came, kMost);
  EXPECT_EQ(store_->rooms().Load(key)->audience_count, std::size_t{kMost});
  EXPECT_EQ(ViewersOf(*store_, key).size(), std::size_t{kMost});
}

TEST_P(StoreContract, ConcurrentFirstPushersActivateTheRoomOnce) {
  const RoomKey key = MakeKey(RoomKind::kMulti, "r1");
  ASSERT_OK(Apply(*store_, Preparing(MakeWaitingRoom(key.kind, "r1"))));
  std::atomic<int> activated{0};
  InParallel(4, [&](int caller) {
    const auto change = Apply(*store_, Adding(key, fmt::format("u{}", caller)));
    ASSERT_OK(change);
    if (std::holds_alternative<RoomActivated>(change->events.front().payload)) ++activated;
  });
  EXPECT_EQ(activated, 1);
  const Room room = *store_->rooms().Load(key);
  EXPECT_EQ(room.creator, room.pushers.front().user_id);
  EXPECT_EQ(store_->rooms().List({.kind = key.kind, .count = 10})->size(), 1u);
}

}  // namespace
}  // namespace rtcroom
