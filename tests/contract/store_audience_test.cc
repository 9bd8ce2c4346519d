// Store contract: viewers.
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/store_contract.h"
#include "tests/support/live_rooms.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

TEST_P(StoreContract, LoadsViewersInJoinOrder) {
  Create(LiveRoom());
  for (const char* user : {"zoe", "amy", "bob"}) ASSERT_OK(Apply(*store_, Watching(kLiveR1, user)));
  EXPECT_THAT(ViewersOf(*store_, kLiveR1), ElementsAre("zoe={}", "amy={}", "bob={}"));
  const auto page = store_->rooms().LoadAudiences(kLiveR1);
  ASSERT_OK(page);
  EXPECT_EQ(page->dialect, Dialect::kGen2);
  EXPECT_TRUE(page->is_active);
  EXPECT_EQ(page->count, 3u);
  const Room room = *store_->rooms().Load(kLiveR1);
  EXPECT_EQ(room.audience_count, 3u);
  EXPECT_THAT(room.audiences, IsEmpty()) << "a room is read without its audience";
}

TEST_P(StoreContract, KeepsTheOrderWhenAViewerChangesItsInfo) {
  Create(LiveRoom());
  for (const char* user : {"amy", "bob"}) ASSERT_OK(Apply(*store_, Watching(kLiveR1, user)));
  ASSERT_OK(Apply(*store_, Watching(kLiveR1, "amy", "new")));
  EXPECT_THAT(ViewersOf(*store_, kLiveR1), ElementsAre("amy=new", "bob={}"));
  EXPECT_EQ(store_->rooms().Load(kLiveR1)->audience_count, 2u);
}

TEST_P(StoreContract, AppendsAViewerThatRejoins) {
  Create(LiveRoom());
  for (const char* user : {"amy", "bob", "zoe"}) ASSERT_OK(Apply(*store_, Watching(kLiveR1, user)));
  ASSERT_OK(Apply(*store_, LeavingAudience(kLiveR1, "amy")));
  EXPECT_THAT(ViewersOf(*store_, kLiveR1), ElementsAre("bob={}", "zoe={}"));
  EXPECT_EQ(store_->rooms().Load(kLiveR1)->audience_count, 2u);
  ASSERT_OK(Apply(*store_, Watching(kLiveR1, "amy", "back")));
  EXPECT_THAT(ViewersOf(*store_, kLiveR1), ElementsAre("bob={}", "zoe={}", "amy=back"));
}

/// The stay that an edit sees.
std::string StoredStay(Storage& store, const RoomKey& key, const std::string& user_id) {
  std::string stay;
  const auto look = [&](const Room* stored) -> Result<RoomChange> {
    stay = StayOf(*stored, *FindAudience(*stored, {user_id}));
    return RoomChange{.room = *stored};
  };
  EXPECT_OK(store.rooms().Update({.key = key, .edit = look, .audience = UserId{user_id}}));
  return stay;
}

TEST_P(StoreContract, KeepsTheStayOfAViewerUntilItBeginsAnother) {
  Create(LiveRoom());
  const auto first = store_->rooms().Update(Watching(kLiveR1, "amy"));
  ASSERT_OK(first);
  const std::string stay = StayOf(first->room, first->room.audiences.front());
  ASSERT_OK(Apply(*store_, Watching(kLiveR1, "amy", "new")));
  ASSERT_OK(Apply(*store_, Watching(kLiveR1, "bob")));
  EXPECT_EQ(StoredStay(*store_, kLiveR1, "amy"), stay);
  const auto second = store_->rooms().Update(WatchingAnew(kLiveR1, "amy"));
  ASSERT_OK(second);
  EXPECT_NE(StoredStay(*store_, kLiveR1, "amy"), stay);
  EXPECT_EQ(StoredStay(*store_, kLiveR1, "amy"),
            StayOf(second->room, second->room.audiences.front()));
  EXPECT_THAT(ViewersOf(*store_, kLiveR1), ElementsAre("bob={}", "amy={}"));
  EXPECT_EQ(store_->rooms().Load(kLiveR1)->audience_count, 2u);
}

