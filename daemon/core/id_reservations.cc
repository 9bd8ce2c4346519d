#include "daemon/core/id_reservations.h"

#include <utility>

namespace rtcroom {

class IdReservations::Attempt {
 public:
  RoomKey key;
  Dialect dialect = Dialect::kGen1;
  UserId creator;
  std::optional<Status> outcome;  // guarded by the mutex of the reservations
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

void IdReservations::Holder::Finish(const Status& outcome) {
  reservations_->End(room_id_, *std::exchange(attempt_, nullptr), outcome);
}

IdReservations::Reservation IdReservations::Reserve(const RoomKey& key, Dialect dialect,
                                                    const UserId& creator) {
  const MutexLock lock(mutex_);
  const auto found = attempts_.find(key.id);
  if (found == attempts_.end()) {
    auto attempt = std::make_shared<Attempt>();
    attempt->key = key;
    attempt->dialect = dialect;
    attempt->creator = creator;
    attempts_.emplace(key.id, attempt);
    return {.holder = Holder(*this, key.id, std::move(attempt)), .outcome = {}};
  }
  const std::shared_ptr<Attempt> first = found->second;
  if (first->key != key || first->dialect != dialect || first->creator != creator) {
    return {.holder = std::nullopt, .outcome = Error{Errc::kRoomExists, {}}};
  }
  while (!first->outcome) finished_.Wait(mutex_);
  return {.holder = std::nullopt, .outcome = *first->outcome};
}

void IdReservations::End(const RoomId& room_id, Attempt& attempt, const Status& outcome) {
  {
    const MutexLock lock(mutex_);
    attempt.outcome = outcome;
    attempts_.erase(room_id);
  }
  finished_.NotifyAll();
}

}  // namespace rtcroom
