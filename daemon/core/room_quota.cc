#include "daemon/core/room_quota.h"

#include <span>
#include <variant>

#include <fmt/format.h>

namespace rtcroom {
namespace {

Error TooMany(std::string_view key) {
  return {Errc::kTooManyRooms, fmt::format("{}: too many rooms at once", key)};
}

}  // namespace

RoomQuota::RoomQuota(RandomSource& random) {
  random.Fill(std::as_writable_bytes(std::span(&secret_, 1)));
}

// Ids and addresses contain no space: the text is unambiguous.
std::uint64_t RoomQuota::HashOf(const RoomKey& room, std::string_view user_id) const {
  return SipHash(secret_,
                 fmt::format("{} {} {}", static_cast<int>(room.kind), room.id.value, user_id));
}

RoomQuota::Seat RoomQuota::SeatOfLocked(const SeatOwner& owner) const {
  Seat seat;
  if (limits_.per_address != 0 && !owner.address.empty()) {
    seat.address = SipHash(secret_, "address " + owner.address);
  }
  if (limits_.per_user != 0 && owner.user)
    seat.user = SipHash(secret_, "user " + owner.user->value);
  return seat;
}

Status RoomQuota::Check(const SeatOwner& owner) const {
  const MutexLock lock(mutex_);
  return CheckLocked(SeatOfLocked(owner));
}

bool RoomQuota::IsFullLocked(const std::optional<std::uint64_t>& owner, std::size_t most) const {
  const auto held = owner ? held_.find(*owner) : held_.end();
  return held != held_.end() && held->second >= most;
}

Status RoomQuota::CheckLocked(const Seat& seat) const {
  if (IsFullLocked(seat.address, limits_.per_address)) return TooMany("limits.rooms_per_address");
  if (IsFullLocked(seat.user, limits_.per_user)) return TooMany("limits.rooms_per_user");
  return {};
}

Result<RoomQuota::Claim> RoomQuota::Take(const SeatOwner& owner, const RoomKey& room,
                                         const UserId& user_id, bool is_seated) {
  const MutexLock lock(mutex_);
  const Seat seat = SeatOfLocked(owner);
  if (!seat.address && !seat.user) return Claim();
  const std::uint64_t hash = HashOf(room, user_id.value);
  auto found = seats_.find(hash);
  if (found == seats_.end()) {
    if (!is_seated) {
      if (const Status may = CheckLocked(seat); !may) return may.error();
    }
    found = seats_.emplace(hash, seat).first;
    if (seat.address) ++held_[*seat.address];
    if (seat.user) ++held_[*seat.user];
  }
  ++found->second.claims;
  return Claim(*this, hash);
}

void RoomQuota::End(std::uint64_t seat) {
  const MutexLock lock(mutex_);
  const auto found = seats_.find(seat);
  --found->second.claims;
  DropIfFreeLocked(found);
}

void RoomQuota::DropIfFreeLocked(Seats::iterator seat) {
  if (seat->second.is_taken || seat->second.claims > 0) return;
  for (const std::optional<std::uint64_t>& owner : {seat->second.address, seat->second.user}) {
    if (!owner) continue;
    const auto held = held_.find(*owner);
    if (--held->second == 0) held_.erase(held);
  }
  seats_.erase(seat);
}

void RoomQuota::OnCommit(const Committed& committed) noexcept {
  const MutexLock lock(mutex_);
  if (seats_.empty()) return;
  for (const StoredEvent& stored : committed.events) ApplyLocked(stored.event);
}

void RoomQuota::ApplyLocked(const RoomEvent& event) {
  const RoomKey& room = event.room;
  if (const auto* created = std::get_if<RoomCreated>(&event.payload)) {
    const std::uint64_t seat = HashOf(room, created->creator.value);
    if (TakeLocked(seat)) waiting_[HashOf(room)] = seat;
  } else if (const auto* added = std::get_if<PusherAdded>(&event.payload)) {
    EndWaitLocked(room);
    (void)TakeLocked(HashOf(room, added->user_id.value));
  } else if (const auto* updated = std::get_if<PusherUpdated>(&event.payload)) {
    (void)TakeLocked(HashOf(room, updated->user_id.value));
  } else if (const auto* deleted = std::get_if<PusherDeleted>(&event.payload)) {
    LeaveLocked(HashOf(room, deleted->user_id.value));
  } else if (std::holds_alternative<RoomDestroyed>(event.payload)) {
    EndWaitLocked(room);
  }
}

bool RoomQuota::TakeLocked(std::uint64_t seat) {
  const auto found = seats_.find(seat);
  if (found == seats_.end()) return false;
  found->second.is_taken = true;
  return true;
}

void RoomQuota::EndWaitLocked(const RoomKey& room) {
  if (waiting_.empty()) return;
  const auto waiting = waiting_.find(HashOf(room));
  if (waiting == waiting_.end()) return;
  LeaveLocked(waiting->second);
  waiting_.erase(waiting);
}

void RoomQuota::LeaveLocked(std::uint64_t seat) {
  const auto found = seats_.find(seat);
  if (found == seats_.end()) return;
  found->second.is_taken = false;
  DropIfFreeLocked(found);
}

void RoomQuota::SetLimits(const RoomQuotaLimits& limits) {
  const MutexLock lock(mutex_);
  limits_ = limits;
}

std::size_t RoomQuota::size() const {
  const MutexLock lock(mutex_);
  return seats_.size();
}

}  // namespace rtcroom
