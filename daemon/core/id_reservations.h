// Room ids whose IM group is being made: taken, though no room is stored yet.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>

#include "daemon/base/mutex.h"
#include "daemon/base/result.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// Lets one caller at a time make the room of an id.
///
/// A second create of an id under way is refused at once, except from the same creator, who gets
/// the outcome of the first (protocol F.2), and from those who will take the room as it is made by
/// anybody. Nobody's thread waits.
///
/// @threads safe from any thread.
class IdReservations {
 public:
  class Attempt;
  using Waiter = std::function<void(const Status&)>;

  enum class Join : std::uint8_t {
    kOwn,  ///< waits only for a room that the same user is making
    kAny,  ///< waits for the room of that key and dialect, whoever makes it
  };

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
    std::shared_ptr<Attempt> attempt_;  // shared with the table, where others find it
  };

  /// @param waiter  called once when no holder is returned: with the outcome of the attempt that
  ///                is under way, by the thread that finishes it; for whoever may
  ///                not wait with kRoomExists, before this returns.
  /// @return a holder when nobody else makes that room.
  std::optional<Holder> Reserve(const RoomKey& key, Dialect dialect, const UserId& creator,
                                Join join, Waiter waiter);

 private:
  void End(const RoomId& room_id, Attempt& attempt, const Status& outcome);

  Mutex mutex_;
  std::unordered_map<RoomId, std::shared_ptr<Attempt>> attempts_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
