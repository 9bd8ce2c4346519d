#include "daemon/channel/push_receivers.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace rtcroom {
namespace {

constexpr std::chrono::seconds kSweep{1};
constexpr std::chrono::seconds kViewersPeriod{1};

}  // namespace

PushReceivers::PushReceivers(const Deps& deps, RateLimit delivery_rate)
    : deps_(deps),
      delivery_rate_(delivery_rate),
      lists_({.rooms = deps.rooms, .clock = deps.clock, .form = deps.list, .held = deps.held}),
      notices_(deps.others),
      memory_(deps.held) {}

void PushReceivers::Add(const PushReceiverPtr& receiver) {
  const bool is_stopping = [&] {
    const MutexLock lock(mutex_);
    all_.insert(receiver);
    return is_stopping_;
  }();
  if (is_stopping) receiver->OnStop();
}

void PushReceivers::Listen(const PushReceiverPtr& receiver) {
  const MutexLock lock(mutex_);
  by_user_[receiver->user_id()].push_back(receiver);
}

void PushReceivers::Subscribe(std::uint64_t room_number, const RoomKey& key,
                              const PushReceiverPtr& receiver) {
  const MutexLock lock(mutex_);
  Subscribed& subscribed = by_room_[room_number];
  subscribed.key = key;
  subscribed.index.emplace(receiver.get(), subscribed.receivers.size());
  subscribed.receivers.push_back(receiver);
  subscribed.copy.reset();
  if (deps_.contacts != nullptr) deps_.contacts->Enter(receiver->user_id(), room_number);
}

void PushReceivers::Unsubscribe(std::uint64_t room_number, const PushReceiver& receiver) {
  RoomKey key;
  {
    const MutexLock lock(mutex_);
    const auto found = by_room_.find(room_number);
    if (found == by_room_.end()) return;
    Subscribed& subscribed = found->second;
    const auto place = subscribed.index.find(&receiver);
    if (place == subscribed.index.end()) return;
    key = subscribed.key;
    // The last one takes its place.
    subscribed.index[subscribed.receivers.back().get()] = place->second;
    std::swap(subscribed.receivers[place->second], subscribed.receivers.back());
    subscribed.receivers.pop_back();
    subscribed.index.erase(place);
    subscribed.copy.reset();
    if (deps_.contacts != nullptr) deps_.contacts->Leave(receiver.user_id(), room_number);
    if (subscribed.receivers.empty()) by_room_.erase(found);
  }
  // The login of an old client outlives its polls.
  if (!receiver.IsOf2018()) Sign(key, receiver.user_id());
}

void PushReceivers::Remove(const PushReceiverPtr& receiver) {
  lists_.UnwatchAll(*receiver);
  const MutexLock lock(mutex_);
  all_.erase(receiver);
}

void PushReceivers::StopListening(const PushReceiver& receiver) {
  const MutexLock lock(mutex_);
  const auto found = by_user_.find(receiver.user_id());
  if (found == by_user_.end()) return;
  std::erase_if(found->second, [&](const PushReceiverPtr& one) { return one.get() == &receiver; });
  if (found->second.empty()) by_user_.erase(found);
}

PushReceivers::Receivers PushReceivers::DueAt(MonotonicTime time) const {
  Receivers due;
  const MutexLock lock(mutex_);
  for (const PushReceiverPtr& receiver : all_) {
    if (receiver->due() <= time) due.push_back(receiver);
  }
  return due;
}

void PushReceivers::Push(std::span<const StoredEvent> events,
                         std::span<const StoredMessage> messages) {
  CheckBans();
  lists_.OnEvents(events);
  std::vector<std::uint64_t> touched;
  // The objects are merged by time, so that a message follows the event that brought its sender.
  auto event = events.begin();
  auto message = messages.begin();
  while (event != events.end() || message != messages.end()) {
    const bool is_event = message == messages.end() ||
                          (event != events.end() && event->event.at <= message->content.sent_at);
    const std::uint64_t room_number = is_event ? event->room_number : message->room_number;
    is_event ? AddEvent(*event++) : AddMessage(*message++);
    if (outgoing_.contains(room_number)) touched.push_back(room_number);
  }
  for (const std::uint64_t room_number : touched) {
    if (deliveries_.Debt(deps_.clock.Monotonic(), delivery_rate_).count() > 0) return;
    Deliver(room_number, outgoing_[room_number]);
  }
}