TEST_P(StoreContract, PassesOnlyTheRequestedViewerToAnEdit) {
  Create(LiveRoom());
  for (const char* user : {"amy", "bob"}) ASSERT_OK(Apply(*store_, Watching(kLiveR1, user, user)));
  const auto seen_by = [&](std::optional<UserId> asked) {
    std::vector<std::string> seen;
    const auto looked =
        store_->rooms().Update({.key = kLiveR1,
                                .edit =
                                    [&](const Room* stored) {
                                      for (const Audience& viewer : stored->audiences) {
                                        seen.push_back(viewer.user_info);
                                      }
                                      return RoomChange{.room = *stored};
                                    },
                                .audience = std::move(asked)});
    EXPECT_OK(looked);
    return seen;
  };
  EXPECT_THAT(seen_by(UserId{"bob"}), ElementsAre("bob"));
  EXPECT_THAT(seen_by(UserId{"nobody"}), IsEmpty());
  EXPECT_THAT(seen_by(std::nullopt), IsEmpty());
}

TEST_P(StoreContract, KeepsViewersInAChangeWithoutViewers) {
  Create(LiveRoom());
  for (const char* user : {"amy", "bob"}) ASSERT_OK(Apply(*store_, Watching(kLiveR1, user)));
  ASSERT_OK(Apply(*store_, Adding(kLiveR1, "guest")));
  ASSERT_OK(Apply(*store_, SettingCustom(kLiveR1, "1")));
  ASSERT_OK(Apply(*store_, Deleting(kLiveR1, "guest")));
  EXPECT_THAT(ViewersOf(*store_, kLiveR1), ElementsAre("amy={}", "bob={}"));
  EXPECT_EQ(store_->rooms().Load(kLiveR1)->audience_count, 2u);
}

TEST_P(StoreContract, AppliesViewerUpdatesOfABatchInOrder) {
  const std::vector<RoomUpdate> batch = {
      Creating(LiveRoom()),
      Watching(kLiveR1, "amy"),
      Watching(kLiveR1, "bob"),
      Watching(kLiveR1, "amy"),
      LeavingAudience(kLiveR1, "bob"),
      LeavingAudience(kLiveR1, "bob"),
      Watching(kLiveR1, "bob", "2"),
  };
  const auto outcomes = store_->rooms().UpdateAll(batch);
  for (const auto& outcome : outcomes) ASSERT_OK(outcome);
  EXPECT_EQ(outcomes.at(3)->events.size(), 0u);
  EXPECT_EQ(outcomes.at(5)->events.size(), 0u);
  EXPECT_THAT(ViewersOf(*store_, kLiveR1), ElementsAre("amy={}", "bob=2"));
  EXPECT_EQ(store_->rooms().Load(kLiveR1)->audience_count, 2u);
}

TEST_P(StoreContract, DeletesViewersWithTheirRoom) {
  Create(LiveRoom());
  for (const char* user : {"amy", "bob"}) ASSERT_OK(Apply(*store_, Watching(kLiveR1, user)));
  ASSERT_OK(Apply(*store_, Destroying(kLiveR1)));
  EXPECT_ERROR(kRoomNotFound, store_->rooms().LoadAudiences(kLiveR1));
  Create(LiveRoom());
  EXPECT_THAT(ViewersOf(*store_, kLiveR1), IsEmpty());
  EXPECT_EQ(store_->rooms().Load(kLiveR1)->audience_count, 0u);
  ASSERT_OK(Apply(*store_, Watching(kLiveR1, "amy")));
  EXPECT_THAT(ViewersOf(*store_, kLiveR1), ElementsAre("amy={}"));
}

TEST_P(StoreContract, ReportsAPreparedRoomAsInactiveWithoutViewers) {
  ASSERT_OK(Apply(*store_, Preparing(MakeWaitingRoom(kLiveR1.kind, kLiveR1.id.value))));
  const auto page = store_->rooms().LoadAudiences(kLiveR1);
  ASSERT_OK(page);
  EXPECT_FALSE(page->is_active);
  EXPECT_THAT(page->audiences, IsEmpty());
}

TEST_P(StoreContract, FindsViewersOnlyUnderTheKindOfTheirRoom) {
  Create(LiveRoom());
  EXPECT_ERROR(kRoomNotFound, store_->rooms().LoadAudiences(MakeKey(RoomKind::kMulti, "r1")));
  EXPECT_ERROR(kRoomNotFound, store_->rooms().LoadAudiences(MakeKey(RoomKind::kLive, "r2")));
}

