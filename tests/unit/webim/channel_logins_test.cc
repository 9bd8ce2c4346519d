// The pages of logins that an operator sees.
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/webim/channel_world.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class ChannelLoginsTest : public testing::Test {
 protected:
  ConnectedLogins Page(const LoginQuery& query = {}) { return world_.Page(query); }
  static std::vector<std::string> NamesOf(const ConnectedLogins& page) {
    std::vector<std::string> names;
    for (const ConnectedLogin& login : page.logins) names.push_back(login.account.value);
    return names;
  }
  std::vector<std::string> AllPages(LoginQuery query) {
    std::vector<std::string> names;
    do {
      const ConnectedLogins page = Page(query);
      EXPECT_LE(page.logins.size(), query.limit);
      for (const std::string& name : NamesOf(page)) names.push_back(name);
      query.after = page.next;
    } while (query.after);
    return names;
  }

  ChannelWorld world_;
};

TEST_F(ChannelLoginsTest, ShowWhatALoginDoes) {
  Phone alice(world_, "alice");
  const TimePoint then = world_.clock().Now();
  world_.Advance(3s);
  ConnectedLogins page = Page();
  ASSERT_THAT(page.logins, SizeIs(1));
  EXPECT_EQ(page.logins[0].account.value, "alice");
  EXPECT_EQ(page.logins[0].client, ClientKind::kPolls);
  EXPECT_EQ(page.logins[0].logged_in, then);
  EXPECT_EQ(page.logins[0].idle, 3s);
  EXPECT_EQ(page.logins[0].polls, 0U);
  EXPECT_FALSE(page.logins[0].room);
  alice.Join(7);
  (void)alice.PollAccount();
  (void)alice.PollRoom();
  world_.Advance(1s);
  page = Page();
  ASSERT_THAT(page.logins, SizeIs(1));
  EXPECT_EQ(page.logins[0].room, (RoomKey{RoomKind::kMulti, ChannelWorld::IdOf(7)}));
  EXPECT_EQ(page.logins[0].joined_at, then + 3s);
  EXPECT_EQ(page.logins[0].polls, 2U);
  EXPECT_EQ(page.logins[0].idle, 0ms) << "a poll waits";
}

TEST_F(ChannelLoginsTest, ShowThatAClientHasAWebSocket) {
  LoginTable& logins = world_.logins();
  ASSERT_TRUE(world_.Attach(world_.LogIn("alice"), [] {}));
  const ChannelInstance bob = world_.LogIn("bob");
  ASSERT_TRUE(world_.Attach(bob, [] {}, ClientKind::kSdk));
  const std::uint64_t sdk = bob.instance;
  world_.Advance(3s);
  ConnectedLogins page = Page();
  ASSERT_THAT(page.logins, SizeIs(2));
  EXPECT_EQ(page.logins[0].client, ClientKind::kRtcroom);
  EXPECT_EQ(page.logins[0].idle, 0ms);
  EXPECT_EQ(page.logins[1].client, ClientKind::kSdk);
  EXPECT_EQ(page.logins[1].idle, 0ms);
  logins.Detach(*logins.Find(sdk));
  page = Page();
  EXPECT_EQ(page.logins[1].client, ClientKind::kSdk);
  EXPECT_EQ(page.logins[1].idle, 3s);
  EXPECT_THAT(logins.by_client(), ElementsAre(0, 1, 1));
  world_.Advance(10min);
  EXPECT_THAT(logins.by_client(), ElementsAre(0, 0, 1));
}

TEST_F(ChannelLoginsTest, HaveTheOrderOfAccountsInPagesOfAnySize) {
  std::vector<std::string> expected;
  for (int i = 0; i < 20; ++i) {
    expected.push_back(fmt::format("user_{:02}", i));
    (void)world_.LogIn(fmt::format("user_{:02}", (i * 7) % 20));
  }
  for (const std::size_t limit : {1U, 3U, 20U, 50U}) {
    EXPECT_EQ(AllPages({.limit = limit}), expected);
  }
}

TEST_F(ChannelLoginsTest, AreFoundByTheBeginningOfTheAccount) {
  for (const char* const name : {"bob", "alice", "albert", "al", "zoe"}) (void)world_.LogIn(name);
  EXPECT_THAT(AllPages({.begins = "al", .limit = 1}), ElementsAre("al", "albert", "alice"));
  EXPECT_THAT(AllPages({.begins = "zoe", .after = UserId{"alice"}}), ElementsAre("zoe"));
  EXPECT_THAT(AllPages({.begins = "c"}), IsEmpty());
}

TEST_F(ChannelLoginsTest, EndWithTheLogin) {
  Phone alice(world_, "alice");
  Phone bob(world_, "bob");
  Phone carol(world_, "carol");
  alice.LogIn();  // kicks the first
  world_.ChangeLogins([&](ChannelTurn& turn) { world_.logins().LogOut(bob.instance(), turn); });
  EXPECT_THAT(NamesOf(Page()), ElementsAre("alice", "carol"));
  world_.Advance(11min);
  EXPECT_THAT(NamesOf(Page()), IsEmpty());
  carol.LogIn();
  EXPECT_THAT(NamesOf(Page()), ElementsAre("carol"));
}

TEST_F(ChannelLoginsTest, VisitAtMostAThousandAccountsForAPage) {
  for (int i = 0; i < 1'500; ++i) {
    const ChannelInstance login = world_.LogIn(fmt::format("a{:04}", i));
    world_.ChangeLogins([&](ChannelTurn& turn) { world_.logins().LogOut(login.instance, turn); });
  }
  (void)world_.LogIn("b");
  const ConnectedLogins page = Page();
  EXPECT_THAT(page.logins, IsEmpty());
  ASSERT_TRUE(page.next);
  EXPECT_EQ(page.next->value, "a0999");
  EXPECT_THAT(AllPages({}), ElementsAre("b"));
}

}  // namespace
}  // namespace rtcroom
