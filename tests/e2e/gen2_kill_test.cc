// Changes acknowledged to gen-2 clients survive a kill of the process: logins and logouts, prepared
// rooms, viewers, custom fields.
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/gen2_writer.h"
#include "tests/e2e/store_audit.h"
#include "tests/support/cycles.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

constexpr std::size_t kGen2Writers = 4;
constexpr std::size_t kMostGen2Changes = 120;

TEST(Gen2Kill, LosesNoAcknowledgedWrite) {
  const std::uint32_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  ServerProcess server({.settings = WithLogins({{"room.heartbeat_timeout", "1h"},
                                                {"room.inactive_ttl", "1h"},
                                                {"room.max_audiences", 1000},
                                                {"log.level", "info"}})});
  std::vector<Gen2Writer> writers;
  for (std::size_t i = 0; i < kGen2Writers; ++i) {
    writers.emplace_back(server, "w" + std::to_string(i) + "_",
                         static_cast<std::uint32_t>(random()));
  }
  const std::size_t cycles = Cycles(4);
  for (std::size_t cycle = 0; cycle < cycles && !testing::Test::HasFailure(); ++cycle) {
    const std::size_t enough = 1 + random() % kMostGen2Changes;
    const std::chrono::microseconds phase(static_cast<std::int64_t>(random()) % 3000);
    std::atomic<std::size_t> acknowledged{0};
    {
      std::vector<std::jthread> threads;
      for (Gen2Writer& writer : writers) {
        threads.emplace_back([&] { writer.WriteUntilCutOff(server, acknowledged); });
      }
      EXPECT_TRUE(Eventually([&] { return acknowledged >= enough; }));
      // Changes are acknowledged at about the same point of each commit: the kill should hit any
      // point.
      std::this_thread::sleep_for(phase);
      server.Kill9();
    }
    server.Start();
    for (Gen2Writer& writer : writers) writer.ExpectKept(server);
  }
  EXPECT_EQ(server.Terminate(), 0);
  EXPECT_THAT(AuditStore(server.data_directory() / "rtcroomd.db"), testing::IsEmpty());
}

}  // namespace
}  // namespace rtcroom
