// Store contract: custom fields, and the events of all gen-2 operations.
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/store_contract.h"
#include "tests/support/live_rooms.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;

/// One "<number> <name>" per event of the room, with name and value for a custom field change.
std::vector<std::string> NamedHistoryOf(const std::vector<StoredEvent>& events,
                                        const RoomKey& key) {
  std::vector<std::string> history;
  for (const StoredEvent& stored : events) {
    const RoomEvent& event = stored.event;
    if (event.room != key) continue;
    const auto* const custom = std::get_if<CustomChanged>(&event.payload);
    history.push_back(fmt::format("{} {}{}", event.room_sequence, EventTypeName(event.payload),
                                  custom == nullptr ? "" : " " + custom->field + custom->value));
  }
  return history;
}

TEST_P(StoreContract, KeepsCustomFieldsByteForByte) {
  Create(LiveRoom());
  EXPECT_EQ(store_->rooms().Load(kLiveR1)->custom, "{}");
  constexpr char kText[] =
      "{\"a\":\"\xF0\x9F\x98\x80 ' \\u0000 %s\",\"b\":-9223372036854775808}\0 ";
  const std::string custom(kText, sizeof(kText) - 1);
  const CustomChanged event{
      .field = std::string("\"\0'%s", 5), .value = custom, .user_id = {"somebody"}};
  ASSERT_OK(store_->rooms().Update(kLiveR1, [&](const Room* stored) {
    const auto edit = [&](std::string_view) -> Result<rules::CustomChange> {
      return rules::CustomChange{.custom = custom, .event = event};
    };
    return rules::ChangeCustom(stored, Dialect::kGen2, {"somebody"}, rules::CustomRight::kAnyone,
                               edit, SharedPolicy(), kNoon);
  }));
  EXPECT_EQ(store_->rooms().Load(kLiveR1)->custom, custom);
  EXPECT_EQ(store_->rooms().List({.kind = kLiveR1.kind, .count = 1})->at(0).custom, custom);
  EXPECT_EQ(store_->rooms().Scan(0, 1)->rooms.at(0).custom, custom);
  EXPECT_EQ(std::get<CustomChanged>(AllEvents().back().event.payload), event);
}

TEST_P(StoreContract, CustomEventsContainOnlyTheChangedField) {
  Create(LiveRoom());
  ASSERT_OK(Apply(*store_, SettingField(kLiveR1, "long", '"' + std::string(1000, 'x') + '"')));
  ASSERT_OK(Apply(*store_, SettingField(kLiveR1, "likes", "7")));
  const StoredEvent newest = AllEvents().back();
  EXPECT_EQ(
      newest.event.payload,
      EventPayload(CustomChanged{.field = R"("likes")", .value = "7", .user_id = {"somebody"}}));
  EXPECT_LT(StoredBytes(newest.event), 100u);
}

TEST_P(StoreContract, CustomChangesOfOneCommitAreMergedPerField) {
  Create(LiveRoom());
  std::vector<RoomUpdate> batch;
  for (int i = 1; i <= 3; ++i) {
    for (const char* const name : {"a", "b"}) {
      batch.push_back(SettingField(kLiveR1, name, std::to_string(i)));
    }
  }
  batch.push_back(Adding(kLiveR1, "guest"));
  for (const char* const value : {"4", "5"}) {
    batch.push_back(SettingField(kLiveR1, "b", value, kNoon, fmt::format("user {}", value)));
  }
  const auto outcomes = store_->rooms().UpdateAll(batch);
  for (const auto& outcome : outcomes) ASSERT_OK(outcome);
  ASSERT_OK(Apply(*store_, SettingField(kLiveR1, "a", "6")));

  std::uint64_t number = 0;
  std::map<std::string, std::string> values;
  std::map<std::string, std::string> users;
  for (const StoredEvent& stored : AllEvents()) {
    EXPECT_EQ(stored.event.room_sequence, ++number);
    const auto* const changed = std::get_if<CustomChanged>(&stored.event.payload);
    if (changed != nullptr) values[changed->field] = changed->value;
    if (changed != nullptr) users[changed->field] = changed->user_id.value;
    if (std::holds_alternative<PusherAdded>(stored.event.payload) && number > 2) {
      EXPECT_THAT(values, ElementsAre(testing::Pair(R"("a")", "3"), testing::Pair(R"("b")", "3")));
    }
  }
  EXPECT_THAT(values, ElementsAre(testing::Pair(R"("a")", "6"), testing::Pair(R"("b")", "5")));
  EXPECT_EQ(users.at(R"("b")"), "user 5");
  const Room room = *store_->rooms().Load(kLiveR1);
  EXPECT_EQ(room.custom, R"({"a":6,"b":5})");
  EXPECT_EQ(room.last_event, number);
}

