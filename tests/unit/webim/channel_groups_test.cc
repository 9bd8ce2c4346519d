// Joining, leaving and the end of groups, and their logs: hazards H5 and H11 of
// channel_hazards_test.cc, and docs/channel.md, 2.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/webim/channel_world.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class ChannelGroupsTest : public testing::Test {
 protected:
  void Kick(std::uint64_t room, const std::string& account) {
    world_.Happens(room, PusherDeleted{.user_id = {account}, .reason = LeaveReason::kKicked});
  }
  ChannelWorld world_;
  Phone alice_{world_, "alice"};
  Phone bob_{world_, "bob"};
};

TEST_F(ChannelGroupsTest, AnInstanceIsInOneGroup) {
  alice_.Join(1);
  alice_.Join(2);
  EXPECT_FALSE(world_.IsMember(1, {"alice"}));
  EXPECT_TRUE(world_.IsMember(2, {"alice"}));
  EXPECT_EQ(world_.LoginOf(alice_.login()).room->group->facts.number, 2U);
  EXPECT_EQ(world_.state().groups().Find(1), nullptr) << "groups without members take no memory";
}

TEST_F(ChannelGroupsTest, AGroupKnowsItsLogins) {
  Phone carol(world_, "carol");
  for (Phone* const phone : {&alice_, &bob_, &carol}) phone->Join(1);
  WebimLogin* const bob = &world_.LoginOf(bob_.login());
  WebimLogin* const last = &world_.LoginOf(carol.login());
  alice_.Quit(1);
  const Group& group = *world_.state().groups().Find(1);
  EXPECT_THAT(group.logins, UnorderedElementsAre(bob, last));
  carol.Join(2);
  EXPECT_THAT(group.logins, ElementsAre(bob));
  alice_.Join(1);
  bob_.LogIn();  // ends the one before
  EXPECT_THAT(group.logins, ElementsAre(&world_.LoginOf(alice_.login())));
}

TEST_F(ChannelGroupsTest, LoginsOfOneAccountAreCountedEach) {
  ChannelWorld world({.max_instances = 2});
  Phone one(world, "alice");
  Phone other(world, "alice");
  Phone bob(world, "bob");
  for (Phone* const phone : {&one, &other, &bob}) phone->Join(1);
  EXPECT_EQ(world.CountMembers(1), 3U);
  other.Quit(1);
  EXPECT_TRUE(world.IsMember(1, {"alice"}));
  one.Quit(1);
  EXPECT_FALSE(world.IsMember(1, {"alice"}));
  EXPECT_EQ(world.CountMembers(1), 1U);
}

TEST_F(ChannelGroupsTest, TellWhoPolls) {
  const auto is_polling = [&](std::uint64_t room, const std::string& account) {
    const WebimLogin& login = world_.LoginOf(account == "alice" ? alice_.login() : bob_.login());
    return login.IsIn(room) && login.IsPolling(world_.clock().Monotonic());
  };
  alice_.Join(1);
  bob_.Join(1);
  EXPECT_TRUE(is_polling(1, "alice")) << "its poll follows the join";
  EXPECT_FALSE(is_polling(2, "alice"));
  const PollPtr poll = alice_.PollRoom();
  world_.Advance(15s);
  EXPECT_TRUE(is_polling(1, "alice"));
  EXPECT_FALSE(is_polling(1, "bob"));
  world_.Advance(30s);
  ASSERT_TRUE(poll->is_answered());
  EXPECT_TRUE(is_polling(1, "alice")) << "its next poll follows the answer";
  world_.Advance(10s);
  EXPECT_FALSE(is_polling(1, "alice"));
}

TEST_F(ChannelGroupsTest, MembersLeaveInAnyOrder) {
  std::vector<Phone> phones;
  for (int i = 0; i < 5; ++i) phones.emplace_back(world_, "user_" + std::to_string(i)).Join(1);
  for (const std::size_t leaving : {2U, 0U, 4U, 1U}) phones[leaving].Quit(1);
  EXPECT_EQ(world_.CountMembers(1), 1U);
  const PollPtr poll = phones[3].PollRoom();
  world_.Say(1);
  EXPECT_THAT(poll->Texts(), ElementsAre(1));
}

