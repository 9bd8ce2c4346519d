#include "daemon/channel/channel_core.h"

#include <algorithm>

namespace rtcroom {

ChannelCore::ChannelCore(const ChannelDeps& core_deps, ChannelTokens core_tokens,
                         const ChannelOptions& core_options)
    : deps(core_deps),
      tokens(std::move(core_tokens)),
      options(core_options),
      logins(core_options),
      memory_(deps.held) {}

ChannelCore::Turn::Turn(ChannelCore& core) : core_(core) {
  now = core.deps.clock.Monotonic();
  wall = core.deps.clock.Now();
  core.mutex.Lock();
}

ChannelCore::Turn::~Turn() {
  core_.memory_.Bound(core_.logins, core_.options.max_held_bytes, *this);
  core_.held_bytes_ = core_.logins.held_bytes();
  for (const EndedLogin& end : core_.TakeEnds(*this)) core_.KeepUnstored(end);
  core_.mutex.Unlock();
  for (const auto& tell : over) tell();
}

std::vector<EndedLogin> ChannelCore::TakeEnds(ChannelTurn& turn) {
  std::vector<EndedLogin> ends = std::exchange(turn.ends, {});
  if (ends.empty()) return ends;
  // Tokens expire by the wall clock, and it may be behind the clock by which ends are removed.
  const TimePoint kept_until = deps.dates.Now() + kLongestLogin;
  for (EndedLogin& end : ends) end.expires = std::max(end.expires, kept_until);
  std::erase_if(ends, [this](const EndedLogin& end) { return !deps.ends.Put(end); });
  return ends;
}

void ChannelCore::KeepUnstored(const EndedLogin& end) {
  const auto [kept, is_new] = unstored_ends_.try_emplace({end.account, end.instance}, end);
  if (!is_new && kept->second.logged_in < end.logged_in) kept->second = end;
  if (unstored_ends_.size() > EndedLoginList::kMaxEndedLogins) {
    unstored_ends_.erase(unstored_ends_.begin());
  }
}

std::vector<EndedLogin> ChannelCore::TakeUnstored(std::size_t limit) {
  std::vector<EndedLogin> ends;
  const MutexLock lock(mutex);
  while (!unstored_ends_.empty() && ends.size() < limit) {
    ends.push_back(std::move(unstored_ends_.begin()->second));
    unstored_ends_.erase(unstored_ends_.begin());
  }
  return ends;
}

void ChannelCore::Settle(const UserId& account, std::uint64_t position) {
  std::uint64_t& newest = unsettled_[account];
  newest = std::max(newest, position);
}

std::vector<ReceivedMessages> ChannelCore::TakeSettled() {
  std::vector<ReceivedMessages> received;
  const MutexLock lock(mutex);
  for (const auto& [account, position] : std::exchange(unsettled_, {})) {
    received.push_back({.receiver = account, .position = position});
  }
  return received;
}

}  // namespace rtcroom
