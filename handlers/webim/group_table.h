// The groups that logins are in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "daemon/channel/channel_groups.h"
#include "daemon/core/account_store.h"
#include "daemon/core/event_log.h"
#include "daemon/core/ids.h"
#include "handlers/webim/account_polls.h"
#include "handlers/webim/room_polls.h"
#include "handlers/webim/webim_login.h"
#include "handlers/webim/webim_turn.h"

namespace rtcroom {

/// Logins join and leave groups; their polls are told. A group is known while a login is in it.
///
/// @threads for one thread at a time.
class GroupTable {
 public:
  /// All of it outlives this object.
  struct Deps {
    const WebimLogins& logins;
    WaitingPolls& polls;
    AccountPolls& account_polls;
    RoomPolls& room_polls;
  };
  explicit GroupTable(const Deps& deps) : deps_(deps) {}

  /// Null when no login is in it.
  [[nodiscard]] Group* Find(std::uint64_t room_number) const;
  [[nodiscard]] std::size_t size() const { return groups_.size(); }

  /// The login receives the group's messages from `first` on, and leaves any other group. `Hear`
  /// has to follow. If the group is not complete then, a message may have passed that was stored
  /// after `facts` were read, so `Complete` or `End` has to.
  /// @param first  the first one, or its position in the group.
  /// @param key    of the room's poll.
  void Join(std::uint64_t instance, const GroupFacts& facts, std::uint64_t first, std::string key,
            WebimTurn& turn);
  /// Joins, as `Join` does, if the key leads back. It gets a notice, since it may have missed a
  /// change.
  void Rejoin(std::uint64_t instance, const GroupFacts& facts, std::uint64_t first, std::string key,
              std::uint64_t serial, WebimTurn& turn);
  /// The store failed when that key was to lead back: it does so again.
  void FailRejoin(std::uint64_t instance, std::uint64_t serial, WebimTurn& turn);
  /// A login that was in the group when the server ended, or in one whose room has ended since
  /// (`facts` is null). It gets a notice, as above.
  /// @param key  of the room's poll, as it was given to the client.
  void Restore(WebimLogin& login, const GroupJoin& join, const GroupFacts* facts, std::string key,
               WebimTurn& turn);
  /// The login is subscribed to that room.
  void Hear(WebimLogin& login, std::uint64_t room_number);
  /// Grows when a group is heard no more, or may have missed something.
  [[nodiscard]] std::uint64_t silences() const { return silences_; }
  /// The group that somebody hears has messages up to that one. It is complete if the number of
  /// silences has not grown since that was read.
  void Complete(std::uint64_t room_number, std::uint64_t last_seq, std::uint64_t silences,
                WebimTurn& turn);

  void Quit(std::uint64_t instance, const RoomId& group, WebimTurn& turn);
  /// The login leaves without a notice: it has ended.
  void Leave(WebimLogin& login, WebimTurn& turn);
  /// The login leaves that group if it is in it, and is told that it has ended; one that has left
  /// the room by itself leaves as after a `Quit`.
  void End(std::uint64_t instance, std::uint64_t room_number, LeaveReason reason, WebimTurn& turn);

  // The events come from the store, in its order.
  void OnEvent(WebimLogin& login, const RoomEvent& event, WebimTurn& turn);
  /// Events and messages were lost: the login gets a notice, and its client asks for messages.
  void OnEventsLost(WebimLogin& login, WebimTurn& turn);

  /// Logins that have entered or left a group since the last call, with the group that each is in.
  [[nodiscard]] std::vector<GroupJoinChange> TakeJoinChanges();
  /// They could not be stored: the next `TakeJoinChanges` returns these logins again.
  void ReturnJoinChanges(std::span<const GroupJoinChange> changes);

 private:
  void Enter(WebimLogin& login, const GroupFacts& facts, std::uint64_t first, std::string key,
             WebimTurn& turn);

  const Deps deps_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Group>> groups_;  ///< by number of the room
  std::unordered_set<std::uint64_t> moved_;                           ///< for `TakeJoinChanges`
  std::uint64_t silences_ = 0;
};

}  // namespace rtcroom
