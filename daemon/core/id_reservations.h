// Room ids whose IM group is being made: taken, though no room is stored yet.
#pragma once

#include <memory>
#include <optional>
#include <unordered_map>

#include "daemon/base/mutex.h"
#include "daemon/core/ids.h"
#include "daemon/core/result.h"

namespace rtcroom {

/// Lets one caller at a time make the room of an id.
///
/// A second create of an id under way waits for nobody and is refused, except from the same
/// creator, who gets the outcome of the first (protocol F.2).
///
/// @threads safe from any thread.
class IdReservations {
 public:
  class Attempt;

  /// The right to make a room of an id; ends the reservation with the outcome it was told.
  class Holder {
   public:
    Holder(IdReservations& reservations, RoomId room_id, std::shared_ptr<Attempt> attempt);
    ~Holder();
    Holder(Holder&& other) noexcept;
    Holder& operator=(Holder&&) = delete;

    /// Tells those who wait. Without a call they hear kInternal.
    void Finish(const Status& outcome);

   private:
    IdReservations* reservations_;
    RoomId room_id_;
    std::shared_ptr<Attempt> attempt_;  // shared with those who wait for it
  };

  /// What a caller got: the right to go ahead, or the outcome of somebody's attempt.
  struct Reservation {
    std::optional<Holder> holder{};
    Status outcome{};  ///< when there is no holder
  };

  /// Blocks while an attempt of the same creator is under way, which its own deadline bounds.
  /// @return a holder; or the outcome of that attempt; or kRoomExists for anybody else.
  Reservation Reserve(const RoomKey& key, Dialect dialect, const UserId& creator);

 private:
  void End(const RoomId& room_id, Attempt& attempt, const Status& outcome);

  Mutex mutex_;
  CondVar finished_;
  std::unordered_map<RoomId, std::shared_ptr<Attempt>> attempts_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
