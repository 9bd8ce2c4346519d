// One change of the channel's logins, and what follows from it.
#pragma once

#include <functional>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/channel/channel_tokens.h"
#include "daemon/core/ended_login_store.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// One change of the logins: its time, and what follows from it.
struct ChannelTurn {
  MonotonicTime now{};
  TimePoint wall{};
  std::vector<std::function<void()>> over{};  ///< tell clients, after the change
  std::vector<EndedLogin> ends{};             ///< of logins, to be stored

  /// @param oldest  the oldest of the logins that stay.
  void RecordKick(const ChannelInstance& login, const ChannelInstance& oldest);
};

EndedLogin EndOfOne(const ChannelInstance& login, LoginEnd end);
/// The end of all logins of the account that began before.
EndedLogin EndOfAllBefore(const UserId& account, TimePoint time, LoginEnd end);

}  // namespace rtcroom
