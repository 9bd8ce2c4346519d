// Three stores on one schema, whose callers all ask for the last seats of the same rooms.
#include <array>
#include <atomic>
#include <cstddef>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/environment_number.h"
#include "tests/support/in_parallel.h"
#include "tests/unit/postgres/pg_stores_fixture.h"

namespace rtcroom {
namespace {

constexpr const char* kRoundsVariable = "RTCROOM_SEAT_ROUNDS";
constexpr std::size_t kUsualRounds = 20;
constexpr std::size_t kCallers = 64;
constexpr std::size_t kRooms = 100;
constexpr std::size_t kSeats = 4;

constexpr std::size_t FreeSeats(std::size_t room) { return 1 + room % (kSeats - 1); }

/// Whether there are as many who ask for a seat as there are seats; else all callers ask.
constexpr bool HasSeatsForAll(std::size_t room) { return room / (kSeats - 1) % 2 == 0; }

constexpr bool Asks(std::size_t caller, std::size_t room) {
  return !HasSeatsForAll(room) || (caller + room) % kCallers < FreeSeats(room);
}

class PgStoreSeatsTest : public PgStoreTest {
 protected:
  PgStore& StoreOf(std::size_t caller) { return *stores_.at(caller % stores_.size()); }

  static RoomKey KeyOf(std::size_t round, std::size_t room) {
    return MakeKey(RoomKind::kMulti, fmt::format("r{}-{}", round, room));
  }

  void MakeRoomsWithFewFreeSeats(std::size_t round) {
    std::vector<RoomUpdate> making;
    for (std::size_t room = 0; room < kRooms; ++room) {
      const RoomKey key = KeyOf(round, room);
      making.push_back(Creating(MultiRoom(key.id.value)));
      for (std::size_t taken = 1; taken < kSeats - FreeSeats(room); ++taken) {
        making.push_back(Adding(key, fmt::format("early{}", taken), kSeats));
      }
    }
    for (const auto& outcome : StoreOf(round).UpdateAll(making)) ASSERT_OK(outcome);
  }

  /// How many got a seat, by room. The others were told that there is none.
  std::vector<std::atomic<std::size_t>> LetAllAsk(std::size_t round) {
    std::vector<std::atomic<std::size_t>> seated(kRooms);
    InParallel(kCallers, [&](int number) {
      const auto caller = static_cast<std::size_t>(number);
      for (std::size_t i = 0; i < kRooms; ++i) {
        const std::size_t room = (i + 7 * caller) % kRooms;
        if (!Asks(caller, room)) continue;
        const auto outcome =
            Apply(StoreOf(caller), Adding(KeyOf(round, room), fmt::format("u{}", caller), kSeats));
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
    for (std::size_t room = 0; room < kRooms; ++room) {
      ending.push_back(Destroying(KeyOf(round, room)));
    }
    for (const auto& outcome : StoreOf(round + 2).UpdateAll(ending)) ASSERT_OK(outcome);
  }

  std::array<std::unique_ptr<PgStore>, 3> stores_ = {OpenPatient(), OpenPatient(), OpenPatient()};
};

TEST_F(PgStoreSeatsTest, FreeSeatsAreGivenOnceAndNeverRefused) {
  const std::size_t rounds = EnvironmentNumber(kRoundsVariable, kUsualRounds);
  for (std::size_t round = 0; round < rounds && !HasFailure(); ++round) {
    SCOPED_TRACE(fmt::format("round {}", round));
    ASSERT_NO_FATAL_FAILURE(MakeRoomsWithFewFreeSeats(round));
    const auto seated = LetAllAsk(round);
    const Result<RoomPage> stored = StoreOf(round + 1).Scan(0, kRooms + 1);
    ASSERT_OK(stored);
    ASSERT_EQ(stored->rooms.size(), kRooms);
    for (std::size_t room = 0; room < kRooms; ++room) {
      EXPECT_EQ(seated.at(room), FreeSeats(room)) << room;
      EXPECT_EQ(stored->rooms.at(room).pushers.size(), kSeats) << room;
    }
    ASSERT_NO_FATAL_FAILURE(EndRooms(round));
  }
}

}  // namespace
}  // namespace rtcroom
