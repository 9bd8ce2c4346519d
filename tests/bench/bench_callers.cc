#include "tests/bench/bench_callers.h"

#include <algorithm>
#include <stop_token>
#include <thread>

#include <fmt/format.h>
#include <unistd.h>

#include "tests/support/process_stats.h"

namespace rtcroom {
namespace {

using SteadyClock = std::chrono::steady_clock;

struct CallerOutcome {
  Latencies waits{};
  std::size_t failures = 0;
};

/// When the changes of one caller are due.
struct Pace {
  SteadyClock::time_point first{};
  SteadyClock::duration period{};  ///< zero: at once
};

CallerOutcome Call(PgStore& store, std::size_t caller, const Pace& pace,
                   const CallersOptions& options, const std::stop_token& stop) {
  CallerOutcome outcome;
  SteadyClock::time_point due = pace.first;
  const auto change = [&](const RoomUpdate& update) {
    std::this_thread::sleep_until(due);
    const SteadyClock::time_point begun =
        pace.period == SteadyClock::duration::zero() ? SteadyClock::now() : due;
    const Result<RoomChange> changed = store.rooms().Update(update);
    outcome.waits.Add(SteadyClock::now() - begun);
    due += pace.period;
    if (!changed) {
      ++outcome.failures;
    } else if (options.acknowledged) {
      options.acknowledged(*changed);
    }
  };
  for (std::size_t visit = 0; !stop.stop_requested(); ++visit) {
    const Visit next = options.visit(caller, visit);
    change(next.come);
    change(next.leave);
  }
  return outcome;
}

double Microseconds(std::chrono::milliseconds time, std::size_t changes) {
  return std::chrono::duration<double, std::micro>(time).count() /
         static_cast<double>(std::max<std::size_t>(changes, 1));
}

}  // namespace

CallersOutcome RunCallers(const BenchNodes& nodes, pid_t database, const CallersOptions& options) {
  std::vector<CallerOutcome> each(options.nodes * options.callers);
  const auto database_before = CpuTimeWithChildren(database);
  const auto nodes_before = CpuTimeOf(::getpid());
  const SteadyClock::time_point begun = SteadyClock::now();
  {
    std::vector<std::jthread> callers;
    for (std::size_t i = 0; i < each.size(); ++i) {
      Pace pace{.first = begun};
      if (options.changes_per_second > 0) {
        const auto between = std::chrono::duration_cast<SteadyClock::duration>(
            std::chrono::duration<double>(1.0 / static_cast<double>(options.changes_per_second)));
        pace = {.first = begun + between * static_cast<int>(i / options.nodes),
                .period = between * static_cast<int>(options.callers)};
      }
      callers.emplace_back([&, i, pace](const std::stop_token& stop) {
        each[i] = Call(nodes[i % options.nodes], i, pace, options, stop);
      });
    }
    std::this_thread::sleep_for(options.duration);
    for (std::jthread& caller : callers) caller.request_stop();
  }
  const std::chrono::duration<double> took = SteadyClock::now() - begun;
  CallersOutcome outcome;
  for (const CallerOutcome& one : each) {
    outcome.waits.Add(one.waits);
    outcome.failures += one.failures;
  }
  const std::size_t changes = outcome.waits.count();
  outcome.changes_per_second = static_cast<double>(changes) / took.count();
  outcome.database_microseconds =
      Microseconds(CpuTimeWithChildren(database) - database_before, changes);
  outcome.nodes_microseconds = Microseconds(CpuTimeOf(::getpid()) - nodes_before, changes);
  return outcome;
}

double OfRounds::Median() const {
  if (values_.empty()) return 0;
  std::vector<double> sorted = values_;
  std::ranges::sort(sorted);
  const std::size_t middle = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

std::string OfRounds::Summary() const {
  if (values_.empty()) return "none";
  const auto [least, most] = std::ranges::minmax(values_);
  return fmt::format("{:.2f} ({:.2f} to {:.2f})", Median(), least, most);
}

}  // namespace rtcroom
