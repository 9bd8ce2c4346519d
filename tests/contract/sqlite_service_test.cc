// The use cases and the leases on the SQLite store, whose writer commits in groups.
#include <atomic>
#include <barrier>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/sqlite/sqlite_store.h"
#include "tests/support/create_now.h"
#include "tests/support/fake_clock.h"
#include "tests/support/matchers.h"
#include "tests/support/rooms.h"
#include "tests/support/service_parts.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {
namespace {

class SqliteService : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = SqliteStore::Open(
        {.path = (directory_.path() / "rooms.db").string(), .new_epoch = "00c0ffee00c0ffee"},
        parts_.leases);
    ASSERT_OK(opened);
    store_ = *std::move(opened);
    rooms_ =
        std::make_unique<RoomService>(parts_.Deps(*store_), RoomServiceOptions{}, parts_.logger);
  }

  std::vector<RoomKey> CreateRoomsOf(const std::string& creator, int count) {
    std::vector<RoomKey> keys;
    std::vector<RoomUpdate> creating;
    for (int i = 0; i < count; ++i) {
      keys.push_back(MakeKey(RoomKind::kMulti, "r" + std::to_string(i)));
      creating.push_back(Creating(MakeRoom(keys.back().kind, keys.back().id.value, creator)));
    }
    for (const auto& outcome : store_->rooms().UpdateAll(creating)) EXPECT_OK(outcome);
    return keys;
  }

  /// Number of events that report the removal of `user` because of the end of the room.
  int GoneWithTheRoom(const UserId& user) {
    const EventPayload gone = PusherDeleted{.user_id = user, .reason = LeaveReason::kRoomDestroyed};
    int count = 0;
    const auto page = store_->rooms().ReadEvents(Cursor::Start(), 1000);
    EXPECT_OK(page);
    for (const StoredEvent& stored : page->events) {
      if (stored.event.payload == gone) ++count;
    }
    return count;
  }

  TempDirectory directory_;
  FakeClock clock_;
  ServiceParts parts_{clock_};
  std::unique_ptr<SqliteStore> store_;
  std::unique_ptr<RoomService> rooms_;
};

TEST_F(SqliteService, LeavesNoPusherThatJoinsAsTheCreatorLeaves) {
  const std::vector<RoomKey> keys = CreateRoomsOf("host", 100);
  std::atomic<int> joined{0};
  std::barrier both(2);
  {
    // Keeps the writer busy, so that both updates often share a group.
    const std::jthread pings([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) EXPECT_OK(store_->Ping());
    });
    const std::jthread joins([&] {
      for (const RoomKey& key : keys) {
        both.arrive_and_wait();
        const Status added = AddNow(*rooms_, {.room = key, .user_id = {"guest"}});
        if (added) {
          ++joined;
        } else {
          EXPECT_ERROR(kRoomNotFound, added);
        }
      }
    });
    const std::jthread leaves([&] {
      for (const RoomKey& key : keys) {
        both.arrive_and_wait();
        EXPECT_OK(rooms_->DeletePusher({.room = key, .user_id = {"host"}}));
        EXPECT_ERROR(kRoomNotFound, rooms_->LoadRoom(key, Dialect::kGen1));
        EXPECT_ERROR(kPusherNotFound, rooms_->TouchPusher({.room = key, .user_id = {"guest"}}));
      }
    });
  }
  for (const RoomKey& key : keys) {
    EXPECT_ERROR(kRoomNotFound, rooms_->LoadRoom(key, Dialect::kGen1));
    EXPECT_ERROR(kPusherNotFound, rooms_->TouchPusher({.room = key, .user_id = {"guest"}}));
  }
  EXPECT_EQ(parts_.leases.size(), 0u);
  EXPECT_EQ(GoneWithTheRoom({"guest"}), joined);
}

}  // namespace
}  // namespace rtcroom
