#include "daemon/channel/unreported_logins.h"

#include <algorithm>
#include <iterator>
#include <ranges>
#include <unordered_map>
#include <utility>

namespace rtcroom {

void UnreportedLogins::Add(AccountLogin login) {
  logins_.push_back(std::move(login));
  if (logins_.size() > next_look_) ForgetOldLogouts();
}

std::vector<AccountLogin> UnreportedLogins::Take(
    std::size_t most, const std::function<bool(const AccountLogin&)>& lasts) {
  std::erase_if(logins_,
                [&](const AccountLogin& login) { return !login.has_ended && !lasts(login); });
  const auto end = logins_.begin() + static_cast<std::ptrdiff_t>(std::min(logins_.size(), most));
  std::vector<AccountLogin> taken(std::move_iterator(logins_.begin()), std::move_iterator(end));
  logins_.erase(logins_.begin(), end);
  return taken;
}

void UnreportedLogins::PutBack(const std::vector<AccountLogin>& logins) {
  logins_.insert(logins_.begin(), logins.begin(), logins.end());
}

void UnreportedLogins::ForgetOldLogouts() {
  std::unordered_map<UserId, std::size_t> of_account;
  std::size_t of_all = 0;
  std::vector<AccountLogin> kept;
  for (AccountLogin& login : logins_ | std::views::reverse) {
    if (login.has_ended) {
      if (of_all == of_all_ || of_account[login.account] == of_account_) continue;
      ++of_all;
      ++of_account[login.account];
    }
    kept.push_back(std::move(login));
  }
  std::ranges::reverse(kept);
  logins_ = std::move(kept);
  // Rarely enough: each look takes as long as there are logins.
  next_look_ = std::max(kFew, 2 * logins_.size());
}

}  // namespace rtcroom