TEST_F(ChannelGroupsTest, KnowsWhoIsInALiveRoomOfGen2) {
  const auto join = [this](const Phone& phone, std::uint64_t number, RoomKind kind,
                           Dialect dialect) {
    const GroupFacts facts{
        .room = {.kind = kind, .id = {"r"}}, .number = number, .dialect = dialect};
    world_.Change([&](WebimTurn& turn) {
      world_.state().groups().Join(phone.instance(), facts, 1, "key", turn);
    });
  };
  join(alice_, 1, RoomKind::kLive, Dialect::kGen2);
  EXPECT_TRUE(world_.LoginOf(alice_.login()).IsInGen2LiveRoom());
  join(alice_, 2, RoomKind::kLive, Dialect::kGen1);
  join(bob_, 3, RoomKind::kMulti, Dialect::kGen2);
  EXPECT_FALSE(world_.LoginOf(alice_.login()).IsInGen2LiveRoom());
  EXPECT_FALSE(world_.LoginOf(bob_.login()).IsInGen2LiveRoom());
}

// H5

TEST_F(ChannelGroupsTest, AQuitThatComesAfterTheNextJoinEndsNothing) {
  alice_.Join(1);
  alice_.Join(2);
  alice_.Quit(1);
  const PollPtr poll = alice_.PollRoom();
  world_.Say(2);
  EXPECT_THAT(poll->Texts(), ElementsAre(1));
}

TEST_F(ChannelGroupsTest, AQuitAnswersTheWaitingPollsAndItsKeySaysNothingAnyMore) {
  alice_.Join(1);
  bob_.Join(1);
  const PollPtr before = alice_.PollRoom();
  alice_.Quit(1);
  EXPECT_TRUE(before->is_answered());
  const PollPtr after = alice_.PollRoom();
  world_.Say(1);
  world_.ChangeMembers(1);
  world_.Advance(44s);
  EXPECT_FALSE(after->is_answered());
  world_.Advance(1s);
  EXPECT_THAT(after->Texts(), IsEmpty());
  EXPECT_FALSE(alice_.PollAccount()->is_answered());
}

TEST_F(ChannelGroupsTest, AGroupThatWasQuitCanBeJoinedAgain) {
  alice_.Join(1);
  world_.Say(1);
  alice_.Quit(1);
  world_.Say(1);
  alice_.Join(1);
  const PollPtr poll = alice_.PollRoom();
  EXPECT_FALSE(poll->is_answered());
  world_.Say(1);
  EXPECT_THAT(poll->Texts(), ElementsAre(3));
}

// H11

TEST_F(ChannelGroupsTest, OneMemberCanBeNotified) {
  alice_.Join(1);
  bob_.Join(1);
  world_.Change([&](WebimTurn& turn) {
    world_.state().account_polls().NotifyChanged(world_.LoginOf(alice_.login()), turn);
  });
  EXPECT_THAT(alice_.PollAccount()->Notices(), ElementsAre(kChangeNotice));
  EXPECT_FALSE(bob_.PollAccount()->is_answered());
}

TEST_F(ChannelGroupsTest, ChangesNotifyTheMembersOfTheRoom) {
  alice_.Join(1);
  bob_.Join(2);
  world_.ChangeMembers(1);
  EXPECT_THAT(alice_.PollAccount()->Notices(), ElementsAre(kChangeNotice));
  EXPECT_FALSE(bob_.PollAccount()->is_answered());
}

TEST_F(ChannelGroupsTest, LostEventsNotifyAllMembersOfAllRooms) {
  alice_.Join(1);
  bob_.Join(2);
  world_.LoseEvents();
  EXPECT_THAT(alice_.PollAccount()->Notices(), ElementsAre(kChangeNotice));
  EXPECT_THAT(bob_.PollAccount()->Notices(), ElementsAre(kChangeNotice));
}

// The end

TEST_F(ChannelGroupsTest, TheEndOfTheRoomIsAnnouncedToEachMemberAndTheKeysDie) {
  alice_.Join(1);
  bob_.Join(1);
  const PollPtr waiting = alice_.PollRoom();
  world_.End(1);
  EXPECT_EQ(world_.state().groups().Find(1), nullptr);
  for (const Phone* const phone : {&alice_, &bob_}) {
    EXPECT_THAT(phone->PollAccount()->Notices(), ElementsAre(kEndNotice));
  }
  const PollPtr later = alice_.PollRoom();
  world_.Advance(44s);
  EXPECT_FALSE(waiting->is_answered());
  world_.Advance(1s);
  for (const PollPtr& poll : {waiting, later}) {
    EXPECT_EQ(poll->ErrorCode(), 0);
    EXPECT_EQ(poll->Key(), alice_.key);
    EXPECT_THAT(poll->Texts(), IsEmpty());
  }
}

TEST_F(ChannelGroupsTest, WhoHasNotHeardOfTheEndAsksTheStore) {
  alice_.Join(1);
  bob_.Join(1);
  world_.Change([&](WebimTurn& turn) {
    world_.state().groups().End(alice_.instance(), 1, LeaveReason::kRoomDestroyed, turn);
  });
  EXPECT_FALSE(world_.LoginOf(bob_.login()).room->group->is_complete);
}

