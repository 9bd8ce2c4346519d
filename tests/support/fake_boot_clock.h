// A boot clock controlled by a test.
#pragma once

#include <atomic>
#include <chrono>

#include "daemon/base/boot_clock.h"

namespace rtcroom {

/// @threads safe from any thread.
class FakeBootClock : public BootClock {
 public:
  [[nodiscard]] BootTime SinceBoot() const override { return BootTime(now_.load()); }
  void Advance(std::chrono::milliseconds by) { now_ += BootTime(by).count(); }

 private:
  std::atomic<BootTime::rep> now_{BootTime(std::chrono::hours(1)).count()};
};

}  // namespace rtcroom
