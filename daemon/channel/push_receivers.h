// The receivers of pushes: who has subscribed to which room, and the delivery to them.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/memory_reservation.h"
#include "daemon/base/mutex.h"
#include "daemon/base/token_bucket.h"
#include "daemon/channel/channel_figures.h"
#include "daemon/channel/direct_contacts.h"
#include "daemon/channel/group_access_check.h"
#include "daemon/channel/push_notices.h"
#include "daemon/channel/push_receiver.h"
#include "daemon/channel/room_list_pushes.h"
#include "daemon/channel/room_push.h"
#include "daemon/core/ban_list.h"
#include "daemon/core/message_store.h"
#include "daemon/core/node_lease.h"
#include "daemon/core/notice_log.h"
#include "daemon/core/room_store.h"
#include "daemon/core/viewer_leases.h"

namespace rtcroom {

/// Totals since the start, and the present number of sockets; written by the receivers.
struct PushCounts {
  std::atomic<std::uint64_t> sockets{0};
  std::atomic<std::uint64_t> pushes{0};        ///< frames with anything but replies
  std::atomic<std::uint64_t> slow_readers{0};  ///< closed
};

/// All receivers of a room share one push. While more than `delivery_rate` are delivered, or much
/// happens in a room, its events wait for the next tick, which delivers them together. The number
/// of many viewers (`kMostToldViewers`) is told once a second, and with events that follow its
/// changes.
///
/// @threads safe from any thread, but `Push`, `OnEventsLost` and `OnTick` for one. No lock is held
///          while a receiver is called or the store is read.
class PushReceivers {
 public:
  /// Bytes that a room delivers between two ticks; the last object may exceed it, and counts for
  /// the next ticks.
  static constexpr std::size_t kMaxRoomBytes = std::size_t{64} << 10;
  /// Bytes of a room that wait. When there are more they are dropped: its receivers notice the gap,
  /// and read the room again.
  static constexpr std::size_t kMaxWaitingBytes = std::size_t{1} << 20;
  /// The bytes of all rooms that wait may use one sixteenth of the memory for clients. Beyond that
  /// limit the bytes of a room are dropped, too.
  static constexpr std::size_t kPartOfMemory = 16;

  /// All of it outlives the receivers.
  struct Deps {
    RoomStore& rooms;  ///< gives play URLs
    const BanList& bans;
    const Clock& clock;
    DeliveryObserver* observer = nullptr;  ///< gets the latency of pushes; null: none
    DirectContacts* contacts = nullptr;    ///< gets who has subscribed to which room; null: none
    MemoryTotal* held = nullptr;           ///< gets what waits in memory; null: none
    RoomListForm list{};                   ///< needed where lists are watched
    NoticeLog* others = nullptr;           ///< as of `PushNotices`
    const NodeLease* node = nullptr;       ///< null where no other server uses the store
    /// Gets a sign when a connection or a poll leaves a room, or the polls of an old client end:
    /// looks at who is there may have missed it. Null: none.
    ViewerLeases* viewers = nullptr;
  };
  PushReceivers(const Deps& deps, RateLimit delivery_rate);

  /// The receiver gets ticks from now on, and a stop. After a stop it gets that at once.
  void Add(const PushReceiverPtr& receiver) EXCLUDES(mutex_);
  /// The receiver gets the messages to its user, too.
  void Listen(const PushReceiverPtr& receiver) EXCLUDES(mutex_);
  /// The receiver also gets what happens in that room. Call it after `Listen`, before reading the
  /// room, so that nothing is missed, and at most once before `Unsubscribe`.
  void Subscribe(std::uint64_t room_number, const RoomKey& key, const PushReceiverPtr& receiver)
      EXCLUDES(mutex_);
  void Unsubscribe(std::uint64_t room_number, const PushReceiver& receiver) EXCLUDES(mutex_);
  /// A sign that the user was in the room until now.
  void Sign(const RoomKey& room, const UserId& user_id) const {
    if (deps_.viewers != nullptr) (void)deps_.viewers->OnSign(room, user_id);
  }
  void StopListening(const PushReceiver& receiver) EXCLUDES(mutex_);
  /// Undoes `Add`, and ends what the receiver watches.
  void Remove(const PushReceiverPtr& receiver) EXCLUDES(mutex_);

  /// Committed events and messages, each in the store's order.
  void Push(std::span<const StoredEvent> events, std::span<const StoredMessage> messages)
      EXCLUDES(mutex_);
  void OnEventsLost() EXCLUDES(mutex_);
  void OnTick() EXCLUDES(mutex_);
  /// Call it before the server stops.
  void Stop() EXCLUDES(mutex_);

