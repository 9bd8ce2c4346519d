// The cost of the SQLite store: reads and writes by the number of rooms, and commits by the number
// of callers. Run it alone on the machine, from a release build:
//   TMPDIR=/var/tmp store_bench --benchmark_counters_tabular=true
#include <charconv>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "daemon/base/mutex.h"
#include "tests/bench/bench_store.h"
#include "tests/support/live_rooms.h"
#include "tests/support/rooms.h"

namespace rtcroom {
namespace {

constexpr std::uint64_t kRoomsForCallers = 1000;
constexpr std::size_t kNoLimit = SIZE_MAX;

/// Creates each store on its first use by a benchmark.
class BenchStores {
 public:
  BenchStore& Of(std::uint64_t rooms) {
    const MutexLock lock(mutex_);
    auto& store = stores_[rooms];
    if (store == nullptr) store = std::make_unique<BenchStore>(rooms);
    return *store;
  }

 private:
  Mutex mutex_;
  std::map<std::uint64_t, std::unique_ptr<BenchStore>> stores_ GUARDED_BY(mutex_);
};

void Load(benchmark::State& state, BenchStore& bench) {
  std::mt19937_64 random(1);
  for (auto _ : state) {
    const auto room = bench.store().rooms().Load(BenchStore::KeyOf(random() % bench.rooms()));
    if (!room) state.SkipWithError("not found");
  }
}

void List(benchmark::State& state, BenchStore& bench, std::uint64_t index) {
  for (auto _ : state) {
    const auto rooms =
        bench.store().rooms().List({.kind = RoomKind::kMulti, .index = index, .count = 20});
    if (!rooms || rooms->size() != 20) state.SkipWithError("no full page");
  }
}

void Open(benchmark::State& state, BenchStore& bench) {
  for (auto _ : state) state.SetIterationTime(bench.Reopen().count());
}

/// Each caller joins and leaves a separate room, and waits for the disk each time.
/// @param one_at_a_time  taken for each request when not null, so that no two share a commit.
void Callers(benchmark::State& state, BenchStores& stores, Mutex* one_at_a_time) {
  SqliteStore& store = stores.Of(kRoomsForCallers).store();
  const RoomKey key = BenchStore::KeyOf(static_cast<std::uint64_t>(state.thread_index()));
  const auto request = [&](const RoomUpdate& update) {
    if (one_at_a_time == nullptr) return Apply(store, update);
    const MutexLock lock(*one_at_a_time);
    return Apply(store, update);
  };
  bool inside = false;
  for (auto _ : state) {
    const auto outcome = request(inside ? Deleting(key, "guest") : Adding(key, "guest", 8));
    if (!outcome) state.SkipWithError("refused");
    inside = !inside;
  }
  if (inside) (void)Apply(store, Deleting(key, "guest"));
  state.SetItemsProcessed(state.iterations());
}

/// A live room shared by all callers of a benchmark; created if absent.
RoomKey SharedRoom(SqliteStore& store, const std::string& id) {
  const Room room = MakeRoom(RoomKind::kLive, id, "host", Dialect::kGen2);
  (void)Apply(store, Creating(room));
  return room.key;
}

/// Adds one to the counter that is the whole text of the custom fields.
Result<rules::CustomChange> CountUp(std::string_view custom) {
  constexpr std::string_view kBegin = R"({"likes":)";
  std::uint64_t likes = 0;
  if (custom.starts_with(kBegin)) {
    std::from_chars(custom.data() + kBegin.size(), custom.data() + custom.size(), likes);
  }
  return rules::CustomChange{.custom = fmt::format("{}{}}}", kBegin, likes + 1),
                             .event = {.field = R"("likes")", .value = std::to_string(likes + 1)}};
}

/// All callers increment one counter of one room, and each waits for the disk each time.
void CountOnOneRoom(benchmark::State& state, BenchStores& stores) {
  SqliteStore& store = stores.Of(kRoomsForCallers).store();
  const RoomKey key = SharedRoom(store, "counted");
  const RoomPolicy policy = SharedPolicy();
  for (auto _ : state) {
    const auto outcome = store.rooms().Update(key, [&](const Room* stored) {
      return rules::ChangeCustom(stored, Dialect::kGen2, {"viewer"}, rules::CustomRight::kAnyone,
                                 CountUp, policy, kNoon);
    });
    if (!outcome) state.SkipWithError("refused");
  }
  state.SetItemsProcessed(state.iterations());
}

/// All callers join one room as viewers and leave it, and each waits for the disk each time.
/// @param viewers  viewers that are present all the time.
void WatchOneRoom(benchmark::State& state, BenchStores& stores, std::size_t viewers) {
  SqliteStore& store = stores.Of(kRoomsForCallers).store();
  const RoomKey key = SharedRoom(store, fmt::format("watched_by_{}", viewers));
  if (state.thread_index() == 0) {
    for (std::size_t i = 0; i < viewers; ++i) {
      (void)Apply(store, Watching(key, fmt::format("viewer_{}", i), "{}", kNoon, kNoLimit));
    }
  }
  const std::string user = fmt::format("viewer_{}", state.thread_index());
  bool inside = false;
  for (auto _ : state) {
    const auto outcome = Apply(
        store, inside ? LeavingAudience(key, user) : Watching(key, user, "{}", kNoon, kNoLimit));
    if (!outcome) state.SkipWithError("refused");
    inside = !inside;
  }
  if (inside) (void)Apply(store, LeavingAudience(key, user));
  state.SetItemsProcessed(state.iterations());
}

/// The limit of the disk itself: 4 KiB repeatedly in one file, synced each time.
void Fdatasync(benchmark::State& state) {
  const TempDirectory directory;
  const std::string path = (directory.path() / "file").string();
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  const std::string page(4096, 'x');
  for (auto _ : state) {
    if (::pwrite(file, page.data(), page.size(), 0) < 0 || ::fdatasync(file) != 0) {
      state.SkipWithError("the disk failed");
    }
  }
  ::close(file);
  state.SetItemsProcessed(state.iterations());
}

void RegisterByRooms(BenchStores& stores, std::uint64_t rooms) {
  const std::string suffix = fmt::format("/rooms:{}", rooms);
  const auto add = [&](const std::string& name, auto run) {
    return benchmark::RegisterBenchmark(
        (name + suffix).c_str(),
        [&stores, rooms, run](benchmark::State& state) { run(state, stores.Of(rooms)); });
  };
  add("Load", Load);
  add("ListFirst20", [](auto& state, BenchStore& bench) { List(state, bench, 0); });
  add("ListDeep20", [rooms](auto& state, BenchStore& bench) { List(state, bench, rooms - 30); });
  add("Open", Open)->UseManualTime()->Unit(benchmark::kMillisecond);
}

void RegisterByCallers(BenchStores& stores, Mutex& one_at_a_time) {
  benchmark::RegisterBenchmark("Fdatasync", Fdatasync)->UseRealTime();
  for (const int callers : {1, 8, 64}) {
    benchmark::RegisterBenchmark("GroupCommit",
                                 [&](benchmark::State& state) { Callers(state, stores, nullptr); })
        ->Threads(callers)
        ->UseRealTime();
    benchmark::RegisterBenchmark(
        "OneCommitPerRequest",
        [&](benchmark::State& state) { Callers(state, stores, &one_at_a_time); })
        ->Threads(callers)
        ->UseRealTime();
    benchmark::RegisterBenchmark("CountOnOneRoom",
                                 [&](benchmark::State& state) { CountOnOneRoom(state, stores); })
        ->Threads(callers)
        ->UseRealTime();
    for (const std::size_t viewers : {0U, 1000U}) {
      benchmark::RegisterBenchmark(
          fmt::format("WatchOneRoom/viewers:{}", viewers).c_str(),
          [&stores, viewers](benchmark::State& state) { WatchOneRoom(state, stores, viewers); })
          ->Threads(callers)
          ->UseRealTime();
    }
  }
}

}  // namespace
}  // namespace rtcroom

// NOLINTNEXTLINE(bugprone-exception-escape): a benchmark that cannot run should terminate at once
int main(int argc, char** argv) {
  rtcroom::BenchStores stores;
  rtcroom::Mutex one_at_a_time;
  rtcroom::RegisterByCallers(stores, one_at_a_time);
  for (const std::uint64_t rooms : {1'000U, 100'000U, 1'000'000U}) {
    rtcroom::RegisterByRooms(stores, rooms);
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