TEST_P(StoreContract, CustomChangesReturnTheSequenceOfTheirEvent) {
  Create(LiveRoom());
  const std::vector<RoomUpdate> batch = {SettingCustom(kLiveR1, "1"), SettingCustom(kLiveR1, "2"),
                                         SettingCustom(kLiveR1, "3")};
  const auto outcomes = store_->rooms().UpdateAll(batch);
  std::vector<std::uint64_t> is_stored(AllEvents().size() + 1);
  for (const StoredEvent& stored : AllEvents()) is_stored.at(stored.event.room_sequence) = 1;
  for (const auto& outcome : outcomes) {
    ASSERT_OK(outcome);
    ASSERT_EQ(outcome->events.size(), 1u);
    EXPECT_EQ(outcome->events.front().room_sequence, outcome->room.last_event);
    EXPECT_EQ(is_stored.at(outcome->room.last_event), 1u);
  }
  EXPECT_EQ(outcomes.back()->room, *store_->rooms().Load(kLiveR1));
  EXPECT_EQ(outcomes.back()->events.front(), AllEvents().back().event);
}

TEST_P(StoreContract, CustomChangesOfTwoRoomsAreIndependent) {
  const RoomKey other = MakeKey(RoomKind::kLive, "r2");
  Create(LiveRoom());
  Create(MakeRoom(other.kind, "r2", "creator", Dialect::kGen2));
  std::vector<RoomUpdate> batch;
  for (int i = 0; i < 3; ++i) {
    batch.push_back(SettingCustom(kLiveR1, std::to_string(i)));
    batch.push_back(SettingCustom(other, std::to_string(i + 5)));
  }
  for (const auto& outcome : store_->rooms().UpdateAll(batch)) ASSERT_OK(outcome);
  EXPECT_EQ(store_->rooms().Load(kLiveR1)->custom, R"({"a":2})");
  EXPECT_EQ(store_->rooms().Load(other)->custom, R"({"a":7})");
  EXPECT_THAT(NamedHistoryOf(AllEvents(), kLiveR1).back(),
              testing::EndsWith(R"( custom_changed "a"2)"));
  EXPECT_THAT(NamedHistoryOf(AllEvents(), other).back(),
              testing::EndsWith(R"( custom_changed "a"7)"));
}

TEST_P(StoreContract, CustomChangesOfSeparateCommitsHaveSeparateEvents) {
  Create(LiveRoom());
  for (const char* custom : {"1", "2", "3"}) {
    ASSERT_OK(Apply(*store_, SettingCustom(kLiveR1, custom)));
  }
  EXPECT_THAT(NamedHistoryOf(AllEvents(), kLiveR1),
              ElementsAre("1 room_created", "2 pusher_added", "3 custom_changed \"a\"1",
                          "4 custom_changed \"a\"2", "5 custom_changed \"a\"3"));
}

