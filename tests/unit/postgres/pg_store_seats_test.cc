// Three stores on one schema, whose callers all ask for the last seats of the same rooms.
#include <array>
#include <atomic>
#include <cstddef>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/cycles.h"
#include "tests/support/in_parallel.h"
#include "tests/unit/postgres/pg_stores_fixture.h"

namespace rtcroom {
namespace {

constexpr std::size_t kAskers = 64;
constexpr std::size_t kFilledRooms = 100;
constexpr std::size_t kSeatsEach = 4;

constexpr std::size_t FreeSeats(std::size_t room) { return 1 + room % (kSeatsEach - 1); }

/// Whether there are as many who ask for a seat as there are seats; else all callers ask.
constexpr bool HasSeatsForAll(std::size_t room) { return room / (kSeatsEach - 1) % 2 == 0; }

constexpr bool Asks(std::size_t caller, std::size_t room) {
  return !HasSeatsForAll(room) || (caller + room) % kAskers < FreeSeats(room);
}

class PgStoreSeatsTest : public PgStoreTest {
 protected:
  PgStore& StoreOf(std::size_t caller) { return *stores_.at(caller % stores_.size()); }

  static RoomKey KeyOf(std::size_t round, std::size_t room) {
    return MakeKey(RoomKind::kMulti, fmt::format("r{}-{}", round, room));
  }

  void MakeRoomsWithFewFreeSeats(std::size_t round) {
    std::vector<RoomUpdate> making;
    for (std::size_t room = 0; room < kFilledRooms; ++room) {
      const RoomKey key = KeyOf(round, room);
      making.push_back(Creating(MultiRoom(key.id.value)));
      for (std::size_t taken = 1; taken < kSeatsEach - FreeSeats(room); ++taken) {
        making.push_back(Adding(key, fmt::format("early{}", taken), kSeatsEach));
      }
    }
    for (const auto& outcome : StoreOf(round).rooms().UpdateAll(making)) ASSERT_OK(outcome);
  }

  /// How many got a seat, by room. The others were told that there is none.
  std::vector<std::atomic<std::size_t>> LetAllAsk(std::size_t round) {
    std::vector<std::atomic<std::size_t>> seated(kFilledRooms);
    InParallel(kAskers, [&](int number) {
      const auto caller = static_cast<std::size_t>(number);
      for (std::size_t i = 0; i < kFilledRooms; ++i) {
        const std::size_t room = (i + 7 * caller) % kFilledRooms;
        if (!Asks(caller, room)) continue;
        const auto outcome = Apply(
            StoreOf(caller), Adding(KeyOf(round, room), fmt::format("u{}", caller), kSeatsEach));
        if (outcome) {
          ++seated.at(room);
        } else {
          EXPECT_ERROR(kRoomFull, outcome);
        }
      }
    });
    return seated;
  }

  void EndRooms(std::size_t round) {
    std::vector<RoomUpdate> ending;
    for (std::size_t room = 0; room < kFilledRooms; ++room) {
      ending.push_back(Destroying(KeyOf(round, room)));
    }
    for (const auto& outcome : StoreOf(round + 2).rooms().UpdateAll(ending)) ASSERT_OK(outcome);
  }

  std::array<std::unique_ptr<PgStore>, 3> stores_ = {OpenPatient(), OpenPatient(), OpenPatient()};
};

TEST_F(PgStoreSeatsTest, FreeSeatsAreGivenOnceAndNeverRefused) {
  const std::size_t rounds = Cycles(2);
  for (std::size_t round = 0; round < rounds && !HasFailure(); ++round) {
    SCOPED_TRACE(fmt::format("round {}", round));
    ASSERT_NO_FATAL_FAILURE(MakeRoomsWithFewFreeSeats(round));
    const auto seated = LetAllAsk(round);
    const Result<RoomPage> stored = StoreOf(round + 1).rooms().Scan(0, kFilledRooms + 1);
    ASSERT_OK(stored);
    ASSERT_EQ(stored->rooms.size(), kFilledRooms);
    for (std::size_t room = 0; room < kFilledRooms; ++room) {
      EXPECT_EQ(seated.at(room), FreeSeats(room)) << room;
      EXPECT_EQ(stored->rooms.at(room).pushers.size(), kSeatsEach) << room;
    }
    ASSERT_NO_FATAL_FAILURE(EndRooms(round));
  }
}

}  // namespace
}  // namespace rtcroom
