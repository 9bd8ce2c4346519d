// The effect of background work of the store on writers: removal of events, and backups. From a
// release build, on the disk to be measured:
//   TMPDIR=/var/tmp upkeep_bench [SECONDS]
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "storage/sqlite/store_copy.h"
#include "tests/bench/bench_store.h"
#include "tests/support/latencies.h"
#include "tests/support/rooms.h"

namespace rtcroom {
namespace {

constexpr std::uint64_t kRooms = 100'000;
constexpr std::size_t kCallers = 64;

/// Each caller joins and leaves a separate room, and waits for the disk each time.
Latencies Write(SqliteStore& store, std::uint64_t caller, const std::stop_token& stop) {
  Latencies latencies;
  const RoomKey key = BenchStore::KeyOf(caller);
  for (bool inside = false; !stop.stop_requested() || inside; inside = !inside) {
    const auto begun = std::chrono::steady_clock::now();
    const auto outcome = Apply(store, inside ? Deleting(key, "guest") : Adding(key, "guest", 8));
    latencies.Add(std::chrono::steady_clock::now() - begun);
    if (!outcome) std::abort();
  }
  return latencies;
}

/// Lets all callers write for a while beside `upkeep`, and prints their results.
void Measure(const std::string& name, SqliteStore& store, std::chrono::seconds duration,
             const std::function<void(const std::stop_token&)>& upkeep) {
  std::vector<Latencies> each(kCallers);
  {
    std::vector<std::jthread> callers;
    for (std::size_t i = 0; i < kCallers; ++i) {
      callers.emplace_back(
          [&each, &store, i](const std::stop_token& stop) { each[i] = Write(store, i, stop); });
    }
    const std::jthread beside(upkeep);
    std::this_thread::sleep_for(duration);
  }
  Latencies all;
  for (const Latencies& latencies : each) all.Add(latencies);
  fmt::print("{}: {} changes a second, {}\n", name,
             all.count() / static_cast<std::size_t>(duration.count()), all.Summary());
}

/// As in the server (daemon/process/app.cc): every two seconds, in steps of a thousand.
/// @return the number of removed events.
std::size_t Trim(SqliteStore& store, const std::stop_token& stop) {
  constexpr std::chrono::seconds kPeriod{2};
  constexpr std::size_t kMostSteps = 100;
  constexpr std::size_t kStep = 1000;
  std::size_t removed = 0;
  while (!stop.stop_requested()) {
    for (std::size_t step = 0; step < kMostSteps && !stop.stop_requested(); ++step) {
      const auto went = store.rooms().TrimEvents(
          {.keep_since = TimePoint(), .max_events = 10'000, .most_per_call = kStep});
      if (!went) std::abort();
      removed += *went;
      if (*went < kStep) break;
    }
    const auto again = std::chrono::steady_clock::now() + kPeriod;
    while (!stop.stop_requested() && std::chrono::steady_clock::now() < again) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  return removed;
}

/// Consecutive backups.
/// @return their number.
std::size_t BackUp(SqliteStore& store, const std::string& copy, const std::stop_token& stop) {
  std::size_t made = 0;
  while (!stop.stop_requested()) {
    if (store.CopyTo({.to = copy, .new_epoch = "0123456789abcdef"})) ++made;
    std::filesystem::remove(copy);
  }
  return made;
}

void MeasureAll(std::chrono::seconds duration) {
  BenchStore bench(kRooms);
  SqliteStore& store = bench.store();
  const TempDirectory directory;
  Measure("nothing beside", store, duration, [](const std::stop_token&) {});
  std::size_t trimmed = 0;
  Measure("events removed", store, duration,
          [&](const std::stop_token& stop) { trimmed = Trim(store, stop); });
  fmt::print("  {} events were removed\n", trimmed);
  std::size_t backups = 0;
  Measure("backups made", store, duration, [&](const std::stop_token& stop) {
    backups = BackUp(store, (directory.path() / "copy.db").string(), stop);
  });
  fmt::print("  {} backups were made of {} MiB\n", backups,
             std::filesystem::file_size(bench.path()) >> 20);
}

}  // namespace
}  // namespace rtcroom

int main(int argc, char** argv) {
  rtcroom::MeasureAll(std::chrono::seconds(argc > 1 ? std::max(1, std::atoi(argv[1])) : 10));
  return 0;
}
