#include "handlers/channel/channel_socket.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "daemon/channel/channel_options.h"
#include "daemon/channel/plain_message.h"
#include "handlers/channel/channel_codes.h"
#include "handlers/channel/channel_fields.h"
#include "handlers/shared/body.h"
#include "handlers/shared/request_charge.h"

namespace rtcroom {
namespace {

constexpr RateLimit kFrameRate{.per_second = 20, .burst = 40};
constexpr std::chrono::seconds kConnectTimeout{10};
constexpr std::chrono::seconds kPingPeriod{25};
constexpr std::chrono::seconds kIdleTimeout{60};
/// Beyond it the stream ends without a close frame; no reply or push gets there.
constexpr std::size_t kMaxStreamBytes = std::size_t{512} << 10;
/// After a restart the clients connect again over that time.
constexpr std::uint64_t kMinReconnectMs = 500;
constexpr std::uint64_t kReconnectSpreadMs = 10'000;

std::string KickedPush(std::string_view reason) {
  return std::string(R"({"kicked":{"reason":")").append(reason).append("\"}}");
}

}  // namespace

ChannelSocket::ChannelSocket(const SocketContext& context, std::string peer_address)
    : context_(context),
      peer_address_(std::move(peer_address)),
      opened_(context.logins.clock.Monotonic()),
      next_ping_(opened_ + kPingPeriod) {}

void ChannelSocket::Open(HttpReply head, Responder& responder) {
  const std::shared_ptr<ChannelSocket> self = shared_from_this();
  std::shared_ptr<TwoWayStream> stream = responder.Upgrade(
      std::move(head),
      {.on_end = [self] { self->OnEnd(); },
       .on_bytes = [self](TwoWayStream& from,
                          std::string_view bytes) { return self->OnBytes(from, bytes); },
       .on_drain = [self](TwoWayStream& /*stream*/) { self->OnDrain(); },
       .on_taken = [self](TwoWayStream& /*stream*/) { self->Continue(); },
       .low_unsent = kMaxUnsentBeforeMore,
       .max_unsent = kMaxStreamBytes,
       .idle_timeout = kIdleTimeout});
  ++context_.verbs.receivers.counts().sockets;
  context_.verbs.receivers.Add(self);
  const MutexLock lock(mutex_);
  stream_ = std::move(stream);  // its functions run on this thread: it has not ended yet
}

// From the connection

TwoWayStream::Receipt ChannelSocket::OnBytes(TwoWayStream& /*stream*/, std::string_view bytes) {
  const MonotonicTime now = context_.logins.clock.Monotonic();
  std::size_t without_request = 0;  // frames
  {
    const MutexLock lock(mutex_);
    if (!stream_) return {};
    std::vector<std::string> texts;
    socket_.Feed(bytes, [&texts](std::string_view text) { texts.emplace_back(text); });
    std::size_t frames = socket_.TakeFrameCount();
    without_request = frames - std::min(frames, texts.size());
    std::ranges::move(texts, std::back_inserter(requests_));
    for (; frames > 0; --frames) {
      if (rate_.Take(now, kFrameRate)) continue;
      socket_.Close(socket_code::kTooFast, "too many requests");
      break;
    }
    FlushLocked();
    if (socket_.closing()) EndLocked();
  }
  if (without_request > 0) {
    context_.costs.ChargeAddress(peer_address_, static_cast<std::uint32_t>(without_request));
  }
  RunRequests();
  const MutexLock lock(mutex_);
  is_paused_ = stream_ != nullptr && (running_ || !requests_.empty());
  std::size_t held = socket_.held_memory() + running_.value_or(0);
  for (const std::string& request : requests_) held += request.size();
  return {.held = held, .pause = is_paused_};
}

void ChannelSocket::OnDrain() {
  const MutexLock lock(mutex_);
  if (stream_) RestartLocked();
}

void ChannelSocket::Continue() {
  {
    const MutexLock lock(mutex_);
    const bool has_requests = !running_ && !requests_.empty();
    const bool has_directs = is_connected_ && has_directs_;
    if (!stream_ || !(has_requests || has_directs)) return;
    if (stream_->unsent() > kMaxUnsentBeforeMore) return;
  }
  (void)context_.workers.TrySubmit(ThreadPool::Urgency::kNormal, [self = shared_from_this()] {
    self->ReadDirects();
    self->RunRequests();
  });
}

