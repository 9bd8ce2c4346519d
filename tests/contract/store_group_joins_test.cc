// Store contract: logins that are in the group of a room.
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/store_contract.h"

namespace rtcroom {
namespace {

using testing::IsEmpty;
using testing::UnorderedElementsAre;

GroupJoin JoinOf(const std::string& account, std::uint64_t room_number) {
  return {.account = {account},
          .logged_in = kNoon,
          .expires = kNoon + std::chrono::hours(1),
          .room = MakeKey(RoomKind::kLive, "room 1"),
          .room_number = room_number,
          .joined_seq = room_number,
          .serial = std::numeric_limits<std::uint64_t>::max()};
}

TEST_P(StoreContract, ReturnsTheGroupOfEachLogin) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  const GroupJoinChange one{.instance = kMax, .join = JoinOf("b%o'b", kMax)};
  const GroupJoinChange other{.instance = 0, .join = JoinOf("b%o'b", 8)};
  ASSERT_OK(store_->accounts().RecordGroupJoins(std::vector{one, other}));
  EXPECT_THAT(*store_->accounts().LoadGroupJoins(), UnorderedElementsAre(one, other));
}

TEST_P(StoreContract, KeepsTheLastGroupOfALogin) {
  const GroupJoinChange first{.instance = 1, .join = JoinOf("bob", 7)};
  const GroupJoinChange second{.instance = 1, .join = JoinOf("bob", 8)};
  ASSERT_OK(store_->accounts().RecordGroupJoins(std::vector{first, second}));
  EXPECT_THAT(*store_->accounts().LoadGroupJoins(), UnorderedElementsAre(second));
  ASSERT_OK(store_->accounts().RecordGroupJoins(std::vector{first}));
  EXPECT_THAT(*store_->accounts().LoadGroupJoins(), UnorderedElementsAre(first));
}

TEST_P(StoreContract, ForgetsLoginsThatAreInNoGroup) {
  const GroupJoinChange left{.instance = 1};
  ASSERT_OK(store_->accounts().RecordGroupJoins(std::vector{left}));
  ASSERT_OK(store_->accounts().RecordGroupJoins(
      std::vector<GroupJoinChange>{{.instance = 1, .join = JoinOf("bob", 7)}, left}));
  EXPECT_THAT(*store_->accounts().LoadGroupJoins(), IsEmpty());
}

}  // namespace
}  // namespace rtcroom
