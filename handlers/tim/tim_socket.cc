#include "handlers/tim/tim_socket.h"

#include <chrono>
#include <memory>
#include <utility>

#include "daemon/auth/user_sig.h"
#include "handlers/channel/channel_codes.h"
#include "handlers/channel/channel_fields.h"
#include "handlers/channel/channel_login.h"
#include "handlers/shared/request_charge.h"
#include "handlers/tim/tim_lookups.h"

namespace rtcroom::tim {
namespace {

/// Only a client at fault exceeds this rate: requests have a lower one, beyond which they wait.
constexpr RateLimit kFrameRate{.per_second = 60, .burst = 1000};

/// Requests that SDKs send by themselves are shorter: a longer greeting costs as other requests do.
constexpr std::size_t kMaxUsualBytes = 2048;

/// A request that was set aside is answered after so long, whatever the client has asked for.
constexpr std::chrono::seconds kMaxSetAside{1};

constexpr std::string_view kBusy = "server busy, try again later";
constexpr int kBusyCode = 10002;

/// Replies say how an SDK's clock differs; it greets at its own time.
constexpr std::uint32_t kMinHello = 7;
constexpr std::uint32_t kHelloSpread = 3;

/// Never 0, which stands for no login.
std::int64_t InstIdOf(const ChannelInstance& login) {
  const auto number = static_cast<std::int64_t>(login.instance & 0x7fff'ffffU);
  return number == 0 ? 1 : number;
}

}  // namespace

TimSocket::TimSocket(const Context& context, WebSocket::Frames frames, KickType operator_kick,
                     std::string peer_address)
    // A client that reads too slowly is closed, and gets the rest by its next connection.
    : RequestSocket(context.socket, std::move(peer_address),
                    {.frames = frames, .frame_rate = kFrameRate}),
      context_(context),
      operator_kick_(operator_kick) {}

// From the connection

void TimSocket::OnEnd() {
  {
    const MutexLock lock(mutex_);
    is_over_ = true;
  }
  EndLogin();
}

void TimSocket::EndLogin() {
  std::shared_ptr<LoginPushes> pushes;
  std::uint64_t connection = 0;
  {
    const MutexLock lock(mutex_);
    pushes = std::exchange(pushes_, nullptr);
    connection = std::exchange(connection_, 0);
    set_aside_.clear();
    set_aside_until_ = MonotonicTime::max();
  }
  if (!pushes) return;
  pushes->End();
  if (connection != 0) context_.channel.logins().Detach(pushes->login(), connection);
}

void TimSocket::OnLoginEnd(const std::shared_ptr<LoginPushes>& pushes, Standing standing) noexcept {
  if (!pushes || CurrentPushes() != pushes) return;
  try {
    const bool is_by_operator = context_.channel.logins().IsEndedByOperator(pushes->login());
    const KickType type = is_by_operator ? operator_kick_ : KickType::kOtherLogin;
    if (standing == Standing::kKicked && ClaimKickNotice()) Send(KickPush(type));
    EndLogin();
  } catch (...) {
    End();  // most likely out of memory: the login that caused this goes on
  }
}

Failure TimSocket::RefusalOf(const Head& head, const Error& error) const {
  const std::optional<ChannelInstance> login =
      context_.channel.tokens().ReadInstance(head.a2, head.tiny_id, context_.socket.clock.Now());
  if (!login || !context_.channel.logins().IsEndedByOperator(*login)) return error;
  Failure refusal(Error{Errc::kInstanceKicked, {}});
  refusal.kick = operator_kick_;
  return refusal;
}

bool TimSocket::HasMissed() const {
  const std::shared_ptr<LoginPushes> pushes = CurrentPushes();
  return pushes && pushes->HasMissed();
}

void TimSocket::ReadMissed() noexcept {
  if (const auto pushes = CurrentPushes()) pushes->ReadMissed();
}

// Time

MonotonicTime TimSocket::OnTime(MonotonicTime now) {
  (void)PingIfDue(now, /*only_silent=*/true);
  std::chrono::milliseconds until_next = LoginPushes::kBetweenSaves;
  bool is_delayed = false;
  MonotonicTime set_aside_until;
  std::shared_ptr<LoginPushes> pushes;
  {
    const MutexLock lock(mutex_);
    is_delayed = std::exchange(is_delayed_, false);
    set_aside_until = set_aside_until_;
    pushes = pushes_;
  }
  if (pushes) {
    const std::chrono::milliseconds left = pushes->login().expires - context_.socket.clock.Now();
    // A login whose time is over is not told here: the reply to its next request says so.
    left.count() > 0 ? pushes->Save() : EndLogin();
    until_next = std::min(until_next, left);
  }
  if (now >= set_aside_until) (void)RunSetAside();
  if (is_delayed && !TrySubmit([self = Self()] { self->FinishLater(); })) FinishLater();
  GoOn();
  return std::min({next_ping(), now + until_next, set_aside_until});
}

void TimSocket::OnStop() {
  if (const auto pushes = CurrentPushes()) pushes->Save();
}

void TimSocket::OnBans() {
  if (const auto pushes = CurrentPushes()) pushes->LeaveBanned();
}

// Requests

bool TimSocket::Delay(std::string_view text) {
  RunNext({std::string(text)});
  const MutexLock lock(mutex_);
  is_delayed_ = true;
  TickSoon();
  return false;
}

bool TimSocket::Run(std::string_view text) {
  // No SDK sends so much, and reading it takes the time of others.
  if (text.size() > kBytesPerToken && context_.socket.costs.IsAddressInDebt(peer_address())) {
    return Delay(text);
  }
  std::optional<Envelope> envelope = ReadEnvelope(text);
  if (!envelope) {
    Close(close_code::kNotUtf8, "not a JSON object with a head");
    return true;
  }
  Request request{.envelope = *std::move(envelope),
                  .bytes = text.size(),
                  .begun = context_.socket.clock.Monotonic()};
  const SocketCommand* const command = request.command();
  const bool is_free = command != nullptr && command->IsFree();
  const bool is_long = text.size() > kMaxUsualBytes;
  const bool may_wait = is_long || (!is_free && !request.Is(CommandKind::kLogOut));
  const bool is_beyond_rate = may_wait && [&] {
    const MutexLock lock(mutex_);
    return !rate_.Take(request.begun, kRequestRate);
  }();
  if (is_beyond_rate) {
    if (command == nullptr || request.Is(CommandKind::kMessage)) {
      Finish(request, Failure(kBusyCode, "too many requests"));
      return true;
    }
    return Delay(text);
  }
  if (is_free && is_long) {
    context_.socket.costs.ChargeAddress(peer_address(), 1 + MoreTokensFor(text.size()));
  }
  if (command == nullptr || command->lane == Lane::kInline) return Execute(request, text);
  // A worker has only one request of a socket at a time, so the delayed one is its last.
  const auto shared = std::make_shared<const Request>(std::move(request));
  const auto task = [self = Self(), shared, kept = std::string(text)] {
    if (self->Execute(*shared, kept)) self->FinishLater();
  };
  if (TrySubmit(task)) return false;
  Finish(*shared, Failure(kBusyCode, kBusy));
  return true;
}

// The library for calls with SDKs before 3 looks for invitations as soon as its SDK has its
// conversations, and finds those that the SDK knows to be unread.
bool TimSocket::SetAside(const Request& request, std::string_view text) {
  if (!request.Calls(GetConversations) || text.size() > kMaxUsualBytes) return false;
  const MutexLock lock(mutex_);
  if (!std::exchange(is_new_, false) || !pushes_) return false;
  set_aside_ = text;
  set_aside_until_ = request.begun + kMaxSetAside;
  TickSoon();
  return true;
}

bool TimSocket::RunSetAside(std::string_view then) {
  std::vector<std::string> requests(1);
  {
    const MutexLock lock(mutex_);
    is_new_ = false;
    requests.front().swap(set_aside_);
    set_aside_until_ = MonotonicTime::max();
  }
  if (requests.front().empty()) return false;
  if (!then.empty()) requests.emplace_back(then);
  RunNext(std::move(requests));
  return true;
}

bool TimSocket::Execute(const Request& request, std::string_view text) noexcept {
  try {
    if (request.Is(CommandKind::kAck)) {
      const std::shared_ptr<LoginPushes> pushes = CurrentPushes();
      const Result<nlohmann::ordered_json>& body = request.envelope.body;
      if (pushes && body) pushes->Acknowledge(ChannelFields(*body).OptionalText("SessionData"));
      return true;
    }
    // After the logout its reply would be that the login is over, which the SDK takes for a kick.
    if (request.Is(CommandKind::kLogOut) && RunSetAside(text)) return true;
    if (SetAside(request, text)) return true;
    std::optional<Reply> reply = Answer(request);
    if (!reply) return Delay(text);
    Finish(request, *std::move(reply));
    if (request.Calls(GetUnread)) (void)RunSetAside();
    if (!request.Is(CommandKind::kLogIn)) return true;
    // Pushes start after the reply: the SDK takes no message before it.
    if (const auto pushes = CurrentPushes()) pushes->Start();
  } catch (...) {
    End();  // most likely out of memory
  }
  return true;
}

void TimSocket::Finish(const Request& request, Reply reply) {
  const Head& head = request.envelope.head;
  auto* const refusal = std::get_if<Failure>(&reply);
  const bool is_kick = refusal != nullptr && refusal->code == code::kKicked;
  if (is_kick && !ClaimKickNotice()) refusal->kick.reset();
  // With that reply the SDK would stay connected and get nothing; without one it connects again.
  const bool is_resumed = request.Is(CommandKind::kLogIn) && !head.a2.empty();
  if (is_resumed && refusal != nullptr && refusal->code == kBusyCode) {
    return Close(close_code::kTryLater, kBusy);
  }
  const std::string text = ReplyTo(head, reply);
  RequestCharge::OfChannel(context_.socket.costs, peer_address(), std::nullopt)
      .ChargeReply(text.size());
  Send(text);
  RequestLabel label{.endpoint = head.command == nullptr ? "tim/unknown" : head.command->label};
  if (refusal != nullptr) {
    label.code = refusal->code;
    label.failure = refusal->code == kBusyCode ? Errc::kTooManyRequests : Errc::kBadRequest;
    label.failure_detail = refusal->info;
  }
  Record(label, request.begun);
}

std::optional<Reply> TimSocket::Answer(const Request& request) {
  const Head& head = request.envelope.head;
  const SocketCommand* const command = head.command;
  const auto has_time = [&] {
    return AdmitAddress(context_.socket.costs, peer_address(), request.bytes).ok();
  };
  if (request.Is(CommandKind::kAlive)) return JsonText();
  if (request.Is(CommandKind::kLogOut)) {
    // One that waits would be lost with its connection.
    context_.socket.costs.ChargeAddress(peer_address(), 1 + MoreTokensFor(request.bytes));
    return LogOut(head);
  }
  const bool needs_store = command != nullptr && command->lane != Lane::kInline;
  if (needs_store && IsCutOff(context_.socket.node)) return Failure(kBusyCode, kBusy);
  if (command == nullptr || request.Is(CommandKind::kLogIn)) {
    if (!has_time()) return std::nullopt;
    if (command == nullptr) return Failure(kUnknownCommand.code, kUnknownCommand.info);
    return LogIn(head);
  }
  const Result<ChannelInstance> caller =
      context_.channel.logins().Authenticate(head.tiny_id, head.a2);
  if (!caller) {
    if (!has_time()) return std::nullopt;
    return RefusalOf(head, caller.error());
  }
  const Status admitted =
      AdmitToChannel(context_.socket.costs, caller->account, peer_address(), request.bytes);
  if (!admitted && !request.Is(CommandKind::kMessage)) return std::nullopt;
  if (!admitted) return admitted.error();
  const Result<nlohmann::ordered_json>& body = request.envelope.body;
  if (!body) return body.error();
  if (command->kind == CommandKind::kFixed) return command->FixedReply();
  ChannelFields fields(*body);
  const std::shared_ptr<LoginPushes> pushes = CurrentPushes();
  const bool has_begun = pushes && pushes->login().instance == caller->instance;
  return command->handler({.caller = *caller,
                           .fields = fields,
                           .address = peer_address(),
                           .pushes = has_begun ? pushes.get() : nullptr},
                          context_);
}

// Logins

Reply TimSocket::LogIn(const Head& head) {
  Channel& channel = context_.channel;
  const TimePoint now = context_.socket.clock.Now();
  LoginTokens login{.tiny_id = head.tiny_id, .a2 = head.a2};
  const bool is_resumed = !head.a2.empty();
  if (!is_resumed) {
    const UserId account{head.identifier};
    const Result<LoginProof> proof = CheckUserSig(context_.verifier, account, head.user_sig, now);
    const auto fail = [](const Error& error) -> Reply {
      const ChannelCode& code = ChannelCodeOf("openim/login", error.code);
      return Failure(code.code, code.info);
    };
    if (!proof) return fail(proof.error());
    EndLogin();  // or an earlier one of the account would be told here that it is kicked
    Result<LoginTokens> begun = channel.logins().LogIn(account, *proof);
    if (!begun) return fail(begun.error());
    login = *std::move(begun);
  }
  const Result<ChannelInstance> instance = channel.logins().Authenticate(login.tiny_id, login.a2);
  if (!instance) return RefusalOf(head, instance.error());
  EndLogin();  // of another one on this connection, or of an earlier attempt
  const auto pushes = std::make_shared<LoginPushes>(context_, Self(), *instance);
  {
    const MutexLock lock(mutex_);
    if (is_over_) return JsonText();
    pushes_ = pushes;
    is_new_ = !is_resumed;
    has_kick_notice_ = false;
  }
  const std::uint64_t connection = channel.logins().Attach(
      *instance, [weak = std::weak_ptr(Self()), begun = std::weak_ptr(pushes)](Standing standing) {
        if (const auto self = weak.lock()) self->OnLoginEnd(begun.lock(), standing);
      });
  if (connection == 0) {
    EndLogin();
    // It has not ended where only too many others are connected.
    const auto still = channel.logins().Authenticate(login.tiny_id, login.a2);
    return RefusalOf(head, still ? Error{Errc::kUnavailable, {}} : still.error());
  }
  const bool is_over = [&] {
    const MutexLock lock(mutex_);
    const bool is_present = pushes_ == pushes;
    if (is_present) connection_ = connection;
    return !is_present;
  }();
  if (is_over) channel.logins().Detach(*instance, connection);
  TickSoon();  // by the end of the login
  if (const Status begun = pushes->Begin(is_resumed); !begun) {
    EndLogin();
    return begun.error();
  }
  JsonText reply;
  reply.Field("TinyId", login.tiny_id)
      .Field("A2Key", login.a2)
      .Field("InstId", InstIdOf(*instance))
      .Field("HelloInterval", kMinHello + RandomUint32(channel.deps().random) % kHelloSpread)
      .Field("TimeStamp", UnixSeconds(now))
      .Field("CustomStatus", "");
  return reply;
}

Reply TimSocket::LogOut(const Head& head) {
  ChannelLogins& logins = context_.channel.logins();
  const Result<ChannelInstance> caller = logins.Authenticate(head.tiny_id, head.a2);
  if (!caller) return JsonText();  // it has ended
  (void)logins.LogOut(*caller);
  auto rows = context_.accounts.ReadAccountGroups(caller->account);
  if (rows) RemoveEnded(context_, *std::move(rows));
  return JsonText();
}

}  // namespace rtcroom::tim