TEST_P(StoreContract, LoadsTheNewestViewersThatFit) {
  Create(LiveRoom());
  const std::string info(1000, 'x');
  const std::uint64_t each = StoredBytes(Audience{.user_id = {"v100"}, .user_info = info});
  const std::size_t fitting = AudiencePage::kMaxBytes / each;
  const std::size_t all = fitting + 50;
  std::vector<RoomUpdate> joins;
  for (std::size_t i = 0; i < all; ++i) {
    joins.push_back(Watching(kLiveR1, "v" + std::to_string(100 + i), info, kNoon, all));
  }
  for (const auto& outcome : store_->rooms().UpdateAll(joins)) ASSERT_OK(outcome);
  const auto page = store_->rooms().LoadAudiences(kLiveR1);
  ASSERT_OK(page);
  EXPECT_EQ(page->count, all);
  ASSERT_EQ(page->audiences.size(), fitting);
  EXPECT_EQ(page->audiences.front().user_id.value, "v150") << "in join order";
  EXPECT_EQ(page->audiences.back().user_id.value, "v" + std::to_string(99 + all));
}

TEST_P(StoreContract, FindsTheViewersAmongSomeUsers) {
  Create(LiveRoom());
  for (const char* user : {"amy", "bob", "zoe"}) ASSERT_OK(Apply(*store_, Watching(kLiveR1, user)));
  const auto find = [&](const RoomKey& key, std::vector<UserId> users) {
    const auto found = store_->rooms().FindAudiences(key, users);
    EXPECT_OK(found);
    return found ? *found : std::vector<Audience>();
  };
  const std::vector<UserId> users = {{"zoe"}, {"nobody"}, {"amy"}};
  std::vector<std::string> found;
  for (const Audience& viewer : find(kLiveR1, users)) found.push_back(viewer.user_id.value);
  EXPECT_THAT(found, UnorderedElementsAre("zoe", "amy"));
  EXPECT_EQ(find(kLiveR1, {{"bob"}}),
            std::vector{store_->rooms().LoadAudiences(kLiveR1)->audiences.at(1)});
  EXPECT_THAT(find(kLiveR1, {}), IsEmpty());
  EXPECT_THAT(find(MakeKey(RoomKind::kMulti, "r1"), users), IsEmpty());
  EXPECT_THAT(find(MakeKey(RoomKind::kLive, "r2"), users), IsEmpty());
}

TEST_P(StoreContract, KeepsTheNumberOfViewersInTheirEvents) {
  Create(LiveRoom());
  for (const char* user : {"amy", "bob"}) ASSERT_OK(Apply(*store_, Watching(kLiveR1, user)));
  ASSERT_OK(Apply(*store_, Watching(kLiveR1, "amy", "new")));
  for (const char* user : {"amy", "bob"}) {
    ASSERT_OK(Apply(*store_, LeavingAudience(kLiveR1, user)));
  }
  std::vector<std::uint64_t> counts;
  for (const StoredEvent& stored : AllEvents()) {
    const EventPayload& payload = stored.event.payload;
    if (const auto* const added = std::get_if<AudienceAdded>(&payload)) {
      counts.push_back(added->audience_count);
    } else if (const auto* const deleted = std::get_if<AudienceDeleted>(&payload)) {
      counts.push_back(deleted->audience_count);
    }
  }
  EXPECT_THAT(counts, ElementsAre(1, 2, 2, 1, 0));
}

