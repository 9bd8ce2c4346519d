// Callers that change rooms through the stores of several nodes.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "tests/bench/bench_nodes.h"
#include "tests/support/latencies.h"
#include "tests/support/rooms.h"

namespace rtcroom {

/// What a caller does over and over: comes to a room, and leaves it.
struct Visit {
  RoomUpdate come{};
  RoomUpdate leave{};
};

struct CallersOptions {
  std::size_t nodes = 1;     ///< the first ones
  std::size_t callers = 64;  ///< of each node; each waits for its change before the next
  /// Of each node, at times that do not depend on the answers: what waits for an earlier answer
  /// counts as late. 0: without pauses.
  std::size_t changes_per_second = 0;
  std::chrono::duration<double> duration = std::chrono::seconds(1);
  /// @param caller  a number among all of all nodes.
  std::function<Visit(std::size_t caller, std::size_t visit)> visit{};
  /// Called with each acknowledged change, by all callers at once. May be empty.
  std::function<void(const RoomChange&)> acknowledged{};
};

struct CallersOutcome {
  double changes_per_second = 0;
  double database_microseconds = 0;  ///< of CPU, for each change
  double nodes_microseconds = 0;     ///< likewise; all nodes and callers are this process
  Latencies waits{};                 ///< of each change
  std::size_t failures = 0;
};

/// @param database  the first process of the server.
CallersOutcome RunCallers(const BenchNodes& nodes, pid_t database, const CallersOptions& options);

/// A value of each round, or a ratio of two values of the same round.
class OfRounds {
 public:
  void Add(double value) { values_.push_back(value); }
  [[nodiscard]] double Median() const;
  /// "3.52 (3.10 to 4.01)": the median, the least and the most.
  [[nodiscard]] std::string Summary() const;

 private:
  std::vector<double> values_;
};

}  // namespace rtcroom
