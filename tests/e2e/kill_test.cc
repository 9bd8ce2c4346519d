// Acknowledged changes survive a kill of the server's process at any moment.
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/ledger_writer.h"
#include "tests/e2e/room_calls.h"
#include "tests/e2e/store_audit.h"
#include "tests/support/cycles.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using testing::IsEmpty;

constexpr std::size_t kWriters = 6;

class Kill : public testing::Test {
 protected:
  Kill() {
    RecordProperty("seed", std::to_string(seed_));
    for (std::size_t i = 0; i < kWriters; ++i) {
      writers_.emplace_back("w" + std::to_string(i) + "_", kKinds.at(i % kKinds.size()),
                            static_cast<std::uint32_t>(random_()));
    }
  }

  /// Lets all writers write, and kills the server meanwhile.
  void WriteAndKill() {
    constexpr std::size_t kMostChanges = 120;
    constexpr std::int64_t kMostMicroseconds = 3000;
    const std::size_t enough = 1 + random_() % kMostChanges;
    const std::chrono::microseconds phase(static_cast<std::int64_t>(random_()) % kMostMicroseconds);
    std::atomic<std::size_t> acknowledged{0};
    std::vector<std::jthread> threads;
    threads.reserve(writers_.size());
    for (LedgerWriter& writer : writers_) {
      threads.emplace_back([&writer, &acknowledged, client = server_.Https()]() mutable {
        writer.WriteUntilCutOff(std::move(client), acknowledged);
      });
    }
    EXPECT_TRUE(Eventually([&] { return acknowledged >= enough; }));
    // Changes are acknowledged at about the same point of each commit: the kill should hit any
    // point.
    std::this_thread::sleep_for(phase);
    server_.Kill9();
  }

  void ExpectAllKept() {
    ApiClient client = server_.Https();
    std::map<std::string_view, Ledger> stored;
    for (const std::string_view kind : kKinds) stored[kind] = StoredRooms(client, kind);
    for (LedgerWriter& writer : writers_) writer.ExpectKept(stored[writer.kind()]);
  }

  const std::uint32_t seed_ = std::random_device()();
  std::mt19937 random_{seed_};
  std::vector<LedgerWriter> writers_;
  ServerProcess server_{{.settings = {{"room.heartbeat_timeout", "1h"}, {"log.level", "info"}}}};
};

TEST_F(Kill, LosesNoAcknowledgedWrite) {
  SCOPED_TRACE("seed " + std::to_string(seed_));
  const std::size_t cycles = Cycles(5);
  for (std::size_t cycle = 0; cycle < cycles && !HasFailure(); ++cycle) {
    WriteAndKill();
    server_.Start();
    ExpectAllKept();
  }
  EXPECT_EQ(server_.Terminate(), 0);
  EXPECT_THAT(AuditStore(server_.data_directory() / "rtcroomd.db"), IsEmpty());
}

}  // namespace
}  // namespace rtcroom
