#include "daemon/channel/channel_logins.h"

#include <algorithm>
#include <chrono>

#include "daemon/channel/channel.h"

namespace rtcroom {
namespace {

/// Ends of single logins of an account that are stored.
constexpr std::size_t kMostSingleEnds = 100;
/// Ends that one commit of a tick stores.
constexpr std::size_t kMostStoredAtOnce = 1000;

}  // namespace

ConnectedLogins Channel::Logins(const LoginQuery& query) const {
  const MonotonicTime now = deps_.clock.Monotonic();
  const MutexLock lock(mutex_);
  return state_.logins().Page(query, now);
}

std::vector<std::size_t> Channel::CountMembers(std::span<const std::uint64_t> rooms) const {
  std::vector<std::size_t> counts;
  counts.reserve(rooms.size());
  const MutexLock lock(mutex_);
  for (const std::uint64_t room : rooms) counts.push_back(state_.groups().CountMembers(room));
  return counts;
}

// Ends

TimePoint Channel::NextLogin(const UserId& account, TimePoint now) const {
  return std::max({state_.logins().NextLogin(account, now), deps_.ends.EndedBefore(account),
                   deps_.validities.FirstValid(account)});
}

bool Channel::IsOver(const UserId& account, const LoginProof& proof) const {
  return proof.issued < deps_.validities.FirstValid(account);
}

bool Channel::HasEnded(const ChannelInstance& login) const {
  return login.logged_in < deps_.validities.FirstValid(login.account) ||
         deps_.ends.Find(login.account, login.instance, login.logged_in).has_value();
}

Standing Channel::StandingOf(const ChannelInstance& login, ChannelTurn& turn) {
  if (login.logged_in < deps_.validities.FirstValid(login.account)) return Standing::kLoggedOut;
  const auto end = deps_.ends.Find(login.account, login.instance, login.logged_in);
  // What memory knows of it is more exact. One that has ended must not become known again: it would
  // take the place of another.
  const Standing standing = end && state_.logins().Find(login.instance) == nullptr
                                ? Standing::kActive
                                : state_.Admit(login, turn);
  if (standing != Standing::kActive || !end) return standing;
  return *end == LoginEnd::kKicked ? Standing::kKicked : Standing::kLoggedOut;
}

EndedLogin Channel::EndOf(const ChannelInstance& login) const {
  // All earlier ones have ended if there is one at a time; so one row of an account is enough.
  if (options_.max_instances == 1 || deps_.ends.CountSingle(login.account) >= kMostSingleEnds) {
    return EndOfAllBefore(login.account, login.logged_in + std::chrono::milliseconds(1),
                          LoginEnd::kLoggedOut);
  }
  return EndOfOne(login, LoginEnd::kLoggedOut);
}

void Channel::Disconnect(const ChannelInstance& login) {
  const MutexLock lock(mutex_);
  if (state_.LogOut(login.instance)) NoteLogin(login, LoginChange::kEnded);
}

Status Channel::LogOut(const ChannelInstance& caller) {
  std::vector<EndedLogin> ends;
  {
    Turn turn(*this);
    // Memory may have forgotten it meanwhile.
    if (!state_.LogOut(caller.instance) && HasEnded(caller)) return {};
    NoteLogin(caller, LoginChange::kEnded);
    turn.ends.push_back(EndOf(caller));
    ends = TakeEnds(turn);
  }
  return StoreEnds(ends);
}

Status Channel::LogOutAll(const ChannelInstance& caller) {
  std::vector<EndedLogin> ends;
  {
    Turn turn(*this);
    if (HasEnded(caller)) return Error{Errc::kNoSession, {}};
    turn.ends.push_back(
        EndOfAllBefore(caller.account, NextLogin(caller.account, turn.wall), LoginEnd::kLoggedOut));
    for (const ChannelInstance& ended : state_.LogOutAll(caller.account, turn)) {
      NoteLogin(ended, LoginChange::kEnded);
    }
    ends = TakeEnds(turn);
  }
  return StoreEnds(ends);
}

void Channel::EndLogins(const AccountValidity& validity) {
  Turn turn(*this);
  const TimePoint next = validity.valid_from + std::chrono::seconds(1);
  state_.KickLoginsBefore(validity.account, next, turn);
  for (const EndedLogin& end : TakeEnds(turn)) KeepUnstored(end);
}

std::vector<EndedLogin> Channel::TakeEnds(ChannelTurn& turn) {
  std::vector<EndedLogin> ends = std::exchange(turn.ends, {});
  if (ends.empty()) return ends;
  // Tokens expire by the wall clock, and it may be behind the clock by which ends are removed.
  const TimePoint kept_until = deps_.dates.Now() + kLongestLogin;
  for (EndedLogin& end : ends) end.expires = std::max(end.expires, kept_until);
  std::erase_if(ends, [this](const EndedLogin& end) { return !deps_.ends.Put(end); });
  return ends;
}

Status Channel::StoreEnds(std::span<const EndedLogin> ends) {
  if (ends.empty()) return {};
  const Status stored = deps_.end_store.PutEndedLogins(ends);
  if (stored) return stored;
  const MutexLock lock(mutex_);
  for (const EndedLogin& end : ends) KeepUnstored(end);
  return stored;
}

void Channel::KeepUnstored(const EndedLogin& end) {
  const auto [kept, is_new] = unstored_ends_.try_emplace({end.account, end.instance}, end);
  if (!is_new && kept->second.logged_in < end.logged_in) kept->second = end;
  if (unstored_ends_.size() > EndedLoginList::kMaxEndedLogins) {
    unstored_ends_.erase(unstored_ends_.begin());
  }
}

void Channel::StoreUnstored() {
  std::vector<EndedLogin> ends;
  {
    const MutexLock lock(mutex_);
    while (!unstored_ends_.empty() && ends.size() < kMostStoredAtOnce) {
      ends.push_back(std::move(unstored_ends_.begin()->second));
      unstored_ends_.erase(unstored_ends_.begin());
    }
  }
  (void)StoreEnds(ends);
}

}  // namespace rtcroom
