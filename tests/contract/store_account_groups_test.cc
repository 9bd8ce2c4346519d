// Store contract: the groups of accounts.
#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/mail.h"
#include "tests/contract/store_contract.h"

namespace rtcroom {
namespace {

using std::chrono::seconds;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

AccountGroup GroupOf(const std::string& account, std::uint64_t room_number,
                     std::uint64_t instance = 0) {
  AccountGroup group{.account = {account},
                     .instance = instance,
                     .room_number = room_number,
                     .joined_at = kNoon + seconds(room_number),
                     .joined_seq = 3,
                     .received = 5,
                     .read = 4};
  if (room_number != 0) group.room = MakeKey(RoomKind::kMulti, "r" + std::to_string(room_number));
  if (instance != 0) group.expires = kNoon + seconds(9);
  return group;
}

/// Calls that must succeed, and two rooms.
class Groups {
 public:
  explicit Groups(Storage& store) : store_(store) {
    for (const char* const id : {"a", "b"}) rooms.push_back(Mail(store).CreateRoom(id));
  }
  void Put(const std::vector<AccountGroup>& groups) {
    std::vector<AccountGroupChange> changes;
    for (const AccountGroup& group : groups) changes.push_back({.group = group});
    EXPECT_OK(store_.accounts().RecordAccountGroups(changes));
  }
  std::vector<AccountGroup> Of(const std::string& account) {
    const auto groups = store_.accounts().ReadAccountGroups({account});
    EXPECT_OK(groups);
    return groups ? *groups : std::vector<AccountGroup>();
  }

  std::vector<std::uint64_t> rooms;

