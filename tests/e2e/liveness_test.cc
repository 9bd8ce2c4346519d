// Evictions after a stall of the server itself.
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <signal.h>

#include "tests/e2e/room_calls.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using std::chrono::steady_clock;

/// Long enough for a busy machine to beat in time.
constexpr std::chrono::seconds kLeaseTime{20};

class Liveness : public testing::Test {
 protected:
  /// Sends heartbeats for alice only, until bob is evicted.
  /// @return  the time since `start`.
  steady_clock::duration TimeUntilBobIsGone(steady_clock::time_point start) {
    ApiClient client = server_.Https();
    const auto is_gone = [&] {
      EXPECT_EQ(client.Call("double_room", "pusher_heartbeat", MemberBody("r1", "alice")).code(),
                kOk);
      return PushersOf(client, "double_room", "r1") == std::vector<std::string>{"alice"};
    };
    EXPECT_TRUE(Eventually(is_gone, 3 * kWaitTimeout, kSeldom));
    return steady_clock::now() - start;
  }

  void SeatAliceAndBob() {
    ApiClient client = server_.Https();
    ASSERT_EQ(client.Call("double_room", "create_room", CreateBody("alice", "r1")).code(), kOk);
    ASSERT_EQ(client.Call("double_room", "add_pusher", PusherBody("r1", "bob")).code(), kOk);
  }

  ServerProcess server_{
      {.settings = {{"room.heartbeat_timeout", "20s"}, {"room.sweep_period", "100ms"}}}};
};

TEST_F(Liveness, GrantsAFullTimeoutAfterTheProcessWasStopped) {
  SeatAliceAndBob();
  server_.Signal(SIGSTOP);
  // The test needs time to pass: there is no condition to wait for.
  std::this_thread::sleep_for(kLeaseTime + kLeaseTime / 4);
  const steady_clock::time_point continued = steady_clock::now();
  server_.Signal(SIGCONT);
  EXPECT_GE(TimeUntilBobIsGone(continued), kLeaseTime);
}

TEST_F(Liveness, GrantsAFullTimeoutAfterARestart) {
  SeatAliceAndBob();
  server_.Kill9();
  const steady_clock::time_point started = steady_clock::now();
  server_.Start();
  EXPECT_GE(TimeUntilBobIsGone(started), kLeaseTime);
}

}  // namespace
}  // namespace rtcroom
