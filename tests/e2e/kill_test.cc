// Acknowledged changes survive a kill of the server's process at any moment.
#include <cstddef>
#include <cstdint>
#include <deque>
#include <random>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/kill_cycle.h"
#include "tests/e2e/room_changes.h"
#include "tests/e2e/store_audit.h"
#include "tests/support/cycles.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using testing::IsEmpty;

TEST(Kill, LosesNoAcknowledgedWrite) {
  std::mt19937 random(Seed());
  std::deque<RoomRecorder> recorders = RoomRecorders(6, random);
  ServerProcess server({.settings = {{"room.heartbeat_timeout", "1h"}, {"log.level", "info"}}});
  const std::size_t cycles = Cycles(3);
  for (std::size_t cycle = 0; cycle < cycles && !testing::Test::HasFailure(); ++cycle) {
    WriteAndKill(server, recorders, random);
    server.Start();
    ApiClient client = server.Https();
    ExpectKept(client, recorders);
  }
  EXPECT_EQ(server.Terminate(), 0);
  EXPECT_THAT(AuditStore(server.data_directory() / "rtcroomd.db"), IsEmpty());
}

}  // namespace
}  // namespace rtcroom
