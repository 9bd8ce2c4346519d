#include "daemon/core/group_reaper.h"

#include <optional>

namespace rtcroom {

void GroupReaper::Sweep(MonotonicTime now) {
  if (now < next_) return;
  next_ = now + deps_.groups.idle() / 10;
  std::vector<InactiveRoom> idle = deps_.groups.FindIdle(deps_.is_used, kMostPerSweep);
  if (idle.empty() || (deps_.node != nullptr && !deps_.node->Holds(Duty::kReaper))) return;
  idle = IdleEverywhere(std::move(idle));
  if (idle.empty()) return;
  const ExpiryOutcome expiry = deps_.rooms.ExpireInactive(idle);
  if (expiry.failed > 0) deps_.logger.Warn("inactive_rooms_not_ended", {{"count", expiry.failed}});
}

std::vector<InactiveRoom> GroupReaper::IdleEverywhere(std::vector<InactiveRoom> groups) {
  std::vector<SeatKey> seats;
  seats.reserve(groups.size());
  for (const InactiveRoom& group : groups) seats.push_back({.room_number = group.sequence});
  const auto answers = deps_.cluster.Silent(seats, deps_.groups.idle());
  std::vector<InactiveRoom> idle;
  // Without an answer the next sweep asks again.
  if (!answers || answers->size() != groups.size()) return idle;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const SharedSilence& answer = (*answers)[i];
    if (answer.is_silent) {
      idle.push_back(std::move(groups[i]));
    } else if (answer.age) {
      deps_.groups.UseByReport(groups[i].sequence, *answer.age);
    }
  }
  return idle;
}

}  // namespace rtcroom
