// Several nodes on PostgreSQL: the cost of changes, the way of an event to another node, and how
// both depend on the number of nodes and of rooms. Starts a primary with a synchronous standby of
// its own; all nodes are stores of this process. From a release build, on the disk to be measured:
//   TMPDIR=/var/tmp cluster_bench changes|standby|events|beats|rooms [ROUNDS [SECONDS]]
// Measurements to be compared take turns; printed are medians of the rounds, and the least and the
// most.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "daemon/base/system_clock.h"
#include "daemon/core/node_lease.h"
#include "storage/postgres/pg_cluster.h"
#include "tests/bench/bench_callers.h"
#include "tests/bench/bench_nodes.h"
#include "tests/bench/delaying_relay.h"
#include "tests/support/live_rooms.h"
#include "tests/support/process_stats.h"

namespace rtcroom {
namespace {

using SteadyClock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr std::uint64_t kRooms = 10'000;
constexpr std::size_t kNodes = 3;
constexpr std::size_t kNoLimit = 10'000;

struct Arguments {
  int rounds = 5;
  Seconds duration = std::chrono::seconds(3);
};

double Milliseconds(Latencies::Duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

RoomKey RandomRoom() {
  thread_local std::mt19937_64 random(std::random_device{}());
  return BenchNodes::KeyOf(random() % kRooms);
}

Visit PusherInAnyRoom(std::size_t caller, std::size_t /*visit*/) {
  const RoomKey room = RandomRoom();
  const std::string user = fmt::format("guest_{}", caller);
  return {.come = Adding(room, user, kNoLimit), .leave = Deleting(room, user)};
}

Visit ViewerIn(const RoomKey& room, std::size_t caller) {
  const std::string user = fmt::format("viewer_{}", caller);
  return {.come = Watching(room, user, "{}", kNoon, kNoLimit),
          .leave = LeavingAudience(room, user)};
}

Visit ViewerInAnyRoom(std::size_t caller, std::size_t /*visit*/) {
  return ViewerIn(RandomRoom(), caller);
}

Visit ViewerInOneRoomEverySecondTime(std::size_t caller, std::size_t visit) {
  return ViewerIn(visit % 2 == 0 ? BenchNodes::KeyOf(1) : RandomRoom(), caller);
}

/// Collects the rounds of one kind of load.
struct Load {
  std::string_view name;
  const BenchNodes& nodes;
  CallersOptions options;
  OfRounds rate{};
  OfRounds database{};
  OfRounds of_nodes{};
  OfRounds longest{};  ///< wait, by the median
  OfRounds p50{};
  Latencies waits{};
  std::size_t failures = 0;
};

CallersOutcome RunRound(Load& load, pid_t database) {
  CallersOutcome outcome = RunCallers(load.nodes, database, load.options);
  load.rate.Add(outcome.changes_per_second);
  load.database.Add(outcome.database_microseconds);
  load.of_nodes.Add(outcome.nodes_microseconds);
  const double median = Milliseconds(outcome.waits.Percentile(50));
  load.p50.Add(median);
  load.longest.Add(Milliseconds(outcome.waits.Percentile(100)) / median);
  load.waits.Add(outcome.waits);
  load.failures += outcome.failures;
  return outcome;
}

void Print(const Load& load) {
  fmt::print(
      "{}:\n  {} changes/s; database {} us a change, nodes with callers {} us\n"
      "  {}; longest / median {}; {} failed\n",
      load.name, load.rate.Summary(), load.database.Summary(), load.of_nodes.Summary(),
      load.waits.Summary(), load.longest.Summary(), load.failures);
}

/// Groups against one change at a time, three nodes against one, one room against many.
void MeasureChanges(const Arguments& arguments) {
  PostgresServer primary;
  const auto standby = primary.MakeStandby(PostgresServer::Standby::kSynchronous);
  BenchNodes one(primary, kRooms);
  one.Add();
  BenchNodes three(primary, kRooms);
  for (std::size_t i = 0; i < kNodes; ++i) three.Add();
  const CallersOptions pushers{.duration = arguments.duration, .visit = PusherInAnyRoom};
  CallersOptions single = pushers;
  single.callers = 1;
  CallersOptions of_three = pushers;
  of_three.nodes = kNodes;
  CallersOptions viewers = of_three;
  viewers.visit = ViewerInAnyRoom;
  CallersOptions crowd = of_three;
  crowd.visit = ViewerInOneRoomEverySecondTime;
  std::vector<Load> loads = {
      {.name = "one node, one caller", .nodes = one, .options = single},
      {.name = "one node, 64 callers", .nodes = one, .options = pushers},
      {.name = "three nodes, 64 callers each", .nodes = three, .options = of_three},
      {.name = "the same with viewers", .nodes = three, .options = viewers},
      {.name = "the same, half of the changes in one room", .nodes = three, .options = crowd}};
  const auto idle_before = CpuTimeWithChildren(primary.pid());
  std::this_thread::sleep_for(arguments.duration);
  const Seconds idle = CpuTimeWithChildren(primary.pid()) - idle_before;
  fmt::print("four idle nodes: database {:.3f} of a core\n", idle / arguments.duration);
  OfRounds groups;
  OfRounds nodes;
  OfRounds room;
  for (int round = 0; round < arguments.rounds; ++round) {
    std::vector<double> rates;
    for (Load& load : loads) rates.push_back(RunRound(load, primary.pid()).changes_per_second);
    groups.Add(rates[1] / rates[0]);
    nodes.Add(rates[2] / rates[1]);
    room.Add(rates[4] / rates[3]);
  }
  for (const Load& load : loads) Print(load);
  fmt::print("64 callers / one: {}\nthree nodes / one: {}\none room / many: {}\n", groups.Summary(),
             nodes.Summary(), room.Summary());
}

/// The standby is far away.
void MeasureStandby(const Arguments& arguments) {
  constexpr std::chrono::milliseconds kEachWay{2};
  constexpr std::size_t kOffered = 1000;
  PostgresServer primary;
  const DelayingRelay relay(primary.port(), kEachWay);
  const auto standby = primary.MakeStandby(PostgresServer::Standby::kSynchronous, relay.port());
  BenchNodes nodes(primary, kRooms);
  for (std::size_t i = 0; i < kNodes; ++i) nodes.Add();
  CallersOptions single{.duration = arguments.duration, .visit = PusherInAnyRoom};
  single.callers = 1;
  CallersOptions offered = single;
  offered.nodes = kNodes;
  offered.callers = 64;
  offered.changes_per_second = kOffered;
  std::vector<Load> loads = {
      {.name = "one caller", .nodes = nodes, .options = single},
      {.name = "1,000 changes/s at each of three nodes", .nodes = nodes, .options = offered}};
  OfRounds ratio;
  for (int round = 0; round < arguments.rounds; ++round) {
    std::vector<double> medians;
    for (Load& load : loads) {
      medians.push_back(Milliseconds(RunRound(load, primary.pid()).waits.Percentile(50)));
    }
    ratio.Add(medians[1] / medians[0]);
  }
  for (const Load& load : loads) Print(load);
  fmt::print("p50 under load / of one caller: {}\n", ratio.Summary());
}

/// When the change of a room became known: number of the room, number of its event, time.
using Times = std::vector<std::tuple<std::uint64_t, std::uint64_t, SteadyClock::time_point>>;

/// @threads safe from any thread.
class TimedListener : public CommitListener {
 public:
  void OnCommit(const Committed& committed) noexcept override {
    const auto now = SteadyClock::now();
    const MutexLock lock(mutex_);
    for (const StoredEvent& event : committed.events) {
      times_.emplace_back(event.room_number, event.event.room_sequence, now);
    }
  }
  Times Take() {
    const MutexLock lock(mutex_);
    return std::exchange(times_, {});
  }

 private:
  Mutex mutex_;
  Times times_ GUARDED_BY(mutex_);
};

/// From the acknowledgement of a change to a listener of another node.
void MeasureEvents(const Arguments& arguments) {
  constexpr std::size_t kOffered = 1000;
  PostgresServer primary;
  const auto standby = primary.MakeStandby(PostgresServer::Standby::kSynchronous);
  TimedListener listener;
  BenchNodes nodes(primary, kRooms);
  nodes.Add();
  PgStore& other = nodes.Add(&listener);
  Mutex mutex;
  Times acknowledged;
  const CallersOptions options{.changes_per_second = kOffered,
                               .duration = arguments.duration * arguments.rounds,
                               .visit = PusherInAnyRoom,
                               .acknowledged = [&](const RoomChange& change) {
                                 const auto now = SteadyClock::now();
                                 const MutexLock lock(mutex);
                                 for (const RoomEvent& event : change.events) {
                                   acknowledged.emplace_back(change.room.sequence,
                                                             event.room_sequence, now);
                                 }
                               }};
  Load load{.name = "1,000 changes/s at one node", .nodes = nodes, .options = options};
  RunRound(load, primary.pid());
  (void)other.follower()->CatchUp(SystemClock().Monotonic() + std::chrono::seconds(4));
  Times heard = listener.Take();
  std::ranges::sort(heard);
  Latencies ways;
  for (const auto& [room, event, time] : acknowledged) {
    const auto found =
        std::ranges::lower_bound(heard, std::tuple(room, event, SteadyClock::time_point::min()));
    if (found == heard.end() || std::get<0>(*found) != room || std::get<1>(*found) != event) {
      fmt::print("event {} of room {} was not heard\n", event, room);
      continue;
    }
    ways.Add(std::max(std::get<2>(*found) - time, SteadyClock::duration::zero()));
  }
  Print(load);
  fmt::print("from the acknowledgement to a listener of another node: {}\n", ways.Summary());
}

/// Heartbeats of 36,000 pushers, each at any of three nodes.
void MeasureBeats(const Arguments& arguments) {
  constexpr std::uint64_t kMembers = 36'000;
  constexpr std::chrono::seconds kBetweenBeats{7};
  constexpr std::chrono::seconds kTimeout{20};
  constexpr std::chrono::seconds kPeriod{1};
  constexpr std::size_t kWarmUp = 25;  // periods: what a node has not heard for the timeout counts
  PostgresServer primary;
  const auto standby = primary.MakeStandby(PostgresServer::Standby::kSynchronous);
  const BenchNodes nodes(primary, kMembers / 2);
  const SystemClock clock;
  const SystemBootClock boot_clock;
  struct Node {
    explicit Node(const BootClock& clock) : lease(clock) {}
    NodeLease lease;
    std::unique_ptr<PgCluster> cluster{};
    std::vector<Beat> beats{};
  };
  std::vector<std::unique_ptr<Node>> all;
  for (std::size_t i = 0; i < kNodes; ++i) {
    all.push_back(std::make_unique<Node>(boot_clock));
    all.back()->cluster =
        std::make_unique<PgCluster>(*PgAddress::Parse(nodes.url()),
                                    PgCluster::Options{.node = i + 1}, all.back()->lease, clock);
  }
  std::mt19937_64 random(1);
  std::vector<std::size_t> first_heard(kMembers, 0);  // period in which the first node heard it
  const std::size_t periods =
      kWarmUp + static_cast<std::size_t>(arguments.duration.count() * arguments.rounds);
  std::chrono::milliseconds before{};
  SteadyClock::time_point begun;
  std::size_t asked = 0;
  for (std::size_t period = 0; period < periods; ++period) {
    const auto next = SteadyClock::now() + kPeriod;
    if (period == kWarmUp) {
      before = CpuTimeWithChildren(primary.pid());
      begun = SteadyClock::now();
      asked = 0;
    }
    for (std::uint64_t member = period % kBetweenBeats.count(); member < kMembers;
         member += kBetweenBeats.count()) {
      const std::size_t at = random() % kNodes;
      if (at == 0) first_heard[member] = period;
      all[at]->beats.push_back({.seat = {.room_number = 1001 + member / 2, .seat = 1 + member % 2},
                                .age = std::chrono::milliseconds(random() % 1000)});
    }
    for (const auto& node : all) {
      const HeardBeats heard{.as_of = clock.Monotonic(), .beats = std::exchange(node->beats, {})};
      if (!node->cluster->Renew()) fmt::print("not renewed\n");
      for (std::size_t reported = 0; reported < heard.size();) {
        const Result<std::size_t> now = node->cluster->Report(heard, reported);
        if (!now) {
          fmt::print("not reported\n");
          break;
        }
        reported = *now;
      }
    }
    std::vector<SeatKey> lapsed;
    for (std::uint64_t member = 0; member < kMembers; ++member) {
      if (first_heard[member] + kTimeout.count() > period) continue;
      first_heard[member] = period - 7;  // what it is told is at most that old
      lapsed.push_back({.room_number = 1001 + member / 2, .seat = 1 + member % 2});
    }
    asked += lapsed.size();
    if (!lapsed.empty() && !all[0]->cluster->Silent(lapsed, kTimeout)) fmt::print("not told\n");
    std::this_thread::sleep_until(next);
  }
  const Seconds took = SteadyClock::now() - begun;
  const Seconds used = CpuTimeWithChildren(primary.pid()) - before;
  fmt::print(
      "{} members known at three nodes: database {:.3f} of a core; {:.0f} asked for each second\n",
      QueryPostgres(nodes.url(), "SELECT 1 FROM beats").size(), used / took,
      static_cast<double>(asked) / took.count());
}

struct Lists {
  OfRounds wait{};      ///< microseconds
  OfRounds database{};  ///< microseconds of CPU
  OfRounds node{};      ///< likewise
};

void List(PgStore& store, std::uint64_t rooms, bool at_random, pid_t database, Lists& lists) {
  constexpr int kLists = 3000;
  std::mt19937_64 random(1);
  Latencies waits;
  const auto database_before = CpuTimeWithChildren(database);
  const auto node_before = CpuTimeOf(::getpid());
  for (int i = 0; i < kLists; ++i) {
    const std::uint64_t index = at_random ? random() % (rooms - 20) : 0;
    const auto begun = SteadyClock::now();
    const auto page = store.rooms().List({.kind = RoomKind::kLive, .index = index, .count = 20});
    waits.Add(SteadyClock::now() - begun);
    if (!page || page->size() != 20) throw std::runtime_error("no full page");
  }
  const auto each = [](std::chrono::milliseconds time) {
    return std::chrono::duration<double, std::micro>(time).count() / kLists;
  };
  lists.wait.Add(static_cast<double>(waits.Percentile(50).count()));
  lists.database.Add(each(CpuTimeWithChildren(database) - database_before));
  lists.node.Add(each(CpuTimeOf(::getpid()) - node_before));
}

/// As at the start of the server.
void ReadAll(PgStore& store, std::uint64_t rooms) {
  constexpr std::size_t kPage = 1000;
  std::uint64_t after = 0;
  for (std::uint64_t read = 0; read < rooms;) {
    const auto page = store.rooms().ScanMembers(after, kPage);
    if (!page || page->rooms.empty()) throw std::runtime_error("rooms are missing");
    after = page->rooms.back().sequence;
    read += page->rooms.size();
  }
}

/// A million rooms: the start, and lists.
void MeasureRooms(const Arguments& arguments) {
  constexpr std::uint64_t kFew = 1000;
  constexpr std::uint64_t kMany = 1'000'000;
  PostgresServer primary;
  BenchNodes few(primary, kFew);
  few.Add();
  BenchNodes many(primary, kMany);
  OfRounds opened;
  OfRounds read;
  OfRounds of_database;
  OfRounds of_node;
  for (int round = 0; round < arguments.rounds; ++round) {
    many.Clear();
    const auto database_before = CpuTimeWithChildren(primary.pid());
    const auto node_before = CpuTimeOf(::getpid());
    const auto begun = SteadyClock::now();
    PgStore& store = many.Open();
    opened.Add(Seconds(SteadyClock::now() - begun).count());
    ReadAll(store, kMany);
    store.Begin();
    read.Add(Seconds(SteadyClock::now() - begun).count());
    of_database.Add(Seconds(CpuTimeWithChildren(primary.pid()) - database_before).count());
    of_node.Add(Seconds(CpuTimeOf(::getpid()) - node_before).count());
  }
  fmt::print(
      "1,000,000 rooms of two: opened after {} s, all rooms read after {} s;"
      " CPU of the database {} s, of the node {} s\n",
      opened.Summary(), read.Summary(), of_database.Summary(), of_node.Summary());
  for (const bool at_random : {false, true}) {
    Lists of_few;
    Lists of_many;
    for (int round = 0; round < arguments.rounds; ++round) {
      List(few[0], kFew, at_random, primary.pid(), of_few);
      List(many[0], kMany, at_random, primary.pid(), of_many);
    }
    const std::string_view where = at_random ? "a random place" : "the first";
    for (const auto& [rooms, lists] : {std::pair(kFew, &of_few), {kMany, &of_many}}) {
      fmt::print("20 from {} of {}: p50 {} us; database {} us, node {} us\n", where, rooms,
                 lists->wait.Summary(), lists->database.Summary(), lists->node.Summary());
    }
  }
}

}  // namespace
}  // namespace rtcroom

// NOLINTNEXTLINE(bugprone-exception-escape): a benchmark that cannot run should terminate at once
int main(int argc, char** argv) {
  using namespace rtcroom;
  const std::string_view what = argc > 1 ? argv[1] : "";
  Arguments arguments;
  if (argc > 2) arguments.rounds = std::max(1, std::atoi(argv[2]));
  if (argc > 3) arguments.duration = std::chrono::seconds(std::max(1, std::atoi(argv[3])));
  const std::pair<std::string_view, void (*)(const Arguments&)> all[] = {
      {"changes", MeasureChanges},
      {"standby", MeasureStandby},
      {"events", MeasureEvents},
      {"beats", MeasureBeats},
      {"rooms", MeasureRooms}};
  const auto* const found = std::ranges::find(all, what, [](const auto& one) { return one.first; });
  if (found == std::end(all)) {
    fmt::print(stderr,
               "usage: cluster_bench changes|standby|events|beats|rooms [ROUNDS [SECONDS]]\n");
    return 1;
  }
  found->second(arguments);
  return 0;
}
