#include "daemon/core/room_creator.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/awaited.h"
#include "tests/support/counting_ids.h"
#include "tests/support/fake_groups.h"
#include "tests/support/matchers.h"

namespace rtcroom {
namespace {

class RoomCreatorTest : public testing::Test {
 protected:
  static RoomSpec Spec(std::string creator) {
    return {.kind = RoomKind::kMulti, .creator = {std::move(creator)}, .room_id = RoomId{"r1"}};
  }

  FakeGroups groups_;
  CountingIds ids_;
};

TEST_F(RoomCreatorTest, WithoutGroupsTheStoreAloneDecidesBetweenAttempts) {
  RoomCreator creator(nullptr, ids_);
  std::vector<std::string> stored;
  const auto store = [&](const std::string& user) {
    return [&stored, user](const RoomId& /*room_id*/, const GroupReady& /*group*/) {
      stored.push_back(user);
      return Status();
    };
  };
  Awaited<Result<RoomId>> first;
  Awaited<Result<RoomId>> others[2];
  creator.Create(
      Spec("host"),
      [&](const RoomId& room_id, const GroupReady& group) {
        creator.Create(Spec("host"), store("host"), others[0].Callback());
        creator.Create(Spec("guest"), store("guest"), others[1].Callback());
        return store("first")(room_id, group);
      },
      first.Callback());
  EXPECT_EQ(stored, (std::vector<std::string>{"host", "guest", "first"}));
  for (Awaited<Result<RoomId>>& other : others) EXPECT_OK(other.Get());
  EXPECT_OK(first.Get());
}

TEST_F(RoomCreatorTest, AnAttemptThatBeginsWhileAnotherIsStoredDecidesForItself) {
  constexpr int kRounds = 200;
  RoomCreator creator(&groups_, ids_);
  for (int round = 0; round < kRounds; ++round) {
    const std::string second_user = round % 2 == 0 ? "host" : "guest";
    Awaited<Result<RoomId>> first;
    Awaited<Result<RoomId>> second;
    bool second_is_stored = false;
    std::atomic<bool> begins = false;
    std::jthread rival;
    creator.Create(
        Spec("host"),
        [&](const RoomId& /*room_id*/, const GroupReady& /*group*/) {
          rival = std::jthread([&] {
            begins = true;
            begins.notify_one();
            creator.Create(
                Spec(second_user),
                [&](const RoomId& /*room_id*/, const GroupReady& /*group*/) {
                  second_is_stored = true;
                  return Status();
                },
                second.Callback());
          });
          begins.wait(false);
          std::this_thread::yield();
          return Status();
        },
        first.Callback());
    EXPECT_OK(first.Get());
    EXPECT_OK(second.Get());
    rival.join();
    ASSERT_TRUE(second_is_stored) << "round " << round;
  }
}

}  // namespace
}  // namespace rtcroom
