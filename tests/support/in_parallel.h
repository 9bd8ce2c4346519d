// Concurrent calls of one function.
#pragma once

#include <cstddef>
#include <functional>
#include <thread>
#include <vector>

namespace rtcroom {

/// Runs `call(0)` to `call(callers - 1)` on separate threads and waits for all of them.
inline void InParallel(int callers, const std::function<void(int)>& call) {
  std::vector<std::jthread> threads;  // joined at the end of this scope
  threads.reserve(static_cast<std::size_t>(callers));
  for (int caller = 0; caller < callers; ++caller) {
    threads.emplace_back([&call, caller] { call(caller); });
  }
}

}  // namespace rtcroom
