// The state of what the clients of 2018 are to receive: logins, groups and polls.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "daemon/channel/channel_figures.h"
#include "daemon/channel/channel_options.h"
#include "daemon/channel/channel_tokens.h"
#include "daemon/channel/login_table.h"
#include "daemon/channel/room_push.h"
#include "handlers/webim/account_polls.h"
#include "handlers/webim/group_table.h"
#include "handlers/webim/room_polls.h"
#include "handlers/webim/waiting_polls.h"
#include "handlers/webim/webim_login.h"
#include "handlers/webim/webim_turn.h"

namespace rtcroom {

/// Decides what each poll is answered with and when; reaches no socket, clock or store. Its parts
/// are used directly; the state itself does what concerns all of them.
///
/// @threads for one thread at a time.
class WebimState {
 public:
  explicit WebimState(const ChannelOptions& options);
  WebimState(const WebimState&) = delete;
  WebimState& operator=(const WebimState&) = delete;

  /// A login has begun, or calls after a restart.
  /// @param knows_group  whether its client knows that it is in none.
  /// @return false when it was known.
  bool Begin(const ChannelInstance& claims, bool knows_group, WebimTurn& turn);
  /// There is another login of its account: the client's polls before this one go on with it.
  void MarkShared(std::uint64_t instance, WebimTurn& turn);
  /// A login has ended, or is known no more. Its polls are held on, for no known login; those of an
  /// account that was kicked are told so.
  void End(std::uint64_t instance, Standing standing, WebimTurn& turn);

  /// The events of a room, as a login that is subscribed to it hears them.
  void OnRoomPush(std::uint64_t instance, std::uint64_t room_number,
                  std::span<const RoomObject> objects, WebimTurn& turn);
  /// Resends lost answers, and delivers what was to wait.
  void OnTick(WebimTurn& turn);

  /// Memory of inboxes and messages of groups, in bytes.
  [[nodiscard]] std::size_t held_bytes() const {
    return account_polls_.bytes() + room_polls_.bytes();
  }
  /// Gives memory up until at most so much is held, as far as there is any to give up: of messages
  /// of groups and of direct messages those of which there is more. The groups come first that have
  /// had no message for longest, and the logins whose direct messages have waited longest; both are
  /// read from the store again.
  void Shrink(std::size_t most);
  /// Adds what only these clients know of their logins.
  void AddTo(ConnectedLogins& page) const;
  void AddTo(ChannelSizes& sizes, ChannelCounts& counts) const;

  [[nodiscard]] WebimLogins& logins() { return logins_; }
  [[nodiscard]] const WebimLogins& logins() const { return logins_; }
  [[nodiscard]] GroupTable& groups() { return groups_; }
  [[nodiscard]] const GroupTable& groups() const { return groups_; }
  [[nodiscard]] WaitingPolls& polls() { return polls_; }
  [[nodiscard]] AccountPolls& account_polls() { return account_polls_; }
  [[nodiscard]] RoomPolls& room_polls() { return room_polls_; }

 private:
  void ResendLost(WebimTurn& turn);
  void FindGone(WebimTurn& turn);

  WebimLogins logins_;
  WaitingPolls polls_;
  AccountPolls account_polls_;
  RoomPolls room_polls_;
  GroupTable groups_;
};

}  // namespace rtcroom
