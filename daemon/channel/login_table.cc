#include "daemon/channel/login_table.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "daemon/channel/channel_json.h"

namespace rtcroom {
namespace {

/// Accounts that one page looks at: all logins of some have ended.
constexpr std::size_t kMaxVisited = 1000;
/// A client that polls calls again sooner.
constexpr std::chrono::seconds kBetweenPolls{10};

ConnectedLogin Describe(const Login& login, MonotonicTime now) {
  ConnectedLogin described{
      .account = login.claims.account,
      .client = login.client,
      .logged_in = login.claims.logged_in,
      .polls = login.account_polls.waiting.size() + login.room_polls.waiting.size()};
  if (described.polls == 0 && !login.on_kicked) {
    described.idle = std::chrono::duration_cast<std::chrono::milliseconds>(now - login.seen_at);
  }
  if (login.room) {
    described.room = login.room->group->facts.room;
    described.joined_at = login.room->joined_at;
  }
  return described;
}

}  // namespace

std::uint64_t Login::NextKeySerial(TimePoint now) {
  key_serial = std::max(key_serial + 1, Microseconds(now));
  return key_serial;
}

bool Login::RefuseKey(std::uint64_t serial) {
  if (!IsLedBackBy(serial)) return false;
  key_serial = serial;
  knows_group = true;
  return true;
}

bool Account::IsPresent() const { return std::ranges::any_of(logins, &Login::IsActive); }

bool Account::IsIn(std::uint64_t room_number) const {
  return std::ranges::any_of(logins, [&](const Login* login) { return login->IsIn(room_number); });
}

bool Account::IsInGen2LiveRoom() const {
  return std::ranges::any_of(logins, [](const Login* login) {
    if (!login->room) return false;
    const GroupFacts& facts = login->room->group->facts;
    return facts.room.kind == RoomKind::kLive && facts.dialect == Dialect::kGen2;
  });
}

bool Account::IsPolling(std::uint64_t room_number, MonotonicTime now) const {
  return std::ranges::any_of(logins, [&](const Login* login) {
    return login->IsIn(room_number) &&
           (now - login->seen_at < kBetweenPolls || !login->room_polls.waiting.empty() ||
            !login->account_polls.waiting.empty());
  });
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
  return std::max(now, found->logins.back()->claims.logged_in + std::chrono::milliseconds(1));
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

Login& LoginTable::Add(const ChannelInstance& claims, TimePoint issued, MonotonicTime now) {
  Login& login = *(logins_[claims.instance] = std::make_unique<Login>());
  ++by_client_.at(static_cast<std::size_t>(login.client));
  login.claims = claims;
  login.issued = issued;
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
    return std::pair(one->claims.logged_in, one->claims.instance);
  };
  logins.insert(std::ranges::upper_bound(logins, order(&login), {}, order), &login);
  return login;
}

void LoginTable::Remove(Login& login) {
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

void LoginTable::Touch(Login& login, MonotonicTime now) {
  login.seen_at = now;
  if (!login.on_kicked) by_use_.splice(by_use_.end(), by_use_, login.by_use);
}

std::uint64_t LoginTable::Attach(std::uint64_t instance, std::function<void()> on_kicked,
                                 ClientKind client) {
  Login* const attached = Find(instance);
  if (attached == nullptr || !attached->IsActive()) return 0;
  if (!attached->on_kicked) by_use_.erase(attached->by_use);
  attached->by_use = by_use_.end();
  attached->on_kicked = std::move(on_kicked);
  --by_client_.at(static_cast<std::size_t>(attached->client));
  attached->client = client;
  ++by_client_.at(static_cast<std::size_t>(client));
  return attached->connection = ++last_connection_;
}

void LoginTable::Detach(Login& login) {
  if (std::exchange(login.on_kicked, nullptr)) {
    login.by_use = by_use_.insert(by_use_.end(), &login);
  }
}

}  // namespace rtcroom
