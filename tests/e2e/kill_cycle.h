// Kills a server while clients change rooms and record what it acknowledges.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/e2e/change_recorder.h"
#include "tests/support/eventually.h"
#include "tests/support/server_process.h"

namespace rtcroom {

/// Lets all of them write, each on a thread and a connection of its own, and kills the server after
/// 1 to 120 changes.
template <ChangeSource Source>
void WriteAndKill(ServerProcess& server, std::deque<ChangeRecorder<Source>>& recorders,
                  std::mt19937& random) {
  constexpr std::size_t kMostChanges = 120;
  constexpr std::int64_t kMostMicroseconds = 3000;
  const std::size_t enough = 1 + random() % kMostChanges;
  const std::chrono::microseconds phase(static_cast<std::int64_t>(random()) % kMostMicroseconds);
  std::atomic<std::size_t> acknowledged{0};
  std::vector<std::jthread> threads;
  threads.reserve(recorders.size());
  for (ChangeRecorder<Source>& recorder : recorders) {
    threads.emplace_back([&recorder, &acknowledged, client = server.Https()]() mutable {
      recorder.WriteUntilCutOff(std::move(client), acknowledged);
    });
  }
  EXPECT_TRUE(Eventually([&] { return acknowledged >= enough; }));
  // Changes are acknowledged at about the same point of each commit: the kill should hit any point.
  std::this_thread::sleep_for(phase);
  server.Kill9();
}

}  // namespace rtcroom
