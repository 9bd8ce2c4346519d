// Waits for the effects of another process or thread.
#pragma once

#include <chrono>
#include <thread>

namespace rtcroom {

/// Longer than any wait on a busy machine under a sanitizer: reaching it indicates a fault.
inline constexpr std::chrono::seconds kWaitTimeout{60};

/// Polls until `condition` holds; false when it did not within `timeout`.
template <typename Condition>
[[nodiscard]] bool Eventually(Condition condition,
                              std::chrono::milliseconds timeout = kWaitTimeout) {
  constexpr std::chrono::milliseconds kPause{5};
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(kPause);
  }
  return true;
}

}  // namespace rtcroom
