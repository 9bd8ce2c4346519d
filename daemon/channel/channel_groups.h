// The groups of the message channel: who is in them, and who may be.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/channel/channel_core.h"
#include "daemon/channel/group_access_check.h"

namespace rtcroom {

/// Properties of a group that clients ask about.
struct GroupInfo {
  RoomKey room{};
  UserId owner{};
  std::string name{};
  TimePoint created_at{};
  std::uint64_t next_seq = 1;
  std::size_t members = 0;
};

/// Members of a group.
struct GroupMembers {
  std::size_t count = 0;               ///< of all
  std::vector<GroupMember> members{};  ///< in any order
};

/// Groups exist exactly as long as their rooms. `ChannelOptions::access` says who may join.
///
/// @threads safe from any thread.
class ChannelGroups {
 public:
  /// @param core  outlives this object.
  explicit ChannelGroups(ChannelCore& core) : core_(core) {}

  /// Finds the logins again that were in groups when the process ended. Removes logins that have
  /// ended.
  /// @param removal  time of the `RemovalClock`.
  /// @errors kStoreBusy; kStoreBroken.
  Status Restore(TimePoint removal);
  /// Stores who is in which group.
  void Save();

  /// The room of any kind with that ID, if the caller reaches it.
  /// @errors kRoomNotFound; kStoreBusy; kStoreBroken.
  Result<Room> FindRoom(const ChannelInstance& caller, const RoomId& id);
  /// The room, if the caller may be in its group now.
  /// @errors as `Join`.
  Result<Room> FindRoomToJoin(const ChannelInstance& caller, const RoomId& id);
  /// @return the key of the group's poll.
  /// @errors kRoomNotFound; kNotAllowed; kStoreBusy; kStoreBroken.
  /// @threads reads the store, and never waits for a commit.
  Result<std::string> Join(const ChannelInstance& caller, const RoomId& group);
  /// Joins the group that the key names: after a restart, memory has no groups. Where only members
  /// may be in it, the key is good for the stay for which it was given: who has come back joins
  /// again.
  /// @return false when the store fails.
  bool Rejoin(const ChannelInstance& caller, const RoomKeyClaims& claims, std::string_view key);
  void Quit(const ChannelInstance& caller, const RoomId& group);
  /// The logins of that account leave the group.
  void EndMembership(const GroupMembership& membership);
  /// Accounts that were banned since the last call leave the rooms' groups.
  void EndBanned();

  /// Whether the account may be in the room's group now. Only `GroupAccess::kMembers` makes it read
  /// the store, since this server may not know of a change yet that the store has.
  /// @errors kRoomNotFound; kNotAllowed; kStoreBusy; kStoreBroken.
  Status CheckAccess(const UserId& account, const RoomKey& key, std::uint64_t room_number);
  /// The group, when the caller has joined it.
  /// @errors kNotAllowed; kStoreBusy until a poll has told which group the login is in.
  /// @threads reads the store in that case.
  Result<GroupFacts> FindJoined(const ChannelInstance& caller, const RoomId& group);
  /// @errors kRoomNotFound; kStoreBusy; kStoreBroken.
  Result<GroupInfo> Find(const ChannelInstance& caller, const RoomId& group);
  /// The group of the caller.
  /// @param limit  of the members returned.
  /// @errors kNotAllowed when the caller has not joined it; kStoreBusy when it may have.
  Result<GroupMembers> Members(const ChannelInstance& caller, const RoomId& group,
                               std::size_t limit);
  /// For each account whether it is in the group.
  /// @errors as `Find`.
  Result<std::vector<bool>> AreMembers(const ChannelInstance& caller, const RoomId& group,
                                       std::span<const UserId> accounts);
  /// Accounts in the group of a room, each once, at most `limit`; and the number of its instances.
  [[nodiscard]] std::vector<UserId> UsersIn(std::uint64_t room_number, std::size_t limit) const;
  [[nodiscard]] std::size_t CountIn(std::uint64_t room_number) const;
  /// How many logins have joined each group.
  /// @param rooms  numbers of their rooms, at most 200.
  [[nodiscard]] std::vector<std::size_t> CountMembers(std::span<const std::uint64_t> rooms) const;
  /// See `Account::IsPolling`.
  [[nodiscard]] bool IsPolling(std::uint64_t room_number, const UserId& account) const;
  /// The groups that the logins are in, for `FormerMembers`.
  [[nodiscard]] std::vector<GroupMembership> Memberships() const;

 private:
  /// The room, if the account may be in its group now.
  /// @errors as `CheckAccess`.
  Result<Room> OpenRoom(const UserId& account, const RoomKey& key, std::uint64_t room_number);
  Result<GroupFacts> FactsOf(const Room& room);
  /// @return nullopt when the room has ended.
  Result<std::optional<GroupFacts>> FactsOf(const GroupJoin& join);
  /// What a key says of the stay that has joined the group by now.
  [[nodiscard]] std::optional<std::uint64_t> StayIn(const GroupFacts& facts) const;
  void RestoreOne(std::uint64_t instance, const GroupJoin& join, const GroupFacts* facts);
  /// After a first join: continues with what was stored meanwhile.
  void Complete(std::uint64_t room_number);
  /// The caller may have missed a change of its group.
  void NotifyChanged(const ChannelInstance& caller);

  ChannelCore& core_;
  std::uint64_t bans_seen_ GUARDED_BY(core_.mutex) = 0;  ///< `BanList::puts` at the last check
};

}  // namespace rtcroom
