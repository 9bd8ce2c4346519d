#include "daemon/channel/channel_logins.h"

#include <chrono>

#include "daemon/channel/channel.h"

namespace rtcroom {
namespace {

/// Accounts that one page looks at: all logins of some have ended.
constexpr std::size_t kMaxVisited = 1000;

}  // namespace

ConnectedLogins ChannelState::Logins(const LoginQuery& query, const ChannelTurn& turn) const {
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
    for (const Instance* const instance : at->second->instances) {
      if (instance->standing == Standing::kActive) page.logins.push_back(LoginOf(*instance, turn));
    }
  }
  return page;
}

ConnectedLogin ChannelState::LoginOf(const Instance& instance, const ChannelTurn& turn) {
  ConnectedLogin login{
      .account = instance.claims.account,
      .client = instance.on_kicked ? ClientKind::kNew : ClientKind::kOld,
      .logged_in = instance.claims.logged_in,
      .polls = instance.account_polls.waiting.size() + instance.room_polls.waiting.size()};
  if (login.polls == 0 && login.client == ClientKind::kOld) {
    login.idle = std::chrono::duration_cast<std::chrono::milliseconds>(turn.now - instance.seen_at);
  }
  if (instance.room) {
    login.room = instance.room->group->facts.room;
    login.joined_at = instance.room->joined_at;
  }
  return login;
}

ConnectedLogins Channel::Logins(const LoginQuery& query) const {
  const ChannelTurn turn{.now = deps_.clock.Monotonic()};
  const MutexLock lock(mutex_);
  return state_.Logins(query, turn);
}

std::vector<std::size_t> Channel::CountMembers(std::span<const std::uint64_t> rooms) const {
  std::vector<std::size_t> counts;
  counts.reserve(rooms.size());
  const MutexLock lock(mutex_);
  for (const std::uint64_t room : rooms) counts.push_back(state_.CountMembers(room));
  return counts;
}

}  // namespace rtcroom