TEST_F(ChannelGroupsTest, ThePollsOfAnEndedRoomGoOnInTheNextOne) {
  alice_.Join(1);
  const PollPtr waiting = alice_.PollRoom();
  world_.End(1);
  alice_.Join(2);
  EXPECT_EQ(waiting->Key(), alice_.key);
}

TEST_F(ChannelGroupsTest, APhoneMayStayInOneLoopPerEndedRoom) {
  // Clients do not quit a room that has ended: its loop goes on.
  std::vector<PollPtr> loops;
  for (std::uint64_t room = 1; room <= 8; ++room) {
    alice_.Join(room);
    for (PollPtr& loop : loops) {
      ASSERT_TRUE(loop->is_answered());
      loop = alice_.PollRoom();
    }
    loops.push_back(alice_.PollRoom());
    world_.End(room);
  }
  for (const PollPtr& loop : loops) EXPECT_FALSE(loop->is_answered());
}

TEST_F(ChannelGroupsTest, AnOperatorsKickEndsTheRoomForThatAccountOnly) {
  alice_.Join(1);
  bob_.Join(1);
  Phone carol(world_, "carol");
  carol.Join(2);
  Kick(1, "alice");
  EXPECT_THAT(alice_.PollAccount()->Notices(), ElementsAre(kEndNotice));
  EXPECT_THAT(bob_.PollAccount()->Notices(), ElementsAre(kChangeNotice));
  EXPECT_FALSE(world_.IsMember(1, {"alice"}));
  const PollPtr dead = alice_.PollRoom();
  world_.Say(1);
  EXPECT_FALSE(dead->is_answered());
  Kick(1, "carol");  // she is in another group
  EXPECT_FALSE(carol.PollAccount()->is_answered());
  Kick(1, "bob");
  EXPECT_EQ(world_.state().groups().Find(1), nullptr);
}

// After a restart

TEST_F(ChannelGroupsTest, AfterARestartAKeyLeadsBackToItsPlace) {
  alice_.Join(1);
  world_.Say(1);
  alice_.TakeRoom(alice_.PollRoom());
  world_.Say(1);
  world_.Restart();
  world_.Say(1);
  const PollPtr poll = alice_.PollRoom();
  EXPECT_THAT(poll->Texts(), ElementsAre(2, 3));
  EXPECT_EQ(poll->Key(), alice_.key);
  EXPECT_TRUE(world_.IsMember(1, {"alice"}));
  EXPECT_THAT(alice_.PollAccount()->Notices(), ElementsAre(kChangeNotice));
}

TEST_F(ChannelGroupsTest, AfterARestartAKeyGivesNothingFromBeforeItsJoin) {
  world_.Say(1);
  alice_.Join(1);
  world_.Say(1);
  world_.Restart();
  alice_.start = 0;
  EXPECT_THAT(alice_.PollRoom()->Texts(), ElementsAre(2));
}

TEST_F(ChannelGroupsTest, AfterARestartTheKeyOfASecondJoinLeadsToTheFirstPlace) {
  alice_.Join(1);
  world_.Say(1);
  alice_.Join(1);
  world_.Restart();
  EXPECT_THAT(alice_.PollRoom()->Texts(), ElementsAre(1));
}

TEST_F(ChannelGroupsTest, AfterARestartTheEndOfARoomIsAnnouncedOnce) {
  alice_.Join(1);
  world_.Restart();
  world_.End(1);
  (void)alice_.PollRoom();
  (void)alice_.PollRoom();
  EXPECT_FALSE(world_.LoginOf(alice_.login()).RefuseKey(world_.Read(alice_.key).serial));
  EXPECT_THAT(alice_.PollAccount()->Notices(), ElementsAre(kEndNotice));
}

TEST_F(ChannelGroupsTest, AfterARestartTheNewestKeyWins) {
  alice_.Join(1);
  const std::string old_key = alice_.key;
  alice_.Join(2);
  world_.Restart();
  const PollPtr late = world_.PollRoom(alice_.login(), 1, old_key);
  EXPECT_TRUE(world_.IsMember(1, {"alice"})) << "as far as the server knows";
  const PollPtr poll = alice_.PollRoom();
  EXPECT_TRUE(world_.IsMember(2, {"alice"}));
  EXPECT_EQ(late->Key(), alice_.key);
  EXPECT_EQ(world_.PollRoom(alice_.login(), 1, old_key)->Key(), alice_.key);
  world_.Say(2);
  EXPECT_THAT(poll->Texts(), ElementsAre(1));
}

