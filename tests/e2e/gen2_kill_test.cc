// Changes acknowledged to gen-2 clients survive a kill of the process: logins and logouts, prepared
// rooms, viewers, custom fields.
#include <cstddef>
#include <cstdint>
#include <deque>
#include <random>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/gen2_changes.h"
#include "tests/e2e/kill_cycle.h"
#include "tests/e2e/store_audit.h"
#include "tests/support/cycles.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

constexpr std::size_t kGen2Writers = 4;

TEST(Gen2Kill, LosesNoAcknowledgedWrite) {
  std::mt19937 random(Seed());
  ServerProcess server({.settings = WithLogins({{"room.heartbeat_timeout", "1h"},
                                                {"room.inactive_ttl", "1h"},
                                                {"room.max_audiences", 1000},
                                                {"log.level", "info"}})});
  std::deque<Gen2Recorder> recorders;
  for (std::size_t i = 0; i < kGen2Writers; ++i) {
    recorders.emplace_back(
        Gen2Changes(server, "w" + std::to_string(i) + "_", static_cast<std::uint32_t>(random())));
  }
  const std::size_t cycles = Cycles(2);
  for (std::size_t cycle = 0; cycle < cycles && !testing::Test::HasFailure(); ++cycle) {
    WriteAndKill(server, recorders, random);
    server.Start();
    for (Gen2Recorder& recorder : recorders) ExpectKept(server, recorder);
  }
  EXPECT_EQ(server.Terminate(), 0);
  EXPECT_THAT(AuditStore(server.data_directory() / "rtcroomd.db"), testing::IsEmpty());
}

}  // namespace
}  // namespace rtcroom
