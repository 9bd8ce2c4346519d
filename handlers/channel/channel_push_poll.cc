#include "handlers/channel/channel_push_poll.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "daemon/base/json_text.h"
#include "handlers/channel/channel_fields.h"
#include "handlers/channel/push_json.h"

namespace rtcroom {
namespace {

constexpr std::size_t kMaxRequests = 10;
/// How often rooms are read again that change while they are read.
constexpr int kMaxReads = 3;
/// Clients that begin to poll together are soon answered apart.
constexpr std::chrono::milliseconds kBeatSpread{2000};

void AppendTo(std::string& list, std::string_view object) {
  if (!list.empty()) list += ',';
  list += object;
}

}  // namespace

void PushPoll::PolledRoom::Refuse(const Error& error) {
  JsonText members;
  WriteError(error, {}, members);
  Fill(members.text());
}

void PushPoll::Begin(const std::function<PollReply()>& take_over) {
  // After a failure the next poll confirms.
  const Result<std::uint64_t> direct =
      context_.verbs.channel.history().ResumeDirect(login_.account, login_.direct);
  is_set_back_ = direct && *direct < login_.direct;
  if (direct) login_.direct = *direct;
  OpenRooms();
  AnswerRequests();
  const PollReply reply = take_over();
  {
    const MutexLock lock(mutex_);
    reply_ = reply;
  }
  try {
    if (Wait()) {
      return reply.call->Wait(context_.calls, due_,
                              [self = shared_from_this()] { self->Finish(); });
    }
  } catch (...) {
    Finish();
    throw;
  }
  Finish();
}

bool PushPoll::Wait() {
  PushReceivers& receivers = context_.verbs.receivers;
  receivers.Add(shared_from_this());
  receivers.Listen(shared_from_this());
  for (const PolledRoom& room : rooms_) {
    if (room.number > 0) receivers.Subscribe(room.number, room.key, shared_from_this());
  }
  for (const RoomListKey& list : watched_) receivers.lists().Watch(list, shared_from_this());
  for (int reads = 1; !ReadAll() && !has_answers_; ++reads) {
    const MutexLock lock(mutex_);
    if (!list_pushes_.empty()) break;
    if (!std::exchange(is_woken_, false)) {
      is_waiting_ = true;
      TickSoon();
      return true;
    }
    if (reads == kMaxReads) break;
  }
  return false;
}

Status PushPoll::Read(const nlohmann::ordered_json& body, std::string_view address) {
  address_ = address;
  ChannelFields fields(body);
  const nlohmann::ordered_json& connect = fields.OptionalObject("connect");
  const std::chrono::seconds wait(std::min<std::uint64_t>(fields.OptionalNumber("wait"), 45));
  auto cursors = fields.OptionalObjects("cursors", kMaxSubscriptions);
  const auto requests = fields.OptionalObjects("requests", kMaxRequests);
  if (!fields.ok()) return fields.error();
  Result<ChannelLogin> login = CheckConnect(connect, context_.logins, address);
  if (!login) return login.error();
  for (ChannelFields& room : cursors) {
    PolledRoom polled{.key = room.Room(), .cursor = room.OptionalText("cursor", kMaxCursorBytes)};
    if (!room.ok() && room.error().code != Errc::kRoomNotFound) return room.error();
    if (std::ranges::find(rooms_, polled.key, &PolledRoom::key) != rooms_.end()) {
      return Error{Errc::kBadRequest, "cursors: a room twice"};
    }
    rooms_.push_back(std::move(polled));
  }
  for (const ChannelFields& request : requests) {
    if (!RequestIdOf(request.object())) {
      return Error{Errc::kBadRequest, "id: missing or not a number"};
    }
    requests_.push_back(request.object());
  }
  login_ = *std::move(login);
  const MonotonicTime now = context_.logins.clock.Monotonic();
  due_ = now + std::min(wait, context_.verbs.channel.options().HoldInSeconds());
  if (login_.asks_beats) {
    next_beat_ = now + kBeatPeriod - SpreadOver(kBeatSpread, context_.verbs.channel.deps().random);
  }
  return {};
}

void PushPoll::OpenRooms() {
  for (PolledRoom& room : rooms_) {
    JsonText head;
    head.Field("kind", RoomKindName(room.key.kind)).Field("roomID", room.key.id.value);
    const Result<Room> opened =
        context_.verbs.channel.reader().Open(login_.account, login_.proof.reach, room.key);
    if (opened) {
      room.number = opened->sequence;
    } else {
      WriteError(opened.error(), {}, head);
      room.opened = opened.error();
    }
    room.head = std::string("{").append(head.text());
    room.entry = room.head + "}";
  }
}

void PushPoll::AnswerRequests() {
  std::vector<CallersRoom> rooms;
  for (const PolledRoom& room : rooms_) {
    if (!room.opened && IsRefusal(room.opened.error().code)) continue;
    rooms.push_back({.key = room.key, .number = room.number, .opened = room.opened});
  }
  for (nlohmann::ordered_json& request : requests_) {
    const std::uint64_t id = RequestIdOf(request).value_or(0);
    const Result<VerbRequest> read = ReadVerb(std::move(request));
    if (!read) {
      AppendTo(replies_, VerbFailure(id, read.error()));
      has_answers_ = true;
      continue;
    }
    const Verb& verb = *read->verb;
    if (verb.kind == VerbKind::kWatch || verb.kind == VerbKind::kUnwatch) {
      const Result<JsonText> changed = ChangeWatched(*read);
      if (!changed || verb.kind == VerbKind::kUnwatch) has_answers_ = true;
      AppendTo(replies_, VerbReply(id, verb, changed));
      continue;
    }
    has_answers_ = true;
    const Result<JsonText> outcome =
        verb.handler == nullptr
            ? Result<JsonText>(Error{Errc::kBadRequest, "request: not in a poll"})
            : verb.handler({.account = login_.account,
                            .reach = login_.proof.reach,
                            .fields = read->fields,
                            .address = address_,
                            .rooms = rooms},
                           context_.verbs);
    AppendTo(replies_, VerbReply(id, verb, outcome));
  }
}

Result<JsonText> PushPoll::ChangeWatched(const VerbRequest& request) {
  const Result<RoomListKey> list = ReadListKey(request.fields, login_.proof.reach);
  if (!list) return list.error();
  std::erase(watched_, *list);
  if (request.verb->kind == VerbKind::kWatch) watched_.push_back(*list);
  return JsonText();
}

bool PushPoll::ReadAll() {
  bool has_news = ReadDirects();
  for (PolledRoom& room : rooms_) {
    if (ReadRoom(room)) has_news = true;
  }
  return has_news;
}

bool PushPoll::ReadRoom(PolledRoom& room) {
  if (room.number == 0) return true;
  const Result<RoomView> view = context_.verbs.channel.reader().Read(
      login_.account, login_.proof.reach, room.key, room.cursor);
  if (!view) {
    room.Refuse(view.error());
    return true;
  }
  JsonText members;
  const bool is_recovered = WriteView(*view, members);
  room.Fill(members.text());
  room.at = view->cursor;
  return !is_recovered || view->since != view->cursor.at || view->room.sequence != room.number;
}

bool PushPoll::ReadDirects() {
  // After a failure the next poll reads them. This one gives none: the client's `direct` settles
  // all that came before.
  const auto pending = context_.verbs.channel.history().PendingMessages(login_.account);
  pushes_.clear();
  misses_directs_ = !pending;
  if (!pending) return false;
  for (const StoredMessage& message : *pending) {
    if (message.position <= login_.direct) continue;
    if (pushes_.size() > kMaxDirectBytes) break;
    AppendTo(pushes_, DirectPush(message));
  }
  return !pushes_.empty();
}

template <typename Write>
void PushPoll::Wake(Write write) {
  {
    const MutexLock lock(mutex_);
    is_woken_ = true;
    if (!is_waiting_ || !write()) return;
  }
  Finish();
}

void PushPoll::OnRoomPush(std::uint64_t room_number, const std::shared_ptr<RoomPush>& push) {
  Wake([&] {
    const auto room = std::ranges::find(rooms_, room_number, &PolledRoom::number);
    if (room == rooms_.end()) return false;
    const auto make = [room](const RoomPush::Part& missed) {
      RoomCursor cursor = room->at;
      const std::vector<std::string> objects = ObjectsOf(missed, room->key, cursor);
      JsonText members;
      WriteRecovered(cursor, objects, members);
      return std::string(members.text());
    };
    const RoomPush::Part& part = push->FormFrom(room->at.at, kPollForm, make);
    if (!part.form.empty()) room->Fill(part.form);
    // The next poll reads what follows a gap.
    return !part.form.empty() || part.has_gap;
  });
}

void PushPoll::OnDirect(const StoredMessage& message) {
  Wake([&] {
    if (message.position <= login_.direct) return false;
    if (!misses_directs_) AppendTo(pushes_, DirectPush(message));
    return true;
  });
}

void PushPoll::OnNotice(NoticePush& push) {
  const std::string& object = NoticeObject(push, login_.asks_streams);
  if (!object.empty()) AddPush(object);
}

void PushPoll::OnRoomList(RoomListPush& push) { AddPush(ListPush(push)); }

void PushPoll::AddPush(std::string_view object) {
  {
    const MutexLock lock(mutex_);
    is_woken_ = true;
    AppendTo(list_pushes_, object);
    if (!is_waiting_) return;
  }
  Finish();
}

void PushPoll::OnEventsLost() {
  Wake([] { return true; });
}

void PushPoll::OnBans() {
  Wake([&] {
    bool is_banned = false;
    for (PolledRoom& room : rooms_) {
      if (!context_.verbs.channel.deps().bans.IsBanned(room.key, login_.account)) continue;
      room.Refuse({Errc::kNotAllowed, "banned from the room"});
      is_banned = true;
    }
    return is_banned;
  });
}

void PushPoll::OnMembershipEnded(std::uint64_t room_number, LeaveReason /*reason*/) {
  Wake([&] {
    const auto room = std::ranges::find(rooms_, room_number, &PolledRoom::number);
    if (room == rooms_.end()) return false;
    room->Refuse({Errc::kNotAllowed, "not a member of the room"});
    return true;
  });
}

MonotonicTime PushPoll::OnTick(MonotonicTime now) {
  bool beats = false;
  MonotonicTime next{};
  {
    const MutexLock lock(mutex_);
    if (!is_waiting_) return MonotonicTime::max();
    beats = now >= next_beat_;
    if (beats) next_beat_ = now + kBeatPeriod;
    next = next_beat_;
  }
  if (IsCutOff(context_.socket.node) || (beats && IsToBeat())) Finish();
  return next;
}

bool PushPoll::IsToBeat() const {
  return login_.asks_beats && context_.seated.HasSeat(login_.account, login_.proof.reach);
}

void PushPoll::Finish() {
  PollReply reply;
  std::string body;
  const bool is_to_beat = IsToBeat();
  {
    const MutexLock lock(mutex_);
    is_waiting_ = false;
    reply = std::exchange(reply_, {});
    if (!reply.call) return;
    if (!list_pushes_.empty()) AppendTo(pushes_, list_pushes_);
    if (is_to_beat) AppendTo(pushes_, kBeatPush);
    body = Body();
  }
  PushReceivers& receivers = context_.verbs.receivers;
  for (const PolledRoom& room : rooms_) {
    if (room.number > 0) receivers.Unsubscribe(room.number, *this);
  }
  receivers.StopListening(*this);
  receivers.Remove(shared_from_this());
  reply.Answer(std::move(body));
}

std::string PushPoll::Body() const {
  std::string rooms;
  for (const PolledRoom& room : rooms_) AppendTo(rooms, room.entry);
  std::string body =
      "{\"replies\":[" + replies_ + "],\"rooms\":[" + rooms + "],\"pushes\":[" + pushes_ + "]";
  if (is_set_back_) body.append(",\"direct\":").append(std::to_string(login_.direct));
  return body += '}';
}

}  // namespace rtcroom
