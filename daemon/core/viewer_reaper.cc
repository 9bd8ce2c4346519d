#include "daemon/core/viewer_reaper.h"

#include <optional>
#include <utility>

#include "daemon/core/room_rules.h"

namespace rtcroom {
namespace {

bool IsOfStore(const Error& error) {
  return error.code == Errc::kStoreBusy || error.code == Errc::kStoreBroken ||
         error.code == Errc::kOutcomeUnknown;
}

}  // namespace

ViewerSweep ViewerReaper::Sweep(MonotonicTime now) {
  ViewerSweep outcome;
  if (!deps_.viewers.lapse()) return outcome;
  const MonotonicTime until = deps_.clock.Monotonic() + options_.longest_sweep;
  BringBack(until, outcome);
  std::size_t looked_at = 0;
  while (looked_at < options_.most_per_sweep) {
    const std::size_t count = LookAt(now, outcome);
    looked_at += count;
    if (count < options_.batch || deps_.clock.Monotonic() >= until) break;
  }
  if (outcome.failed > 0) deps_.logger.Warn("viewers_not_changed", {{"count", outcome.failed}});
  return outcome;
}

std::size_t ViewerReaper::LookAt(MonotonicTime now, ViewerSweep& outcome) {
  LeaseTable& leases = deps_.viewers.leases();
  const bool removes = Removes();
  std::vector<LapsedLease> silent;
  std::vector<LapsedLease> lapsed = leases.Lapsed(options_.batch, now);
  const std::size_t count = lapsed.size();
  for (LapsedLease& lease : lapsed) {
    if (deps_.is_present(lease.room, lease.room_number, lease.user_id)) {
      // It counts as a heartbeat, of which the other nodes hear.
      (void)leases.Touch(lease.room, std::nullopt, lease.user_id);
    } else if (removes && lease.silent > deps_.viewers.timeout()) {
      silent.push_back(std::move(lease));
    } else {
      leases.Defer(lease);
    }
  }
  if (!silent.empty()) Remove(SilentEverywhere(std::move(silent)), outcome);
  return count;
}

bool ViewerReaper::Removes() const {
  return options_.node == nullptr ||
         (options_.node->Holds(Duty::kReaper) && options_.node->AllHaveViewerLeases());
}

std::vector<LapsedLease> ViewerReaper::SilentEverywhere(std::vector<LapsedLease> leases) {
  LeaseTable& table = deps_.viewers.leases();
  std::vector<SeatKey> seats;
  seats.reserve(leases.size());
  for (const LapsedLease& lease : leases) seats.push_back(lease.seat_key());
  const Result<std::vector<SharedSilence>> answers =
      deps_.cluster.Silent(seats, deps_.viewers.timeout());
  std::vector<LapsedLease> silent;
  for (std::size_t i = 0; i < leases.size(); ++i) {
    const bool is_known = answers && answers->size() == leases.size();
    if (is_known && (*answers)[i].is_silent) {
      silent.push_back(std::move(leases[i]));
      continue;
    }
    const auto age = is_known ? (*answers)[i].age : std::nullopt;
    if (age && *age < deps_.viewers.timeout()) table.RenewByReport(leases[i], *age);
    // The leases behind it are looked at, too.
    table.Defer(leases[i]);
  }
  return silent;
}

void ViewerReaper::Remove(std::span<const LapsedLease> leases, ViewerSweep& outcome) {
  if (leases.empty()) return;
  const TimePoint now = deps_.clock.Now();
  std::vector<RoomUpdate> updates;
  updates.reserve(leases.size());
  for (const LapsedLease& lease : leases) {
    updates.push_back(
        {.key = lease.room,
         .edit = [this, &lease,
                  now](const Room* stored) { return RemoveIfStillLapsed(stored, lease, now); },
         .audience = lease.user_id});
  }
  const std::vector<Result<RoomChange>> changes = deps_.store.UpdateAll(updates);
  LeaseTable& table = deps_.viewers.leases();
  for (std::size_t i = 0; i < leases.size(); ++i) {
    const Result<RoomChange>& change = changes[i];
    if (change && !change->events.empty()) {
      ++outcome.removed;
      deps_.logger.Info("viewer_expired", {{"room", leases[i].room.id.value},
                                           {"user", leases[i].user_id.value},
                                           {"overdue_ms", leases[i].overdue.count()}});
      continue;
    }
    if (!change && IsOfStore(change.error())) ++outcome.failed;
    // A lease that always fails must not block those behind it.
    table.ReleaseExpiry(leases[i]);
    table.Defer(leases[i]);
  }
}

Result<RoomChange> ViewerReaper::RemoveIfStillLapsed(const Room* stored, const LapsedLease& lease,
                                                     TimePoint now) const {
  // The room may be a later one of the same ID.
  const bool is_room = stored != nullptr && stored->sequence == lease.room_number;
  if (!is_room) return Error{Errc::kRoomNotFound, {}};
  const Audience* const viewer = FindAudience(*stored, lease.user_id);
  const bool lapses =
      viewer != nullptr && viewer->seat == lease.seat && deps_.viewers.leases().ClaimExpiry(lease);
  if (!lapses) return RoomChange{.room = *stored};
  return rules::DeleteAudience(stored, stored->dialect, lease.user_id,
                               LeaveReason::kHeartbeatTimeout, options_.policy, now);
}

void ViewerReaper::BringBack(MonotonicTime until, ViewerSweep& outcome) {
  LapsedViewers& lapsed = deps_.viewers.lapsed();
  for (const LapsedViewer& one : lapsed.Absent()) {
    if (deps_.is_present(one.room, one.room_number, one.user_id)) {
      (void)lapsed.Want(one.room, one.user_id);
    }
  }
  // After a failed write the next sweep goes on.
  while (outcome.failed == 0) {
    const std::vector<LapsedViewer> wanted = lapsed.Wanted(options_.batch);
    AddAgain(wanted, outcome);
    if (wanted.size() < options_.batch || deps_.clock.Monotonic() >= until) return;
  }
}

void ViewerReaper::AddAgain(std::span<const LapsedViewer> wanted, ViewerSweep& outcome) {
  if (wanted.empty()) return;
  const TimePoint now = deps_.clock.Now();
  std::vector<RoomUpdate> updates;
  updates.reserve(wanted.size());
  for (const LapsedViewer& viewer : wanted) {
    updates.push_back(
        {.key = viewer.room,
         .edit = [this, &viewer, now](const Room* stored) { return Return(stored, viewer, now); },
         .audience = viewer.user_id});
  }
  const std::vector<Result<RoomChange>> changes = deps_.store.UpdateAll(updates);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (changes[i] && !changes[i]->events.empty()) ++outcome.returned;
    if (!changes[i] && IsOfStore(changes[i].error())) {
      ++outcome.failed;
    } else {
      deps_.viewers.lapsed().Remove(wanted[i].room, wanted[i].user_id);
    }
  }
}

Result<RoomChange> ViewerReaper::Return(const Room* stored, const LapsedViewer& viewer,
                                        TimePoint now) const {
  const bool is_room = stored != nullptr && stored->sequence == viewer.room_number;
  if (!is_room) return Error{Errc::kRoomNotFound, {}};
  // It may have left meanwhile, or come by itself.
  const bool returns =
      deps_.viewers.lapsed().IsWanted(viewer) && FindAudience(*stored, viewer.user_id) == nullptr;
  if (!returns) return RoomChange{.room = *stored};
  return rules::AddAudience(stored, stored->dialect,
                            {.user_id = viewer.user_id, .user_info = viewer.user_info},
                            options_.policy, now);
}

}  // namespace rtcroom
