// Waits for the effects of another process or thread.
#pragma once

#include <chrono>
#include <thread>

namespace rtcroom {

/// Longer than any wait on a busy machine under a sanitizer: reaching it indicates a fault.
inline constexpr std::chrono::seconds kWaitTimeout{60};

/// The pause for what takes seconds: each look may cost a server as much as the call of a client.
inline constexpr std::chrono::milliseconds kSeldom{200};

/// Polls until `condition` holds; false when it did not within `timeout`.
template <typename Condition>
[[nodiscard]] bool Eventually(Condition condition, std::chrono::milliseconds timeout = kWaitTimeout,
                              std::chrono::milliseconds pause = std::chrono::milliseconds(5)) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(pause);
  }
  return true;
}

}  // namespace rtcroom
