#include "daemon/core/removal_clock.h"

#include <algorithm>
#include <utility>

namespace rtcroom {
namespace {

using std::chrono::milliseconds;

/// Smaller corrections are usual.
constexpr std::chrono::minutes kSmallestJump{1};

}  // namespace

void RemovalClock::Begin(const StoredRemovalTime& stored) {
  const TimePoint wall = clock_.Now();
  Set(stored.mark.value_or(std::min(stored.newest.value_or(wall), wall)));
  previous_ = ReadClocks();
}

void RemovalClock::CatchUp(TimePoint mark) { Set(std::max(Now(), mark)); }

milliseconds RemovalClock::Round() {
  const Moment at = ReadClocks();
  const Moment before = std::exchange(previous_, at).value_or(at);
  const auto passed = std::chrono::duration_cast<milliseconds>(at.monotonic - before.monotonic);
  const TimePoint now = Now();
  Set(std::clamp(at.wall, now - 2 * passed, now + 2 * passed));
  const milliseconds jump = at.wall - before.wall - passed;
  return std::chrono::abs(jump) > kSmallestJump ? jump : milliseconds(0);
}

TimePoint DatingClock::Now() const { return std::max(clock_.Now(), removal_.Now()); }

}  // namespace rtcroom
