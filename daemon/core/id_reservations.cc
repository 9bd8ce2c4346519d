#include "daemon/core/id_reservations.h"

#include <utility>
#include <vector>

namespace rtcroom {

class IdReservations::Attempt {
 public:
  RoomKey key;
  Dialect dialect = Dialect::kGen1;
  UserId creator;
  bool is_making_group = false;  // guarded by the mutex of the reservations, as the waiters
  std::vector<Waiter> waiters;
};

IdReservations::Holder::Holder(IdReservations& reservations, RoomId room_id,
                               std::shared_ptr<Attempt> attempt)
    : reservations_(&reservations), room_id_(std::move(room_id)), attempt_(std::move(attempt)) {}

IdReservations::Holder::Holder(Holder&& other) noexcept
    : reservations_(other.reservations_),
      room_id_(std::move(other.room_id_)),
      attempt_(std::move(other.attempt_)) {}

IdReservations::Holder::~Holder() {
  if (attempt_ != nullptr) Finish(Error{Errc::kInternal, "the first attempt was given up"});
}

void IdReservations::Holder::BeginGroup() { reservations_->SetMakingGroup(*attempt_, true); }

void IdReservations::Holder::EndGroup() { reservations_->SetMakingGroup(*attempt_, false); }

void IdReservations::Holder::Finish(const Status& outcome) {
  reservations_->End(room_id_, *std::exchange(attempt_, nullptr), outcome);
}

std::optional<IdReservations::Holder> IdReservations::Reserve(const RoomKey& key, Dialect dialect,
                                                              const UserId& creator, Join join,
                                                              Waiter waiter) {
  {
    const MutexLock lock(mutex_);
    auto found = attempts_.find(key.id);
    while (found != attempts_.end() && !found->second->is_making_group) {
      changed_.Wait(mutex_);
      found = attempts_.find(key.id);
    }
    if (found == attempts_.end()) {
      auto attempt = std::make_shared<Attempt>();
      attempt->key = key;
      attempt->dialect = dialect;
      attempt->creator = creator;
      attempts_.emplace(key.id, attempt);
      return Holder(*this, key.id, std::move(attempt));
    }
    Attempt& first = *found->second;
    const bool may_join = join == Join::kAny || first.creator == creator;
    if (first.key == key && first.dialect == dialect && may_join) {
      first.waiters.push_back(std::move(waiter));
      return std::nullopt;
    }
  }
  waiter(Error{Errc::kRoomExists, {}});
  return std::nullopt;
}

void IdReservations::SetMakingGroup(Attempt& attempt, bool is_making) {
  const MutexLock lock(mutex_);
  attempt.is_making_group = is_making;
  changed_.NotifyAll();
}

void IdReservations::End(const RoomId& room_id, Attempt& attempt, const Status& outcome) {
  std::vector<Waiter> waiters;
  {
    const MutexLock lock(mutex_);
    waiters = std::move(attempt.waiters);
    attempts_.erase(room_id);
    changed_.NotifyAll();
  }
  for (const Waiter& waiter : waiters) waiter(outcome);
}

}  // namespace rtcroom
