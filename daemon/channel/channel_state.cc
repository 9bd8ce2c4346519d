#include "daemon/channel/channel_state.h"

#include <algorithm>
#include <ranges>

namespace rtcroom {

ChannelState::ChannelState(const ChannelOptions& options, DirectContacts* contacts)
    : options_(options),
      polls_(options),
      account_polls_(options, logins_, polls_),
      room_polls_(options, logins_, polls_, account_polls_),
      groups_({.logins = logins_,
               .polls = polls_,
               .account_polls = account_polls_,
               .room_polls = room_polls_,
               .contacts = contacts}) {}

Standing ChannelState::Admit(const ChannelInstance& claims, ChannelTurn& turn, TimePoint issued) {
  if (Login* const known = logins_.Find(claims.instance)) {
    logins_.Touch(*known, turn.now);
    return known->standing;
  }
  Login& login = logins_.Add(claims, issued, turn.now);
  login.knows_group = issued != TimePoint::max();  // a login of now has joined none
  login.inbox.polled_at = turn.now;
  const Account& account = *login.account;
  if (account.logins.size() > 1) {  // the client's polls before this login go on with it
    polls_.MarkShared(login.account_polls, turn.now);
    polls_.MarkShared(login.room_polls, turn.now);
  }
  std::size_t active = 0;
  const Login* oldest = &login;  // of those that stay
  for (Login* const one : account.logins | std::views::reverse) {
    if (!one->IsActive()) continue;
    if (++active <= options_.max_instances) {
      oldest = one;
    } else {
      Kick(*one, turn);
      turn.RecordKick(one->claims, oldest->claims);
    }
  }
  const Standing standing = login.standing;
  ForgetEnded(account);
  if (logins_.size() > options_.max_known_instances) Forget(*logins_.LeastUsed());
  return standing;
}

void ChannelState::AdmitElsewhere(const ChannelInstance& claims, ChannelTurn& turn) {
  if (logins_.Find(claims.instance) != nullptr) return;
  KickLoginOf(claims.account, claims.logged_in, turn);
  (void)Admit(claims, turn);
}

void ChannelState::KickLoginOf(const UserId& account, TimePoint logged_in, ChannelTurn& turn) {
  const Account* const found = logins_.FindAccount(account);
  if (found == nullptr) return;
  for (Login* const login : found->logins) {
    if (login->claims.logged_in == logged_in && login->IsActive()) Kick(*login, turn);
  }
}

void ChannelState::KickLoginsBefore(const UserId& account, TimePoint time, ChannelTurn& turn) {
  const Account* const found = logins_.FindAccount(account);
  if (found == nullptr) return;
  for (Login* const login : found->logins) {
    const bool is_earlier = login->claims.logged_in < time;
    if (!login->IsActive() || (!is_earlier && login->issued >= time)) continue;
    Kick(*login, turn);
    if (!is_earlier) turn.ends.push_back(EndOfOne(login->claims, LoginEnd::kKicked));
  }
}

void ChannelState::ForgetEnded(const Account& account) {
  const auto has_ended = [](const Login* login) { return !login->IsActive(); };
  if (std::ranges::count_if(account.logins, has_ended) <= std::ptrdiff_t{kMaxEnded}) return;
  Forget(**std::ranges::find_if(account.logins, has_ended));
}

void ChannelState::Kick(Login& login, ChannelTurn& turn) {
  ++kicked_;
  if (login.on_kicked) turn.kicked.push_back(login.on_kicked);
  End(login, Standing::kKicked);
  polls_.AnswerKicked(login, turn);
}

bool ChannelState::LogOut(std::uint64_t instance) {
  Login* const leaving = logins_.Find(instance);
  if (leaving == nullptr || !leaving->IsActive()) return false;
  End(*leaving, Standing::kLoggedOut);
  return true;
}

std::vector<ChannelInstance> ChannelState::LogOutAll(const UserId& account, ChannelTurn& turn) {
  std::vector<ChannelInstance> ended;
  const Account* const found = logins_.FindAccount(account);
  if (found == nullptr) return ended;
  for (const Login* const login : found->logins) {
    if (login->on_kicked) turn.kicked.push_back(login->on_kicked);
    if (LogOut(login->claims.instance)) ended.push_back(login->claims);
  }
  return ended;
}

void ChannelState::LogOutElsewhere(const ChannelInstance& claims, ChannelTurn& turn) {
  if (logins_.Find(claims.instance) == nullptr) (void)Admit(claims, turn);
  const Login* const leaving = logins_.Find(claims.instance);
  if (leaving == nullptr) return;
  if (leaving->on_kicked) turn.kicked.push_back(leaving->on_kicked);
  (void)LogOut(claims.instance);
}

void ChannelState::End(Login& login, Standing standing) {
  login.standing = standing;
  logins_.Detach(login);
  groups_.Leave(login);
  account_polls_.Clear(login);
}

// Its polls are held on, for no known login.
void ChannelState::Forget(Login& login) {
  groups_.Leave(login);
  account_polls_.Clear(login);
  WaitingPolls::Orphan(login);
  logins_.Remove(login);
}

void ChannelState::OnTick(ChannelTurn& turn) {
  polls_.OnTick(turn);
  account_polls_.OnTick(turn);
  room_polls_.OnTick(turn);
  while (Login* const oldest = logins_.LeastUsed()) {
    if (oldest->seen_at + options_.idle_ttl > turn.now) break;
    Forget(*oldest);
  }
}

void ChannelState::Shrink(std::size_t most) {
  while (held_bytes() > most) {
    const bool has_directs = account_polls_.HasDirects();
    if (room_polls_.HasTails() && (!has_directs || room_polls_.bytes() >= account_polls_.bytes())) {
      room_polls_.DropTail();
    } else if (has_directs) {
      account_polls_.DropDirects();
    } else if (Login* const oldest = logins_.LeastUsed()) {
      Forget(*oldest);
    } else {
      return;
    }
  }
}

ChannelCounts ChannelState::counts() const {
  ChannelCounts counts = polls_.counts();
  counts.kicked = kicked_;
  counts.dropped = account_polls_.dropped();
  counts.gaps = room_polls_.gaps();
  return counts;
}

ChannelSizes ChannelState::sizes() const {
  return {.instances = logins_.size(),
          .by_client = logins_.by_client(),
          .groups = groups_.size(),
          .polls = polls_.size(),
          .account_polls = polls_.account_polls()};
}

}  // namespace rtcroom
