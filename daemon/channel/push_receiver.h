// A client of the message channel, as those see it that push to it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "daemon/base/clock.h"
#include "daemon/channel/push_notices.h"
#include "daemon/channel/room_push.h"
#include "daemon/core/message_store.h"
#include "daemon/core/room_event.h"

namespace rtcroom {

struct RoomListPush;

/// A connection, a poll, or the login of a client of 2018. Its functions are called on the feed's
/// thread: they must be quick and not throw. By default they do nothing.
///
/// @threads safe from any thread.
class PushReceiver {
 public:
  virtual ~PushReceiver() = default;

  /// An event or a message of a room that it has subscribed to. Nothing follows the end of a room.
  virtual void OnRoomPush(std::uint64_t /*room_number*/,
                          const std::shared_ptr<RoomPush>& /*push*/) {}
  /// A message to its user.
  virtual void OnDirect(const StoredMessage& /*message*/) {}
  /// A message from its user to another one.
  virtual void OnSent(const StoredMessage& /*message*/) {}
  /// Something that is not stored. It may have just left the room that this is about.
  virtual void OnNotice(NoticePush& /*push*/) {}
  /// A list of rooms that it watches has changed.
  virtual void OnRoomList(RoomListPush& /*push*/) {}
  /// Some events are unknown: it has to read its rooms again.
  virtual void OnEventsLost() {}
  /// Users may have been banned from its rooms.
  virtual void OnBans() {}
  /// Its user may not be in the group of that room any more.
  virtual void OnMembershipEnded(std::uint64_t /*room_number*/, LeaveReason /*reason*/) {}
  /// Called once a second from a time on that it names itself; first soon after it was added. Also
  /// while the server is cut off.
  /// @return when it needs the next call, unless it calls `TickSoon` meanwhile.
  virtual MonotonicTime OnTick(MonotonicTime /*now*/) { return MonotonicTime::max(); }
  /// The server stops.
  virtual void OnStop() {}
  /// Constant once it receives anything.
  [[nodiscard]] virtual const UserId& user_id() const = 0;
  /// Whether it is the login of a client of 2018. Constant.
  [[nodiscard]] virtual bool IsOf2018() const { return false; }
  /// Whether its client is there: the login of one that polls outlives it.
  [[nodiscard]] virtual bool IsPresent() const { return true; }

  /// Has it called with the next tick.
  void TickSoon() { due_ = MonotonicTime::min(); }

 private:
  friend class PushReceivers;  // which gives it time

  [[nodiscard]] MonotonicTime due() const { return due_.load(); }
  void Tick(MonotonicTime now) {
    due_ = now;
    const MonotonicTime next = OnTick(now);
    MonotonicTime unchanged = now;
    (void)due_.compare_exchange_strong(unchanged, next);
  }

  std::atomic<MonotonicTime> due_{MonotonicTime::min()};
};
/// Shared by the tables of `PushReceivers` and `RoomListPushes`, and by the connection of the
/// receiver.
using PushReceiverPtr = std::shared_ptr<PushReceiver>;

}  // namespace rtcroom
