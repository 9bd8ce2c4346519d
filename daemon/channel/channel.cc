#include "daemon/channel/channel.h"

#include <utility>

namespace rtcroom {

Channel::Channel(const ChannelDeps& deps, ChannelTokens tokens, const ChannelOptions& options)
    : core_(deps, std::move(tokens), options),
      logins_(core_),
      groups_(core_.deps, core_.options.access),
      messages_(core_, groups_, logins_),
      history_(core_, groups_),
      places_(core_.deps.accounts),
      reader_(core_.deps, core_.options.access) {}

void Channel::OnTick() {
  {
    ChannelCore::Turn turn(core_);
    core_.logins.OnTick(turn);
  }
  messages_.OnTick();
}

void Channel::Save() {
  logins_.Save();
  history_.Save();
  // The next save tries it again. If the last one fails, clients get some messages twice.
  (void)places_.Save();
}

std::uint64_t Channel::kicked() const {
  const MutexLock lock(core_.mutex);
  return core_.logins.kicked();
}

ChannelSizes Channel::sizes() const {
  const MutexLock lock(core_.mutex);
  return {.instances = core_.logins.size(), .by_client = core_.logins.by_client()};
}

}  // namespace rtcroom
