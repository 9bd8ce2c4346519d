#include "daemon/core/inactive_rooms.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class InactiveRoomsTest : public testing::Test {
 protected:
  static constexpr std::chrono::seconds kTtl{120};

  static Room Waiting(std::uint64_t sequence) {
    return {.key = {.kind = RoomKind::kLive, .id = {"r" + std::to_string(sequence)}},
            .sequence = sequence};
  }
  void Commit(std::uint64_t sequence, EventPayload payload) {
    const StoredEvent event{
        .room_number = sequence,
        .event = {.room = Waiting(sequence).key, .payload = std::move(payload)}};
    rooms_.OnCommit({.events = {&event, 1}});
  }
  std::vector<std::uint64_t> Overdue(std::size_t limit = 100) {
    std::vector<std::uint64_t> sequences;
    for (const InactiveRoom& room : rooms_.Overdue(limit, clock_.Monotonic()))
      sequences.push_back(room.sequence);
    return sequences;
  }

  FakeClock clock_;
  InactiveRooms rooms_{clock_, kTtl};
};

TEST_F(InactiveRoomsTest, AreOverdueAfterTheTtlInCreationOrder) {
  Commit(2, RoomCreated{});
  clock_.Advance(std::chrono::seconds(1));
  Commit(1, RoomCreated{});
  clock_.Advance(kTtl);
  EXPECT_THAT(Overdue(), ElementsAre(2));
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_THAT(Overdue(), ElementsAre(2, 1));
  EXPECT_THAT(Overdue(1), ElementsAre(2));
}

TEST_F(InactiveRoomsTest, AreRemovedWhenActivatedOrEnded) {
  Commit(1, RoomCreated{});
  Commit(2, RoomCreated{});
  Commit(1, PusherAdded{});
  Commit(2, RoomDestroyed{});
  EXPECT_EQ(rooms_.size(), 0U);
}

TEST_F(InactiveRoomsTest, AreNotExtendedByOtherChanges) {
  Commit(1, RoomCreated{});
  clock_.Advance(kTtl);
  Commit(1, CustomChanged{});
  clock_.Advance(std::chrono::milliseconds(1));
  EXPECT_THAT(Overdue(), ElementsAre(1));
}

TEST_F(InactiveRoomsTest, HaveTheFullTtlAgainAfterARestartOrStall) {
  Commit(1, RoomCreated{});
  clock_.Advance(kTtl + std::chrono::seconds(1));
  rooms_.GraceForAll();
  EXPECT_THAT(Overdue(), IsEmpty());
  clock_.Advance(kTtl + std::chrono::milliseconds(1));
  EXPECT_THAT(Overdue(), ElementsAre(1));
  InactiveRooms restored(clock_, kTtl);
  restored.Restore(Waiting(1));
  EXPECT_THAT(restored.Overdue(1, clock_.Monotonic()), IsEmpty());
}

}  // namespace
}  // namespace rtcroom
