#include "handlers/channel/channel_socket.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "daemon/channel/channel_options.h"
#include "handlers/channel/channel_codes.h"
#include "handlers/channel/channel_fields.h"
#include "handlers/shared/plain_message.h"
#include "handlers/shared/protocol_handler.h"
#include "handlers/shared/request_charge.h"
#include "handlers/shared/request_text.h"

namespace rtcroom {
namespace {

constexpr std::chrono::seconds kConnectTimeout{10};
/// After a restart the clients connect again over that time.
constexpr std::uint64_t kMinReconnectMs = 500;
constexpr std::uint64_t kReconnectSpreadMs = 10'000;

std::string KickedPush(std::string_view reason) {
  return std::string(R"({"kicked":{"reason":")").append(reason).append("\"}}");
}

}  // namespace

ChannelSocket::ChannelSocket(const SocketContext& context, std::string peer_address)
    : RequestSocket(context.socket, std::move(peer_address), {.too_slow = socket_code::kTooSlow}),
      context_(context),
      opened_(context.logins.clock.Monotonic()) {}

// From the connection

void ChannelSocket::OnEnd() {
  std::vector<Subscription> subscriptions;
  std::optional<ChannelInstance> instance;
  {
    const MutexLock lock(mutex_);
    is_over_ = true;
    subscriptions.swap(subscriptions_);
    instance.swap(instance_);
  }
  PushReceivers& receivers = context_.verbs.receivers;
  for (const Subscription& subscription : subscriptions) {
    receivers.Unsubscribe(subscription.number, *this);
  }
  if (!instance) return;
  receivers.StopListening(*this);
  context_.verbs.channel.logins().Disconnect(*instance);
}

void ChannelSocket::OnKicked() noexcept {
  if (!IsOpen()) return;
  try {
    Send(KickedPush("other_login"));
    Close(socket_code::kOtherLogin, "another login");
  } catch (...) {
    End();  // most likely out of memory, which is no matter of the other login
  }
}

// Requests

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
  Admission& costs = context_.socket.costs;
  const Status admitted = is_connected
                              ? AdmitToChannel(costs, login_.account, peer_address(), text.size())
                              : AdmitAddress(costs, peer_address(), text.size());
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
  auto task = [self = Self(), request] {
    self->Execute(*request);
    self->FinishLater();
  };
  if (TrySubmit(std::move(task))) return false;
  Finish(*request, Error{Errc::kStoreBusy, "no worker is free"});
  return true;
}

void ChannelSocket::Execute(const Request& request) noexcept {
  try {
    Finish(request, Answer(request));
  } catch (...) {
    End();  // most likely out of memory
  }
}

void ChannelSocket::Finish(const Request& request, const Status& outcome) {
  if (request.verb->kind == VerbKind::kSubscribe) NoteSubscribed(request, outcome);
  RequestLabel label{.endpoint = request.verb->label};
  if (!outcome) {
    Send(VerbReply(request.id, *request.verb, outcome.error()));
    (void)FailCommand(outcome.error(), label);
  }
  Record(label, request.begun);
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

void ChannelSocket::ChargeReply(std::string_view reply) const {
  RequestCharge::OfChannel(context_.socket.costs, peer_address(), login_.account)
      .ChargeReply(reply.size());
}

Status ChannelSocket::Answer(const Request& request) {
  if (request.verb->may_block && IsCutOff(context_.socket.node)) return CutOffFromStore();
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
  }
  if (!IsOpen()) return {};  // it would take the place of a login that is in use
  Result<ChannelLogin> login = CheckConnect(request.fields, context_.logins, peer_address());
  if (!login) return login.error();
  login_ = *std::move(login);
  Channel& channel = context_.verbs.channel;
  Result<ChannelInstance> instance = channel.logins().Connect(
      login_.account, login_.proof, login_.continued, [weak = std::weak_ptr(Self())] {
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
    channel.logins().Disconnect(*instance);
    return {};
  }
  // The session may have ended since its token was checked.
  if (context_.logins.verifier.HasEndedLogins(login_.account) &&
      !IsLoginValid(login_, context_.logins)) {
    return Error{Errc::kNoSession, {}};
  }
  const Result<std::uint64_t> direct =
      channel.history().ResumeDirect(login_.account, login_.direct);
  if (!direct) return direct.error();
  login_.direct = *direct;
  PushReceivers& receivers = context_.verbs.receivers;
  receivers.Listen(Self());
  JsonText reply;
  reply.Field("userID", login_.account.value)
      .Field("login", std::int64_t{logged_in.time_since_epoch().count()})
      .Field("direct", login_.direct)
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
      next_beat_ = context_.logins.clock.Monotonic() +
                   SpreadOver(kBeatPeriod, context_.verbs.channel.deps().random);
    }
    direct_at_ = login_.direct;
    TickSoon();
    Send(VerbReply(request.id, *request.verb, reply));
    return true;
  }();
  if (!is_connected) {
    receivers.StopListening(*this);
    return {};
  }
  // The subscriptions run before the requests that have come meanwhile.
  std::vector<std::string> subscribes;
  for (const ChannelFields& cursor : cursors) {
    subscribes.push_back(
        fmt::format(R"({{"id":{},"subscribe":{}}})", request.id, cursor.object().dump()));
  }
  RunNext(std::move(subscribes));
  ReadMissed();
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
                                                        .address = peer_address(),
                                                        .rooms = rooms},
                                                       context_.verbs);
  if (!reply) return reply.error();
  const std::string text = VerbReply(request.id, *request.verb, reply);
  ChargeReply(text);
  Send(text);
  return {};
}

// Time

MonotonicTime ChannelSocket::OnTime(MonotonicTime now) {
  bool is_connected = false;
  bool beats = false;
  MonotonicTime next_beat = MonotonicTime::max();
  {
    const MutexLock lock(mutex_);
    is_connected = is_connected_;
    beats = is_connected && login_.asks_beats && now >= next_beat_;
    if (beats) next_beat_ = now + kBeatPeriod;
    if (is_connected && login_.asks_beats) next_beat = next_beat_;
  }
  if (!is_connected && !IsRunning() && now >= opened_ + kConnectTimeout) {
    Close(close_code::kPolicy, "no connect in time");
    return MonotonicTime::max();
  }
  const bool has_pinged = PingIfDue(now, /*only_silent=*/false);
  if (is_connected) CheckLogin(has_pinged);
  if (beats && context_.seated.HasSeat(login_.account, login_.proof.reach)) Send(kBeatPush);
  GoOn();
  if (!is_connected) return std::max(now, opened_ + kConnectTimeout);
  const std::chrono::milliseconds left = login_.proof.expires - context_.logins.clock.Now();
  return std::min(
      {next_ping(), next_beat, now + std::min<std::chrono::milliseconds>(left, kPingPeriod)});
}

void ChannelSocket::CheckLogin(bool with_token) {
  const bool is_valid = with_token ? IsLoginValid(login_, context_.logins)
                                   : context_.logins.clock.Now() < login_.proof.expires;
  if (is_valid || !IsOpen()) return;
  Send(KickedPush("token_expired"));
  Close(socket_code::kLoginRefused, "login expired");
}

void ChannelSocket::OnDrain() {
  Send(fmt::format(
      R"({{"drain":{{"reconnect":{}}}}})",
      kMinReconnectMs + RandomUint64(context_.verbs.channel.deps().random) % kReconnectSpreadMs));
  Close(close_code::kRestart, "restart");
}

}  // namespace rtcroom
