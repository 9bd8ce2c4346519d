#include "daemon/core/lease_table.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "daemon/base/sip_hash.h"

namespace rtcroom {
namespace {

/// Leases that are looked at without letting heartbeats in.
constexpr std::size_t kCollectedAtOnce = 1000;
/// Each of them leaves about as many heartbeats to the next as come during it. What the last one
/// leaves is collected at once: it is little, unless heartbeats come faster than they are looked
/// at.
constexpr int kWalksInSteps = 4;
/// Leases of ended rooms that are removed with one commit, or one look.
constexpr std::size_t kRemovedAtOnce = 1000;

}  // namespace

std::size_t LeaseTable::MemberHash::operator()(const Member& member) const {
  // The kind is left out: room ids are unique over all kinds.
  return NameHash()(member.room_id, member.user_id);
}

LeaseTable::LeaseTable(const Clock& clock, std::chrono::milliseconds timeout, RenewedBy renewed_by,
                       LeasesOf of)
    : clock_(clock),
      timeout_(timeout),
      renewed_by_(renewed_by),
      of_(of),
      grace_from_(clock.Monotonic()) {}

void LeaseTable::Restore(const Room& room) {
  const MonotonicTime now = clock_.Monotonic();
  const MutexLock lock(mutex_);
  for (const Pusher& pusher : room.pushers) {
    GrantLocked({.room = room.key,
                 .dialect = room.dialect,
                 .user_id = pusher.user_id,
                 .room_number = room.sequence,
                 .seat = pusher.seat,
                 .added_at = pusher.added_at,
                 .granted_at = now,
                 .bound_to = pusher.bound_to});
  }
}

void LeaseTable::Restore(std::span<const StoredViewer> viewers) {
  const MonotonicTime now = clock_.Monotonic();
  const MutexLock lock(mutex_);
  for (const StoredViewer& viewer : viewers) {
    GrantLocked({.room = viewer.room,
                 .dialect = viewer.dialect,
                 .user_id = viewer.user_id,
                 .room_number = viewer.room_number,
                 .seat = viewer.seat,
                 .granted_at = now});
  }
}

void LeaseTable::OnCommit(const Committed& committed) noexcept {
  const MutexLock lock(mutex_);
  for (const StoredEvent& stored : committed.events) {
    if (of_ == LeasesOf::kPushers) {
      ApplyLocked(stored);
    } else {
      ApplyToViewersLocked(stored);
    }
  }
  RemoveEndedLocked();
}

void LeaseTable::ApplyToViewersLocked(const StoredEvent& stored) {
  const RoomEvent& event = stored.event;
  if (std::holds_alternative<RoomDestroyed>(event.payload)) {
    const auto room = rooms_.find(stored.room_number);
    if (room == rooms_.end()) return;
    ended_.splice(ended_.end(), room->second);
    rooms_.erase(room);
    return;
  }
  if (const auto* const deleted = std::get_if<AudienceDeleted>(&event.payload)) {
    return RevokeLocked(event.room, deleted->user_id);
  }
  const auto* const added = std::get_if<AudienceAdded>(&event.payload);
  if (added == nullptr) return;
  Lease lease{.room = event.room,
              .dialect = event.dialect,
              .user_id = added->user_id,
              .room_number = stored.room_number,
              .seat = event.room_sequence,
              .added_at = event.at,
              .granted_at = clock_.Monotonic()};
  const auto known = FindMemberLocked(event.room, added->user_id);
  if (!added->is_new && known != order_.end()) {
    if (!added->begins_stay) lease.seat = known->seat;
    lease.beat_here = known->beat_here;  // it may not be reported yet
  }
  GrantLocked(std::move(lease));
}

bool LeaseTable::HasRoomLocked(const Lease& lease) const {
  return of_ == LeasesOf::kPushers || rooms_.contains(lease.room_number);
}

void LeaseTable::RemoveEndedLocked() {
  for (std::size_t i = 0; i < kRemovedAtOnce && !ended_.empty(); ++i) {
    const Lease& lease = *ended_.front();
    RevokeLocked(lease.room, lease.user_id);
  }
}

void LeaseTable::ApplyLocked(const StoredEvent& stored) {
  const RoomEvent& event = stored.event;
  if (const auto* const deleted = std::get_if<PusherDeleted>(&event.payload)) {
    return RevokeLocked(event.room, deleted->user_id);
  }
  Lease lease{.room = event.room,
              .dialect = event.dialect,
              .room_number = stored.room_number,
              .added_at = event.at,
              .granted_at = clock_.Monotonic()};
  if (const auto* const added = std::get_if<PusherAdded>(&event.payload)) {
    lease.user_id = added->user_id;
    lease.bound_to = added->bound_to;
    lease.seat = event.room_sequence;
  } else if (const auto* const updated = std::get_if<PusherUpdated>(&event.payload)) {
    const auto seated = members_.find(MemberOf(event.room, updated->user_id));
    if (seated == members_.end()) return;
    lease.user_id = updated->user_id;
    lease.bound_to = updated->bound_to;
    lease.seat = seated->second->seat;
    lease.beat_here = seated->second->beat_here;  // it may not be reported yet
  } else {
    return;
  }
  GrantLocked(std::move(lease));
}

void LeaseTable::GrantLocked(Lease lease) {
  RevokeLocked(lease.room, lease.user_id);
  lease.heard_at = lease.granted_at;
  lease.renewed_at = std::max(lease.granted_at, collected_at_);
  order_.push_back(std::move(lease));
  const auto place = std::prev(order_.end());
  if (of_ == LeasesOf::kViewers) {
    std::list<Order::iterator>& room = rooms_[place->room_number];
    place->in_room = room.insert(room.end(), place);
  }
  members_.emplace(MemberOf(place->room, place->user_id), place);
}

void LeaseTable::RevokeLocked(const RoomKey& room, const UserId& user_id) {
  const auto found = members_.find(MemberOf(room, user_id));
  if (found == members_.end()) return;
  const Order::iterator place = found->second;
  if (of_ == LeasesOf::kViewers) {
    const auto viewers = rooms_.find(place->room_number);
    (viewers == rooms_.end() ? ended_ : viewers->second).erase(place->in_room);
    if (viewers != rooms_.end() && viewers->second.empty()) rooms_.erase(viewers);
  }
  members_.erase(found);
  MoveToEndLocked(place);
  order_.erase(place);
}

bool LeaseTable::Touch(const RoomKey& room, std::optional<Dialect> dialect, const UserId& user_id,
                       std::string_view from) {
  const MonotonicTime now = clock_.Monotonic();
  const MutexLock lock(mutex_);
  const Order::iterator found = FindMemberLocked(room, user_id);
  if (found == order_.end()) return false;
  Lease& lease = *found;
  if (dialect && lease.dialect != *dialect) return false;
  if (lease.expiring && of_ == LeasesOf::kPushers) return false;
  if (IsFromElsewhere(lease.bound_to, from)) return false;
  lease.heard_at = std::max(now, collected_at_);
  lease.beat_here = lease.heard_at;
  if (renewed_by_ == RenewedBy::kHeartbeats && !lease.expiring) RenewLocked(found, now);
  return true;
}

std::optional<MonotonicTime> LeaseTable::LastBeatHere(const RoomKey& room,
                                                      const UserId& user_id) const {
  const MutexLock lock(mutex_);
  const Order::iterator found = FindMemberLocked(room, user_id);
  return found == order_.end() ? std::nullopt : found->beat_here;
}

bool LeaseTable::IsBoundElsewhere(const RoomKey& room, const UserId& user_id,
                                  std::string_view from) const {
  const MutexLock lock(mutex_);
  const auto found = members_.find(MemberOf(room, user_id));
  return found != members_.end() && IsFromElsewhere(found->second->bound_to, from);
}

std::optional<LeaseState> LeaseTable::StateOf(const RoomKey& room, const UserId& user_id) const {
  using std::chrono::milliseconds;
  const MonotonicTime now = clock_.Monotonic();
  const MutexLock lock(mutex_);
  const Order::iterator found = FindMemberLocked(room, user_id);
  if (found == order_.end()) return std::nullopt;
  const Lease& lease = *found;
  // The lease may have been renewed since the clock was read.
  const auto from_now = [](MonotonicTime::duration duration) {
    return std::max(std::chrono::duration_cast<milliseconds>(duration), milliseconds(0));
  };
  return LeaseState{.age = from_now(now - lease.heard_at),
                    .remaining = from_now(DueLocked(lease) - now)};
}

MonotonicTime LeaseTable::DueLocked(const Lease& lease) const {
  return std::max(lease.renewed_at, grace_from_) + timeout_;
}

std::vector<LapsedLease> LeaseTable::Lapsed(std::size_t limit, MonotonicTime as_of) {
  std::vector<LapsedLease> lapsed;
  const MutexLock lock(mutex_);
  RemoveEndedLocked();
  // Both are in the order of renewal.
  auto next = order_.begin();
  auto reported = reports_.begin();
  while (lapsed.size() < limit) {
    const bool takes_reported =
        reported != reports_.end() && (next == order_.end() || reported->first < next->renewed_at);
    if (!takes_reported && next == order_.end()) break;
    const Lease& lease = takes_reported ? *(reported++)->second : *next++;
    if (DueLocked(lease) >= as_of) break;
    if (!lease.expiring && HasRoomLocked(lease)) lapsed.push_back(ObserveLocked(lease, as_of));
  }
  return lapsed;
}

LapsedLease LeaseTable::ObserveLocked(const Lease& lease, MonotonicTime as_of) const {
  using std::chrono::milliseconds;
  const MonotonicTime first = grace_from_;
  const auto since = [&](MonotonicTime from) {
    return std::max(as_of - std::max(from, first), MonotonicTime::duration(0));
  };
  const auto overdue = std::chrono::duration_cast<milliseconds>(as_of - DueLocked(lease));
  return {.room = lease.room,
          .user_id = lease.user_id,
          .room_number = lease.room_number,
          .seat = lease.seat,
          .added_at = lease.added_at,
          .overdue = std::max(overdue, milliseconds(0)),
          .silent = since(lease.heard_at),
          .added_ago = since(lease.granted_at),
          .as_of = as_of};
}

std::optional<LapsedLease> LeaseTable::Observe(const RoomKey& room, const UserId& user_id,
                                               MonotonicTime as_of) const {
  const MutexLock lock(mutex_);
  const Order::iterator found = FindMemberLocked(room, user_id);
  if (found == order_.end() || found->expiring) return std::nullopt;
  return ObserveLocked(*found, as_of);
}

void LeaseTable::Defer(const LapsedLease& lapsed) {
  const MonotonicTime now = clock_.Monotonic();
  const MutexLock lock(mutex_);
  const Order::iterator place = FindLocked(lapsed);
  if (place == order_.end() || place->expiring || DueLocked(*place) >= lapsed.as_of) return;
  RenewLocked(place, now);
}

void LeaseTable::RenewByReport(const LapsedLease& lapsed, std::chrono::milliseconds age) {
  const MonotonicTime heard_at = lapsed.as_of - age;
  const MutexLock lock(mutex_);
  const Order::iterator place = FindLocked(lapsed);
  if (place == order_.end() || place->expiring) return;
  place->heard_at = std::max(place->heard_at, heard_at);
  if (heard_at <= place->renewed_at) return;
  MoveToEndLocked(place);
  place->renewed_at = heard_at;
  reported_.splice(reported_.end(), order_, place);
  place->report = reports_.emplace(heard_at, place);
}

HeardBeats LeaseTable::HeardSince(MonotonicTime since) {
  HeardBeats result;
  std::vector<HeardAt> heard;
  if (renewed_by_ == RenewedBy::kDeferral) {
    result.as_of = clock_.Monotonic();
    return result;
  }
  // A lease that is renewed while the lock is free moves to the end, perhaps past this walk:
  // another walk follows over what was renewed during the last one, until one is done without
  // letting go.
  MonotonicTime renewed_since = since;
  bool is_done = false;
  for (int walks = 0; !is_done; ++walks) {
    const bool in_steps = walks < kWalksInSteps;
    {
      const MutexLock lock(mutex_);
      result.as_of = clock_.Monotonic();
      collected_at_ = result.as_of;
      walk_ = order_.end();
      is_done =
          CollectLocked(since, renewed_since, in_steps ? kCollectedAtOnce : order_.size(), heard);
    }
    bool walked = is_done;
    while (!walked) {
      const MutexLock lock(mutex_);
      walked = CollectLocked(since, renewed_since, kCollectedAtOnce, heard);
    }
    renewed_since = result.as_of;
  }
  std::ranges::sort(heard, [](const HeardAt& a, const HeardAt& b) {
    return a.seat != b.seat ? a.seat < b.seat : a.at > b.at;
  });
  for (const HeardAt& one : heard) {
    if (!result.beats.empty() && result.beats.back().seat == one.seat) continue;
    const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(result.as_of - one.at);
    result.beats.push_back({.seat = one.seat, .age = std::max(age, std::chrono::milliseconds(0))});
  }
  return result;
}

bool LeaseTable::CollectLocked(MonotonicTime since, MonotonicTime renewed_since, std::size_t most,
                               std::vector<HeardAt>& heard) {
  for (std::size_t i = 0; i <= most; ++i) {
    if (walk_ == order_.begin() || std::prev(walk_)->renewed_at < renewed_since) {
      walk_ = order_.end();
      return true;
    }
    --walk_;
    if (!walk_->beat_here || *walk_->beat_here < since) continue;
    heard.push_back({.seat = {.room_number = walk_->room_number, .seat = walk_->seat},
                     .at = *walk_->beat_here});
  }
  return false;
}

LeaseTable::Order::iterator LeaseTable::FindMemberLocked(const RoomKey& room,
                                                         const UserId& user_id) const {
  const auto found = members_.find(MemberOf(room, user_id));
  const bool counts = found != members_.end() && HasRoomLocked(*found->second);
  return counts ? found->second : end_;
}

LeaseTable::Order::iterator LeaseTable::FindLocked(const LapsedLease& lapsed) {
  const Order::iterator found = FindMemberLocked(lapsed.room, lapsed.user_id);
  if (found == order_.end()) return found;
  const bool same_membership = found->seat == lapsed.seat && found->added_at == lapsed.added_at &&
                               found->room_number == lapsed.room_number;
  return same_membership ? found : order_.end();
}

bool LeaseTable::ClaimExpiry(const LapsedLease& lapsed, bool despite_heartbeats) {
  const MutexLock lock(mutex_);
  const Order::iterator place = FindLocked(lapsed);
  if (place == order_.end()) return false;
  const MonotonicTime due = std::max(place->heard_at, grace_from_) + timeout_;
  if (!despite_heartbeats && due >= lapsed.as_of) return false;
  place->expiring = true;
  return true;
}

void LeaseTable::ReleaseExpiry(const LapsedLease& lapsed) {
  const MonotonicTime now = clock_.Monotonic();
  const MutexLock lock(mutex_);
  const Order::iterator place = FindLocked(lapsed);
  if (place != order_.end() && place->expiring) RenewLocked(place, now);
}

void LeaseTable::RenewLocked(Order::iterator place, MonotonicTime now) {
  place->expiring = false;
  place->renewed_at = std::max(now, collected_at_);
  MoveToEndLocked(place);
}

void LeaseTable::MoveToEndLocked(Order::iterator place) {
  Order& from = place->report ? reported_ : order_;
  if (place->report) {
    reports_.erase(*place->report);
  } else if (place == walk_) {
    ++walk_;
  }
  place->report.reset();
  order_.splice(order_.end(), from, place);
}

void LeaseTable::GraceForAll() {
  const MonotonicTime now = clock_.Monotonic();
  const MutexLock lock(mutex_);
  grace_from_ = now;
}

std::size_t LeaseTable::size() const {
  const MutexLock lock(mutex_);
  return members_.size();
}

}  // namespace rtcroom