TEST_P(StoreContract, OrdersCustomEventsAroundTheEndOfTheirRoom) {
  Create(LiveRoom());
  const std::vector<RoomUpdate> batch = {
      SettingCustom(kLiveR1, "1"),
      Destroying(kLiveR1),
      Creating(LiveRoom()),
      SettingCustom(kLiveR1, "2"),
  };
  for (const auto& outcome : store_->rooms().UpdateAll(batch)) ASSERT_OK(outcome);
  EXPECT_THAT(NamedHistoryOf(AllEvents(), kLiveR1),
              ElementsAre("1 room_created", "2 pusher_added", "3 custom_changed \"a\"1",
                          "4 pusher_deleted", "5 room_destroyed", "1 room_created",
                          "2 pusher_added", "3 custom_changed \"a\"2"));
}

TEST_P(StoreContract, WritesNothingForARefusedCustomChange) {
  Create(LiveRoom());
  const RoomUpdate refused{.key = kLiveR1, .edit = [](const Room* stored) {
                             const auto edit = [](std::string_view) -> Result<rules::CustomChange> {
                               return Error{Errc::kBadRequest, "no"};
                             };
                             return rules::ChangeCustom(stored, Dialect::kGen2, {"somebody"},
                                                        rules::CustomRight::kAnyone, edit, {},
                                                        kNoon);
                           }};
  const std::vector<RoomUpdate> batch = {SettingCustom(kLiveR1, "1"), refused,
                                         SettingCustom(kLiveR1, "2")};
  const auto outcomes = store_->rooms().UpdateAll(batch);
  EXPECT_ERROR(kBadRequest, outcomes.at(1));
  EXPECT_EQ(store_->rooms().Load(kLiveR1)->custom, R"({"a":2})");
  std::uint64_t number = 0;
  for (const StoredEvent& stored : AllEvents()) EXPECT_EQ(stored.event.room_sequence, ++number);
  EXPECT_EQ(store_->rooms().Load(kLiveR1)->last_event, number);
}

TEST_P(StoreContract, KeepsEveryKindOfGen2Event) {
  std::vector<RoomEvent> expected;
  for (const RoomUpdate& update : {
           Preparing(MakeWaitingRoom(RoomKind::kMulti, "r1")),
           Adding(MakeKey(RoomKind::kMulti, "r1"), "host"),
           Adding(MakeKey(RoomKind::kMulti, "r1"), "heir"),
           Watching(MakeKey(RoomKind::kMulti, "r1"), "amy", "info of amy"),
           SettingCustom(MakeKey(RoomKind::kMulti, "r1"), "1"),
           LeavingAudience(MakeKey(RoomKind::kMulti, "r1"), "amy"),
           Deleting(MakeKey(RoomKind::kMulti, "r1"), "host"),
           Deleting(MakeKey(RoomKind::kMulti, "r1"), "heir"),
       }) {
    const auto change = Apply(*store_, update);
    ASSERT_OK(change);
    expected.insert(expected.end(), change->events.begin(), change->events.end());
  }
  std::vector<RoomEvent> stored;
  for (const StoredEvent& event : AllEvents()) stored.push_back(event.event);
  EXPECT_EQ(stored, expected);
  EXPECT_THAT(NamedHistoryOf(AllEvents(), MakeKey(RoomKind::kMulti, "r1")),
              ElementsAre("1 room_created", "2 room_activated", "3 pusher_added", "4 pusher_added",
                          "5 audience_added", "6 custom_changed \"a\"1", "7 audience_deleted",
                          "8 pusher_deleted", "9 pusher_deleted", "10 room_destroyed"));
  EXPECT_EQ(stored.at(1).payload, EventPayload(RoomActivated{.creator = {"host"}}));
  EXPECT_EQ(std::get<PusherDeleted>(stored.at(7).payload).new_creator, UserId{"heir"});
  EXPECT_EQ(std::get<PusherDeleted>(stored.at(8).payload).new_creator, UserId{});
}

}  // namespace
}  // namespace rtcroom
