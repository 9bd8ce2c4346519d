// What every store promises of custom fields that change many times in one commit.
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/store_contract.h"

namespace rtcroom {
namespace {

/// Appends `mark` to the fields, whatever they are: stores do not look into them.
RoomUpdate Marking(const RoomKey& key, const std::string& mark) {
  return {.key = key, .edit = [key, mark](const Room* stored) {
            return rules::ChangeCustom(
                stored, Dialect::kGen1, {"creator"}, rules::CustomRight::kMembers,
                [&mark](std::string_view custom) -> Result<std::string> {
                  return std::string(custom) + mark;
                },
                {}, kNoon);
          }};
}

TEST_P(StoreContract, CustomChangesOfOneCommitLeaveNoGapInTheEventsOfARoom) {
  const RoomKey key = MakeKey(RoomKind::kMulti, "r1");
  const RoomKey other = MakeKey(RoomKind::kMulti, "r2");
  Create(MakeRoom(key.kind, "r1"));
  Create(MakeRoom(key.kind, "r2"));
  const std::vector<RoomUpdate> together = {
      Marking(key, "a"),  Marking(key, "b"),   Marking(other, "x"), Marking(key, "c"),
      Adding(key, "amy"), Marking(other, "y"), Marking(key, "d"),   Marking(key, "e")};
  std::uint64_t last_told = 0;
  for (const Result<RoomChange>& change : store_->UpdateAll(together)) {
    ASSERT_OK(change);
    EXPECT_EQ(change->events.back().room_sequence, change->room.last_event);
    if (change->room.key == key) last_told = change->room.last_event;
  }
  EXPECT_EQ(store_->Load(key)->last_event, last_told);
  ASSERT_OK(Apply(*store_, Marking(key, "f")));
  ASSERT_OK(Apply(*store_, Deleting(key, "amy")));

  std::uint64_t number = 0;
  std::string told;
  for (const auto& stored : AllEvents()) {
    if (stored.event.room != key) continue;
    EXPECT_EQ(stored.event.room_sequence, ++number);
    const auto* const custom = std::get_if<CustomChanged>(&stored.event.happening);
    if (custom != nullptr) told = custom->custom;
  }
  const Result<Room> room = store_->Load(key);
  ASSERT_OK(room);
  EXPECT_EQ(number, room->last_event);
  EXPECT_EQ(told, room->custom);
  EXPECT_EQ(room->custom, "{}abcdef");
  EXPECT_EQ(store_->Load(other)->custom, "{}xy");
}

}  // namespace
}  // namespace rtcroom
