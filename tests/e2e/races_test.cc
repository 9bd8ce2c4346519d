// Many callers at once (protocol F.1).
#include <barrier>
#include <cstddef>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/e2e/room_calls.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

class Races : public testing::Test {
 protected:
  static constexpr std::size_t kCallers = 24;
  static constexpr std::size_t kRooms = 30;
  static constexpr std::size_t kSeats = 4;

  static std::string RoomName(std::size_t room) { return "race_" + std::to_string(room); }
  static std::size_t FreeSeats(std::size_t room) { return 1 + room % (kSeats - 1); }

  void MakeRoomsWithFewFreeSeats() {
    ApiClient client = server_.Https();
    for (std::size_t room = 0; room < kRooms; ++room) {
      ASSERT_EQ(
          client.Call("multi_room", "create_room", CreateBody("creator", RoomName(room))).code(),
          kOk);
      for (std::size_t taken = 1; taken < kSeats - FreeSeats(room); ++taken) {
        const std::string early = "early_" + std::to_string(taken);
        ASSERT_EQ(client.Call("multi_room", "add_pusher", PusherBody(RoomName(room), early)).code(),
                  kOk);
      }
    }
  }

  ServerProcess server_{{.settings = {{"room.heartbeat_timeout", "1h"}, {"log.level", "info"}}}};
};

TEST_F(Races, FillExactlyTheFreeSeats) {
  MakeRoomsWithFewFreeSeats();
  std::vector<std::vector<int>> codes(kCallers);  // by caller, then by room
  std::barrier start(static_cast<std::ptrdiff_t>(kCallers));
  {
    std::vector<std::jthread> callers;
    callers.reserve(kCallers);
    for (std::size_t caller = 0; caller < kCallers; ++caller) {
      callers.emplace_back(
          [this, &start, &mine = codes[caller], user = "caller_" + std::to_string(caller)] {
            ApiClient client = server_.Https();
            start.arrive_and_wait();
            for (std::size_t room = 0; room < kRooms; ++room) {
              mine.push_back(
                  client.Call("multi_room", "add_pusher", PusherBody(RoomName(room), user)).code());
            }
          });
    }
  }

  ApiClient client = server_.Https();
  for (std::size_t room = 0; room < kRooms; ++room) {
    std::size_t seated = 0;
    std::size_t refused = 0;
    for (const std::vector<int>& mine : codes) {
      if (mine[room] == kOk) ++seated;
      if (mine[room] == kRoomIsFull) ++refused;
    }
    EXPECT_EQ(seated, FreeSeats(room)) << RoomName(room);
    EXPECT_EQ(refused, kCallers - FreeSeats(room)) << RoomName(room);
    EXPECT_EQ(PushersOf(client, "multi_room", RoomName(room)).size(), kSeats);
  }
}

}  // namespace
}  // namespace rtcroom
