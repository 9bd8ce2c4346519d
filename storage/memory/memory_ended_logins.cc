#include "storage/memory/memory_ended_logins.h"

#include <algorithm>

namespace rtcroom {

Result<std::vector<EndedLogin>> MemoryEndedLogins::LoadEndedLogins(TimePoint now) {
  std::vector<EndedLogin> logins;
  const MutexLock lock(engine_.mutex);
  for (const auto& [key, login] : logins_) {
    if (login.expires > now) logins.push_back(login);
  }
  return logins;
}

Status MemoryEndedLogins::PutEndedLogins(std::span<const EndedLogin> logins) {
  const MutexLock lock(engine_.mutex);
  for (const EndedLogin& login : logins) PutLocked(login);
  return {};
}

void MemoryEndedLogins::PutLocked(const EndedLogin& login) {
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

Status MemoryEndedLogins::RemoveEndedLogins(TimePoint now) {
  const MutexLock lock(engine_.mutex);
  engine_.MarkRemoval(now, std::erase_if(logins_, [now](const auto& entry) {
                        return entry.second.expires <= now;
                      }));
  return {};
}

Result<std::vector<AccountValidity>> MemoryEndedLogins::LoadAccountValidities() {
  std::vector<AccountValidity> validities;
  const MutexLock lock(engine_.mutex);
  for (const auto& [account, validity] : validities_) validities.push_back(validity);
  return validities;
}

Status MemoryEndedLogins::PutAccountValidity(const AccountValidity& validity) {
  const MutexLock lock(engine_.mutex);
  AccountValidity& stored = validities_.try_emplace(validity.account, validity).first->second;
  stored.valid_from = std::max(stored.valid_from, validity.valid_from);
  return {};
}

}  // namespace rtcroom
