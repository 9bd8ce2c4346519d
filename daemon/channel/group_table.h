// The groups that logins are in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "daemon/channel/account_polls.h"
#include "daemon/channel/channel_turn.h"
#include "daemon/channel/direct_contacts.h"
#include "daemon/channel/group.h"
#include "daemon/channel/group_access_check.h"
#include "daemon/channel/login_table.h"
#include "daemon/channel/room_polls.h"
#include "daemon/core/group_join_store.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// Logins join and leave groups; their polls are told. A group is known while a login is in it.
///
/// @threads for one thread at a time.
class GroupTable {
 public:
  /// All of it outlives this object.
  struct Deps {
    const LoginTable& logins;
    WaitingPolls& polls;
    AccountPolls& account_polls;
    RoomPolls& room_polls;
    DirectContacts* contacts = nullptr;  ///< gets who is in which group; null: none
  };
  explicit GroupTable(const Deps& deps) : deps_(deps) {}

  /// Null when no login is in it.
  [[nodiscard]] Group* Find(std::uint64_t room_number) const;
  /// Accounts in a group, each once, at most `limit`.
  [[nodiscard]] std::vector<GroupMember> Members(std::uint64_t room_number,
                                                 std::size_t limit) const;
  [[nodiscard]] std::size_t CountMembers(std::uint64_t room_number) const;
  [[nodiscard]] std::size_t size() const { return groups_.size(); }
  /// The groups of all logins, for the case that rooms have ended unseen.
  [[nodiscard]] std::vector<GroupMembership> Memberships() const;

  /// The login receives the group's messages from `first` on, and leaves any other group.
  /// @param first  the first one, or its position in the group.
  /// @param key    of the room's poll.
  /// @return whether a change may have passed that was committed after `facts` were read: the group
  ///         had no members. `RoomPolls::AdvanceTo` or `OnRoomEnded` has to follow.
  [[nodiscard]] bool Join(std::uint64_t instance, const GroupFacts& facts, std::uint64_t first,
                          std::string key, ChannelTurn& turn);
  /// Joins, as `Join` does, if the key leads back.
  [[nodiscard]] bool Rejoin(std::uint64_t instance, const GroupFacts& facts, std::uint64_t first,
                            std::string key, std::uint64_t serial, ChannelTurn& turn);
  /// The store failed when that key was to lead back: it does so again.
  void FailRejoin(std::uint64_t instance, std::uint64_t serial);
  /// A login that was in the group when the server ended, or in one whose room has ended since
  /// (`facts` is null). It gets a notice, since it may have missed a change.
  /// @param key  of the room's poll, as it was given to the client.
  /// @return as `Join`.
  [[nodiscard]] bool Restore(Login& login, const GroupJoin& join, const GroupFacts* facts,
                             std::string key, ChannelTurn& turn);
  void Quit(std::uint64_t instance, const RoomId& group, ChannelTurn& turn);
  /// The login leaves without a notice: it has ended.
  void Leave(Login& login);
  /// The logins of that account leave the group. They are told that it has ended, unless the user
  /// has left the room by itself: as after a `Quit`.
  void EndMembership(const GroupMembership& membership, ChannelTurn& turn);
  /// Ends the memberships of accounts that may no longer be in a group.
  /// @param is_barred  of an account, from a group.
  void EndMemberships(const std::function<bool(const GroupFacts&, const UserId&)>& is_barred,
                      ChannelTurn& turn);

  // From the store, in its order.
  void OnMembersChanged(std::uint64_t room_number, ChannelTurn& turn);
  void OnRoomEnded(std::uint64_t room_number, ChannelTurn& turn);
  /// An operator removed the account from the room.
  void OnKicked(std::uint64_t room_number, const UserId& account, ChannelTurn& turn);
  /// Events were lost: every member of every group gets a notice.
  void OnEventsLost(ChannelTurn& turn);

  /// Logins that have entered or left a group since the last call, with the group that each is in.
  [[nodiscard]] std::vector<GroupJoinChange> TakeJoinChanges();
  /// They could not be stored: the next `TakeJoinChanges` returns these logins again.
  void ReturnJoinChanges(std::span<const GroupJoinChange> changes);

 private:
  bool Enter(Login& login, const GroupFacts& facts, std::uint64_t first, std::string key,
             ChannelTurn& turn);
  void End(Login& login, ChannelTurn& turn);

  const Deps deps_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Group>> groups_;  ///< by number of the room
  std::unordered_set<std::uint64_t> moved_;                           ///< for `TakeJoinChanges`
};

}  // namespace rtcroom
