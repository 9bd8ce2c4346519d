// Store contract: data kept besides rooms.
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/store_contract.h"

namespace rtcroom {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

const RoomKey kBannedIn = MakeKey(RoomKind::kMulti, "r1");

Ban BanUntil(TimePoint until, const RoomKey& room = kBannedIn, const std::string& user = "bob") {
  return {.room = room, .user_id = {user}, .until = until};
}

/// `update` with `ban` and `delivery` added to its change.
RoomUpdate Leaving(const RoomUpdate& update, const std::optional<Ban>& ban,
                   const std::optional<DeliveryChange>& delivery = {}) {
  return {.key = update.key, .edit = [=](const Room* stored) {
            Result<RoomChange> change = update.edit(stored);
            if (change) {
              change->ban = ban;
              change->delivery = delivery;
            }
            return change;
          }};
}

TEST_P(StoreContract, KeepsBansUntilTheyEnd) {
  const Ban ban = BanUntil(kNoon + seconds(2));
  const Ban elsewhere = BanUntil(kNoon + seconds(1), MakeKey(RoomKind::kLive, "r1"));
  ASSERT_OK(store_->bans().PutBan(ban));
  ASSERT_OK(store_->bans().PutBan(elsewhere));
  EXPECT_THAT(*store_->bans().LoadBans(kNoon), UnorderedElementsAre(ban, elsewhere));
  EXPECT_THAT(*store_->bans().LoadBans(kNoon + seconds(1)), ElementsAre(ban));
  EXPECT_THAT(*store_->bans().LoadBans(kNoon + seconds(2)), IsEmpty());
}

TEST_P(StoreContract, ALaterBanOfTheSameUserReplacesTheFirst) {
  ASSERT_OK(store_->bans().PutBan(BanUntil(kNoon + seconds(9))));
  ASSERT_OK(store_->bans().PutBan(BanUntil(kNoon + seconds(1))));
  EXPECT_THAT(*store_->bans().LoadBans(kNoon), ElementsAre(BanUntil(kNoon + seconds(1))));
}

TEST_P(StoreContract, RemovesOnlyEndedBans) {
  const Ban lasting = BanUntil(kNoon + seconds(2));
  ASSERT_OK(store_->bans().PutBan(lasting));
  ASSERT_OK(store_->bans().PutBan(BanUntil(kNoon + seconds(1), kBannedIn, "amy")));
  ASSERT_OK(store_->bans().RemoveEndedBans(kNoon + seconds(1)));
  EXPECT_THAT(*store_->bans().LoadBans(kNoon), ElementsAre(lasting));
}

TEST_P(StoreContract, WritesABanWithItsRoomChange) {
  Create(MakeRoom(kBannedIn.kind, "r1"));
  ASSERT_OK(Apply(*store_, Adding(kBannedIn, "bob")));
  ASSERT_OK(Apply(*store_, Leaving(Deleting(kBannedIn, "bob"), BanUntil(kNoon + seconds(1)))));
  EXPECT_THAT(*store_->bans().LoadBans(kNoon), ElementsAre(BanUntil(kNoon + seconds(1))));
}

TEST_P(StoreContract, WritesNoBanWithAFailedChange) {
  OpenStore({.max_rooms = 0});
  const RoomUpdate refused =
      Leaving(Creating(MakeRoom(kBannedIn.kind, "r1")), BanUntil(kNoon),
              DeliveryChange{.group = {"r1"}, .enqueue = DeliveryKind::kCreateGroup});
  EXPECT_ERROR(kTooManyRooms, Apply(*store_, refused));
  EXPECT_THAT(*store_->bans().LoadBans(TimePoint()), IsEmpty());
  EXPECT_EQ(*store_->deliveries().CountDeliveries(), DeliveryBacklog());
}

TEST_P(StoreContract, ABanOutlivesItsRoom) {
  Create(MakeRoom(kBannedIn.kind, "r1"));
  ASSERT_OK(store_->bans().PutBan(BanUntil(kNoon + seconds(1))));
  ASSERT_OK(Apply(*store_, Destroying(kBannedIn)));
  EXPECT_THAT(*store_->bans().LoadBans(kNoon), ElementsAre(BanUntil(kNoon + seconds(1))));
}

TEST_P(StoreContract, TheNewestCursorIsTheEndOfTheEvents) {
  EXPECT_EQ(*store_->rooms().Newest(), (Cursor{.epoch = kEpoch, .position = 0}));
  Create(MakeRoom(kBannedIn.kind, "r1"));
  EXPECT_EQ(*store_->rooms().Newest(), store_->rooms().ReadEvents(Cursor::Start(), 100)->next);
  ASSERT_OK(store_->rooms().TrimEvents({.keep_since = kNoon + seconds(1), .max_events = 1000}));
  const Cursor newest = *store_->rooms().Newest();
  EXPECT_EQ(newest, store_->rooms().ReadEvents(Cursor::Start(), 100)->next);
  EXPECT_THAT(store_->rooms().ReadEvents(newest, 100)->events, IsEmpty());
}

TEST_P(StoreContract, ScanReturnsTheCursorOfItsSnapshot) {
  EXPECT_EQ(store_->rooms().Scan(0, 10)->at, *store_->rooms().Newest());
  Create(MakeRoom(kBannedIn.kind, "r1"));
  EXPECT_EQ(store_->rooms().Scan(0, 10)->at, *store_->rooms().Newest());
  EXPECT_EQ(store_->rooms().Scan(1000, 10)->at, *store_->rooms().Newest());
}

TEST_P(StoreContract, EventsContainTheSequenceOfTheirRoom) {
  Create(MakeRoom(kBannedIn.kind, "r1"));
  const std::uint64_t first = store_->rooms().Load(kBannedIn)->sequence;
  ASSERT_OK(Apply(*store_, Destroying(kBannedIn)));
  Create(MakeRoom(kBannedIn.kind, "r1"));
  const std::uint64_t second = store_->rooms().Load(kBannedIn)->sequence;
  std::vector<std::uint64_t> numbers;
  for (const StoredEvent& stored : AllEvents()) numbers.push_back(stored.room_number);
  EXPECT_THAT(numbers, ElementsAre(first, first, first, first, second, second));
}

}  // namespace
}  // namespace rtcroom