TEST_F(ChannelGroupsTest, AKickByTheOperatorHoldsForTheKeyThatLedBack) {
  alice_.Join(1);
  world_.Restart();
  (void)alice_.PollRoom();
  Kick(1, "alice");
  (void)alice_.PollRoom();
  EXPECT_FALSE(world_.IsMember(1, {"alice"}));
}

TEST_F(ChannelGroupsTest, AKeyLeadsBackToNoGroupAfterAJoinOrAQuit) {
  alice_.Join(1);
  const std::string old_key = alice_.key;
  world_.Restart();
  alice_.Quit(1);
  (void)alice_.PollRoom();
  EXPECT_FALSE(world_.IsMember(1, {"alice"}));
  alice_.Join(2);
  const PollPtr late = world_.PollRoom(alice_.login(), 1, old_key);
  EXPECT_EQ(late->Key(), alice_.key);
  EXPECT_TRUE(world_.IsMember(2, {"alice"}));
  world_.Change([&](WebimTurn& turn) {  // a poll that had begun to do so before the join
    world_.state().groups().Rejoin(alice_.instance(), world_.FactsOf(1), 1, old_key,
                                   world_.Read(old_key).serial, turn);
  });
  EXPECT_TRUE(world_.IsMember(2, {"alice"}));
}

TEST_F(ChannelGroupsTest, ARestoredStoreWithFewerMessagesBlocksNoMember) {
  for (int i = 0; i < 5; ++i) world_.Say(1);
  alice_.Join(1);
  alice_.start = 6;
  world_.Restart();
  const ChannelInstance login = alice_.login();
  GroupFacts older = world_.FactsOf(1);
  older.last_seq = 2;
  (void)world_.Admit(login);
  world_.Change([&](WebimTurn& turn) {
    world_.state().groups().Rejoin(login.instance, older, 6, alice_.key,
                                   world_.Read(alice_.key).serial, turn);
    world_.state().room_polls().AdvanceTo(*world_.state().groups().Find(1), 2, turn);
  });
  const PollPtr poll = alice_.PollRoom();
  StoredMessage next{.room_number = 1, .seq = 3};
  next.content = {.sender = {"bob"}, .body = "[]"};
  world_.FeedOne(next);
  EXPECT_THAT(poll->Texts(), ElementsAre(3));
}

// Joins and messages at the same time

TEST_F(ChannelGroupsTest, AMessageThatPassedAGroupWithoutMembersIsGiven) {
  const GroupFacts facts = world_.FactsOf(1);
  world_.Say(1);  // after the facts were read, before the join
  world_.Change([&](WebimTurn& turn) {
    world_.state().groups().Join(alice_.instance(), facts, 1, "key", turn);
  });
  EXPECT_FALSE(world_.state().groups().Find(1)->is_complete);
  world_.Change([&](WebimTurn& turn) { world_.state().groups().Complete(1, 1, 0, turn); });
  EXPECT_FALSE(world_.state().groups().Find(1)->is_complete) << "nobody hears it";
  alice_.Join(1);  // for a key of the world
  EXPECT_THAT(alice_.PollRoom()->Texts(), ElementsAre(1));
}

TEST_F(ChannelGroupsTest, AGroupIsNotCompleteOnceNobodyHearsIt) {
  alice_.Join(1);
  world_.Change([&](WebimTurn& turn) {  // its subscription has not begun
    world_.state().groups().Join(bob_.instance(), world_.FactsOf(1), 1, "key", turn);
  });
  EXPECT_TRUE(world_.state().groups().Find(1)->is_complete);
  const std::uint64_t silences = world_.state().groups().silences();
  alice_.Quit(1);
  EXPECT_FALSE(world_.state().groups().Find(1)->is_complete);
  world_.Change([&](WebimTurn& turn) {  // what was read before
    world_.state().groups().Hear(world_.LoginOf(bob_.login()), 1);
    world_.state().groups().Complete(1, 0, silences, turn);
  });
  EXPECT_FALSE(world_.state().groups().Find(1)->is_complete);
}

TEST_F(ChannelGroupsTest, AJoinDropsNothingOfAGroupWithMembers) {
  alice_.Join(1);
  const PollPtr poll = alice_.PollRoom();
  world_.Say(1);
  alice_.TakeRoom(poll);
  const PollPtr next = alice_.PollRoom();
  world_.Store(1);  // the feed is behind
  bob_.Join(1);
  EXPECT_FALSE(next->is_answered());
  world_.Feed();
  EXPECT_THAT(next->Texts(), ElementsAre(2));
  EXPECT_EQ(world_.reads(), 0U);
}

}  // namespace
}  // namespace rtcroom
