#include "daemon/auth/account_logins.h"

#include <chrono>

namespace rtcroom {

Status AccountLogins::EndAll(const UserId& account) {
  const AccountValidity validity{
      .account = account,
      .valid_from = std::chrono::floor<std::chrono::seconds>(deps_.dates.Now())};
  // First: nothing that it refuses begins a session behind those that are ended.
  if (const Status stored = deps_.store.PutAccountValidity(validity); !stored) return stored;
  deps_.validities.Put(validity);
  deps_.end_channel_logins(validity);
  return deps_.sessions.EndSession(account);
}

}  // namespace rtcroom
