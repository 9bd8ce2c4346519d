// Store contract: the mixes of rooms.
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/store_contract.h"
#include "tests/support/live_rooms.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

constexpr MixPlace kWholePicture{.width = 360, .height = 640};
constexpr MixPlace kCorner{.x = 3000,
                           .y = 220,
                           .width = 160,
                           .height = 240,
                           .layer = 16,
                           .has_video = false,
                           .has_audio = true};

void CreateWithGuest(Storage& store) {
  ASSERT_OK(Apply(store, Creating(LiveRoom())));
  ASSERT_OK(Apply(store, Adding(kLiveR1, "guest")));
}

RoomUpdate MixingBoth() {
  return Mixing(kLiveR1, {{.user_id = {"creator"}, .place = kWholePicture},
                          {.user_id = {"guest"}, .place = kCorner}});
}

TEST_P(StoreContract, KeepsAMixWithItsRoom) {
  CreateWithGuest(*store_);
  const Room before = *store_->rooms().Load(kLiveR1);
  ASSERT_OK(Apply(*store_, MixingBoth()));
  Room expected = before;
  expected.mix = kMixCanvas;
  expected.pushers.at(0).mix_place = kWholePicture;
  expected.pushers.at(1).mix_place = kCorner;
  EXPECT_EQ(*store_->rooms().Load(kLiveR1), expected);
  EXPECT_THAT(store_->rooms().Scan(0, 10)->rooms, ElementsAre(expected));
  EXPECT_THAT(*store_->rooms().List({.kind = kLiveR1.kind, .count = 1}), ElementsAre(expected));
}

TEST_P(StoreContract, WritesAMixWithoutAnEvent) {
  CreateWithGuest(*store_);
  const auto events = AllEvents();
  ASSERT_OK(Apply(*store_, MixingBoth()));
  EXPECT_EQ(AllEvents().size(), events.size());
  const MixChanged heard{.after = events.back().position,
                         .room = kLiveR1,
                         .room_number = events.back().room_number,
                         .mix = MixOf(*store_->rooms().Load(kLiveR1))};
  EXPECT_THAT(listener_.mixes(), ElementsAre(heard));
  EXPECT_THAT(heard.mix.inputs, SizeIs(2));

  ASSERT_OK(Apply(*store_, MixingBoth()));
  EXPECT_THAT(listener_.mixes(), SizeIs(1)) << "the same mix again";
  // The room's history goes on where it was.
  ASSERT_OK(Apply(*store_, Adding(kLiveR1, "third")));
  EXPECT_EQ(AllEvents().size(), events.size() + 1);
  EXPECT_EQ(AllEvents().back().event.room_sequence, events.back().event.room_sequence + 1);
}

TEST_P(StoreContract, TellsTheListenerWhereAMixIsAmongTheEventsOfItsCommit) {
  CreateWithGuest(*store_);
  const std::vector<RoomUpdate> group = {Adding(kLiveR1, "third"), MixingBoth(),
                                         Deleting(kLiveR1, "guest")};
  for (const auto& outcome : store_->rooms().UpdateAll(group)) ASSERT_OK(outcome);
  const auto events = AllEvents();
  ASSERT_THAT(listener_.mixes(), SizeIs(1));
  EXPECT_EQ(listener_.mixes()[0].after, events.at(events.size() - 2).position);
  EXPECT_THAT(listener_.mixes()[0].mix.inputs, SizeIs(2));
}

TEST_P(StoreContract, KeepsAMixWhileMembersJoinAndRejoin) {
  CreateWithGuest(*store_);
  ASSERT_OK(Apply(*store_, MixingBoth()));
  ASSERT_OK(Apply(*store_, Adding(kLiveR1, "third")));
  ASSERT_OK(Apply(*store_, Adding(kLiveR1, "guest")));
  const Room room = *store_->rooms().Load(kLiveR1);
  EXPECT_EQ(room.mix, kMixCanvas);
  EXPECT_EQ(FindPusher(room, {"guest"})->mix_place, kCorner);
  EXPECT_FALSE(FindPusher(room, {"third"})->mix_place);
}

TEST_P(StoreContract, RemovesTheInputOfAMemberThatLeaves) {
  CreateWithGuest(*store_);
  ASSERT_OK(Apply(*store_, MixingBoth()));
  ASSERT_OK(Apply(*store_, Deleting(kLiveR1, "guest")));
  ASSERT_OK(Apply(*store_, Adding(kLiveR1, "guest")));
  const Room room = *store_->rooms().Load(kLiveR1);
  EXPECT_EQ(room.mix, kMixCanvas);
  EXPECT_FALSE(FindPusher(room, {"guest"})->mix_place);
}

TEST_P(StoreContract, EndsAMix) {
  CreateWithGuest(*store_);
  ASSERT_OK(Apply(*store_, MixingBoth()));
  ASSERT_OK(Apply(*store_, Mixing(kLiveR1, {})));
  const Room room = *store_->rooms().Load(kLiveR1);
  EXPECT_FALSE(room.mix);
  for (const Pusher& pusher : room.pushers) EXPECT_FALSE(pusher.mix_place) << pusher.user_id.value;
}

TEST_P(StoreContract, HasNoMixOfALaterRoomOfTheId) {
  CreateWithGuest(*store_);
  ASSERT_OK(Apply(*store_, MixingBoth()));
  ASSERT_OK(Apply(*store_, Destroying(kLiveR1)));
  Create(LiveRoom());
  EXPECT_FALSE(store_->rooms().Load(kLiveR1)->mix);
}

}  // namespace
}  // namespace rtcroom
