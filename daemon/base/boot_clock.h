// A clock that does not stand still while the machine is suspended.
#pragma once

#include <chrono>

namespace rtcroom {

/// The time since the machine was started.
using BootTime = std::chrono::nanoseconds;

/// A clock for what other machines count meanwhile.
///
/// @threads implementations are safe from any thread.
class BootClock {
 public:
  virtual ~BootClock() = default;
  [[nodiscard]] virtual BootTime SinceBoot() const = 0;
};

}  // namespace rtcroom
