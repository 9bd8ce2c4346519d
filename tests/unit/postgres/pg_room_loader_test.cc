// Rooms that many callers load at once.
#include "storage/postgres/pg_room_loader.h"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/base/mutex.h"
#include "daemon/base/system_clock.h"
#include "tests/support/eventually.h"
#include "tests/support/matchers.h"
#include "tests/support/rooms.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::Le;
using testing::SizeIs;
using Ids = std::vector<std::string>;

/// Has every room but "missing", all of the kind multi; `last_event` of a room is the number of the
/// read, from 1.
class PgRoomLoaderTest : public testing::Test {
 protected:
  PgRoomLoader Make(std::size_t reads, std::chrono::milliseconds patience = kWaitTimeout) {
    return {[this](std::span<const std::string_view> ids, MonotonicTime) { return Read(ids); },
            {.reads = reads, .patience = patience},
            clock_};
  }

  Result<std::vector<PgRoom>> Read(std::span<const std::string_view> ids) {
    const MutexLock lock(mutex_);
    reads_.emplace_back(ids.begin(), ids.end());
    const std::size_t number = reads_.size();
    changed_.NotifyAll();
    while (held_) changed_.Wait(mutex_);
    if (fails_) return Error{Errc::kStoreBusy, "no connection"};
    std::vector<PgRoom> rooms;
    for (const std::string_view id : ids) {
      if (id == "missing") continue;
      rooms.push_back({.room = MakeRoom(RoomKind::kMulti, std::string(id))});
      rooms.back().room.last_event = number;
    }
    return rooms;
  }
  void Hold() {
    const MutexLock lock(mutex_);
    held_ = true;
  }
  void Release(bool fails = false) {
    const MutexLock lock(mutex_);
    held_ = false;
    fails_ = fails;
    changed_.NotifyAll();
  }
  std::vector<Ids> reads() {
    const MutexLock lock(mutex_);
    return reads_;
  }
  void AwaitReads(std::size_t count) {
    const MutexLock lock(mutex_);
    while (reads_.size() < count) changed_.Wait(mutex_);
  }

  const SystemClock clock_;
  Mutex mutex_;
  CondVar changed_;
  bool held_ GUARDED_BY(mutex_) = false;
  bool fails_ GUARDED_BY(mutex_) = false;
  std::vector<Ids> reads_ GUARDED_BY(mutex_);
};

RoomKey Multi(const std::string& id) { return MakeKey(RoomKind::kMulti, id); }

TEST_F(PgRoomLoaderTest, LoadsARoomThatIsThereAndOfItsKind) {
  PgRoomLoader loader = Make(1);
  const Result<Room> room = loader.Load(Multi("r1"));
  ASSERT_OK(room);
  EXPECT_EQ(room->key, Multi("r1"));
  EXPECT_ERROR(kRoomNotFound, loader.Load(MakeKey(RoomKind::kLive, "r1")));
  EXPECT_ERROR(kRoomNotFound, loader.Load(Multi("missing")));
  EXPECT_THAT(reads(), SizeIs(3));
}

TEST_F(PgRoomLoaderTest, CallersThatWaitTogetherShareARead) {
  PgRoomLoader loader = Make(1);
  Hold();
  std::vector<std::jthread> callers;
  callers.emplace_back([&] { EXPECT_EQ(loader.Load(Multi("r1"))->last_event, 1u); });
  AwaitReads(1);
  // The read that is in progress may be too old for them, also for the one of the same room.
  for (const std::string id : {"r1", "r2", "r2"}) {
    callers.emplace_back([&, id] {
      const Result<Room> room = loader.Load(Multi(id));
      EXPECT_OK(room);
      EXPECT_EQ(room->key, Multi(id));
      EXPECT_EQ(room->last_event, 2u);
    });
  }
  callers.emplace_back([&] { EXPECT_ERROR(kRoomNotFound, loader.Load(Multi("missing"))); });
  EXPECT_TRUE(Eventually([&] { return loader.waiting() == 4; }));
  Release();
  callers.clear();
  const std::vector<Ids> all = reads();
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_THAT(all[0], ElementsAre("r1"));
  EXPECT_THAT(all[1], testing::UnorderedElementsAre("r1", "r2", "r2", "missing"));
}

TEST_F(PgRoomLoaderTest, ReadsAsManyTimesAtOnceAsItMay) {
  PgRoomLoader loader = Make(2);
  Hold();
  std::vector<std::jthread> callers;
  for (const std::size_t read : {1u, 2u}) {
    callers.emplace_back([&] { EXPECT_OK(loader.Load(Multi("r1"))); });
    AwaitReads(read);
  }
  callers.emplace_back([&] { EXPECT_OK(loader.Load(Multi("r1"))); });
  EXPECT_TRUE(Eventually([&] { return loader.waiting() == 1; }));
  EXPECT_THAT(reads(), SizeIs(2));
  Release();
}

TEST_F(PgRoomLoaderTest, AFailureIsThatOfAllThatShareTheRead) {
  PgRoomLoader loader = Make(1);
  Hold();
  std::vector<std::jthread> callers;
  for (int i = 0; i < 3; ++i) {
    callers.emplace_back([&] { EXPECT_ERROR(kStoreBusy, loader.Load(Multi("r1"))); });
    if (i == 0) AwaitReads(1);
  }
  EXPECT_TRUE(Eventually([&] { return loader.waiting() == 2; }));
  Release(true);
  callers.clear();
  EXPECT_THAT(reads(), SizeIs(2));
  Release();
  EXPECT_OK(loader.Load(Multi("r1")));
}

TEST_F(PgRoomLoaderTest, ACallerThatNoReadTakesInTimeIsRefused) {
  PgRoomLoader loader = Make(1, std::chrono::milliseconds(20));
  Hold();
  std::jthread first([&] { EXPECT_OK(loader.Load(Multi("r1"))); });
  AwaitReads(1);
  EXPECT_ERROR(kStoreBusy, loader.Load(Multi("r2")));
  EXPECT_EQ(loader.waiting(), 0u);
  Release();
  first.join();
  EXPECT_OK(loader.Load(Multi("r2")));
}

TEST_F(PgRoomLoaderTest, EveryCallerGetsItsOwnRoom) {
  constexpr int kCallers = 100;  // more than a read takes
  constexpr int kLoads = 50;
  PgRoomLoader loader = Make(2);
  {
    std::vector<std::jthread> callers;
    for (int caller = 0; caller < kCallers; ++caller) {
      callers.emplace_back([&, caller] {
        for (int i = 0; i < kLoads; ++i) {
          const RoomKey key = Multi(fmt::format("r{}", (caller + i) % 70));
          const Result<Room> room = loader.Load(key);
          EXPECT_OK(room);
          EXPECT_EQ(room->key, key);
        }
      });
    }
  }
  std::size_t loaded = 0;
  for (const Ids& ids : reads()) {
    EXPECT_THAT(ids, SizeIs(Le(64u)));
    loaded += ids.size();
  }
  EXPECT_EQ(loaded, std::size_t{kCallers} * kLoads);
}

}  // namespace
}  // namespace rtcroom
