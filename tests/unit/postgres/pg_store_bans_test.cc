// Bans in two stores that share one schema: a user whom one of them bans cannot join at the other.
#include <chrono>
#include <memory>
#include <vector>

#include <gmock/gmock.h>

#include "daemon/core/room_service.h"
#include "tests/support/create_now.h"
#include "tests/support/service_parts.h"
#include "tests/unit/postgres/pg_stores_fixture.h"

namespace rtcroom {
namespace {

using std::chrono::hours;
using testing::ElementsAre;

RoomUpdate Joining(const RoomKey& room, const std::string& user) {
  RoomUpdate joining = Adding(room, user);
  joining.guest = {user};
  return joining;
}

RoomUpdate Banning(RoomUpdate update, const Ban& ban) {
  update.edit = [edit = std::move(update.edit), ban](const Room* stored) {
    Result<RoomChange> change = edit(stored);
    if (change) change->ban = ban;
    return change;
  };
  return update;
}

class PgStoreBansTest : public PgStoreTest {
 protected:
  [[nodiscard]] Ban BanOf(const std::string& user, const RoomKey& room = kR1) const {
    return {.room = room, .user_id = {user}, .until = clock_.Now() + hours(1)};
  }

  RecordingListener first_heard_;
  RecordingListener second_heard_;
  std::unique_ptr<PgStore> first_ = Open(Patient(url_), first_heard_);
  std::unique_ptr<PgStore> second_ = Open(Patient(url_), second_heard_);
};

TEST_F(PgStoreBansTest, ABannedUserCannotJoinAtTheOtherStore) {
  ASSERT_OK(Apply(*first_, Creating(MultiRoom("r1"))));
  ASSERT_OK(first_->bans().PutBan(BanOf("bob")));
  EXPECT_ERROR(kNotAllowed, Apply(*second_, Joining(kR1, "bob")));
  EXPECT_OK(Apply(*second_, Joining(kR1, "amy")));
  EXPECT_ERROR(kRoomNotFound, Apply(*second_, Joining(MakeKey(RoomKind::kLive, "r1"), "bob")));
  EXPECT_THAT(UsersOf(*first_->rooms().Load(kR1)), ElementsAre("creator", "amy"));
}

TEST_F(PgStoreBansTest, ABanThatHasEndedKeepsNobodyOut) {
  ASSERT_OK(Apply(*first_, Creating(MultiRoom("r1"))));
  Ban ended = BanOf("bob");
  ended.until = clock_.Now();
  ASSERT_OK(first_->bans().PutBan(ended));
  EXPECT_OK(Apply(*second_, Joining(kR1, "bob")));
}

TEST_F(PgStoreBansTest, AJoinThatWasDecidedBeforeTheBanIsDecidedAgain) {
  ASSERT_OK(Apply(*first_, Creating(MultiRoom("r1"))));
  const RoomUpdate joining = Interrupted(Joining(kR1, "bob"), [&](int run) {
    if (run > 1) return;
    EXPECT_OK(first_->bans().PutBan(BanOf("bob")));
  });
  EXPECT_ERROR(kNotAllowed, Apply(*second_, joining));
  EXPECT_THAT(UsersOf(*first_->rooms().Load(kR1)), ElementsAre("creator"));
}

TEST_F(PgStoreBansTest, SoIsACreationByABannedUser) {
  RoomUpdate creating = Creating(MultiRoom("r1", "bob"));
  creating.guest = {"bob"};
  creating = Interrupted(creating, [&](int run) {
    if (run > 1) return;
    EXPECT_OK(first_->bans().PutBan(BanOf("bob")));
  });
  EXPECT_ERROR(kNotAllowed, Apply(*second_, creating));
  EXPECT_ERROR(kRoomNotFound, first_->rooms().Load(kR1));
}

TEST_F(PgStoreBansTest, InOneCallTheOrderDecides) {
  ASSERT_OK(Apply(*first_, Creating(MultiRoom("r1"))));
  const std::vector<RoomUpdate> updates = {
      Joining(kR1, "bob"), Banning(Deleting(kR1, "bob"), BanOf("bob")), Joining(kR1, "bob")};
  const auto outcomes = first_->rooms().UpdateAll(updates);
  EXPECT_OK(outcomes[0]);
  EXPECT_OK(outcomes[1]);
  EXPECT_ERROR(kNotAllowed, outcomes[2]);
}

TEST_F(PgStoreBansTest, BothHearOfABan) {
  const auto room = Apply(*first_, Creating(MultiRoom("r1")));
  ASSERT_OK(room);
  ASSERT_OK(Apply(*first_, Banning(Adding(kR1, "amy"), BanOf("bob"))));
  const Ban elsewhere = BanOf("bob", MakeKey(RoomKind::kLive, "r2"));
  ASSERT_OK(second_->bans().PutBan(elsewhere));
  for (PgStore* const store : {first_.get(), second_.get()})
    EXPECT_OK(store->follower()->CatchUp(Soon()));
  for (const RecordingListener* const heard : {&first_heard_, &second_heard_}) {
    ASSERT_EQ(heard->bans().size(), 2u);
    EXPECT_EQ(heard->bans()[0].room, kR1);
    EXPECT_EQ(heard->bans()[1].room, elsewhere.room);
    EXPECT_EQ(heard->bans()[1].user_id, elsewhere.user_id);
  }
}

/// The use cases of one program on a store, which it tells its own bans.
struct Program {
  Program(PgStore& store, const Clock& clock)
      : parts(clock), rooms(parts.Deps(store), RoomServiceOptions{}, parts.logger) {}

  ServiceParts parts;
  RoomService rooms;
};

TEST_F(PgStoreBansTest, WhoIsKickedAtOneProgramCannotReturnAtAnother) {
  Program here(*first_, clock_);
  Program there(*second_, clock_);
  ASSERT_OK(Apply(*first_, Creating(MultiRoom("r1"))));
  ASSERT_OK(AddNow(there.rooms, {.room = kR1, .user_id = {"bob"}}));
  ASSERT_OK(here.rooms.KickPusher({.room = kR1, .user_id = {"bob"}, .ban = hours(1)}));
  EXPECT_ERROR(kNotAllowed, AddNow(there.rooms, {.room = kR1, .user_id = {"bob"}}));
  ASSERT_OK(here.rooms.KickPusher({.room = kR1, .user_id = {"amy"}, .ban = hours(1)}));
  EXPECT_ERROR(kNotAllowed, AddNow(there.rooms, {.room = kR1, .user_id = {"amy"}}));
}

}  // namespace
}  // namespace rtcroom
