#include "storage/memory/ended_login_table.h"

#include <algorithm>

namespace rtcroom {

std::vector<EndedLogin> EndedLoginTable::Load(TimePoint now) const {
  std::vector<EndedLogin> logins;
  for (const auto& [key, login] : logins_) {
    if (login.expires > now) logins.push_back(login);
  }
  return logins;
}

void EndedLoginTable::Put(std::span<const EndedLogin> logins) {
  for (const EndedLogin& login : logins) PutOne(login);
}

void EndedLoginTable::PutOne(const EndedLogin& login) {
  const auto of_all = logins_.find({login.account, 0});
  const TimePoint before = of_all == logins_.end() ? TimePoint() : of_all->second.logged_in;
  if (!login.IsOfAllBefore()) {
    if (login.logged_in >= before) logins_.try_emplace({login.account, login.instance}, login);
    return;
  }
  if (login.logged_in <= before) return;
  std::erase_if(logins_, [&login](const auto& entry) {
    return entry.second.account == login.account && entry.second.logged_in < login.logged_in;
  });
  logins_.insert_or_assign({login.account, 0}, login);
}

std::size_t EndedLoginTable::RemoveEnded(TimePoint now) {
  return std::erase_if(logins_, [now](const auto& entry) { return entry.second.expires <= now; });
}

std::vector<AccountValidity> EndedLoginTable::LoadValidities() const {
  std::vector<AccountValidity> validities;
  for (const auto& [account, validity] : validities_) validities.push_back(validity);
  return validities;
}

void EndedLoginTable::PutValidity(const AccountValidity& validity) {
  AccountValidity& stored = validities_.try_emplace(validity.account, validity).first->second;
  stored.valid_from = std::max(stored.valid_from, validity.valid_from);
}

}  // namespace rtcroom
