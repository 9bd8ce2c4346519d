// Store contract: revocations of signed push URLs, written with changes of rooms.
#include <chrono>
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

const RoomKey kRevokedRoom = MakeKey(RoomKind::kMulti, "r1");

Revocation RevokedUntil(TimePoint until, const std::string& stream = "1_bob") {
  return {.stream = stream, .until = until};
}

/// Writes them with the end of `kRevokedRoom`, which it creates.
void Revoke(Storage& store, const std::vector<Revocation>& revocations) {
  ASSERT_OK(Apply(store, Creating(MakeRoom(kRevokedRoom.kind, kRevokedRoom.id.value))));
  ASSERT_OK(Apply(store, Revoking(Destroying(kRevokedRoom), revocations)));
}

TEST_P(StoreContract, WritesRevocationsWithTheirRoomChange) {
  Create(MakeRoom(kRevokedRoom.kind, "r1"));
  ASSERT_OK(Apply(*store_, Adding(kRevokedRoom, "bob")));
  const Revocation first = RevokedUntil(kNoon + seconds(1));
  const Revocation second = RevokedUntil(kNoon + seconds(2), "1_bob_0badc0de");
  ASSERT_OK(Apply(*store_, Revoking(Deleting(kRevokedRoom, "bob"), {first, second})));
  EXPECT_THAT(*store_->bans().LoadRevocations(kNoon), UnorderedElementsAre(first, second));
  EXPECT_THAT(listener_.revocations(), ElementsAre(first, second));
}

TEST_P(StoreContract, RevocationsOutliveTheirRoom) {
  Revoke(*store_, {RevokedUntil(kNoon + seconds(1))});
  EXPECT_ERROR(kRoomNotFound, store_->rooms().Load(kRevokedRoom));
  EXPECT_THAT(*store_->bans().LoadRevocations(kNoon),
              ElementsAre(RevokedUntil(kNoon + seconds(1))));
}

TEST_P(StoreContract, WritesNoRevocationWithAFailedChange) {
  OpenStore({.max_rooms = 0});
  EXPECT_ERROR(kTooManyRooms, Apply(*store_, Revoking(Creating(MakeRoom(kRevokedRoom.kind, "r1")),
                                                      {RevokedUntil(kNoon)})));
  EXPECT_THAT(*store_->bans().LoadRevocations(TimePoint()), IsEmpty());
}

TEST_P(StoreContract, WritesNoRevocationWithoutAnEvent) {
  Create(MakeRoom(kRevokedRoom.kind, "r1"));
  const RoomUpdate unchanged{.key = kRevokedRoom, .edit = [](const Room* stored) {
                               return Result<RoomChange>(RoomChange{.room = *stored});
                             }};
  ASSERT_OK(Apply(*store_, Revoking(unchanged, {RevokedUntil(kNoon)})));
  EXPECT_THAT(*store_->bans().LoadRevocations(TimePoint()), IsEmpty());
}

TEST_P(StoreContract, KeepsRevocationsUntilTheyEnd) {
  const Revocation first = RevokedUntil(kNoon + seconds(1), "1_amy");
  const Revocation second = RevokedUntil(kNoon + seconds(2));
  Revoke(*store_, {first, second});
  EXPECT_THAT(*store_->bans().LoadRevocations(kNoon), UnorderedElementsAre(first, second));
  EXPECT_THAT(*store_->bans().LoadRevocations(kNoon + seconds(1)), ElementsAre(second));
  EXPECT_THAT(*store_->bans().LoadRevocations(kNoon + seconds(2)), IsEmpty());
}

TEST_P(StoreContract, KeepsTheLatestEndOfARevokedStream) {
  Revoke(*store_, {RevokedUntil(kNoon + seconds(2))});
  Revoke(*store_, {RevokedUntil(kNoon + seconds(1))});
  EXPECT_THAT(*store_->bans().LoadRevocations(kNoon),
              ElementsAre(RevokedUntil(kNoon + seconds(2))));
  Revoke(*store_, {RevokedUntil(kNoon + seconds(4)), RevokedUntil(kNoon + seconds(3))});
  EXPECT_THAT(*store_->bans().LoadRevocations(kNoon),
              ElementsAre(RevokedUntil(kNoon + seconds(4))));
}

TEST_P(StoreContract, DistinguishesRevokedStreamsByEveryByte) {
  const std::vector<Revocation> revocations = {
      RevokedUntil(kNoon, "1_bob"), RevokedUntil(kNoon, "1_BOB"), RevokedUntil(kNoon, "1_bob "),
      RevokedUntil(kNoon, "1_b%o'b"), RevokedUntil(kNoon, "1_bo\u0308b")};
  Revoke(*store_, revocations);
  EXPECT_THAT(*store_->bans().LoadRevocations(TimePoint()),
              testing::UnorderedElementsAreArray(revocations));
}

TEST_P(StoreContract, RemovesOnlyEndedRevocations) {
  const Revocation lasting = RevokedUntil(kNoon + seconds(2));
  Revoke(*store_, {lasting, RevokedUntil(kNoon + seconds(1), "1_amy")});
  ASSERT_OK(store_->bans().RemoveEndedRevocations(kNoon + seconds(1)));
  EXPECT_THAT(*store_->bans().LoadRevocations(TimePoint()), ElementsAre(lasting));
  ASSERT_OK(store_->bans().RemoveEndedRevocations(kNoon + seconds(2)));
  EXPECT_THAT(*store_->bans().LoadRevocations(TimePoint()), IsEmpty());
}

}  // namespace
}  // namespace rtcroom
