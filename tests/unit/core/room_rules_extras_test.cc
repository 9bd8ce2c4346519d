// Viewers and custom fields of live rooms.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/core/room_rules.h"
#include "tests/support/fake_clock.h"
#include "tests/support/matchers.h"

namespace rtcroom {
namespace {

using testing::IsEmpty;

constexpr Dialect kDialect = Dialect::kGen2;

Room PreparedRoom() {
  const Room spec{
      .key = {.kind = RoomKind::kLive, .id = {"r1"}}, .dialect = kDialect, .creator = {"host"}};
  return rules::PrepareRoom(nullptr, spec, kNoon)->room;
}

Room Active() {
  const Room room = PreparedRoom();
  return rules::AddPusher(&room, kDialect, {.user_id = {"host"}}, "", {}, kNoon)->room;
}

Audience Viewer(const std::string& user, const std::string& info = "{}") {
  return {.user_id = {user}, .user_info = info};
}

Result<RoomChange> Watch(const Room& room, const Audience& viewer, std::size_t most = 30) {
  return rules::AddAudience(&room, kDialect, viewer, {.limits = {.max_audiences = most}}, kLater);
}

Result<rules::CustomChange> Shout(std::string_view custom) {
  return rules::CustomChange{.custom = std::string(custom) + "!",
                             .event = {.field = R"("a")", .value = "!"}};
}

Result<RoomChange> Change(const Room& room, const std::string& user, rules::CustomRight right,
                          const rules::CustomEdit& edit = Shout) {
  return rules::ChangeCustom(&room, kDialect, {user}, right, edit, {}, kLater);
}

TEST(Audiences, GrowByOneForEachViewer) {
  const Result<RoomChange> change = Watch(Active(), Viewer("v"));
  ASSERT_OK(change);
  EXPECT_EQ(change->room.audience_count, 1U);
  ASSERT_EQ(change->events.size(), 1U);
  EXPECT_EQ(change->events[0].payload,
            EventPayload(AudienceAdded{.user_id = {"v"}, .user_info = "{}", .audience_count = 1}));
}

TEST(Audiences, CountARejoiningViewerOnce) {
  const Room room = Watch(Active(), Viewer("v"))->room;
  const Result<RoomChange> same = Watch(room, Viewer("v"));
  ASSERT_OK(same);
  EXPECT_THAT(same->events, IsEmpty());
  const Result<RoomChange> other = Watch(room, Viewer("v", "new"), 1);
  ASSERT_OK(other) << "also when the audience is full";
  EXPECT_EQ(other->room.audience_count, 1U);
  EXPECT_EQ(other->room.audiences.at(0).user_info, "new");
  EXPECT_EQ(other->room.audiences.at(0).seat, room.audiences.at(0).seat);
  EXPECT_EQ(other->events.size(), 1U);
}

TEST(Audiences, AreBounded) {
  Room room = Watch(Active(), Viewer("v"), 1)->room;
  room.audiences.clear();  // the stored room is loaded with the caller's own entry only
  EXPECT_ERROR(kAudienceFull, Watch(room, Viewer("w"), 1));
  EXPECT_ERROR(kAudienceFull, Watch(Active(), Viewer("v"), 0));
}

TEST(Audiences, RemoveALeavingViewerOnce) {
  const Room room = Watch(Active(), Viewer("v"))->room;
  const auto change = rules::DeleteAudience(&room, kDialect, {"v"}, LeaveReason::kLeft, {}, kLater);
  ASSERT_OK(change);
  EXPECT_EQ(change->room.audience_count, 0U);
  EXPECT_EQ(change->events.at(0).payload, EventPayload(AudienceDeleted{.user_id = {"v"}}));
  const auto again =
      rules::DeleteAudience(&change->room, kDialect, {"v"}, LeaveReason::kLeft, {}, kLater);
  ASSERT_OK(again);
  EXPECT_THAT(again->events, IsEmpty());
  EXPECT_EQ(again->room.audience_count, 0U);
}

TEST(Audiences, NeedAnActiveRoomOfTheirDialect) {
  const Room prepared = PreparedRoom();
  const Room active = Active();
  EXPECT_ERROR(kRoomNotFound, Watch(prepared, Viewer("v")));
  EXPECT_ERROR(kRoomNotFound, rules::AddAudience(nullptr, kDialect, Viewer("v"), {}, kLater));
  EXPECT_ERROR(kRoomNotFound, rules::AddAudience(&active, Dialect::kGen1, Viewer("v"), {}, kLater));
}

TEST(CustomFields, AreReplacedByTheEdit) {
  const Result<RoomChange> change = Change(Active(), "anybody", rules::CustomRight::kAnyone);
  ASSERT_OK(change);
  EXPECT_EQ(change->room.custom, "{}!");
  EXPECT_EQ(change->events.at(0).payload,
            EventPayload(CustomChanged{.field = R"("a")", .value = "!", .user_id = {"anybody"}}));
}

TEST(CustomFields, ProduceNoEventIfUnchanged) {
  const auto keep = [](std::string_view custom) -> Result<rules::CustomChange> {
    return rules::CustomChange{.custom = std::string(custom)};
  };
  EXPECT_THAT(Change(Active(), "x", rules::CustomRight::kAnyone, keep)->events, IsEmpty());
}

TEST(CustomFields, MayBeRestrictedToMembers) {
  EXPECT_OK(Change(Active(), "host", rules::CustomRight::kMembers));
  EXPECT_ERROR(kNotAllowed, Change(Active(), "anybody", rules::CustomRight::kMembers));
}

TEST(CustomFields, AreUnchangedIfTheEditFails) {
  const auto fail = [](std::string_view /*custom*/) -> Result<rules::CustomChange> {
    return Error{Errc::kBadRequest, "no"};
  };
  EXPECT_ERROR(kBadRequest, Change(Active(), "host", rules::CustomRight::kMembers, fail));
}

TEST(CustomFields, NeedAnActiveRoom) {
  EXPECT_ERROR(kRoomNotFound, Change(PreparedRoom(), "host", rules::CustomRight::kMembers));
}

constexpr MixCanvas kPicture{.width = 360, .height = 640};

Room WithGuest() {
  const Room room = Active();
  return rules::AddPusher(&room, kDialect, {.user_id = {"guest"}}, "", {}, kNoon)->room;
}

Result<RoomChange> Mix(const Room& room, const std::vector<RoomMix::Input>& inputs) {
  return rules::ChangeMix(&room, [&](const Room& stored) -> Result<RoomMix> {
    EXPECT_EQ(stored, room);
    return RoomMix{.canvas = kPicture, .inputs = inputs};
  });
}

TEST(Mixes, ChangeARoomWithoutAnEvent) {
  const Result<RoomChange> change = Mix(WithGuest(), {{{"host"}, {.width = 360}}, {{"guest"}, {}}});
  ASSERT_OK(change);
  EXPECT_TRUE(change->HasEffect());
  EXPECT_THAT(change->events, IsEmpty());
  EXPECT_EQ(change->room.mix, kPicture);
  EXPECT_EQ(change->room.pushers[0].mix_place, MixPlace{.width = 360});
  EXPECT_EQ(change->room.pushers[1].mix_place, MixPlace());
}

TEST(Mixes, ReplaceTheMixBefore) {
  const Room mixed = Mix(WithGuest(), {{{"host"}, {}}, {{"guest"}, {}}})->room;
  const Room host_only = Mix(mixed, {{{"host"}, {}}})->room;
  EXPECT_FALSE(host_only.pushers[1].mix_place);
  EXPECT_FALSE(Mix(host_only, {{{"host"}, {}}})->HasEffect());
  EXPECT_EQ(Mix(mixed, {})->room, WithGuest());
}

TEST(Mixes, HaveNoInputOfOthers) {
  const Room room = Mix(Active(), {{{"host"}, {}}, {{"stranger"}, {}}})->room;
  ASSERT_EQ(room.pushers.size(), 1U);
  EXPECT_TRUE(room.mix);
}

TEST(Mixes, NeedAnActiveRoomAndPassOnErrors) {
  const auto refuse = [](const Room&) -> Result<RoomMix> {
    return Error{Errc::kBadRequest, "not of a member"};
  };
  const Room prepared = PreparedRoom();
  const Room active = Active();
  EXPECT_ERROR(kRoomNotFound, rules::ChangeMix(nullptr, refuse));
  EXPECT_ERROR(kRoomNotFound, rules::ChangeMix(&prepared, refuse));
  EXPECT_ERROR(kBadRequest, rules::ChangeMix(&active, refuse));
}

}  // namespace
}  // namespace rtcroom