 private:
  Storage& store_;
};

TEST_P(StoreContract, ReadsGroupsOfAnAccountByTheTimeOfJoining) {
  Groups groups(*store_);
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  const AccountGroup first = GroupOf("b%o'b", 0, kMax);
  const AccountGroup second = GroupOf("b%o'b", groups.rooms[0]);
  const AccountGroup third = GroupOf("b%o'b", groups.rooms[1], 7);
  groups.Put({third, first, GroupOf("amy", groups.rooms[0]), second});
  EXPECT_THAT(groups.Of("b%o'b"), ElementsAre(first, second, third));
  EXPECT_THAT(groups.Of("B%o'b"), IsEmpty());
}

TEST_P(StoreContract, ReplacesAGroupOfAnAccountThatNeverGoesBack) {
  Groups groups(*store_);
  AccountGroup group = GroupOf("bob", groups.rooms[0]);
  groups.Put({group});
  AccountGroup again = group;
  again.joined_at += seconds(1);
  again.joined_seq = 1;
  again.received = 2;
  again.read = 6;
  groups.Put({again, again});
  again.received = 5;
  EXPECT_THAT(groups.Of("bob"), ElementsAre(again));
}

TEST_P(StoreContract, ProgressInAGroupDoesNotBringItBack) {
  Groups groups(*store_);
  AccountGroup group = GroupOf("bob", groups.rooms[0]);
  groups.Put({group});
  AccountGroup later = group;
  later.joined_seq = 9;
  later.read = 7;
  later.received = 1;
  const std::vector<AccountGroupChange> progress = {
      {.group = GroupOf("amy", groups.rooms[0]), .is_progress = true},
      {.group = GroupOf("bob", 0, 7), .is_progress = true},
      {.group = later, .is_progress = true}};
  ASSERT_OK(store_->accounts().RecordAccountGroups(progress));
  group.read = 7;
  EXPECT_THAT(groups.Of("bob"), ElementsAre(group));
  EXPECT_THAT(groups.Of("amy"), IsEmpty());
}

TEST_P(StoreContract, ReadsTheAccountsInARoom) {
  Groups groups(*store_);
  const AccountGroup amy = GroupOf("amy", groups.rooms[0]);
  const AccountGroup bob = GroupOf("bob", groups.rooms[0]);
  groups.Put({bob, GroupOf("bob", groups.rooms[0], 7), amy, GroupOf("bob", groups.rooms[1]),
              GroupOf("eve", 0, 8)});
  const auto in = [this](std::uint64_t room, std::size_t limit) {
    return *store_->accounts().ReadAccountsIn(room, limit);
  };
  EXPECT_THAT(in(groups.rooms[0], 10), testing::UnorderedElementsAre(amy, bob));
  EXPECT_THAT(in(groups.rooms[0], 1), SizeIs(1));
  EXPECT_THAT(in(groups.rooms[1] + 100, 10), IsEmpty());
}

TEST_P(StoreContract, RemovesGroupsOfAnAccountOneByOne) {
  Groups groups(*store_);
  const AccountGroup kept = GroupOf("bob", groups.rooms[1]);
  AccountGroup anew = GroupOf("bob", groups.rooms[0]);
  groups.Put({GroupOf("bob", groups.rooms[0]), GroupOf("bob", 0, 7), kept});
  anew.received = 1;
  anew.read = 0;
  ASSERT_OK(store_->accounts().RecordAccountGroups(std::vector<AccountGroupChange>{
      {.group = GroupOf("bob", 0, 7), .is_removed = true},
      {.group = anew},
      {.group = anew, .is_removed = true},
      {.group = anew},
      {.group = GroupOf("amy", groups.rooms[0]), .is_removed = true}}));
  EXPECT_THAT(groups.Of("bob"), ElementsAre(anew, kept));
}

TEST_P(StoreContract, RemovesGroupsOfAccountsWithTheirRoom) {
  Groups groups(*store_);
  const AccountGroup other = GroupOf("bob", groups.rooms[1]);
  groups.Put({GroupOf("bob", groups.rooms[0]), GroupOf("bob", groups.rooms[0], 7), other,
              GroupOf("amy", 0, 8)});
  Mail(*store_).DestroyRoom("a");
  EXPECT_THAT(groups.Of("bob"), ElementsAre(other));
  EXPECT_THAT(groups.Of("amy"), SizeIs(1));
  groups.Put({GroupOf("bob", groups.rooms[0])});
  EXPECT_THAT(groups.Of("bob"), ElementsAre(other)) << "not stored after its end";
}

TEST_P(StoreContract, TrimsGroupsOfLoginsThatEnded) {
  Groups groups(*store_);
  AccountGroup longer = GroupOf("bob", groups.rooms[0], 8);
  longer.expires = kNoon + seconds(10);
  const AccountGroup of_account = GroupOf("bob", groups.rooms[0]);
  groups.Put({of_account, GroupOf("bob", groups.rooms[0], 7), GroupOf("amy", 0, 9), longer});
  EXPECT_EQ(*store_->accounts().TrimAccountGroups(kNoon + seconds(9)), 0u);
  EXPECT_EQ(*store_->accounts().TrimAccountGroups(kNoon + seconds(10)), 2u);
  EXPECT_EQ(store_->LoadRemovalTime()->mark, kNoon + seconds(10));
  EXPECT_THAT(groups.Of("bob"), ElementsAre(of_account, longer));
}

TEST_P(StoreContract, KeepsGroupsOfAnAccountRatherThanPlacesOfItsLogins) {
  Groups groups(*store_);
  const AccountGroup of_account = GroupOf("bob", groups.rooms[0]);
  std::vector<AccountGroup> many = {of_account};
  for (std::uint64_t i = 1; i <= AccountStore::kMaxOfAccount; ++i) {
    many.push_back(GroupOf("bob", groups.rooms[0], i));
    many.back().joined_at += seconds(1);
    many.back().expires = kNoon + std::chrono::hours(1) - seconds(i);
  }
  groups.Put(many);
  const std::vector<AccountGroup> kept = groups.Of("bob");
  EXPECT_THAT(kept, SizeIs(AccountStore::kMaxOfAccount));
  EXPECT_THAT(kept, Contains(of_account));
  EXPECT_THAT(kept, Not(Contains(many.back()))) << "that of the login that ends first";
}

TEST_P(StoreContract, KeepsTheNewestGroupsOfAnAccount) {
  Groups groups(*store_);
  constexpr std::uint64_t kMany = AccountStore::kMaxOfAccount + 1;
  std::vector<AccountGroup> many;
  for (std::uint64_t i = 0; i < kMany; ++i) {
    many.push_back(GroupOf("bob", groups.rooms[0], kMany - i));
    many.back().joined_at = kNoon + seconds(i);
  }
  groups.Put({GroupOf("amy", groups.rooms[0])});
  groups.Put(many);
  EXPECT_THAT(groups.Of("bob"), SizeIs(AccountStore::kMaxOfAccount));
  EXPECT_EQ(groups.Of("bob").front().joined_at, kNoon + seconds(1));
  EXPECT_THAT(groups.Of("amy"), SizeIs(1));
}

}  // namespace
}  // namespace rtcroom