void PushReceivers::AddEvent(const StoredEvent& event) {
  if (CountIn(event.room_number) == 0) {
    // The number that waits is no longer that of the viewers, should somebody subscribe now.
    const auto left = outgoing_.find(event.room_number);
    if (left != outgoing_.end()) left->second.viewers.reset();
    return;
  }
  RoomObject object{.event = std::make_shared<const StoredEvent>(event),
                    .first = event.event.room_sequence};
  if (ShownPusher(event.event) != nullptr) {
    // After a failure the receivers get no play URL; the snapshot of a client that asks again has
    // it.
    const Result<Room> room = deps_.rooms.Load(event.event.room);
    if (room && room->sequence == event.room_number) {
      object.play_url = PlayUrlOf(event.event, *room);
    }
  }
  Outgoing& outgoing = outgoing_[event.room_number];
  const MonotonicTime now = deps_.clock.Monotonic();
  // No gap: what was not told by itself is told by this one.
  if (outgoing.viewers) object.first = outgoing.viewers->first;
  if (ToldAudienceCount(event.event)) {
    outgoing.viewers = std::move(object);
    return TellViewers(outgoing, now);
  }
  if (outgoing.viewers) {
    object.audience_count = ToldAudienceCount(outgoing.viewers->event->event);
    outgoing.viewers.reset();
    outgoing.next_viewers = now + kViewersPeriod;
  }
  Append(outgoing, std::move(object));
}

void PushReceivers::TellViewers(Outgoing& outgoing, MonotonicTime now) {
  if (!outgoing.viewers || now < outgoing.next_viewers) return;
  Append(outgoing, *std::exchange(outgoing.viewers, std::nullopt));
  outgoing.next_viewers = now + kViewersPeriod;
}

void PushReceivers::AddMessage(const StoredMessage& message) {
  if (message.room_number == 0) return DeliverDirect(message);
  if (CountIn(message.room_number) == 0) return;
  Append(outgoing_[message.room_number],
         {.message = std::make_shared<const StoredMessage>(message), .first = message.seq});
}

void PushReceivers::Append(Outgoing& outgoing, RoomObject object) {
  const std::size_t bytes = object.bytes();
  const bool fits = CountWaiting(memory_.bytes() + bytes);
  if (!fits || outgoing.waiting + bytes > kMaxWaitingBytes) Clear(outgoing);
  outgoing.waiting += bytes;
  outgoing.objects.push_back(std::move(object));
}

void PushReceivers::Clear(Outgoing& outgoing) {
  outgoing.objects.clear();
  outgoing.viewers.reset();
  (void)CountWaiting(memory_.bytes() - std::exchange(outgoing.waiting, 0));
}

bool PushReceivers::CountWaiting(std::size_t bytes) {
  const bool fits = memory_.Set(bytes);
  return fits && (deps_.held == nullptr || bytes <= deps_.held->most / kPartOfMemory);
}

void PushReceivers::DeliverDirect(const StoredMessage& message) {
  for (const PushReceiverPtr& receiver : Of(message.receiver)) receiver->OnDirect(message);
  if (message.content.sender == message.receiver) return;
  for (const PushReceiverPtr& receiver : Of(message.content.sender)) receiver->OnSent(message);
}

void PushReceivers::CountPush(std::optional<TimePoint> made_at) {
  ++counts_.pushes;
  if (deps_.observer == nullptr || !made_at) return;
  deps_.observer->OnDelivered(DeliveryPath::kSocket, LatencyOf(*made_at, deps_.clock.Now()));
}

void PushReceivers::Deliver(std::uint64_t room_number, Outgoing& outgoing) {
  std::vector<RoomObject> objects;
  while (!outgoing.objects.empty() && outgoing.sent < kMaxRoomBytes) {
    RoomObject& next = outgoing.objects.front();
    const std::size_t bytes = next.bytes();
    outgoing.sent += bytes;
    outgoing.waiting -= bytes;
    (void)CountWaiting(memory_.bytes() - bytes);
    objects.push_back(std::move(next));
    outgoing.objects.pop_front();
    if (objects.back().ends_room()) Clear(outgoing);
  }
  if (objects.empty()) return;
  const bool has_ended = objects.back().ends_room();
  std::shared_ptr<const Receivers> receivers;
  {
    const MutexLock lock(mutex_);
    const auto found = by_room_.find(room_number);
    if (found == by_room_.end()) return Clear(outgoing);
    receivers = found->second.Copy();
    if (has_ended) by_room_.erase(found);
  }
  deliveries_.Charge(deps_.clock.Monotonic(), delivery_rate_,
                     static_cast<std::uint32_t>(receivers->size()));
  // Shared by the receivers that have not read the room yet.
  const auto push = std::make_shared<RoomPush>(std::move(objects));
  for (const PushReceiverPtr& receiver : *receivers) {
    receiver->OnRoomPush(room_number, push);
    if (has_ended && deps_.contacts != nullptr)
      deps_.contacts->Leave(receiver->user_id(), room_number);
  }
}

void PushReceivers::OnEventsLost() {
  outgoing_.clear();
  (void)CountWaiting(0);
  lists_.OnEventsLost();
  for (const PushReceiverPtr& receiver : All()) receiver->OnEventsLost();
}

