#include "handlers/tim/tim_pushes.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <span>
#include <variant>

#include "daemon/channel/group_access_check.h"
#include "daemon/core/room_deliveries.h"
#include "handlers/channel/push_json.h"
#include "handlers/tim/tim_lookups.h"
#include "handlers/tim/tim_socket.h"

namespace rtcroom::tim {
namespace {

/// A receipt costs more than a push. What came since the last one is pushed again at the next
/// login, where the SDK knows it by what names it.
constexpr std::chrono::seconds kBetweenAsks{5};
/// So many own messages are known until they come back: more than an account may send at once.
constexpr std::size_t kMaxOwn = 256;
constexpr std::uint64_t kNone = std::numeric_limits<std::uint64_t>::max();

/// A push has a frame for each variant: its receivers share the frame of theirs.
int VariantOf(WebSocket::Frames frames, bool asks) {
  return kSdkForm + (frames == WebSocket::Frames::kBinary ? 1 : 0) + (asks ? 2 : 0);
}

bool IsKickOf(const RoomObject& object, const UserId& account) {
  if (!object.event) return false;
  const auto* const left = std::get_if<PusherDeleted>(&object.event->event.payload);
  return left != nullptr && left->reason == LeaveReason::kKicked && left->user_id == account;
}

}  // namespace

// Life

Status LoginPushes::Begin(bool is_resumed) {
  {
    const MutexLock lock(mutex_);
    if (is_over_) return {};
    // The store keeps the places of the latest logins by this time.
    streams_.push_back({{.place = {.account = login_.account,
                                   .instance = login_.instance,
                                   .joined_at = login_.logged_in,
                                   .expires = login_.expires}}});
    context_.socket.receivers.Listen(shared_from_this());
  }
  const auto rows = context_.accounts.ReadAccountGroups(login_.account);
  if (!rows) return rows.error();
  const Result<std::uint64_t> newest = context_.channel.deps().messages.NewestMessage();
  if (!newest) return newest.error();
  const auto place_in = [&](std::uint64_t number) -> const AccountGroup* {
    const auto found = std::ranges::find_if(*rows, [&](const AccountGroup& row) {
      return row.instance == login_.instance && row.room_number == number;
    });
    return is_resumed && found != rows->end() ? &*found : nullptr;
  };
  {
    const AccountGroup* const direct = place_in(0);
    const MutexLock lock(mutex_);
    if (is_over_) return {};
    Stream& stream = streams_.front();
    // The newest position goes back when the operator restores a backup.
    stream.pushed = direct == nullptr ? *newest : std::min(direct->received, *newest);
    stream.place.received = stream.pushed;
    direct_since_ = stream.pushed;
    stream.saved = direct == nullptr ? kNone : stream.pushed;
  }
  for (const AccountGroup& row : *rows) {
    const bool is_here = row.instance == 0 || (is_resumed && row.instance == login_.instance &&
                                               row.room_number > 0 && !IsMeeting(row.room.kind));
    if (!is_here) continue;
    const AccountGroup* const place = place_in(row.room_number);
    // A place may be older than the latest join.
    const std::uint64_t received =
        place == nullptr ? kNone : std::max(place->received, row.joined_seq);
    if (const Status entered = EnterStored(row, received); !entered) return entered;
  }
  if (is_resumed) return {};
  RemoveEnded(context_, *rows);
  // The places of a new login are stored now: by them it is known if the server ends before the
  // next save.
  return context_.accounts.RecordAccountGroups(TakeUnsaved());
}

void LoginPushes::Start() {
  {
    const MutexLock lock(mutex_);
    has_started_ = true;
  }
  ReadMissed();
}

Status LoginPushes::EnterStored(const AccountGroup& row, std::uint64_t received) {
  if (Groups().size() >= kMaxGroups) return {};
  const Result<Room> room = FindRoomOf(login_, context_, row);
  if (!room) return IsRefusal(room.error().code) ? Status() : room.error();
  const Result<std::uint64_t> last = context_.history.NewestRoomMessage(row.room_number);
  if (!last) return IsRefusal(last.error().code) ? Status() : last.error();
  AccountGroup place = row;
  place.instance = login_.instance;
  place.expires = login_.expires;
  place.received = std::min(received, *last);
  place.read = 0;  // that is of the account
  (void)Enter({.place = std::move(place), .name = room->info});
  return {};
}

bool LoginPushes::ReadChangedGroups() {
  // The groups are taken before the rows are read: a group that the login enters meanwhile has its
  // row by then.
  const std::vector<AccountGroup> before = Groups();
  const auto rows = context_.accounts.ReadAccountGroups(login_.account);
  if (!rows) return false;
  for (const AccountGroup& place : before) {
    const bool is_in = std::ranges::any_of(*rows, [&](const AccountGroup& row) {
      return row.room_number == place.room_number && row.instance == 0;
    });
    if (is_in || !IsMeeting(place.room.kind)) continue;
    // The row goes with its room, too, of whose end the login is told otherwise.
    const Result<Room> room = FindRoomOf(login_, context_, place);
    if (!room && !IsRefusal(room.error().code)) return false;
    if (room) (void)Leave(place.room_number, NoticeType::kLeftElsewhere);
  }
  for (const AccountGroup& row : *rows) {
    if (row.instance != 0 || Find(row.room.id)) continue;
    if (!EnterStored(row, row.joined_seq)) return false;
  }
  return true;
}

void LoginPushes::End() {
  if (!context_.channel.logins().HasEnded(login_)) Save();
  const MutexLock lock(mutex_);
  is_over_ = true;
  for (const Stream& stream : std::exchange(streams_, {})) {
    context_.socket.receivers.Unsubscribe(stream.place.room_number, *this);
  }
  context_.socket.receivers.StopListening(*this);
}

std::vector<AccountGroupChange> LoginPushes::TakeUnsaved() {
  std::vector<AccountGroupChange> changes;
  const MutexLock lock(mutex_);
  for (Stream& stream : streams_) {
    if (stream.place.received == stream.saved) continue;
    stream.saved = stream.place.received;
    // Where the join has stored the row, only a quit removes it.
    const bool had_row = stream.place.room_number != 0 && !IsMeeting(stream.place.room.kind);
    changes.push_back({.group = stream.place, .is_progress = had_row});
  }
  return changes;
}

void LoginPushes::Save() {
  for (const AccountGroupChange& change : TakeUnsaved()) context_.places.Add(change);
}

// Groups

Status LoginPushes::Enter(const JoinedGroup& group) {
  const AccountGroup& place = group.place;
  const std::uint64_t number = place.room_number;
  {
    const MutexLock lock(mutex_);
    if (streams_.empty() || FindLocked(number) != nullptr) return {};  // over, or in it already
    if (streams_.size() > kMaxGroups) return Error{Errc::kTooManyRequests, "too many groups"};
    Stream& stream = streams_.emplace_back(Stream{group});
    stream.pushed = place.received;
    stream.saved = kNone;
    context_.socket.receivers.Subscribe(number, place.room, shared_from_this());
  }
  // A ban or a departure may have come after the caller's check, before this login got what
  // follows.
  Status still = context_.channel.groups().CheckAccess(login_.account, place.room, number);
  if (still || !IsRefusal(still.error().code)) return {};
  OnMembershipEnded(number, LeaveReason::kKicked);
  return still;
}

std::optional<AccountGroup> LoginPushes::Leave(std::uint64_t room_number,
                                               std::optional<NoticeType> notice) {
  const MutexLock lock(mutex_);
  Stream* const stream = FindLocked(room_number);
  if (stream == nullptr || room_number == 0) return std::nullopt;
  if (notice) WriteEvents(*stream, Notice(stream->Label(), *notice), std::nullopt);
  AccountGroup place = stream->place;
  std::erase_if(streams_, [&](const Stream& one) { return one.place.room_number == room_number; });
  context_.socket.receivers.Unsubscribe(room_number, *this);
  return place;
}

std::optional<JoinedGroup> LoginPushes::Find(const RoomId& group) const {
  const MutexLock lock(mutex_);
  for (const Stream& stream : streams_) {
    if (stream.place.room_number != 0 && stream.place.room.id == group) return stream;
  }
  return std::nullopt;
}

std::vector<AccountGroup> LoginPushes::Groups() const {
  std::vector<AccountGroup> groups;
  const MutexLock lock(mutex_);
  for (const Stream& stream : streams_) {
    if (stream.place.room_number != 0) groups.push_back(stream.place);
  }
  return groups;
}

LoginPushes::Stream* LoginPushes::FindLocked(std::uint64_t number) {
  const auto found = std::ranges::find_if(
      streams_, [number](const Stream& stream) { return stream.place.room_number == number; });
  return found == streams_.end() ? nullptr : &*found;
}

void LoginPushes::LeaveBanned() {
  for (const AccountGroup& place : Groups()) {
    if (context_.channel.deps().bans.IsBanned(place.room, login_.account)) {
      OnMembershipEnded(place.room_number, LeaveReason::kKicked);
    }
  }
}

void LoginPushes::OnMembershipEnded(std::uint64_t room_number, LeaveReason /*reason*/) {
  const bool is_meeting = [&] {
    const MutexLock lock(mutex_);
    const Stream* const stream = FindLocked(room_number);
    return stream == nullptr || IsMeeting(stream->place.room.kind);
  }();
  Drop(room_number, is_meeting ? NoticeType::kRemoved : NoticeType::kBanned);
}

void LoginPushes::Drop(std::uint64_t room_number, NoticeType notice) {
  const std::optional<AccountGroup> place = Leave(room_number, notice);
  if (!place) return;
  std::vector<AccountGroup> rows(2, *place);
  rows.back().instance = 0;  // that of the account
  // Where no worker is free the row stays, and the next login finds that it may not be in the
  // group.
  (void)context_.socket.workers.TrySubmit(ThreadPool::Urgency::kNormal,
                                          [self = shared_from_this(), rows = std::move(rows)] {
                                            (void)self->context_.places.Remove(rows);
                                          });
}

// Pushes that come

void LoginPushes::OnRoomPush(std::uint64_t room_number, const std::shared_ptr<RoomPush>& push) {
  bool is_removed = false;
  bool has_ended = false;
  bool has_missed = false;
  const std::shared_ptr<TimSocket> socket = socket_.lock();
  {
    const MutexLock lock(mutex_);
    Stream* const stream = FindLocked(room_number);
    if (stream == nullptr || !socket) return;
    bool has_own = false;
    for (const RoomObject& object : push->objects()) {
      has_own = has_own || (object.message && IsOwn(*object.message));
      is_removed = is_removed || IsKickOf(object, login_.account);
    }
    if (stream->is_missing || has_own) {
      // Messages that are to be read from the store are left out of this push.
      RoomPush::Part found = push->PartFrom(
          {.event = RoomPush::kEveryEvent, .message = stream->is_missing ? kNone : stream->pushed});
      std::erase_if(found.objects, [&](const RoomObject* object) REQUIRES(mutex_) {
        if (!object->message || !IsOwn(*object->message)) return false;
        // The login's own message needs no receipt.
        if (stream->place.received + 1 == object->seq()) stream->place.received = object->seq();
        return true;
      });
      if (stream->is_missing) {
        stream->has_more = true;
      } else {
        stream->pushed = found.at.message;
        stream->is_missing = found.has_gap;
      }
      has_ended = found.has_ended();
      WriteEvents(*stream, Events(stream->Label(), found.objects), found.made_at());
    } else {
      const bool asks = AsksNow();
      const RoomPush::Part& part = push->FormFrom(
          {.event = RoomPush::kEveryEvent, .message = stream->pushed},
          VariantOf(socket->frames(), asks), [&](const RoomPush::Part& found) {
            const std::string events = Events(stream->Label(), found.objects);
            if (events.empty()) return std::string();
            const Received until{.room_number = room_number, .until = found.at.message};
            return socket->Encode(MessagePush(events, SessionOf(until), asks));
          });
      stream->pushed = part.at.message;
      stream->is_missing = part.has_gap;
      has_ended = part.has_ended();
      if (part.form.empty() && asks) next_ask_ = {};
      if (!part.form.empty()) socket->WritePush(part.form, part.made_at());
    }
    has_missed = stream->is_missing;
  }
  if (has_ended) return (void)Leave(room_number);
  if (is_removed) return Drop(room_number, NoticeType::kRemoved);
  if (has_missed) socket->GoOn();
}

void LoginPushes::OnSent(const StoredMessage& message) {
  const MutexLock lock(mutex_);
  if (streams_.empty()) return;
  Stream& stream = streams_.front();
  if (stream.is_missing) {
    stream.has_more = true;
    return;
  }
  if (message.position <= stream.pushed) return;
  const std::uint64_t before = std::exchange(stream.pushed, message.position);
  if (!IsOwn(message)) {
    Senders senders(context_);
    return WriteEvents(stream, DirectEvent(Render(stream.Label(), message, senders)),
                       message.content.sent_at);
  }
  if (stream.place.received == before) stream.place.received = message.position;
}

void LoginPushes::OnNotice(NoticePush& push) {
  const std::shared_ptr<TimSocket> socket = socket_.lock();
  if (!socket) return;
  if (std::holds_alternative<GroupsNotice>(push.fact)) {
    {
      const MutexLock lock(mutex_);
      have_groups_changed_ = true;
    }
    return socket->GoOn();
  }
  const MutexLock lock(mutex_);
  // An SDK that is told of a group that it has just left would show that group again.
  if (FindLocked(push.room_number) == nullptr) return;
  std::string& frame = push.forms[VariantOf(socket->frames(), /*asks=*/false)];
  if (frame.empty()) {
    const std::string event = EventOf(push, context_.channel.tokens());
    if (event.empty()) return;
    frame = socket->Encode(MessagePush(event, "", false));
  }
  socket->WritePush(frame, std::nullopt);
}

// Receipts

void LoginPushes::ExpectOwn(std::uint64_t random) {
  const MutexLock lock(mutex_);
  if (own_.size() == kMaxOwn) own_.pop_front();
  own_.push_back(random);
}

bool LoginPushes::IsPushed(const StoredMessage& direct) const {
  const MutexLock lock(mutex_);
  return direct.position > direct_since_;
}

bool LoginPushes::IsOwn(const StoredMessage& message) const {
  return message.content.sender == login_.account &&
         std::ranges::find(own_, message.content.client_random) != own_.end();
}

void LoginPushes::Acknowledge(std::string_view session) {
  const std::optional<Received> received = ReadSession(session);
  if (!received) return;
  std::uint64_t until = 0;
  {
    const MutexLock lock(mutex_);
    Stream* const stream = FindLocked(received->room_number);
    if (stream == nullptr) return;
    until = std::max(stream->place.received, std::min(received->until, stream->pushed));
    stream->place.received = until;
  }
  if (received->room_number == 0) {
    context_.channel.history().ConfirmDirect(login_.account, until);
  }
}

bool LoginPushes::AsksNow() {
  const MonotonicTime now = context_.socket.clock.Monotonic();
  if (now < next_ask_) return false;
  next_ask_ = now + kBetweenAsks;
  return true;
}

// Frames

void LoginPushes::WriteEvents(Stream& stream, std::string_view events,
                              std::optional<TimePoint> made_at) {
  const std::shared_ptr<TimSocket> socket = socket_.lock();
  if (events.empty() || !socket) return;
  const Received until{.room_number = stream.place.room_number, .until = stream.pushed};
  socket->WritePush(socket->Encode(MessagePush(events, SessionOf(until), AsksNow())), made_at);
}

std::string LoginPushes::Render(const GroupLabel& group, const StoredMessage& message,
                                Senders& senders) const {
  const UserId& sender = message.content.sender;
  const SenderFacts& facts = senders.Of(sender);
  if (message.room_number != 0) return GroupMessage(group, message, facts);
  return DirectMessage(message, facts,
                       sender == login_.account ? DirectForm::kSync : DirectForm::kPlain);
}

std::string LoginPushes::Notice(const GroupLabel& group, NoticeType type) const {
  // The members share one frame.
  const bool is_shared = type == NoticeType::kMembersChanged || type == NoticeType::kEnded;
  return NoticeEvent({.group = group,
                      .type = type,
                      .to = is_shared ? UserId() : login_.account,
                      .random = RandomUint64(context_.channel.deps().random),
                      .at = context_.socket.clock.Now()});
}

std::string LoginPushes::Events(const GroupLabel& group,
                                std::span<const RoomObject* const> objects) const {
  Senders senders(context_);
  JsonText messages;
  bool has_changed = false;
  bool has_ended = false;
  for (const RoomObject* const object : objects) {
    if (object->message) messages.Json(Render(group, *object->message, senders));
    has_ended = has_ended || object->ends_room();
    has_changed = has_changed || (object->event && ChangesPushers(object->event->event));
  }
  JsonText events;
  if (!messages.text().empty()) events.Json(GroupEvent(messages.text()));
  // A notice of changed members would make clients ask about a room that is gone.
  if (has_changed && !has_ended) events.Json(Notice(group, NoticeType::kMembersChanged));
  if (has_ended) events.Json(Notice(group, NoticeType::kEnded));
  return std::string(events.text());
}

}  // namespace rtcroom::tim