void ChannelSocket::OnEnd() {
  std::vector<Subscription> subscriptions;
  std::optional<ChannelInstance> instance;
  {
    const MutexLock lock(mutex_);
    is_over_ = true;
    EndLocked();
    subscriptions.swap(subscriptions_);
    instance.swap(instance_);
  }
  PushReceivers& receivers = context_.verbs.receivers;
  receivers.Remove(shared_from_this());
  for (const Subscription& subscription : subscriptions) {
    receivers.Unsubscribe(subscription.number, *this);
  }
  --receivers.counts().sockets;
  if (!instance) return;
  receivers.StopListening(*this);
  context_.verbs.channel.Disconnect(*instance);
}

void ChannelSocket::OnKicked() noexcept {
  const MutexLock lock(mutex_);
  if (!stream_) return;
  try {
    SendLocked(KickedPush("other_login"));
    CloseLocked(socket_code::kOtherLogin, "another login");
  } catch (...) {
    EndLocked();  // most likely out of memory, which is no matter of the other login
  }
}

// Requests

void ChannelSocket::RunRequests() noexcept {
  try {
    RunAll();
  } catch (...) {
    // Most likely out of memory.
    const MutexLock lock(mutex_);
    EndLocked();
  }
}

void ChannelSocket::RunAll() {
  while (true) {
    std::string text;
    {
      const MutexLock lock(mutex_);
      if (running_ || !stream_) return;
      if (requests_.empty()) {
        if (std::exchange(is_paused_, false)) stream_->ReadOn(socket_.held_memory());
        return;
      }
      if (stream_->unsent() > kMaxUnsentBeforeMore) return;  // see Continue
      text = std::move(requests_.front());
      requests_.pop_front();
      running_ = text.size();
    }
    if (!Run(text)) return;
    const MutexLock lock(mutex_);
    running_.reset();
  }
}

bool ChannelSocket::Run(std::string_view text) {
  Result<nlohmann::ordered_json> object = ParseOrderedJson(text);
  if (!object || !object->is_object()) {
    Close(close_code::kNotUtf8, object ? "not a JSON object" : object.error().detail);
    return true;
  }
  const std::optional<std::uint64_t> id = RequestIdOf(*object);
  if (!id) {
    Close(close_code::kPolicy, "id: missing or not a number");
    return true;
  }
  Result<VerbRequest> read = ReadVerb(*std::move(object));
  const bool is_connected = [&] {
    const MutexLock lock(mutex_);
    return is_connected_;
  }();
  if (!is_connected && (!read || read->verb->kind != VerbKind::kConnect)) {
    Close(close_code::kPolicy, "the first request is connect");
    return true;
  }
  const Status admitted =
      is_connected ? Admit(text.size()) : AdmitAddress(context_.costs, peer_address_, text.size());
  if (!read) {
    Send(VerbFailure(*id, admitted ? read.error() : admitted.error()));
    return true;
  }
  // Shared with its task, so that nothing is copied where tasks can be.
  const auto request =
      std::make_shared<const Request>(Request{.id = *id,
                                              .verb = read->verb,
                                              .fields = std::move(read->fields),
                                              .begun = context_.logins.clock.Monotonic()});
  if (!admitted) {
    Finish(*request, admitted);
    return true;
  }
  if (!request->verb->may_block) {
    Execute(*request);
    return true;
  }
  auto task = [self = shared_from_this(), request] {
    self->Execute(*request);
    {
      const MutexLock lock(self->mutex_);
      self->running_.reset();
    }
    self->RunRequests();
  };
  if (context_.workers.TrySubmit(ThreadPool::Urgency::kNormal, std::move(task))) return false;
  Finish(*request, Error{Errc::kStoreBusy, "no worker is free"});
  return true;
}

void ChannelSocket::Execute(const Request& request) noexcept {
  try {
    Finish(request, Answer(request));
  } catch (...) {
    // Most likely out of memory.
    const MutexLock lock(mutex_);
    EndLocked();
  }
}

