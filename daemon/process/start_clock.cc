#include "daemon/process/start_clock.h"

#include <chrono>

#include <fmt/format.h>

namespace rtcroom {
namespace {

constexpr std::chrono::minutes kMostAtStart{10};

}  // namespace

Status CheckStartClock(const NodeStanding& standing) {
  const std::chrono::milliseconds by = std::chrono::abs(standing.clock_ahead);
  if (by <= kMostAtStart || standing.TrustsWallClock()) return {};
  return Error{Errc::kStoreBusy,
               fmt::format("this machine's clock is {} s {} the database's"
                           " (store.start_with_wrong_clock starts it nevertheless)",
                           std::chrono::round<std::chrono::seconds>(by).count(),
                           standing.clock_ahead.count() > 0 ? "ahead of" : "behind")};
}

}  // namespace rtcroom
