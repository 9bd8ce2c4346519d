#include "daemon/channel/login_table.h"

#include <algorithm>
#include <chrono>
#include <ranges>
#include <tuple>
#include <utility>

namespace rtcroom {
namespace {

/// Accounts that one page looks at: all logins of some have ended.
constexpr std::size_t kMaxVisited = 1000;

ConnectedLogin Describe(const Login& login, MonotonicTime now) {
  ConnectedLogin described{.account = login.claims.account,
                           .instance = login.claims.instance,
                           .client = login.client,
                           .logged_in = login.claims.logged_in};
  if (!login.is_connected) {
    described.idle = std::chrono::duration_cast<std::chrono::milliseconds>(now - login.seen_at);
  }
  return described;
}

}  // namespace

EndedLogin EndOfOne(const ChannelInstance& login, LoginEnd end) {
  return {.account = login.account,
          .instance = login.instance,
          .logged_in = login.logged_in,
          .expires = login.expires,
          .end = end};
}

EndedLogin EndOfAllBefore(const UserId& account, TimePoint time, LoginEnd end) {
  // The logins that end began before `time`, so their tokens expire before then.
  return {.account = account, .logged_in = time, .expires = time + kLongestLogin, .end = end};
}

void ChannelTurn::RecordKick(const ChannelInstance& login, const ChannelInstance& oldest) {
  if (login.logged_in < oldest.logged_in) {
    ends.push_back(EndOfAllBefore(login.account, oldest.logged_in, LoginEnd::kKicked));
  } else {
    ends.push_back(EndOfOne(login, LoginEnd::kKicked));
  }
}

bool Account::IsPresent() const { return std::ranges::any_of(logins, &Login::IsActive); }

bool Account::HasLast() const {
  return std::ranges::any_of(
      logins, [](const Login* login) { return login->IsActive() && login->origin.is_last; });
}

Login* LoginTable::Find(std::uint64_t instance) const {
  const auto found = logins_.find(instance);
  return found == logins_.end() ? nullptr : found->second.get();
}

Account* LoginTable::FindAccount(const UserId& account) const {
  const auto found = accounts_.find(account);
  return found == accounts_.end() ? nullptr : found->second.get();
}

TimePoint LoginTable::NextLogin(const UserId& account, TimePoint now) const {
  const Account* const found = FindAccount(account);
  if (found == nullptr) return now;
  for (const Login* const login : found->logins) {
    now = std::max(now, login->claims.logged_in + std::chrono::milliseconds(1));
  }
  return now;
}

ConnectedLogins LoginTable::Page(const LoginQuery& query, MonotonicTime now) const {
  ConnectedLogins page;
  std::size_t visited = 0;
  auto at = query.after && query.after->value >= query.begins
                ? by_name_.upper_bound(query.after->value)
                : by_name_.lower_bound(query.begins);
  std::string_view newest;
  for (; at != by_name_.end() && at->first.starts_with(query.begins); ++at) {
    if (page.logins.size() >= query.limit || ++visited > kMaxVisited) {
      page.next = UserId{std::string(newest)};
      break;
    }
    newest = at->first;
    for (const Login* const login : at->second->logins) {
      if (login->IsActive()) page.logins.push_back(Describe(*login, now));
    }
  }
  return page;
}

Login& LoginTable::Add(const ChannelInstance& claims, const LoginOrigin& origin,
                       MonotonicTime now) {
  Login& login = *(logins_[claims.instance] = std::make_unique<Login>());
  ++by_client_.at(static_cast<std::size_t>(login.client));
  login.claims = claims;
  login.origin = origin;
  login.seen_at = now;
  login.by_use = by_use_.insert(by_use_.end(), &login);

  const auto [named, is_new] = accounts_.try_emplace(claims.account);
  if (is_new) {
    named->second = std::make_unique<Account>();
    by_name_.emplace(named->first.value, named->second.get());
  }
  login.account = named->second.get();
  std::vector<Login*>& logins = login.account->logins;
  const auto order = [](const Login* one) {
    return std::tuple(one->origin.is_last, one->claims.logged_in, one->claims.instance);
  };
  for (const Login* const one : logins) {
    // An earlier connection of the same login.
    if (one->claims.logged_in == claims.logged_in) login.origin.is_last |= one->origin.is_last;
  }
  logins.insert(std::ranges::upper_bound(logins, order(&login), {}, order), &login);
  return login;
}

// How logins begin and end

Standing LoginTable::Touch(Login& login, const ChannelTurn& turn) {
  login.seen_at = turn.now;
  if (!login.is_connected) by_use_.splice(by_use_.end(), by_use_, login.by_use);
  return login.standing;
}

Standing LoginTable::Admit(const ChannelInstance& claims, ChannelTurn& turn,
                           const LoginOrigin& origin) {
  if (Login* const known = Find(claims.instance)) return Touch(*known, turn);
  Login& login = Add(claims, origin, turn.now);
  const Account& account = *login.account;
  std::size_t active = 0;
  const Login* oldest = &login;  // of those that stay
  for (Login* const one : account.logins | std::views::reverse) {
    if (!one->IsActive()) continue;
    if (++active <= options_.max_instances) {
      oldest = one;
    } else {
      Kick(*one, turn);
      turn.RecordKick(one->claims, oldest->claims);
    }
  }
  const Standing standing = login.standing;
  ForgetEnded(account, turn);
  if (logins_.size() > options_.max_known_instances) Forget(*LeastUsed(), turn);
  return standing;
}

void LoginTable::AdmitElsewhere(const ChannelInstance& claims, ChannelTurn& turn) {
  if (Find(claims.instance) != nullptr) return;
  KickLoginOf(claims.account, claims.logged_in, turn);
  (void)Admit(claims, turn);
}

void LoginTable::KickLoginOf(const UserId& account, TimePoint logged_in, ChannelTurn& turn) {
  const Account* const found = FindAccount(account);
  if (found == nullptr) return;
  for (Login* const login : found->logins) {
    if (login->claims.logged_in == logged_in && login->IsActive()) Kick(*login, turn);
  }
}

void LoginTable::KickLoginsBefore(const UserId& account, TimePoint time, ChannelTurn& turn) {
  const Account* const found = FindAccount(account);
  if (found == nullptr) return;
  for (Login* const login : found->logins) {
    const bool is_earlier = login->claims.logged_in < time;
    if (!login->IsActive() || (!is_earlier && login->origin.issued >= time)) continue;
    Kick(*login, turn);
    if (!is_earlier) turn.ends.push_back(EndOfOne(login->claims, LoginEnd::kKicked));
  }
}

void LoginTable::ForgetEnded(const Account& account, ChannelTurn& turn) {
  const auto has_ended = [](const Login* login) { return !login->IsActive(); };
  if (std::ranges::count_if(account.logins, has_ended) <= std::ptrdiff_t{kMaxEnded}) return;
  Forget(**std::ranges::find_if(account.logins, has_ended), turn);
}

void LoginTable::Kick(Login& login, ChannelTurn& turn) {
  ++kicked_;
  End(login, Standing::kKicked, Standing::kKicked, turn);
}

bool LoginTable::LogOut(std::uint64_t instance, ChannelTurn& turn) {
  Login* const leaving = Find(instance);
  if (leaving == nullptr || !leaving->IsActive()) return false;
  End(*leaving, Standing::kLoggedOut, Standing::kLoggedOut, turn);
  return true;
}

std::vector<ChannelInstance> LoginTable::LogOutAll(const UserId& account, ChannelTurn& turn) {
  std::vector<ChannelInstance> ended;
  const Account* const found = FindAccount(account);
  if (found == nullptr) return ended;
  for (Login* const login : found->logins) {
    if (!login->IsActive()) continue;
    LogOutAsKicked(*login, turn);
    ended.push_back(login->claims);
  }
  return ended;
}

void LoginTable::LogOutElsewhere(const ChannelInstance& claims, ChannelTurn& turn) {
  if (Find(claims.instance) == nullptr) (void)Admit(claims, turn);
  Login* const leaving = Find(claims.instance);
  if (leaving != nullptr && leaving->IsActive()) LogOutAsKicked(*leaving, turn);
}

void LoginTable::LogOutAsKicked(Login& login, ChannelTurn& turn) {
  End(login, Standing::kLoggedOut, login.is_connected ? Standing::kKicked : Standing::kLoggedOut,
      turn);
}

void LoginTable::End(Login& login, Standing standing, Standing told, ChannelTurn& turn) {
  login.standing = standing;
  Tell(login, told, turn);
  Detach(login);
}

void LoginTable::Tell(Login& login, Standing told, ChannelTurn& turn) {
  if (!login.on_end) return;
  turn.over.push_back([on_end = std::exchange(login.on_end, nullptr), told] { on_end(told); });
}

void LoginTable::Forget(Login& login, ChannelTurn& turn) {
  Tell(login, Standing::kActive, turn);
  const auto account = accounts_.find(login.claims.account);
  std::erase(account->second->logins, &login);
  if (account->second->logins.empty()) {
    by_name_.erase(account->first.value);
    accounts_.erase(account);
  }
  by_use_.erase(login.by_use);
  --by_client_.at(static_cast<std::size_t>(login.client));
  logins_.erase(login.claims.instance);
}

void LoginTable::OnTick(ChannelTurn& turn) {
  while (Login* const oldest = LeastUsed()) {
    if (oldest->seen_at + options_.idle_ttl > turn.now) break;
    Forget(*oldest, turn);
  }
}

void LoginTable::Shrink(std::size_t most, ChannelTurn& turn) {
  while (held_bytes() > most) {
    Login* const oldest = LeastUsed();
    if (oldest == nullptr) return;
    Forget(*oldest, turn);
  }
}

std::uint64_t LoginTable::Attach(Login& login, OnLoginEnd on_end, ClientKind client,
                                 ChannelTurn& turn) {
  Tell(login, Standing::kActive, turn);
  if (!std::exchange(login.is_connected, true)) by_use_.erase(login.by_use);
  login.by_use = by_use_.end();
  login.on_end = std::move(on_end);
  --by_client_.at(static_cast<std::size_t>(login.client));
  login.client = client;
  ++by_client_.at(static_cast<std::size_t>(client));
  return login.connection = ++last_connection_;
}

void LoginTable::Detach(Login& login) {
  login.on_end = nullptr;
  if (std::exchange(login.is_connected, false)) {
    login.by_use = by_use_.insert(by_use_.end(), &login);
  }
}

}  // namespace rtcroom