void ChannelSocket::Finish(const Request& request, const Status& outcome) {
  if (request.verb->kind == VerbKind::kSubscribe) NoteSubscribed(request, outcome);
  if (!outcome) Send(VerbReply(request.id, *request.verb, outcome.error()));
  Record(request, outcome);
  if (request.verb->kind != VerbKind::kConnect || outcome) return;
  switch (outcome.error().code) {
    case Errc::kBadRequest:
    case Errc::kNotJson:
      return;  // it may be sent again
    case Errc::kStoreBusy:
    case Errc::kStoreBroken:
    case Errc::kOutcomeUnknown:
    case Errc::kUnavailable:
    case Errc::kTooManyRequests:
      return Close(close_code::kTryLater, "try later");
    case Errc::kInstanceKicked:
      return Close(socket_code::kOtherLogin, "another login");
    default:
      return Close(socket_code::kLoginRefused, "login refused");
  }
}

void ChannelSocket::Record(const Request& request, const Status& outcome) {
  RequestLabel label{.endpoint = request.verb->label};
  if (!outcome) {
    label.code = ChannelCodeOf({}, outcome.error().code).code;
    label.failure = outcome.error().code;
    label.failure_detail = outcome.error().detail;
  }
  context_.recorder.Record({.request_id = context_.recorder.NextId(),
                            .peer_address = peer_address_,
                            .begun = request.begun},
                           label, 200);
}

Status ChannelSocket::Admit(std::size_t bytes) const {
  return AdmitToChannel(context_.costs, login_.account, peer_address_, bytes);
}

void ChannelSocket::ChargeReply(std::string_view reply) const {
  RequestCharge::OfChannel(context_.costs, peer_address_, login_.account).ChargeReply(reply.size());
}

Status ChannelSocket::Answer(const Request& request) {
  if (request.verb->may_block && context_.node != nullptr && context_.node->IsCutOff()) {
    return Error{Errc::kStoreBusy, "cut off from the store"};
  }
  switch (request.verb->kind) {
    case VerbKind::kConnect:
      return Connect(request);
    case VerbKind::kSubscribe:
      return Subscribe(request);
    case VerbKind::kUnsubscribe:
      return Unsubscribe(request);
    case VerbKind::kWatch:
      return Watch(request);
    case VerbKind::kUnwatch:
      return Unwatch(request);
    case VerbKind::kCall:
      return Call(request);
  }
  return {};
}

Status ChannelSocket::Connect(const Request& request) {
  ChannelFields fields(request.fields);
  const auto cursors = fields.OptionalObjects("cursors", kMaxSubscriptions);
  if (!fields.ok()) return fields.error();
  {
    const MutexLock lock(mutex_);
    if (is_connected_) return Error{Errc::kBadRequest, "connect: already connected"};
    if (!stream_) return {};  // it would take the place of a login that is in use
  }
  Result<ChannelLogin> login = CheckConnect(request.fields, context_.logins, peer_address_);
  if (!login) return login.error();
  login_ = *std::move(login);
  Channel& channel = context_.verbs.channel;
  Result<ChannelInstance> instance =
      channel.Connect(login_.account, login_.proof, login_.continued, [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->OnKicked();
      });
  if (!instance) return instance.error();
  const TimePoint logged_in = instance->logged_in;
  const bool is_over = [&] {
    const MutexLock lock(mutex_);
    // Nothing can throw before: from now on the end of the connection is the logout.
    if (!is_over_) instance_ = *std::move(instance);
    return is_over_;
  }();
  if (is_over) {
    channel.Disconnect(*instance);
    return {};
  }
  // The session may have ended since its token was checked.
  if (context_.logins.verifier.HasEndedLogins(login_.account) &&
      !IsLoginValid(login_, context_.logins)) {
    return Error{Errc::kNoSession, {}};
  }
  login_.direct = channel.ResumeDirect(login_.account, login_.direct);
  PushReceivers& receivers = context_.verbs.receivers;
  receivers.Listen(shared_from_this());
  JsonText reply;
  reply.Field("userID", login_.account.value)
      .Field("login", std::int64_t{logged_in.time_since_epoch().count()})
      .Field("direct", static_cast<std::int64_t>(login_.direct))
      .Field("ping", std::int64_t{kPingPeriod.count()})
      .BeginObject("limits")
      .Field("rooms", std::int64_t{kMaxSubscriptions})
      .Field("messageBytes", std::int64_t{kMaxPlainBytes})
      .Field("messagesPerSecond", std::int64_t{channel.options().account_rate.per_second})
      .EndObject();
  const bool is_connected = [&] {
    const MutexLock lock(mutex_);
    if (is_over_) return false;
    is_connected_ = true;
    // Clients that connect together are not reminded together.
    if (login_.asks_beats) {
      next_beat_ =
          context_.logins.clock.Monotonic() + SpreadOver(kBeatPeriod, context_.verbs.random);
    }
    direct_at_ = login_.direct;
    SendLocked(VerbReply(request.id, *request.verb, reply));
    // Before the requests that have come meanwhile.
    const auto next = requests_.begin();
    for (const nlohmann::ordered_json* const cursor : cursors) {
      requests_.insert(next,
                       fmt::format(R"({{"id":{},"subscribe":{}}})", request.id, cursor->dump()));
    }
    return true;
  }();
  is_connected ? ReadDirects() : receivers.StopListening(*this);
  return {};
}

