// The rooms and lists of a socket, and what is pushed to it.
#include <algorithm>
#include <utility>

#include "daemon/channel/group_access_check.h"
#include "handlers/channel/channel_fields.h"
#include "handlers/channel/channel_socket.h"
#include "handlers/channel/push_json.h"

namespace rtcroom {
namespace {

/// Pushes of a room that are kept while a client joins.
constexpr std::size_t kMaxKept = 64;

std::string KickedPush(const RoomKey& key, std::string_view reason) {
  JsonText object;
  object.BeginObject("kicked")
      .Field("reason", reason)
      .Field("kind", RoomKindName(key.kind))
      .Field("roomID", key.id.value)
      .EndObject();
  return object.AsObject();
}

/// The objects of a part as one frame, each on a line of its own.
/// @param at  before them.
std::string FrameOf(const RoomPush::Part& part, const RoomKey& room, RoomCursor at) {
  std::string lines;
  for (const std::string& object : ObjectsOf(part, room, at)) {
    if (!lines.empty()) lines += '\n';
    lines.append("{\"event\":").append(object).append("}");
  }
  return WebSocket::EncodeText(lines);
}

}  // namespace

Status ChannelSocket::Subscribe(const Request& request) {
  ChannelFields fields(request.fields);
  const RoomKey key = fields.Room();
  const std::string cursor = fields.OptionalText("cursor", kMaxCursorBytes);
  if (!fields.ok()) return fields.error();
  const Result<Room> room =
      context_.verbs.channel.reader().Open(login_.account, login_.proof.reach, key);
  if (!room) return room.error();
  const std::uint64_t number = room->sequence;
  std::vector<std::uint64_t> replaced;
  {
    const MutexLock lock(mutex_);
    if (is_over_) return {};
    replaced = RemoveLocked(key);
    if (subscriptions_.size() >= kMaxSubscriptions) {
      return Error{Errc::kBadRequest, "subscribe: too many rooms"};
    }
    subscriptions_.push_back({.key = key, .number = number});
  }
  PushReceivers& receivers = context_.verbs.receivers;
  for (const std::uint64_t old : replaced) receivers.Unsubscribe(old, *this);
  receivers.Subscribe(number, key, Self());
  const Status read = ReadSubscribed(request, key, number, cursor);
  const bool is_subscribed = [&] {
    const MutexLock lock(mutex_);
    if (!read) (void)RemoveLocked(key);
    return FindLocked(number) != nullptr;
  }();
  if (!is_subscribed) receivers.Unsubscribe(number, *this);
  return read;
}

Status ChannelSocket::ReadSubscribed(const Request& request, const RoomKey& key,
                                     std::uint64_t number, const std::string& cursor) {
  const Result<RoomView> view =
      context_.verbs.channel.reader().Read(login_.account, login_.proof.reach, key, cursor);
  if (!view) return view.error();
  const Error try_again{Errc::kStoreBusy, "the room has changed too much"};
  if (view->room.sequence != number) return try_again;
  JsonText reply;
  WriteView(*view, reply);
  const std::string text = VerbReply(request.id, *request.verb, reply);
  ChargeReply(text);
  const MutexLock lock(mutex_);
  Subscription* const subscription = FindLocked(number);
  if (subscription == nullptr) return Error{Errc::kNotAllowed, "removed, or disconnected"};
  if (subscription->has_lost) return try_again;
  subscription->at = view->cursor;
  subscription->is_joining = false;
  Send(text);
  const std::vector<std::shared_ptr<RoomPush>> kept = std::exchange(subscription->kept, {});
  for (const std::shared_ptr<RoomPush>& push : kept) {
    Subscription* const joined = FindLocked(number);
    if (joined == nullptr) break;  // the room has ended
    RoomPush::Part part = push->PartFrom(joined->at.at);
    if (!part.objects.empty()) part.form = FrameOf(part, key, joined->at);
    PushLocked(*joined, part);
  }
  return {};
}

Status ChannelSocket::Unsubscribe(const Request& request) {
  ChannelFields fields(request.fields);
  const RoomKey key = fields.Room();
  if (!fields.ok()) return fields.error();
  std::vector<std::uint64_t> removed;
  {
    const MutexLock lock(mutex_);
    removed = RemoveLocked(key);
    ForgetFailedLocked(key);
    Send(VerbReply(request.id, *request.verb, JsonText()));
  }
  for (const std::uint64_t number : removed) context_.verbs.receivers.Unsubscribe(number, *this);
  return {};
}

void ChannelSocket::NoteSubscribed(const Request& request, const Status& outcome) {
  ChannelFields fields(request.fields);
  const RoomKey key = fields.Room();
  if (!fields.ok()) return;
  const auto is_final = [](Errc error) {
    return IsRefusal(error) || error == Errc::kBadRequest || error == Errc::kNotJson;
  };
  const MutexLock lock(mutex_);
  ForgetFailedLocked(key);
  if (outcome || is_final(outcome.error().code)) return;
  // One that was to begin again may go on.
  if (std::ranges::find(subscriptions_, key, &Subscription::key) != subscriptions_.end()) return;
  if (failed_.size() == kMaxSubscriptions) failed_.erase(failed_.begin());
  failed_.push_back({.key = key, .opened = outcome});
}

void ChannelSocket::ForgetFailedLocked(const RoomKey& key) {
  std::erase_if(failed_, [&key](const CallersRoom& room) { return room.key == key; });
}

// Lists of rooms

Status ChannelSocket::Watch(const Request& request) {
  const Result<RoomListKey> list = ReadListKey(request.fields, login_.proof.reach);
  if (!list) return list.error();
  RoomListPushes& lists = context_.verbs.receivers.lists();
  lists.Watch(*list, Self());
  const bool is_over = [&] {
    const MutexLock lock(mutex_);
    Send(VerbReply(request.id, *request.verb, JsonText()));
    return is_over_;
  }();
  if (is_over) lists.Unwatch(*list, *this);
  return {};
}

Status ChannelSocket::Unwatch(const Request& request) {
  const Result<RoomListKey> list = ReadListKey(request.fields, login_.proof.reach);
  if (!list) return list.error();
  context_.verbs.receivers.lists().Unwatch(*list, *this);
  Send(VerbReply(request.id, *request.verb, JsonText()));
  return {};
}

// Pushes

void ChannelSocket::OnRoomPush(std::uint64_t room_number, const std::shared_ptr<RoomPush>& push) {
  const MutexLock lock(mutex_);
  Subscription* const subscription = FindLocked(room_number);
  if (subscription == nullptr || !IsOpen()) return;
  if (!subscription->is_joining) {
    const auto make = [subscription](const RoomPush::Part& part) {
      return FrameOf(part, subscription->key, subscription->at);
    };
    return PushLocked(*subscription, push->FormFrom(subscription->at.at, kSocketForm, make));
  }
  if (subscription->kept.size() == kMaxKept) {
    subscription->has_lost = true;
  } else {
    subscription->kept.push_back(push);
  }
}

void ChannelSocket::PushLocked(Subscription& subscription, const RoomPush::Part& part) {
  subscription.at.at = part.at;
  if (!part.form.empty()) WritePush(part.form, part.made_at());
  if (part.has_ended()) (void)RemoveLocked(RoomKey(subscription.key));
  if (part.has_gap) OnEventsLost();
}

void ChannelSocket::OnDirect(const StoredMessage& message) {
  const MutexLock lock(mutex_);
  if (!is_connected_ || has_directs_ || reads_directs_) {
    has_directs_ = true;
    return;
  }
  if (message.position <= direct_at_) return;
  direct_at_ = message.position;
  WritePush(WebSocket::EncodeText(DirectPush(message)), message.content.sent_at);
}

void ChannelSocket::OnNotice(NoticePush& push) {
  const MutexLock lock(mutex_);
  if (!is_connected_) return;
  const std::string& object = NoticeObject(push, login_.asks_streams);
  if (!object.empty()) WritePush(WebSocket::EncodeText(object), std::nullopt);
}

void ChannelSocket::OnRoomList(RoomListPush& push) {
  if (push.frame.empty()) push.frame = WebSocket::EncodeText(ListPush(push));
  WritePush(push.frame, std::nullopt);
}

void ChannelSocket::ReadMissed() noexcept {
  try {
    ReadDirects();
  } catch (...) {
    // Most likely out of memory.
    {
      const MutexLock lock(mutex_);
      reads_directs_ = false;
    }
    End();
  }
}

void ChannelSocket::ReadDirects() {
  while (true) {
    {
      const MutexLock lock(mutex_);
      if (!is_connected_ || !has_directs_ || reads_directs_) return;
      if (!TakesMore()) return;  // see GoOn
      has_directs_ = false;      // until one comes after the read
      reads_directs_ = true;
    }
    const auto pending = context_.verbs.channel.history().PendingMessages(login_.account);
    const MutexLock lock(mutex_);
    reads_directs_ = false;
    if (!pending) {
      has_directs_ = true;
      TickSoon();
      return;
    }
    std::size_t bytes = 0;
    for (const StoredMessage& message : *pending) {
      if (message.position <= direct_at_) continue;
      if (bytes > kMaxDirectBytes) {
        has_directs_ = true;
        break;
      }
      const std::string frame = WebSocket::EncodeText(DirectPush(message));
      bytes += frame.size();
      direct_at_ = message.position;
      WritePush(frame, std::nullopt);
    }
  }
}

void ChannelSocket::OnBans() {
  std::vector<std::uint64_t> ended;
  {
    const MutexLock lock(mutex_);
    for (std::size_t i = subscriptions_.size(); i-- > 0;) {
      const RoomKey key = subscriptions_[i].key;
      if (!context_.verbs.channel.deps().bans.IsBanned(key, login_.account)) continue;
      ended.push_back(subscriptions_[i].number);
      KickLocked(key, "banned");
    }
  }
  for (const std::uint64_t number : ended) context_.verbs.receivers.Unsubscribe(number, *this);
}

void ChannelSocket::OnMembershipEnded(std::uint64_t room_number, LeaveReason reason) {
  {
    const MutexLock lock(mutex_);
    const Subscription* const subscription = FindLocked(room_number);
    if (subscription == nullptr) return;
    KickLocked(RoomKey(subscription->key), LeaveReasonName(reason));
  }
  context_.verbs.receivers.Unsubscribe(room_number, *this);
}

void ChannelSocket::KickLocked(const RoomKey& key, std::string_view reason) {
  (void)RemoveLocked(key);
  Send(KickedPush(key, reason));
}

ChannelSocket::Subscription* ChannelSocket::FindLocked(std::uint64_t number) {
  const auto found = std::ranges::find(subscriptions_, number, &Subscription::number);
  return found == subscriptions_.end() ? nullptr : &*found;
}

std::vector<std::uint64_t> ChannelSocket::RemoveLocked(const RoomKey& key) {
  std::vector<std::uint64_t> removed;
  std::erase_if(subscriptions_, [&](const Subscription& subscription) {
    if (subscription.key != key) return false;
    removed.push_back(subscription.number);
    return true;
  });
  return removed;
}

}  // namespace rtcroom
