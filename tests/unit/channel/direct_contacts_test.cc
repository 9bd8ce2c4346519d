#include "daemon/channel/direct_contacts.h"

#include <chrono>
#include <cstdint>
#include <span>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"
#include "tests/support/matchers.h"
#include "tests/support/recording_listener.h"
#include "tests/support/rooms.h"
#include "tests/support/temp_store.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;

class Contacts : public testing::Test {
 protected:
  Contacts() { events_at_ = *store_.rooms().Newest(); }

  void Commit(const RoomUpdate& update) { EXPECT_OK(store_.rooms().Update(update)); }
  /// Gives the contacts what was committed since the last call.
  void Follow() {
    auto page = store_.rooms().ReadEvents(events_at_, 100);
    events_at_ = page->next;
    contacts_.OnEvents(page->events);
  }
  /// From an account that is in no group.
  bool IsReachable(const std::string& receiver) {
    return contacts_.MayReach({"stranger"}, {receiver});
  }
  bool AreContacts(const std::string& one, const std::string& other) {
    const bool there = contacts_.MayReach({one}, {other});
    EXPECT_EQ(contacts_.MayReach({other}, {one}), there);
    return there;
  }

  FakeClock clock_;
  RecordingListener commits_;
  TempStore store_{{}, "00000000000000aa", commits_};
  const RoomKey key_ = MakeKey(RoomKind::kMulti, "r1");
  DirectContacts contacts_{store_.rooms(), clock_};
  Cursor events_at_;
};

TEST_F(Contacts, PushersAndCreatorsAreReachableWhileTheyAreInARoom) {
  Commit(Creating(MakeRoom(RoomKind::kMulti, "r1", "ann")));
  Commit(Adding(key_, "bob"));
  Follow();
  EXPECT_TRUE(IsReachable("ann"));
  EXPECT_TRUE(IsReachable("bob"));
  EXPECT_FALSE(IsReachable("stranger"));
  Commit(Deleting(key_, "bob"));
  Follow();
  EXPECT_TRUE(IsReachable("ann"));
  EXPECT_FALSE(IsReachable("bob"));
  Commit(Destroying(key_, "ann"));
  Follow();
  EXPECT_FALSE(IsReachable("ann"));
}

TEST_F(Contacts, TheNextCreatorOfARoomTakesThePlaceOfTheOneThatLeft) {
  Commit(Creating(MakeRoom(RoomKind::kMulti, "r1", "ann")));
  Commit(Adding(key_, "bob"));
  Follow();
  const std::uint64_t room = store_.rooms().Load(key_)->sequence;
  const auto left = [&](const std::string& user, const std::string& next) {
    const StoredEvent event{
        .room_number = room,
        .event = {.room = key_,
                  .payload = PusherDeleted{.user_id = {user}, .new_creator = {next}}}};
    contacts_.OnEvents(std::span(&event, 1));
  };
  left("ann", "bob");
  EXPECT_FALSE(IsReachable("ann"));
  left("bob", "");
  EXPECT_TRUE(IsReachable("bob")) << "still the creator";
}

TEST_F(Contacts, TheUserOfTwoRoomsStaysReachableWhenOneOfThemEnds) {
  Commit(Creating(MakeRoom(RoomKind::kMulti, "r1", "ann")));
  Commit(Creating(MakeRoom(RoomKind::kLive, "r2", "ann")));
  Commit(Destroying(key_, "ann"));
  Follow();
  EXPECT_TRUE(IsReachable("ann"));
}

TEST_F(Contacts, RoomsFromBeforeTheStartAreRead) {
  Commit(Creating(MakeRoom(RoomKind::kMulti, "r1", "ann")));
  Commit(Adding(key_, "bob"));
  EXPECT_OK(contacts_.Load());
  EXPECT_TRUE(IsReachable("ann"));
  Follow();  // the same changes once more
  Commit(Deleting(key_, "bob"));
  Follow();
  EXPECT_FALSE(IsReachable("bob"));
}

TEST_F(Contacts, ReadingAgainForgetsRoomsWhoseEndWasMissed) {
  Commit(Creating(MakeRoom(RoomKind::kMulti, "r1", "ann")));
  Follow();
  Commit(Destroying(key_, "ann"));
  EXPECT_OK(contacts_.Load());
  EXPECT_FALSE(IsReachable("ann"));
}

TEST_F(Contacts, AccountsInOneGroupReachEachOther) {
  contacts_.Enter({"ann"}, 1);
  contacts_.Enter({"bob"}, 1);
  contacts_.Enter({"cat"}, 2);
  EXPECT_TRUE(AreContacts("ann", "bob"));
  EXPECT_FALSE(AreContacts("ann", "cat"));
  EXPECT_FALSE(AreContacts("ann", "dan"));
}

TEST_F(Contacts, AccountsThatHaveLeftStayContactsForTenMinutes) {
  contacts_.Enter({"ann"}, 1);
  contacts_.Enter({"bob"}, 1);
  contacts_.Leave({"ann"}, 1);
  clock_.Advance(DirectContacts::kKeptFor - 1ms);
  contacts_.OnTick();
  EXPECT_TRUE(AreContacts("ann", "bob"));
  clock_.Advance(1ms);
  EXPECT_FALSE(AreContacts("ann", "bob"));
  contacts_.OnTick();
  EXPECT_FALSE(AreContacts("ann", "bob"));
}

TEST_F(Contacts, AnAccountIsInAGroupUntilItsLastInstanceHasLeft) {
  contacts_.Enter({"ann"}, 1);
  contacts_.Enter({"ann"}, 1);
  contacts_.Enter({"bob"}, 1);
  contacts_.Leave({"ann"}, 1);
  clock_.Advance(DirectContacts::kKeptFor);
  contacts_.OnTick();
  EXPECT_TRUE(AreContacts("ann", "bob"));
}

TEST_F(Contacts, AnAccountThatHasComeBackStaysAContact) {
  contacts_.Enter({"ann"}, 1);
  contacts_.Enter({"bob"}, 1);
  contacts_.Leave({"ann"}, 1);
  contacts_.Enter({"ann"}, 1);
  clock_.Advance(2 * DirectContacts::kKeptFor);
  contacts_.OnTick();
  EXPECT_TRUE(AreContacts("ann", "bob"));
  contacts_.Leave({"ann"}, 1);
  clock_.Advance(DirectContacts::kKeptFor);
  contacts_.OnTick();
  EXPECT_FALSE(AreContacts("ann", "bob"));
}

TEST_F(Contacts, OfManyGroupsOfAnAccountThoseThatItIsInAreKept) {
  contacts_.Enter({"ann"}, 1);
  contacts_.Enter({"bob"}, 1);
  contacts_.Enter({"cat"}, 2);
  for (std::uint64_t group = 2; group < 2 + DirectContacts::kMaxGroups; ++group) {
    contacts_.Enter({"ann"}, group);
    contacts_.Leave({"ann"}, group);
    clock_.Advance(1s);
  }
  EXPECT_TRUE(AreContacts("ann", "bob"));
  EXPECT_FALSE(AreContacts("ann", "cat")) << "the one that was left first";
}

}  // namespace
}  // namespace rtcroom
