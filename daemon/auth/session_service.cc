#include "daemon/auth/session_service.h"

#include <algorithm>
#include <optional>
#include <ranges>
#include <utility>
#include <vector>

#include "daemon/auth/session_token.h"
#include "daemon/base/address_key.h"
#include "daemon/base/base64.h"

namespace rtcroom {
namespace {

/// Maximum number of rows that one write of the upkeep touches: a few milliseconds in the store.
constexpr std::size_t kUpkeepBatch = 1000;

/// Extra retention in the store. The stored last use is up to an hour old, and older while writes
/// fail; a session that is still in memory must not be removed from the store.
constexpr std::chrono::hours kStoredLonger{3};

LoginOutcome OutcomeOf(UserSigOutcome outcome) {
  switch (outcome) {
    case UserSigOutcome::kMalformed:
    case UserSigOutcome::kAnonymous:  // a token would reach the rooms that the ticket does not
      return LoginOutcome::kMalformed;
    case UserSigOutcome::kWrongApp:
      return LoginOutcome::kWrongApp;
    case UserSigOutcome::kWrongUser:
      return LoginOutcome::kWrongUser;
    case UserSigOutcome::kExpired:
      return LoginOutcome::kExpired;
    case UserSigOutcome::kBadSignature:
      return LoginOutcome::kBadSignature;
    case UserSigOutcome::kOk:
      return LoginOutcome::kOk;
  }
  return LoginOutcome::kBadSignature;
}

TokenOutcome OutcomeOf(SessionUse use) {
  switch (use) {
    case SessionUse::kOk:
      return TokenOutcome::kOk;
    case SessionUse::kOtherToken:
      return TokenOutcome::kWrongToken;
    case SessionUse::kNoSession:
      return TokenOutcome::kNoSession;
  }
  return TokenOutcome::kWrongToken;
}

}  // namespace

SessionService::SessionService(const SessionServiceDeps& deps, SessionOptions options)
    : verifier_(deps.verifier),
      store_(deps.store),
      crypto_(deps.crypto),
      clock_(deps.clock),
      dates_(deps.dates),
      steady_clock_(deps.clock),
      options_(std::move(options)),
      application_(TokenApplication(options_.sdk_app_id, EncodeBase64(options_.account_type))),
      table_(options_.table) {}

Status SessionService::Restore(TimePoint now) {
  // The listener is set before they are read: what changes meanwhile is heard.
  store_.HearSessions(this);
  const Result<std::vector<Session>> stored =
      store_.LoadSessions(now - options_.table.ttl, options_.table.max_sessions);
  if (!stored) return stored.error();
  // Oldest first, so that the latest use is inserted last.
  for (const Session& session : *stored | std::views::reverse) table_.Put(session);
  const MutexLock lock(restoring_mutex_);
  for (const SessionChange& change : std::exchange(heard_, {})) Apply(change);
  is_restored_ = true;
  return {};
}

void SessionService::OnSessions(std::span<const SessionChange> changes) noexcept {
  const MutexLock lock(restoring_mutex_);
  if (!is_restored_) {
    heard_.insert(heard_.end(), changes.begin(), changes.end());
    return;
  }
  for (const SessionChange& change : changes) Apply(change);
}

void SessionService::Apply(const SessionChange& change) {
  if (change.has_ended) {
    table_.Remove(change.session.user_id.value, change.session.number);
    return;
  }
  table_.Put(change.session);
}

Result<SessionLogin> SessionService::Login(const SessionLoginCommand& command) {
  if (const Status ready = verifier_.CanVerify(); !ready) return ready.error();
  if (command.sdk_app_id.empty() || command.account_type.empty() || command.user_sig.empty() ||
      !IsUserIdText(command.user_id.value)) {
    return Refuse(LoginOutcome::kMissingParameter);
  }
  LoginOutcome outcome =
      OutcomeOf(verifier_.VerifyUserSig(command.user_sig, command.user_id, clock_.Now()));
  // A malformed ticket is reported as malformed, whichever application it was sent for.
  if (outcome != LoginOutcome::kMalformed && !IsOurApp(command)) outcome = LoginOutcome::kWrongApp;
  if (outcome != LoginOutcome::kOk) return Refuse(outcome);

  Result<Secret> token = Begin(command.user_id, command.address);
  if (!token) return token.error();
  if (!verifier_.HasEndedLogins(command.user_id)) {
    return SessionLogin{.outcome = LoginOutcome::kOk, .token = *std::move(token)};
  }
  // If they were ended meanwhile, this one may have come after that.
  outcome = OutcomeOf(verifier_.VerifyUserSig(command.user_sig, command.user_id, clock_.Now()));
  if (outcome != LoginOutcome::kOk) {
    if (const Status ended = EndSession(command.user_id); !ended) return ended.error();
    return Refuse(outcome);
  }
  return SessionLogin{.outcome = LoginOutcome::kOk, .token = *std::move(token)};
}

SessionLogin SessionService::Refuse(LoginOutcome outcome) {
  ++refused_logins_.at(static_cast<std::size_t>(outcome));
  return {.outcome = outcome};
}

Result<Secret> SessionService::LoginTrusted(const UserId& user_id, std::string_view address) {
  if (options_.sdk_app_id == 0) return Error{Errc::kUnavailable, "no IM application is configured"};
  if (!IsUserIdText(user_id.value)) return Error{Errc::kBadRequest, "userID: not a user id"};
  return Begin(user_id, address);
}

Result<Secret> SessionService::Begin(const UserId& user_id, std::string_view address) {
  const std::string secret = crypto_.NewTokenSecret();
  std::string token = FormatSessionToken({.secret = secret, .application = application_});
  Session session{.user_id = user_id, .token = crypto_.Digest(token), .last_use = dates_.Now()};
  const Result<std::uint64_t> number = store_.PutSession(session);
  if (!number) return number.error();
  session.number = *number;
  table_.Put(session, AddressKey(address));
  return Secret(std::move(token));
}

Result<TokenOutcome> SessionService::Logout(std::string_view user_id, std::string_view token) {
  if (const TokenOutcome screened = Screen(user_id, token); screened != TokenOutcome::kOk) {
    return screened;
  }
  const SessionTable::Found found =
      table_.Find(user_id, crypto_.Digest(token), steady_clock_.Earlier());
  if (found.use != SessionUse::kOk) return OutcomeOf(found.use);
  if (const Status removed = store_.RemoveSessions({&found.session, 1}); !removed) {
    return removed.error();
  }
  table_.Remove(user_id, found.session.number);
  return TokenOutcome::kOk;
}

Status SessionService::EndSession(const UserId& user_id) {
  std::optional<Session> session = table_.FindOf(user_id.value);
  if (!session && options_.store_is_shared) {
    const Result<std::optional<Session>> stored = store_.FindSession(user_id);
    if (!stored) return stored.error();
    session = *stored;
  }
  if (!session) return {};
  if (const Status removed = store_.RemoveSessions({&*session, 1}); !removed) return removed;
  table_.Remove(user_id.value, session->number);
  return {};
}

TokenOutcome SessionService::Check(std::string_view user_id, std::string_view token) {
  const TokenOutcome screened = Screen(user_id, token);
  if (screened != TokenOutcome::kOk) return screened;
  return OutcomeOf(
      table_.Use(user_id, crypto_.Digest(token), steady_clock_.Earlier(), dates_.Now()));
}

Result<TokenOutcome> SessionService::CheckStored(std::string_view user_id, std::string_view token) {
  const TokenOutcome known = Check(user_id, token);
  if (known != TokenOutcome::kNoSession) return known;
  const UserId user{std::string(user_id)};
  const Result<std::optional<Session>> found = store_.FindSession(user);
  if (!found) return found.error();
  if (!*found) return TokenOutcome::kNoSession;
  const Session& stored = **found;
  if (!SessionCrypto::Same(stored.token, crypto_.Digest(token))) return TokenOutcome::kWrongToken;
  table_.Put(stored);
  // A logout that was heard before the session was put is not heard again.
  const Result<std::optional<Session>> still = store_.FindSession(user);
  const bool is_certain = still && *still && (*still)->number == stored.number;
  if (!is_certain) table_.Remove(user_id, stored.number);
  if (!still) return still.error();
  return Check(user_id, token);
}

Result<SessionUpkeep> SessionService::Upkeep(TimePoint now) {
  SessionUpkeep done;
  if (const Status written = WriteBacklog(done); !written) return written.error();
  const std::size_t forgotten = table_.RemoveEnded(now, kUpkeepBatch);
  done.left_some = done.left_some || forgotten == kUpkeepBatch;
  return done;
}

Result<bool> SessionService::RemoveExpired(TimePoint now) {
  const Result<std::size_t> removed =
      store_.RemoveUnusedSessions(now, now - options_.table.ttl - kStoredLonger, kUpkeepBatch);
  if (!removed) return removed.error();
  return *removed == kUpkeepBatch;
}

Status SessionService::WriteBacklog(SessionUpkeep& done) {
  SessionBacklog backlog = table_.TakeBacklog(kUpkeepBatch);
  if (!backlog.used.empty()) {
    if (Status written = store_.RecordSessionUses(backlog.used); !written) {
      table_.ReturnBacklog(backlog);
      return written;
    }
    done.uses_written = backlog.used.size();
    done.left_some = backlog.used.size() == kUpkeepBatch;
    backlog.used.clear();
  }
  if (!backlog.evicted.empty() && !options_.store_is_shared) {
    if (Status removed = store_.RemoveSessions(backlog.evicted); !removed) {
      table_.ReturnBacklog(backlog);
      return removed;
    }
    done.removed = backlog.evicted.size();
    done.left_some = done.left_some || backlog.evicted.size() == kUpkeepBatch;
  }
  return {};
}

TokenOutcome SessionService::Screen(std::string_view user_id, std::string_view token) const {
  if (user_id.empty() || token.empty()) return TokenOutcome::kMissing;
  const std::optional<SessionToken> parts = ParseSessionToken(token);
  if (!parts) return TokenOutcome::kMalformed;
  if (parts->application != application_) return TokenOutcome::kUnknownApp;
  return TokenOutcome::kOk;
}

bool SessionService::IsOurApp(const SessionLoginCommand& command) const {
  return command.account_type == options_.account_type &&
         command.sdk_app_id == std::to_string(options_.sdk_app_id);
}

}  // namespace rtcroom
