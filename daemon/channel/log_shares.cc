#include "daemon/channel/log_shares.h"

#include <algorithm>
#include <chrono>

namespace rtcroom {
namespace {

/// A share that is used up is whole again after this time.
constexpr std::chrono::nanoseconds kRefill = std::chrono::hours(1);

// The shares are parts of the log: what one account, and one address, may add at once.
constexpr double kAccountShare = 1.0 / 32;
constexpr double kAddressShare = 1.0 / 8;

/// @param part      of the log that the message takes.
/// @param share     of the log.
/// @param full_at   when the share is whole again.
MonotonicTime After(double part, double share, MonotonicTime full_at, MonotonicTime now) {
  const double of_share = std::min(part / share, 2.0);
  const std::chrono::nanoseconds taken(
      static_cast<std::int64_t>(of_share * static_cast<double>(kRefill.count())));
  return std::max(full_at, now) + taken;
}

}  // namespace

bool LogShares::Take(const UserId& account, const std::string& address, std::uint64_t bytes,
                     MonotonicTime now) {
  const double part = std::max(static_cast<double>(bytes) / static_cast<double>(bounds_.bytes),
                               1.0 / static_cast<double>(bounds_.messages));
  const auto of_account = accounts_.find(account);
  const auto of_address = addresses_.find(address);
  const MonotonicTime account_full =
      After(part, kAccountShare, of_account == accounts_.end() ? now : of_account->second, now);
  const MonotonicTime address_full =
      After(part, kAddressShare, of_address == addresses_.end() ? now : of_address->second, now);
  if (account_full > now + kRefill) return false;
  if (!address.empty() && address_full > now + kRefill) return false;
  accounts_.insert_or_assign(account, account_full);
  if (!address.empty()) addresses_.insert_or_assign(address, address_full);
  return true;
}

void LogShares::ForgetOld(MonotonicTime now) {
  const auto is_whole = [now](const auto& owner) { return owner.second <= now; };
  std::erase_if(accounts_, is_whole);
  std::erase_if(addresses_, is_whole);
}

}  // namespace rtcroom
