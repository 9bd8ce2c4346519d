// Room ids whose IM group is being created: taken, although no room is stored yet.
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

/// Lets one caller at a time create the room of an id.
///
/// While its group is being created, a second create of that id is refused at once, except from the
/// same creator, which gets the outcome of the first (protocol F.2), and from callers that accept
/// the room of any creator: none of these blocks. While the first looks for the room in the store
/// or stores it, its outcome may be older than the second create, so the second one blocks, for
/// about one commit, and then decides for itself.
///
/// @threads safe from any thread.
class IdReservations {
 public:
  class Attempt;
  using Waiter = std::function<void(const Status&)>;

  enum class Join : std::uint8_t {
    kOwn,  ///< waits only for a room that the same user is creating
    kAny,  ///< waits for the room of that key and dialect, whichever user creates it
  };

  /// The right to create the room of an id; its end releases the reservation with the given
  /// outcome. Others block on it unless its group is being created.
  class Holder {
   public:
    Holder(IdReservations& reservations, RoomId room_id, std::shared_ptr<Attempt> attempt);
    ~Holder();
    Holder(Holder&& other) noexcept;
    Holder& operator=(Holder&&) = delete;

    /// From here on others are not blocked: they wait for the outcome, or are refused.
    void BeginGroup();
    /// Call it before the outcome is decided: later callers do not receive it.
    void EndGroup();
    /// Passes the outcome to the waiters. Without a call they receive kInternal.
    void Finish(const Status& outcome);

   private:
    IdReservations* reservations_;
    RoomId room_id_;
    std::shared_ptr<Attempt> attempt_;  // shared with the table, where other callers find it
  };

  /// @param waiter  called once when no holder is returned: with the outcome of the attempt in
  ///                progress, by the thread that finishes it; with kRoomExists, before this
  ///                returns, for a caller that may not wait.
  /// @return a holder when no other attempt for that room is in progress.
  std::optional<Holder> Reserve(const RoomKey& key, Dialect dialect, const UserId& creator,
                                Join join, Waiter waiter);

 private:
  void SetMakingGroup(Attempt& attempt, bool is_making);
  void End(const RoomId& room_id, Attempt& attempt, const Status& outcome);

  Mutex mutex_;
  CondVar changed_;  ///< an attempt has ended, or begins to make its group
  std::unordered_map<RoomId, std::shared_ptr<Attempt>> attempts_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