TEST_P(StoreContract, ScansTheViewersOfAllRoomsInPages) {
  Create(LiveRoom());
  const RoomKey second = MakeKey(RoomKind::kLive, "r2");
  Create(MakeRoom(RoomKind::kLive, "r2", "creator", Dialect::kGen2));
  for (const char* user : {"zoe", "amy"}) ASSERT_OK(Apply(*store_, Watching(kLiveR1, user)));
  ASSERT_OK(Apply(*store_, Watching(second, "bob")));
  const auto page = store_->rooms().ScanViewers(0, {}, 2);
  ASSERT_OK(page);
  const StoredViewer amy{.room = kLiveR1,
                         .room_number = store_->rooms().Load(kLiveR1)->sequence,
                         .user_id = {"amy"},
                         .seat = 4};
  ASSERT_THAT(*page, testing::SizeIs(2));
  EXPECT_EQ(page->front(), amy);
  EXPECT_EQ(page->back().user_id.value, "zoe");
  const auto rest = store_->rooms().ScanViewers(page->back().room_number, page->back().user_id, 2);
  ASSERT_OK(rest);
  ASSERT_THAT(*rest, testing::SizeIs(1));
  EXPECT_EQ(rest->front().room, second);
}

TEST_P(StoreContract, KeepsWhyAViewerHasLeftAndWhatItsReturnNeeds) {
  Create(LiveRoom());
  ASSERT_OK(Apply(*store_, Watching(kLiveR1, "amy", "info")));
  RoomUpdate again = Watching(kLiveR1, "amy");
  again.edit = [](const Room* stored) {
    return rules::AddAudience(stored, Dialect::kGen2, {.user_id = {"amy"}, .user_info = "info"},
                              SharedPolicy(), kNoon, rules::Rejoin::kBeginsStay);
  };
  ASSERT_OK(Apply(*store_, again));
  RoomUpdate lapsing = LeavingAudience(kLiveR1, "amy");
  lapsing.edit = [](const Room* stored) {
    return rules::DeleteAudience(stored, Dialect::kGen2, {"amy"}, LeaveReason::kHeartbeatTimeout,
                                 SharedPolicy(), kNoon);
  };
  ASSERT_OK(Apply(*store_, lapsing));
  const auto events = AllEvents();
  EXPECT_EQ(events.at(events.size() - 2).event.payload,
            EventPayload(AudienceAdded{.user_id = {"amy"},
                                       .user_info = "info",
                                       .is_new = false,
                                       .audience_count = 1,
                                       .begins_stay = true}));
  EXPECT_EQ(
      events.back().event.payload,
      EventPayload(AudienceDeleted{
          .user_id = {"amy"}, .reason = LeaveReason::kHeartbeatTimeout, .user_info = "info"}));
}

TEST_P(StoreContract, DoesNotStoreARefusedViewer) {
  Create(LiveRoom());
  ASSERT_OK(Apply(*store_, Watching(kLiveR1, "amy")));
  RoomUpdate watching = Watching(kLiveR1, "bob");
  watching.edit = [](const Room* stored) {
    return rules::AddAudience(stored, Dialect::kGen2, {.user_id = {"bob"}},
                              {.limits = {.max_audiences = 1}}, kNoon);
  };
  EXPECT_ERROR(kAudienceFull, Apply(*store_, watching));
  EXPECT_THAT(ViewersOf(*store_, kLiveR1), ElementsAre("amy={}"));
  EXPECT_EQ(AllEvents().size(), 3u);
}

TEST_P(StoreContract, KeepsViewerInfoByteForByte) {
  Create(LiveRoom());
  const std::string info("'; --\n\0\xF0\x9F\x98\x80 %", 13);
  ASSERT_OK(Apply(*store_, Watching(kLiveR1, "o'amy%", info)));
  EXPECT_THAT(ViewersOf(*store_, kLiveR1), ElementsAre("o'amy%=" + info));
  EXPECT_EQ(std::get<AudienceAdded>(AllEvents().back().event.payload).user_info, info);
}

TEST_P(StoreContract, KeepsTheViewersOfRoomsApart) {
  const RoomKey other = MakeKey(RoomKind::kLive, "r2");
  Create(LiveRoom());
  Create(MakeRoom(other.kind, "r2", "creator", Dialect::kGen2));
  ASSERT_OK(Apply(*store_, Watching(kLiveR1, "amy", "1")));
  ASSERT_OK(Apply(*store_, Watching(other, "amy", "2")));
  ASSERT_OK(Apply(*store_, LeavingAudience(kLiveR1, "amy")));
  EXPECT_THAT(ViewersOf(*store_, kLiveR1), IsEmpty());
  EXPECT_THAT(ViewersOf(*store_, other), ElementsAre("amy=2"));
}

}  // namespace
}  // namespace rtcroom
