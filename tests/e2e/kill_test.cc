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
#include "tests/support/environment_number.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using testing::IsEmpty;

constexpr std::size_t kWriters = 6;
constexpr std::size_t kUsualCycles = 20;
constexpr const char* kCyclesVariable = "RTCROOM_E2E_KILL_CYCLES";

TEST(Kill, LosesNoAcknowledgedWrite) {
  const std::uint32_t seed = std::random_device()();
  RecordProperty("seed", std::to_string(seed));
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  std::deque<RoomRecorder> recorders = RoomRecorders(kWriters, random);
  ServerProcess server({.settings = {{"room.heartbeat_timeout", "1h"}, {"log.level", "info"}}});
  const std::size_t cycles = EnvironmentNumber(kCyclesVariable, kUsualCycles);
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
