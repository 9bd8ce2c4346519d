// Pushes of the changes of lists of rooms to new clients of the message channel.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/memory_reservation.h"
#include "daemon/base/mutex.h"
#include "daemon/channel/push_receiver.h"
#include "daemon/core/room_event.h"
#include "daemon/core/room_policy.h"
#include "daemon/core/room_reach.h"
#include "daemon/core/room_store.h"

namespace rtcroom {

/// The listed rooms of a kind that logins of that reach see. There is no such list of webrtc rooms.
struct RoomListKey {
  RoomKind kind = RoomKind::kDouble;
  RoomReach reach = RoomReach::kAll;
  bool operator==(const RoomListKey&) const = default;
};

/// How lists show rooms.
struct RoomListForm {
  Interop interop = Interop::kIsolated;
  /// A room as `get_room_list` shows it to such a login.
  std::function<std::string(const Room& room, RoomReach reach)> write{};
};

/// Changes of a list, the same for all who watch it.
struct RoomListPush {
  RoomKind kind = RoomKind::kDouble;
  std::vector<RoomId> ended{};
  std::vector<std::string> changed{};  ///< as `RoomListForm` writes rooms
  bool is_lost = false;                ///< more has changed: the list is to be read again
  // The first receiver makes each of these, and the others use it; all on the feed's thread.
  std::string object{};
  std::string frame{};
};

/// Notes which listed rooms have changed, and tells those who watch the list about once a second.
/// A room is read once for all of them, when they are told, so that many changes cost one push.
/// Members and ends are told within a second; viewers and custom fields, which change often, within
/// ten. Where more rooms change than can be told, watchers are told to read the list again.
///
/// @threads safe from any thread, but `OnEvents`, `OnEventsLost` and `Deliver` for one, the feed's.
///          No lock is held while a receiver is called or the store is read.
class RoomListPushes {
 public:
  /// Most rooms that are read for one push.
  static constexpr std::size_t kMostRead = 50;
  /// A push ends with the room that exceeds these bytes.
  static constexpr std::size_t kEnoughBytes = std::size_t{32} << 10;
  /// Most rooms of a list that wait to be told.
  static constexpr std::size_t kMostWaiting = 1000;

  /// All of it outlives this object.
  struct Deps {
    RoomStore& rooms;
    const Clock& clock;
    RoomListForm form{};
    MemoryTotal* held = nullptr;  ///< gets what waits in memory; null: none
  };
  explicit RoomListPushes(const Deps& deps);

  /// The receiver is told from now on what changes. A second call has no effect.
  void Watch(const RoomListKey& list, const PushReceiverPtr& receiver) EXCLUDES(mutex_);
  void Unwatch(const RoomListKey& list, const PushReceiver& receiver) EXCLUDES(mutex_);
  void UnwatchAll(const PushReceiver& receiver) EXCLUDES(mutex_);

  /// Committed events, in the store's order.
  void OnEvents(std::span<const StoredEvent> events) EXCLUDES(mutex_);
  /// Forgets what waits: the receivers connect again, and read their lists.
  void OnEventsLost();
  /// Tells the changes of one list, if those of any are due.
  /// @return the number of receivers that were told.
  std::size_t Deliver() EXCLUDES(mutex_);

 private:
  static constexpr std::size_t kLists = 6;  ///< three kinds, two reaches

  using Receivers = std::vector<PushReceiverPtr>;
  struct Watchers {
    std::unordered_map<const PushReceiver*, PushReceiverPtr> receivers{};
    std::shared_ptr<const Receivers> copy{};  ///< null: they have changed since the last push

    void Remove(const PushReceiver& receiver) {
      if (receivers.erase(&receiver) > 0) copy.reset();
    }
  };
  struct ChangedRoom {
    RoomKey key{};
    bool has_ended = false;
    bool is_due = false;  ///< it is in `due`
  };
  /// The changes of a list that wait to be told.
  struct Changes {
    std::unordered_map<std::uint64_t, ChangedRoom> rooms{};  ///< by `Room::sequence`
    std::deque<std::uint64_t> due{};                         ///< to be told next, in this order
    bool is_lost = false;                                    ///< there were too many
    MonotonicTime next_push{};
    MonotonicTime next_slow{};  ///< when viewers and custom fields are told
    MonotonicTime next_lost{};  ///< when the list may have to be read again
  };

  static std::size_t IndexOf(const RoomListKey& list);
  static RoomListKey KeyOf(std::size_t index);
  [[nodiscard]] bool IsListed(Dialect dialect, RoomReach reach) const;
  /// Forgets the changes of lists that nobody watches.
  /// @return which are watched.
  std::array<bool, kLists> Watched() EXCLUDES(mutex_);
  void Note(Changes& changes, const StoredEvent& event);
  static void Forget(Changes& changes);
  /// @return false when there is no memory for what waits.
  bool CountWaiting();
  /// The push of what is due; nullopt: nothing is.
  std::optional<RoomListPush> MakePush(Changes& changes, const RoomListKey& list,
                                       MonotonicTime now);

  const Deps deps_;

  mutable Mutex mutex_;
  std::array<Watchers, kLists> watchers_ GUARDED_BY(mutex_);

  // The feed's thread only.
  std::array<Changes, kLists> changes_;
  std::size_t last_ = 0;      ///< the list that was told last
  MemoryReservation memory_;  ///< of what waits
};

}  // namespace rtcroom
