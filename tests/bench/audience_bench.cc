// The cost of the viewers of one room by their number, in SQLite: CPU of the whole process, which
// other load on the machine hardly changes. From a release build:
//   TMPDIR=/var/tmp audience_bench
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "daemon/core/viewer_leases.h"
#include "daemon/core/viewer_reaper.h"
#include "tests/bench/bench_store.h"
#include "tests/support/fake_clock.h"
#include "tests/support/live_rooms.h"

namespace rtcroom {
namespace {

constexpr std::size_t kNoLimit = SIZE_MAX;
constexpr std::size_t kViewersAtOnce = 1000;
constexpr std::int64_t kIterations = 1000;
constexpr std::size_t kExpiries = 100'000;
constexpr std::chrono::seconds kTimeout{60};

double CpuSeconds() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

void Measure(benchmark::State& state, const std::function<void()>& step) {
  const double begun = CpuSeconds();
  step();
  state.SetIterationTime(CpuSeconds() - begun);
}

void Do(Store& store, const std::vector<RoomUpdate>& updates) {
  for (const auto& outcome : store.UpdateAll(updates)) {
    if (!outcome) throw std::runtime_error(outcome.error().detail);
  }
}

/// Joins, or leaves, of `count` viewers.
std::vector<RoomUpdate> Changes(const RoomKey& key, const std::string& prefix, std::size_t count,
                                bool joins) {
  std::vector<RoomUpdate> updates;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string user = fmt::format("{}_{}", prefix, i);
    updates.push_back(joins ? Watching(key, user, "{\"nick\":\"a viewer\"}", kNoon, kNoLimit)
                            : LeavingAudience(key, user));
  }
  return updates;
}

/// A room for so many viewers.
RoomKey MakeRoomFor(Store& store, std::size_t viewers) {
  const Room room =
      MakeRoom(RoomKind::kLive, fmt::format("watched_by_{}", viewers), "host", Dialect::kGen2);
  Do(store, {Creating(room)});
  return room.key;
}

void Fill(Store& store, const RoomKey& key, std::size_t viewers) {
  for (std::size_t first = 0; first < viewers; first += kViewersAtOnce) {
    Do(store, Changes(key, fmt::format("viewer_{}", first), kViewersAtOnce, true));
  }
}

/// @param viewers  that change in one commit.
void Join(benchmark::State& state, Store& store, const RoomKey& key, std::size_t viewers) {
  for (auto _ : state) {
    Measure(state, [&] { Do(store, Changes(key, "guest", viewers, true)); });
    Do(store, Changes(key, "guest", viewers, false));
  }
}

void Leave(benchmark::State& state, Store& store, const RoomKey& key, std::size_t viewers) {
  for (auto _ : state) {
    Do(store, Changes(key, "guest", viewers, true));
    Measure(state, [&] { Do(store, Changes(key, "guest", viewers, false)); });
  }
}

void Find(benchmark::State& state, Store& store, const RoomKey& key) {
  const UserId user{"viewer_0_7"};
  for (auto _ : state) {
    Measure(state, [&] { benchmark::DoNotOptimize(store.FindAudiences(key, {&user, 1})); });
  }
}

void List(benchmark::State& state, Store& store, const RoomKey& key) {
  for (auto _ : state) {
    Measure(state, [&] { benchmark::DoNotOptimize(store.LoadAudiences(key)); });
  }
  state.counters["listed"] = static_cast<double>(store.LoadAudiences(key)->audiences.size());
}

/// The leases of a store's viewers, and their time.
struct Leases {
  FakeClock clock{};
  ViewerLeases viewers{clock, {.timeout = kTimeout}};
};

/// All viewers of a room expire, without lines in the log. The time is that of one.
void Expire(benchmark::State& state, Store& store, Leases& leases, const RoomKey& key,
            std::size_t viewers) {
  Logger logger(LogFormat::kJson, LogLevel::kError);
  Alone nodes;
  ViewerReaper reaper(
      {.store = store,
       .viewers = leases.viewers,
       .cluster = nodes,
       .clock = leases.clock,
       .logger = logger,
       .is_present = [](const RoomKey&, std::uint64_t, const UserId&) { return false; }},
      {.policy = SharedPolicy()});
  for (auto _ : state) {
    Fill(store, key, viewers);
    leases.clock.Advance(2 * kTimeout);
    const double begun = CpuSeconds();
    for (std::size_t left = viewers; left > 0;) {
      const std::size_t removed = reaper.Sweep(leases.clock.Monotonic()).removed;
      if (removed == 0) throw std::runtime_error("viewers do not expire");
      left -= removed;
    }
    state.SetIterationTime((CpuSeconds() - begun) / static_cast<double>(viewers));
  }
}

void RegisterExpiry(Store& store, Leases& leases, const std::vector<std::size_t>& sizes) {
  for (const std::size_t viewers : sizes) {
    const RoomKey key = MakeRoomFor(store, viewers);
    benchmark::RegisterBenchmark(fmt::format("expire/{}", viewers).c_str(),
                                 [&store, &leases, key, viewers](auto& state) {
                                   Expire(state, store, leases, key, viewers);
                                 })
        ->UseManualTime()
        ->Iterations(static_cast<std::int64_t>(kExpiries / viewers))
        ->Unit(benchmark::kMicrosecond);
  }
}

void Register(Store& store, const std::vector<std::size_t>& sizes) {
  for (const std::size_t viewers : sizes) {
    const RoomKey key = MakeRoomFor(store, viewers);
    Fill(store, key, viewers);
    const auto add = [&](const std::string& what, auto run) {
      benchmark::RegisterBenchmark(fmt::format("{}/{}", what, viewers).c_str(),
                                   [&store, key, run](auto& state) { run(state, store, key); })
          ->UseManualTime()
          ->Iterations(kIterations)
          ->Unit(benchmark::kMicrosecond);
    };
    add("join", [](auto& state, auto& of, auto& room) { Join(state, of, room, 1); });
    add("leave", [](auto& state, auto& of, auto& room) { Leave(state, of, room, 1); });
    add("leave_100", [](auto& state, auto& of, auto& room) { Leave(state, of, room, 100); });
    add("find", [](auto& state, auto& of, auto& room) { Find(state, of, room); });
    add("list", [](auto& state, auto& of, auto& room) { List(state, of, room); });
  }
}

}  // namespace
}  // namespace rtcroom

// NOLINTNEXTLINE(bugprone-exception-escape): a benchmark that cannot run should terminate at once
int main(int argc, char** argv) {
  const std::vector<std::size_t> sizes = {1'000, 10'000, 100'000};
  rtcroom::BenchStore bench(0);
  rtcroom::Register(bench.store().rooms(), sizes);
  rtcroom::Leases leases;
  rtcroom::BenchStore expiring(0, &leases.viewers);
  rtcroom::RegisterExpiry(expiring.store().rooms(), leases, sizes);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
