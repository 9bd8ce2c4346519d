// Many logged-in callers that all call at the same instant.
#pragma once

#include <barrier>
#include <cstddef>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/gen2_client.h"

namespace rtcroom {

/// Callers "<prefix>0", "<prefix>1", … each with its own connection and token.
inline std::vector<Gen2Client> LogInMany(const ServerProcess& server, const std::string& prefix,
                                         std::size_t count) {
  std::vector<Gen2Client> callers;
  callers.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    callers.push_back(LoggedIn(server, prefix + std::to_string(i), "multi_room"));
  }
  return callers;
}

/// Lets all of them call `rounds` times; in each round all start at once.
/// @param call  gets the caller, its number and the round, on the caller's own thread; its result
///              is kept.
/// @return the results, by round and then by caller.
template <typename Result>
std::vector<std::vector<Result>> RaceFor(
    std::vector<Gen2Client>& callers, std::size_t rounds,
    const std::function<Result(Gen2Client&, std::size_t caller, std::size_t round)>& call) {
  std::vector<std::vector<Result>> results(rounds, std::vector<Result>(callers.size()));
  std::barrier start(static_cast<std::ptrdiff_t>(callers.size()));
  std::vector<std::jthread> threads;
  threads.reserve(callers.size());
  for (std::size_t i = 0; i < callers.size(); ++i) {
    threads.emplace_back([&, i] {
      for (std::size_t round = 0; round < rounds; ++round) {
        start.arrive_and_wait();
        results[round][i] = call(callers[i], i, round);
      }
    });
  }
  threads.clear();  // waits for them
  return results;
}

}  // namespace rtcroom
