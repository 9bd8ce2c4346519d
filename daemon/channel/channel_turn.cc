#include "daemon/channel/channel_turn.h"

#include "daemon/channel/channel_options.h"

namespace rtcroom {

EndedLogin EndOfOne(const ChannelInstance& login, LoginEnd end) {
  return {.account = login.account,
          .instance = login.instance,
          .logged_in = login.logged_in,
          .expires = login.expires,
          .end = end};
}

EndedLogin EndOfAllBefore(const UserId& account, TimePoint time, LoginEnd end) {
  // The logins that end began before `time`, so their tokens expire before then.
  return {.account = account, .logged_in = time, .expires = time + kLongestLogin, .end = end};
}

void ChannelTurn::RecordKick(const ChannelInstance& login, const ChannelInstance& oldest) {
  if (login.logged_in < oldest.logged_in) {
    ends.push_back(EndOfAllBefore(login.account, oldest.logged_in, LoginEnd::kKicked));
  } else {
    ends.push_back(EndOfOne(login, LoginEnd::kKicked));
  }
}

}  // namespace rtcroom
