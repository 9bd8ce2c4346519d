// The state of the message channel: logins, groups and polls.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/channel/account_polls.h"
#include "daemon/channel/channel_figures.h"
#include "daemon/channel/channel_options.h"
#include "daemon/channel/channel_tokens.h"
#include "daemon/channel/channel_turn.h"
#include "daemon/channel/direct_contacts.h"
#include "daemon/channel/group_table.h"
#include "daemon/channel/login_table.h"
#include "daemon/channel/room_polls.h"
#include "daemon/channel/waiting_polls.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// Decides what each poll is answered with and when; reaches no socket, clock or store. Its parts
/// are used directly; the state itself does what concerns all of them: a login begins, ends and is
/// forgotten.
///
/// @threads for one thread at a time.
class ChannelState {
 public:
  /// Kicked and logged out logins of an account that are remembered. Of all others that have ended
  /// `EndedLoginList` knows.
  static constexpr std::size_t kMaxEnded = 4;

  /// @param contacts  gets who is in which group; null: none. It outlives this object.
  explicit ChannelState(const ChannelOptions& options, DirectContacts* contacts = nullptr);
  ChannelState(const ChannelState&) = delete;
  ChannelState& operator=(const ChannelState&) = delete;

  /// Registers the login when it is new: it begins, or calls after a restart. The newest logins of
  /// an account stay, the others are kicked at once. A few that have ended are remembered.
  /// @param issued  as `LoginProof::issued`, of one that begins.
  Standing Admit(const ChannelInstance& claims, ChannelTurn& turn,
                 TimePoint issued = TimePoint::max());
  /// Admits a login at another server. An earlier connection of that login ends.
  void AdmitElsewhere(const ChannelInstance& claims, ChannelTurn& turn);
  /// Ends the account's login of that time, if there is one.
  void KickLoginOf(const UserId& account, TimePoint logged_in, ChannelTurn& turn);
  /// Ends the account's logins of before that time, or by tickets of before. `ends` of the turn
  /// gets those that only their tickets date before.
  void KickLoginsBefore(const UserId& account, TimePoint time, ChannelTurn& turn);
  /// Ends a login. Its client aborts its waiting polls.
  /// @return false when it had ended before.
  bool LogOut(std::uint64_t instance);
  /// Ends all logins of the account; those with a connection as if they were kicked.
  /// @return those that had not ended before.
  std::vector<ChannelInstance> LogOutAll(const UserId& account, ChannelTurn& turn);
  /// A login was ended at another server: here it may have a connection, or not be known. It is
  /// remembered, since its token is still valid.
  void LogOutElsewhere(const ChannelInstance& claims, ChannelTurn& turn);

  /// Answers polls that are due, resends lost answers, and forgets idle logins.
  void OnTick(ChannelTurn& turn);
  /// Memory of logins, inboxes and messages of groups, in bytes.
  [[nodiscard]] std::size_t held_bytes() const {
    return (logins_.size() * kLoginBytes) + account_polls_.bytes() + room_polls_.bytes();
  }
  /// Gives memory up until at most so much is held, as far as there is any to give up: of messages
  /// of groups and of direct messages those of which there is more. The groups come first that have
  /// had no message for longest, and the logins whose direct messages have waited longest; both are
  /// read from the store again. Then the logins are forgotten that have not called for longest: the
  /// next call makes each known again.
  void Shrink(std::size_t most);
  [[nodiscard]] ChannelCounts counts() const;
  [[nodiscard]] ChannelSizes sizes() const;

  [[nodiscard]] LoginTable& logins() { return logins_; }
  [[nodiscard]] const LoginTable& logins() const { return logins_; }
  [[nodiscard]] GroupTable& groups() { return groups_; }
  [[nodiscard]] const GroupTable& groups() const { return groups_; }
  [[nodiscard]] WaitingPolls& polls() { return polls_; }
  [[nodiscard]] AccountPolls& account_polls() { return account_polls_; }
  [[nodiscard]] RoomPolls& room_polls() { return room_polls_; }

 private:
  /// What a login takes besides its inbox: it and its account, with a profile of 1,152 bytes.
  static constexpr std::size_t kLoginBytes = 2048;

  void Kick(Login& login, ChannelTurn& turn);
  void End(Login& login, Standing standing);
  void Forget(Login& login);
  void ForgetEnded(const Account& account);

  const ChannelOptions options_;
  LoginTable logins_;
  WaitingPolls polls_;
  AccountPolls account_polls_;
  RoomPolls room_polls_;
  GroupTable groups_;
  std::uint64_t kicked_ = 0;
};

}  // namespace rtcroom