void PushReceivers::CheckBans() {
  const std::uint64_t puts = deps_.bans.puts();
  if (std::exchange(bans_seen_, puts) == puts) return;
  for (const PushReceiverPtr& receiver : All()) receiver->OnBans();
}

void PushReceivers::Deliver(NoticePush push) {
  const bool is_tip = std::holds_alternative<MemberNotice>(push.fact);
  if (is_tip && CountIn(push.room_number) > PushNotices::kMostTold) return;
  const bool is_for_all = push.room_number == 0;
  const auto receivers =
      is_for_all ? std::make_shared<const Receivers>(Of(push.user_id)) : In(push.room_number);
  for (const PushReceiverPtr& receiver : *receivers) {
    if (is_for_all || receiver->user_id() != push.user_id) receiver->OnNotice(push);
  }
}

void PushReceivers::OnTick() {
  CheckBans();
  notices_.Tell();
  for (PushNotice& notice : notices_.Take()) Deliver({std::move(notice)});
  const MonotonicTime now = deps_.clock.Monotonic();
  for (auto& [room_number, outgoing] : outgoing_) {
    TellViewers(outgoing, now);
    outgoing.sent -= std::min(outgoing.sent, kMaxRoomBytes);
    Deliver(room_number, outgoing);
  }
  // A room that has delivered something is kept for one tick, since it counts, and one that has
  // told the number of its viewers for a second.
  std::erase_if(outgoing_, [now](const auto& entry) {
    const Outgoing& outgoing = entry.second;
    return outgoing.objects.empty() && outgoing.sent == 0 && !outgoing.viewers &&
           outgoing.next_viewers <= now;
  });
  // Lists wait while rooms have much to say.
  if (deliveries_.Debt(now, delivery_rate_).count() == 0) {
    deliveries_.Charge(now, delivery_rate_, static_cast<std::uint32_t>(lists_.Deliver()));
  }
  if (now < next_sweep_) return;
  next_sweep_ = now + kSweep;
  // One that is cut off may have to send the clients of all away.
  for (const PushReceiverPtr& receiver : IsCutOff(deps_.node) ? All() : DueAt(now)) {
    receiver->Tick(now);
  }
}

void PushReceivers::Stop() {
  const std::vector<PushReceiverPtr> receivers = [&]() -> std::vector<PushReceiverPtr> {
    const MutexLock lock(mutex_);
    is_stopping_ = true;
    return {all_.begin(), all_.end()};
  }();
  for (const PushReceiverPtr& receiver : receivers) receiver->OnStop();
}

std::vector<UserId> PushReceivers::UsersIn(std::uint64_t room_number, std::size_t limit) const {
  std::vector<UserId> users;
  const MutexLock lock(mutex_);
  const auto found = by_room_.find(room_number);
  if (found == by_room_.end()) return users;
  for (const PushReceiverPtr& receiver : found->second.receivers) {
    if (users.size() == limit) break;
    users.push_back(receiver->user_id());
  }
  return users;
}

std::size_t PushReceivers::CountIn(std::uint64_t room_number) const {
  const MutexLock lock(mutex_);
  const auto found = by_room_.find(room_number);
  return found == by_room_.end() ? 0 : found->second.receivers.size();
}

std::shared_ptr<const PushReceivers::Receivers> PushReceivers::In(std::uint64_t room_number) {
  const MutexLock lock(mutex_);
  const auto found = by_room_.find(room_number);
  return found == by_room_.end() ? std::make_shared<const Receivers>() : found->second.Copy();
}

std::vector<GroupMembership> PushReceivers::Memberships() const {
  std::vector<GroupMembership> memberships;
  const MutexLock lock(mutex_);
  for (const auto& [number, subscribed] : by_room_) {
    for (const PushReceiverPtr& receiver : subscribed.receivers) {
      if (!receiver->IsOf2018()) continue;
      memberships.push_back({.room = subscribed.key,
                             .room_number = number,
                             .account = receiver->user_id(),
                             .reason = LeaveReason::kRoomDestroyed});
    }
  }
  return memberships;
}

PushReceivers::Receivers PushReceivers::Of(const UserId& user_id, std::uint64_t room_number) const {
  Receivers found;
  const MutexLock lock(mutex_);
  const auto user = by_user_.find(user_id);
  if (user == by_user_.end()) return found;
  if (room_number == 0) return user->second;
  const auto room = by_room_.find(room_number);
  if (room == by_room_.end()) return found;
  std::ranges::copy_if(user->second, std::back_inserter(found), [&](const PushReceiverPtr& one) {
    return room->second.index.contains(one.get());
  });
  return found;
}

}  // namespace rtcroom