Status ChannelSocket::Call(const Request& request) {
  std::vector<CallersRoom> rooms;
  {
    const MutexLock lock(mutex_);
    for (const Subscription& subscription : subscriptions_) {
      rooms.push_back({.key = subscription.key, .number = subscription.number});
    }
    std::ranges::copy(failed_, std::back_inserter(rooms));
  }
  const Result<JsonText> reply = request.verb->handler({.account = login_.account,
                                                        .reach = login_.proof.reach,
                                                        .fields = request.fields,
                                                        .address = peer_address_,
                                                        .rooms = rooms},
                                                       context_.verbs);
  if (!reply) return reply.error();
  const std::string text = VerbReply(request.id, *request.verb, reply);
  ChargeReply(text);
  Send(text);
  return {};
}

// Time

void ChannelSocket::OnTick(MonotonicTime now) {
  bool is_connected = false;
  bool pings = false;
  bool beats = false;
  {
    const MutexLock lock(mutex_);
    if (!stream_) return;
    if (SendsClientsAway(context_.node)) return RestartLocked();
    is_connected = is_connected_;
    if (!is_connected && !running_ && now >= opened_ + kConnectTimeout) {
      return CloseLocked(close_code::kPolicy, "no connect in time");
    }
    pings = now >= next_ping_;
    if (pings) {
      next_ping_ = now + kPingPeriod;
      socket_.Ping();
      FlushLocked();
    }
    beats = is_connected && login_.asks_beats && now >= next_beat_;
    if (beats) next_beat_ = now + kBeatPeriod;
  }
  if (is_connected) CheckLogin(pings);
  if (beats && context_.seated.HasSeat(login_.account, login_.proof.reach)) Send(kBeatPush);
  Continue();
}

void ChannelSocket::CheckLogin(bool with_token) {
  const bool is_valid = with_token ? IsLoginValid(login_, context_.logins)
                                   : context_.logins.clock.Now() < login_.proof.expires;
  if (is_valid) return;
  const MutexLock lock(mutex_);
  if (!stream_) return;
  SendLocked(KickedPush("token_expired"));
  CloseLocked(socket_code::kLoginRefused, "login expired");
}

// Output

void ChannelSocket::Send(std::string_view text) {
  const MutexLock lock(mutex_);
  SendLocked(text);
}

void ChannelSocket::Close(std::uint16_t code, std::string_view reason) {
  const MutexLock lock(mutex_);
  CloseLocked(code, reason);
}

void ChannelSocket::SendLocked(std::string_view text) {
  if (!stream_) return;
  socket_.SendText(text);
  FlushLocked();
}

void ChannelSocket::FlushLocked() {
  const std::string output = socket_.TakeOutput();
  if (!output.empty() && stream_) (void)stream_->Write(output);
}

void ChannelSocket::CloseLocked(std::uint16_t code, std::string_view reason) {
  socket_.Close(code, reason);
  FlushLocked();
  EndLocked();
}

void ChannelSocket::RestartLocked() {
  std::uint64_t drawn = 0;
  context_.verbs.random.Fill(std::as_writable_bytes(std::span(&drawn, 1)));
  SendLocked(fmt::format(R"({{"drain":{{"reconnect":{}}}}})",
                         kMinReconnectMs + drawn % kReconnectSpreadMs));
  CloseLocked(close_code::kRestart, "restart");
}

void ChannelSocket::EndLocked() {
  stream_.reset();
  requests_.clear();
}

}  // namespace rtcroom
