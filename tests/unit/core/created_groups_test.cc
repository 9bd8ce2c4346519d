#include "daemon/core/created_groups.h"

#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/core/commit_signal.h"
#include "daemon/core/group_reaper.h"
#include "tests/support/counting_ids.h"
#include "tests/support/create_now.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_streams.h"
#include "tests/support/live_rooms.h"
#include "tests/support/matchers.h"
#include "tests/support/only_node.h"
#include "tests/support/other_nodes.h"
#include "tests/support/temp_store.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::chrono::minutes kIdle{10};

class CreatedGroupsTest : public testing::Test {
 protected:
  std::uint64_t Create(const std::string& id, const std::string& creator = "ann") {
    EXPECT_OK(CreateNow(rooms_, {.kind = RoomKind::kLive,
                                 .dialect = Dialect::kGen2,
                                 .room_id = RoomId{id},
                                 .user_id = {creator},
                                 .type = std::string(kCreatedGroup)}));
    return sqlite_.rooms().Load(KeyOf(id))->sequence;
  }
  static RoomKey KeyOf(const std::string& id) { return {.kind = RoomKind::kLive, .id = {id}}; }
  bool Exists(const std::string& id) { return sqlite_.rooms().Load(KeyOf(id)).ok(); }
  /// Sweeps as a running process does.
  void Run(std::chrono::seconds duration) {
    for (auto left = duration; left > 0s; left -= 5s) {
      clock_.Advance(5s);
      reaper_.Sweep(clock_.Monotonic());
    }
  }

  FakeClock clock_;
  CountingIds ids_;
  const FakeStreams streams_{};
  Logger logger_{LogFormat::kJson, LogLevel::kError};
  LeaseTable leases_{clock_, 20s};
  BanList bans_{clock_, streams_};
  InactiveRooms inactive_{clock_, 120s};
  CreatedGroups groups_{clock_, kIdle};
  CommitFanOut commits_{{&inactive_, &groups_}};
  TempStore sqlite_{{}, "00000000000000aa", commits_};
  RoomService rooms_{{.store = sqlite_.rooms(),
                      .ban_store = sqlite_.bans(),
                      .bans = bans_,
                      .leases = leases_,
                      .streams = streams_,
                      .clock = clock_,
                      .ids = ids_},
                     {},
                     logger_};
  OtherNodes nodes_;
  OnlyNode node_;
  std::set<std::uint64_t> used_;
  GroupReaper reaper_{{.rooms = rooms_,
                       .groups = groups_,
                       .cluster = nodes_,
                       .node = &node_.lease,
                       .logger = logger_,
                       .is_used = [this](std::uint64_t room) { return used_.contains(room); }}};
};

TEST_F(CreatedGroupsTest, EndWhenNobodyHasBeenInThemForTheTime) {
  used_ = {Create("used")};
  Create("empty");
  Run(kIdle);
  EXPECT_TRUE(Exists("empty"));
  Run(kIdle / 10);
  EXPECT_FALSE(Exists("empty"));
  EXPECT_TRUE(Exists("used"));
  used_.clear();
  Run(kIdle * 9 / 10);
  EXPECT_TRUE(Exists("used"));
  Run(kIdle / 5);
  EXPECT_EQ(groups_.size(), 0U);
}

TEST_F(CreatedGroupsTest, LastWhileSomebodyIsInThemAtAnotherNode) {
  const std::uint64_t room = Create("g");
  nodes_.answer = SharedSilence{.age = 1min};
  Run(kIdle + kIdle / 10);
  EXPECT_THAT(nodes_.asked, ElementsAre(SeatKey{.room_number = room}));
  nodes_.answer = SharedSilence{.is_silent = true};
  Run(kIdle - 2min);
  EXPECT_TRUE(Exists("g"));
  nodes_.answer = Error{Errc::kStoreBusy, {}};
  Run(kIdle);
  EXPECT_TRUE(Exists("g"));
  nodes_.answer = SharedSilence{.is_silent = true};
  node_.lease.DropDuty(Duty::kReaper);
  Run(kIdle);
  EXPECT_TRUE(Exists("g"));
}

TEST_F(CreatedGroupsTest, TellTheOtherNodesOfEachUseOnce) {
  const std::uint64_t room = Create("g");
  Create("empty");
  groups_.Use(room);
  clock_.Advance(3s);
  EXPECT_THAT(groups_.TakeUses().beats,
              ElementsAre(rtcroom::Beat{.seat = {.room_number = room}, .age = 3s}));
  EXPECT_THAT(groups_.TakeUses().beats, IsEmpty());
}

TEST_F(CreatedGroupsTest, BecomeOrdinaryRoomsWithTheirCreatorAsPusher) {
  Create("g");
  EXPECT_ERROR(kNotAllowed,
               AddNow(rooms_, {.room = KeyOf("g"), .dialect = Dialect::kGen2, .user_id = {"bob"}}));
  EXPECT_OK(AddNow(rooms_, {.room = KeyOf("g"), .dialect = Dialect::kGen2, .user_id = {"ann"}}));
  EXPECT_EQ(groups_.size(), 0U);
  EXPECT_EQ(inactive_.size(), 0U);
  groups_.Restore(*sqlite_.rooms().Load(KeyOf("g")));
  EXPECT_EQ(groups_.size(), 0U);
}

TEST_F(CreatedGroupsTest, HaveTheWholeTimeAfterAStartOrStall) {
  Create("g");
  clock_.Advance(kIdle + 1s);
  groups_.GraceForAll();
  Run(kIdle);
  EXPECT_TRUE(Exists("g"));
  CreatedGroups restored(clock_, kIdle);
  restored.Restore(*sqlite_.rooms().Load(KeyOf("g")));
  InactiveRooms inactive(clock_, 1s);
  inactive.Restore(*sqlite_.rooms().Load(KeyOf("g")));
  EXPECT_EQ(restored.size(), 1U);
  EXPECT_EQ(inactive.size(), 0U);
  clock_.Advance(kIdle);
  EXPECT_THAT(restored.FindIdle([](std::uint64_t) { return false; }, 1), IsEmpty());
}

TEST_F(CreatedGroupsTest, AreCountedByTheirCreators) {
  for (std::size_t i = 0; i < CreatedGroups::kMostOfAccount; ++i) {
    EXPECT_FALSE(groups_.HasMost({"ann"}));
    Create("g" + std::to_string(i));
  }
  EXPECT_TRUE(groups_.HasMost({"ann"}));
  EXPECT_FALSE(groups_.HasMost({"bob"}));
  EXPECT_OK(rooms_.DismissRoom(KeyOf("g0")));
  EXPECT_FALSE(groups_.HasMost({"ann"}));
}

}  // namespace
}  // namespace rtcroom