  /// Users that receive what happens in a room: at most `limit`, perhaps some of them twice.
  [[nodiscard]] std::vector<UserId> UsersIn(std::uint64_t room_number, std::size_t limit) const
      EXCLUDES(mutex_);
  [[nodiscard]] std::size_t CountIn(std::uint64_t room_number) const EXCLUDES(mutex_);
  using Receivers = std::vector<PushReceiverPtr>;
  /// The receivers that have subscribed to the room; shared until they change.
  [[nodiscard]] std::shared_ptr<const Receivers> In(std::uint64_t room_number) EXCLUDES(mutex_);
  /// The receivers of that user. @param room_number  only those that have subscribed to it; 0: all.
  [[nodiscard]] Receivers Of(const UserId& user_id, std::uint64_t room_number = 0) const
      EXCLUDES(mutex_);
  /// The rooms of all clients of 2018. After lost events the caller checks whether their users are
  /// still members; other clients read their rooms again by themselves.
  [[nodiscard]] std::vector<GroupMembership> Memberships() const EXCLUDES(mutex_);

  /// Who watches which list of rooms; this object gives it events and time.
  RoomListPushes& lists() { return lists_; }
  PushCounts& counts() { return counts_; }
  /// Pushes that wait for the next tick.
  PushNotices& notices() { return notices_; }
  /// Counts a frame that a socket gets.
  /// @param made_at  when its oldest message or event was made; nullopt when its client was away.
  void CountPush(std::optional<TimePoint> made_at);

 private:
  struct Subscribed {
    RoomKey key{};
    Receivers receivers{};
    std::unordered_map<const PushReceiver*, std::size_t> index{};  ///< in `receivers`
    std::shared_ptr<const Receivers> copy{};  ///< null: they have changed since the last one

    const std::shared_ptr<const Receivers>& Copy() {
      if (!copy) copy = std::make_shared<const Receivers>(receivers);
      return copy;
    }
  };
  /// Events and messages of a room that wait for delivery, and the bytes delivered since the last
  /// tick.
  struct Outgoing {
    std::deque<RoomObject> objects{};
    std::size_t waiting = 0;  ///< bytes of them
    std::size_t sent = 0;
    /// The newest number of viewers that is not among them yet, and stands for all changes of it
    /// since the last one; an event that comes behind it tells the number, too.
    std::optional<RoomObject> viewers{};
    MonotonicTime next_viewers{};  ///< when a number may be told by itself
  };

  /// Returns the receivers whose tick is due at that time.
  [[nodiscard]] Receivers DueAt(MonotonicTime time) const EXCLUDES(mutex_);
  [[nodiscard]] Receivers All() const { return DueAt(MonotonicTime::max()); }
  void AddEvent(const StoredEvent& event);
  /// Tells the number of viewers that waits, if it is due.
  void TellViewers(Outgoing& outgoing, MonotonicTime now);
  void AddMessage(const StoredMessage& message);
  void DeliverDirect(const StoredMessage& message);
  void Deliver(NoticePush push) EXCLUDES(mutex_);
  /// Call it before anything is delivered, so that a banned user receives nothing more.
  void CheckBans();
  void Append(Outgoing& outgoing, RoomObject object);
  void Clear(Outgoing& outgoing);
  /// @return false when too much waits, of this and all other rooms.
  bool CountWaiting(std::size_t bytes);
  void Deliver(std::uint64_t room_number, Outgoing& outgoing);

  const Deps deps_;
  const RateLimit delivery_rate_;
  PushCounts counts_;
  RoomListPushes lists_;
  PushNotices notices_;

  mutable Mutex mutex_;
  bool is_stopping_ GUARDED_BY(mutex_) = false;
  std::unordered_set<PushReceiverPtr> all_ GUARDED_BY(mutex_);
  std::unordered_map<UserId, std::vector<PushReceiverPtr>> by_user_ GUARDED_BY(mutex_);
  std::unordered_map<std::uint64_t, Subscribed> by_room_ GUARDED_BY(mutex_);

  // The feed's thread only.
  std::unordered_map<std::uint64_t, Outgoing> outgoing_;  ///< by room
  MemoryReservation memory_;                              ///< of all bytes that wait
  TokenBucket deliveries_;
  MonotonicTime next_sweep_{};
  std::uint64_t bans_seen_ = 0;  ///< `BanList::puts` at the last check
};

}  // namespace rtcroom
