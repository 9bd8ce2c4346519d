#include "daemon/channel/room_list_pushes.h"

#include <algorithm>
#include <chrono>
#include <variant>

namespace rtcroom {
namespace {

constexpr std::chrono::seconds kPushPeriod{1};
constexpr std::chrono::seconds kSlowPeriod{10};
/// Reads for one push take about so long at most: other pushes wait for them, and a database may be
/// far away.
constexpr std::chrono::milliseconds kMostReading{20};
/// How often a list may have to be read again: that costs more than a push.
constexpr std::chrono::seconds kLostPeriod{10};
/// A room that waits takes about so many bytes, with its ID and its places in the tables.
constexpr std::size_t kBytesOfRoom = 256;

/// Whether the event changes nothing but what lists show late.
bool IsSlow(const RoomEvent& event) {
  return std::holds_alternative<AudienceAdded>(event.payload) ||
         std::holds_alternative<AudienceDeleted>(event.payload) ||
         std::holds_alternative<CustomChanged>(event.payload);
}

}  // namespace

RoomListPushes::RoomListPushes(const Deps& deps) : deps_(deps), memory_(deps.held) {}

std::size_t RoomListPushes::IndexOf(const RoomListKey& list) {
  return 2 * (static_cast<std::size_t>(list.kind) - 1) + (list.reach == RoomReach::kAll ? 0 : 1);
}

RoomListKey RoomListPushes::KeyOf(std::size_t index) {
  return {.kind = static_cast<RoomKind>(index / 2 + 1),
          .reach = index % 2 == 0 ? RoomReach::kAll : RoomReach::kGen1};
}

bool RoomListPushes::IsListed(Dialect dialect, RoomReach reach) const {
  if (deps_.form.interop == Interop::kShared) return true;
  return dialect == (reach == RoomReach::kAll ? Dialect::kGen2 : Dialect::kGen1);
}

void RoomListPushes::Watch(const RoomListKey& list, const PushReceiverPtr& receiver) {
  const MutexLock lock(mutex_);
  Watchers& watchers = watchers_.at(IndexOf(list));
  watchers.receivers.emplace(receiver.get(), receiver);
  watchers.copy.reset();
}

void RoomListPushes::Unwatch(const RoomListKey& list, const PushReceiver& receiver) {
  const MutexLock lock(mutex_);
  watchers_.at(IndexOf(list)).Remove(receiver);
}

void RoomListPushes::UnwatchAll(const PushReceiver& receiver) {
  const MutexLock lock(mutex_);
  for (Watchers& watchers : watchers_) watchers.Remove(receiver);
}

std::array<bool, RoomListPushes::kLists> RoomListPushes::Watched() {
  std::array<bool, kLists> watched{};
  {
    const MutexLock lock(mutex_);
    for (std::size_t i = 0; i < kLists; ++i) watched.at(i) = !watchers_.at(i).receivers.empty();
  }
  for (std::size_t i = 0; i < kLists; ++i) {
    if (!watched.at(i)) Forget(changes_.at(i));
  }
  return watched;
}

void RoomListPushes::Forget(Changes& changes) {
  changes.rooms.clear();
  changes.due.clear();
  changes.is_lost = false;
}

bool RoomListPushes::CountWaiting() {
  std::size_t rooms = 0;
  for (const Changes& changes : changes_) rooms += changes.rooms.size();
  return memory_.Set(rooms * kBytesOfRoom);
}

void RoomListPushes::OnEvents(std::span<const StoredEvent> events) {
  const std::array<bool, kLists> watched = Watched();
  if (std::ranges::find(watched, true) == watched.end()) return;
  for (const StoredEvent& event : events) {
    const RoomKind kind = event.event.room.kind;
    if (kind == RoomKind::kWebrtc) continue;
    for (const RoomReach reach : {RoomReach::kAll, RoomReach::kGen1}) {
      const std::size_t index = IndexOf({.kind = kind, .reach = reach});
      if (watched.at(index) && IsListed(event.event.dialect, reach)) {
        Note(changes_.at(index), event);
      }
    }
  }
}

void RoomListPushes::Note(Changes& changes, const StoredEvent& event) {
  if (changes.is_lost) return;
  ChangedRoom& room =
      changes.rooms.try_emplace(event.room_number, ChangedRoom{.key = event.event.room})
          .first->second;
  if (std::holds_alternative<RoomDestroyed>(event.event.payload)) room.has_ended = true;
  if (!IsSlow(event.event) && !std::exchange(room.is_due, true)) {
    changes.due.push_back(event.room_number);
  }
  if (changes.rooms.size() <= kMostWaiting && CountWaiting()) return;
  Forget(changes);
  changes.is_lost = true;
  (void)CountWaiting();
}

void RoomListPushes::OnEventsLost() {
  for (Changes& changes : changes_) Forget(changes);
  (void)CountWaiting();
}

std::size_t RoomListPushes::Deliver() {
  const std::array<bool, kLists> watched = Watched();
  const MonotonicTime now = deps_.clock.Monotonic();
  std::optional<RoomListPush> push;
  for (std::size_t i = 0; i < kLists && !push; ++i) {
    last_ = (last_ + 1) % kLists;
    if (watched.at(last_)) push = MakePush(changes_.at(last_), KeyOf(last_), now);
  }
  (void)CountWaiting();
  if (!push) return 0;
  std::shared_ptr<const Receivers> receivers;
  {
    const MutexLock lock(mutex_);
    Watchers& watchers = watchers_.at(last_);
    if (!watchers.copy) {
      Receivers copy;
      for (const auto& [address, receiver] : watchers.receivers) copy.push_back(receiver);
      watchers.copy = std::make_shared<const Receivers>(std::move(copy));
    }
    receivers = watchers.copy;
  }
  for (const PushReceiverPtr& receiver : *receivers) receiver->OnRoomList(*push);
  return receivers->size();
}

std::optional<RoomListPush> RoomListPushes::MakePush(Changes& changes, const RoomListKey& list,
                                                     MonotonicTime now) {
  if (changes.is_lost) {
    if (now < changes.next_lost) return std::nullopt;
    changes.is_lost = false;
    changes.next_lost = now + kLostPeriod;
    return RoomListPush{.kind = list.kind, .is_lost = true};
  }
  if (now < changes.next_push) return std::nullopt;
  if (now >= changes.next_slow) {
    for (auto& [number, room] : changes.rooms) {
      if (std::exchange(room.is_due, true)) continue;
      changes.due.push_back(number);
      changes.next_slow = now + kSlowPeriod;
    }
  }
  if (changes.due.empty()) return std::nullopt;
  changes.next_push = now + kPushPeriod;
  RoomListPush push{.kind = list.kind};
  std::size_t bytes = 0;
  const MonotonicTime until = now + kMostReading;
  for (std::size_t read = 0; !changes.due.empty() && read < kMostRead && bytes < kEnoughBytes &&
                             (read == 0 || deps_.clock.Monotonic() < until);) {
    const auto told = changes.rooms.find(changes.due.front());
    if (told->second.has_ended) {
      push.ended.push_back(told->second.key.id);
      bytes += push.ended.back().value.size() + 3;  // with quotes and a comma
    } else {
      ++read;
      const Result<Room> room = deps_.rooms.Load(told->second.key);
      if (!room && room.error().code != Errc::kRoomNotFound) {
        // No list is tried until the next period: each would wait for the store, too.
        for (Changes& any : changes_) any.next_push = now + kPushPeriod;
        break;
      }
      // The end of a room that is missing, or is another one, is told next.
      if (room && room->sequence == told->first && room->IsActive()) {
        push.changed.push_back(deps_.form.write(*room, list.reach));
        bytes += push.changed.back().size() + 1;
      }
    }
    changes.rooms.erase(told);
    changes.due.pop_front();
  }
  if (push.ended.empty() && push.changed.empty()) return std::nullopt;
  return push;
}

}  // namespace rtcroom
