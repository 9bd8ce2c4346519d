#include "daemon/channel/channel_logins.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "daemon/base/sip_hash.h"

namespace rtcroom {
namespace {

/// Ends of single logins of an account that are stored.
constexpr std::size_t kMostSingleEnds = 100;
/// Ends that one commit of `Save` stores.
constexpr std::size_t kMostStoredAtOnce = 1000;
/// Logins that one commit reports to the other servers.
constexpr std::size_t kMostReportedAtOnce = 1000;

}  // namespace

ChannelLogins::ChannelLogins(ChannelCore& core)
    : core_(core),
      unreported_(LoginTable::kMaxEnded + core.options.max_instances,
                  core.options.max_known_instances) {}

Result<LoginTokens> ChannelLogins::LogIn(const UserId& account, const LoginProof& proof) {
  ChannelInstance instance = NewInstance(account, proof);
  std::vector<EndedLogin> ends;
  {
    ChannelCore::Turn turn(core_);
    if (IsOver(account, proof)) return Error{Errc::kNoSession, {}};
    instance.logged_in = NextLogin(account, turn.wall);
    (void)core_.logins.Admit(instance, turn, NewOrigin(proof));
    NoteLogin(instance, LoginChange::kBegun);
    ends = core_.TakeEnds(turn);
  }
  (void)StoreEnds(ends);
  LoginTokens tokens{.tiny_id = core_.tokens.TinyIdOf(account),
                     .a2 = core_.tokens.SignInstance(instance)};
  tokens.instance = std::move(instance);
  return tokens;
}

Result<ChannelInstance> ChannelLogins::Connect(const UserId& account, const LoginProof& proof,
                                               std::optional<TimePoint> continued,
                                               std::function<void()> on_kicked) {
  ChannelInstance instance = NewInstance(account, proof);
  std::vector<EndedLogin> ends;
  {
    ChannelCore::Turn turn(core_);
    if (IsOver(account, proof)) return Error{Errc::kNoSession, {}};
    instance.logged_in = NextLogin(account, turn.wall);
    LoginOrigin origin = NewOrigin(proof);
    const Account* const known = core_.logins.FindAccount(account);
    // One that began while the clock was ahead of today's, before a login that is known.
    if (continued && *continued >= instance.logged_in && known != nullptr && known->HasLast()) {
      return Error{Errc::kInstanceKicked, {}};
    }
    // One that was ended with all of the account's is not continued: the proof is newer.
    if (continued && *continued < instance.logged_in &&
        *continued >= core_.deps.validities.FirstValid(account)) {
      instance.logged_in = *continued;
      origin.is_last = false;
      if (HasEnded(instance)) return Error{Errc::kInstanceKicked, {}};
      core_.logins.KickLoginOf(account, *continued, turn);
    }
    const Standing standing = core_.logins.Admit(instance, turn, origin);
    if (standing == Standing::kKicked) return Error{Errc::kInstanceKicked, {}};
    Login* const login = core_.logins.Find(instance.instance);
    if (login == nullptr) return Error{Errc::kUnavailable, "too many connections"};
    const auto on_end = [on_kicked = std::move(on_kicked)](Standing end) {
      if (end == Standing::kKicked) on_kicked();
    };
    core_.logins.Attach(*login, on_end, ClientKind::kRtcroom, turn);
    NoteLogin(instance, LoginChange::kBegun);
    ends = core_.TakeEnds(turn);
  }
  (void)StoreEnds(ends);
  return instance;
}

std::uint64_t ChannelLogins::Attach(const ChannelInstance& login, OnLoginEnd on_end) {
  ChannelCore::Turn turn(core_);
  if (StandingOf(login, turn) != Standing::kActive) return 0;
  Login* const found = core_.logins.Find(login.instance);
  if (found == nullptr) return 0;
  return core_.logins.Attach(*found, std::move(on_end), ClientKind::kSdk, turn);
}

PolledLogin ChannelLogins::Keep(const ChannelInstance& login, OnLoginEnd on_end) {
  const MutexLock lock(core_.mutex);
  Login* const found = core_.logins.Find(login.instance);
  if (found == nullptr || found->is_connected) return {.standing = Standing::kLoggedOut};
  if (found->IsActive()) found->on_end = std::move(on_end);
  return {.standing = found->standing, .is_only = found->account->logins.size() == 1};
}

void ChannelLogins::Detach(const ChannelInstance& login, std::uint64_t connection) {
  ChannelCore::Turn turn(core_);
  Login* const attached = core_.logins.Find(login.instance);
  if (attached == nullptr || attached->connection != connection) return;
  core_.logins.Detach(*attached);
  attached->seen_at = turn.now;
}

ChannelInstance ChannelLogins::NewInstance(const UserId& account, const LoginProof& proof) {
  return {.account = account,
          .instance = RandomUint64(core_.deps.random),
          .expires = proof.expires,
          .reach = proof.reach};
}

LoginOrigin ChannelLogins::NewOrigin(const LoginProof& proof) const {
  // Another server may have begun one since, and an account with several may have begun one here
  // that was forgotten.
  return {.issued = proof.issued,
          .is_last = core_.deps.logins == nullptr && core_.options.max_instances == 1};
}

Result<ChannelInstance> ChannelLogins::Authenticate(std::string_view tiny_id, std::string_view a2) {
  const std::uint64_t seal = NameHash{}(tiny_id, a2);
  const std::uint64_t instance = ChannelTokens::NumberIn(a2);
  {
    ChannelCore::Turn turn(core_);
    Login* const known = core_.logins.Find(instance);
    if (known != nullptr && known->seal == seal) return AdmitCaller(known->claims, turn, known);
  }
  const auto caller = core_.tokens.ReadInstance(a2, tiny_id, core_.deps.clock.Now());
  if (!caller) return Error{Errc::kNoSession, {}};
  ChannelCore::Turn turn(core_);
  Result<ChannelInstance> admitted = AdmitCaller(*caller, turn);
  if (Login* const login = admitted ? core_.logins.Find(caller->instance) : nullptr) {
    login->claims = *caller;  // other servers do not report the reach
    login->seal = seal;
  }
  return admitted;
}

Result<ChannelInstance> ChannelLogins::AdmitCaller(ChannelInstance caller, ChannelTurn& turn,
                                                   Login* known) {
  if (turn.wall >= caller.expires) return Error{Errc::kNoSession, {}};
  const Standing standing = StandingOf(caller, turn, known);
  if (standing == Standing::kKicked) return Error{Errc::kInstanceKicked, {}};
  if (standing == Standing::kLoggedOut) return Error{Errc::kNoSession, {}};
  return caller;
}

Standing ChannelLogins::Admit(const ChannelInstance& login) {
  ChannelCore::Turn turn(core_);
  return StandingOf(login, turn);
}

TimePoint ChannelLogins::NextLogin(const UserId& account, TimePoint now) const {
  return std::max({core_.logins.NextLogin(account, now), core_.deps.ends.EndedBefore(account),
                   core_.deps.validities.FirstValid(account)});
}

bool ChannelLogins::IsOver(const UserId& account, const LoginProof& proof) const {
  return proof.issued < core_.deps.validities.FirstValid(account);
}

bool ChannelLogins::IsEndedByOperator(const ChannelInstance& login) const {
  return login.logged_in < core_.deps.validities.FirstValid(login.account);
}

bool ChannelLogins::HasEnded(const ChannelInstance& login) const {
  return IsEndedByOperator(login) ||
         core_.deps.ends.Find(login.account, login.instance, login.logged_in).has_value();
}

Standing ChannelLogins::StandingOf(const ChannelInstance& login, ChannelTurn& turn, Login* known) {
  if (IsEndedByOperator(login)) return Standing::kLoggedOut;
  const auto end = core_.deps.ends.Find(login.account, login.instance, login.logged_in);
  // The record in memory is more exact. One that has ended must not become known again: it would
  // take the place of another.
  if (known == nullptr) known = core_.logins.Find(login.instance);
  const Standing standing = known != nullptr ? core_.logins.Touch(*known, turn)
                            : end            ? Standing::kActive
                                             : core_.logins.Admit(login, turn);
  if (standing != Standing::kActive || !end) return standing;
  return *end == LoginEnd::kKicked ? Standing::kKicked : Standing::kLoggedOut;
}

// Ends

EndedLogin ChannelLogins::EndOf(const ChannelInstance& login) const {
  // All earlier ones have ended if there is one at a time; so one row of an account is enough.
  if (core_.options.max_instances == 1 ||
      core_.deps.ends.CountSingle(login.account) >= kMostSingleEnds) {
    return EndOfAllBefore(login.account, login.logged_in + std::chrono::milliseconds(1),
                          LoginEnd::kLoggedOut);
  }
  return EndOfOne(login, LoginEnd::kLoggedOut);
}

void ChannelLogins::Disconnect(const ChannelInstance& login) {
  ChannelCore::Turn turn(core_);
  if (core_.logins.LogOut(login.instance, turn)) NoteLogin(login, LoginChange::kEnded);
}

Status ChannelLogins::LogOut(const ChannelInstance& caller) {
  std::vector<EndedLogin> ends;
  {
    ChannelCore::Turn turn(core_);
    // Memory may have forgotten it meanwhile.
    if (!core_.logins.LogOut(caller.instance, turn) && HasEnded(caller)) return {};
    NoteLogin(caller, LoginChange::kEnded);
    turn.ends.push_back(EndOf(caller));
    ends = core_.TakeEnds(turn);
  }
  return StoreEnds(ends);
}

Status ChannelLogins::LogOutAll(const ChannelInstance& caller) {
  std::vector<EndedLogin> ends;
  {
    ChannelCore::Turn turn(core_);
    if (HasEnded(caller)) return Error{Errc::kNoSession, {}};
    turn.ends.push_back(
        EndOfAllBefore(caller.account, NextLogin(caller.account, turn.wall), LoginEnd::kLoggedOut));
    for (const ChannelInstance& ended : core_.logins.LogOutAll(caller.account, turn)) {
      NoteLogin(ended, LoginChange::kEnded);
    }
    ends = core_.TakeEnds(turn);
  }
  return StoreEnds(ends);
}

void ChannelLogins::EndLogins(const AccountValidity& validity) {
  ChannelCore::Turn turn(core_);
  const TimePoint next = validity.valid_from + std::chrono::seconds(1);
  core_.logins.KickLoginsBefore(validity.account, next, turn);
  for (const EndedLogin& end : core_.TakeEnds(turn)) core_.KeepUnstored(end);
}

Status ChannelLogins::StoreEnds(std::span<const EndedLogin> ends) {
  if (ends.empty()) return {};
  const Status stored = core_.deps.end_store.PutEndedLogins(ends);
  if (stored) return stored;
  const MutexLock lock(core_.mutex);
  for (const EndedLogin& end : ends) core_.KeepUnstored(end);
  return stored;
}

void ChannelLogins::Save() {
  (void)StoreEnds(core_.TakeUnstored(kMostStoredAtOnce));
  if (core_.deps.logins != nullptr) Report();
}

// Other servers

void ChannelLogins::NoteLogin(const ChannelInstance& login, LoginChange change) {
  if (core_.deps.logins == nullptr) return;
  unreported_.Add({.account = login.account,
                   .instance = login.instance,
                   .logged_in = login.logged_in,
                   .expires = login.expires,
                   .has_ended = change == LoginChange::kEnded});
}

void ChannelLogins::Report() {
  std::vector<AccountLogin> logins;
  {
    const MutexLock lock(core_.mutex);
    // It may be late: of one that has ended here since, the client is connected elsewhere by now.
    logins = unreported_.Take(kMostReportedAtOnce,
                              [this](const AccountLogin& login) REQUIRES(core_.mutex) {
                                const Login* const found = core_.logins.Find(login.instance);
                                return found != nullptr && found->IsActive();
                              });
  }
  if (logins.empty() || core_.deps.logins->ReportLogins(logins)) return;
  const MutexLock lock(core_.mutex);
  unreported_.PutBack(logins);
}

void ChannelLogins::OnLogins(std::span<const AccountLogin> logins) {
  ChannelCore::Turn turn(core_);
  for (const AccountLogin& login : logins) {
    const ChannelInstance claims{.account = login.account,
                                 .instance = login.instance,
                                 .logged_in = login.logged_in,
                                 .expires = login.expires};
    if (login.has_ended) {
      core_.logins.LogOutElsewhere(claims, turn);
    } else if (!HasEnded(claims)) {
      core_.logins.AdmitElsewhere(claims, turn);
    }
  }
}

// Who is logged in

void ChannelLogins::SetProfile(const ChannelInstance& caller, std::optional<std::string> nick,
                               std::optional<std::string> image) {
  const MutexLock lock(core_.mutex);
  Account* const account = core_.logins.FindAccount(caller.account);
  if (account == nullptr) return;
  if (nick) account->profile.nick = *std::move(nick);
  if (image) account->profile.image = *std::move(image);
}

Account::Profile ChannelLogins::ProfileOf(const UserId& account) const {
  const MutexLock lock(core_.mutex);
  const Account* const found = core_.logins.FindAccount(account);
  return found == nullptr ? Account::Profile() : found->profile;
}

ConnectedLogins ChannelLogins::Page(const LoginQuery& query) const {
  const MonotonicTime now = core_.deps.clock.Monotonic();
  const MutexLock lock(core_.mutex);
  return core_.logins.Page(query, now);
}

}  // namespace rtcroom
