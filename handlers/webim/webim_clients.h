// The clients of 2018: their logins, groups and polls.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/memory_reservation.h"
#include "daemon/base/mutex.h"
#include "daemon/base/result.h"
#include "daemon/channel/channel.h"
#include "daemon/channel/push_receivers.h"
#include "handlers/webim/webim_client.h"
#include "handlers/webim/webim_state.h"
#include "handlers/webim/webim_turn.h"

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

/// An account in a group.
struct GroupMember {
  UserId account{};
  TimePoint joined_at{};
};

/// Members of a group whose clients are of 2018.
struct GroupMembers {
  std::size_t count = 0;               ///< of all
  std::vector<GroupMember> members{};  ///< each account once, in any order
};

/// The logins in groups outlive the process: they are stored, and found again at its start. A poll
/// never fails.
///
/// @threads safe from any thread. No lock is held while the store, the channel or `PushReceivers`
///          is used or a poll is answered.
class WebimClients {
 public:
  /// All outlive this object.
  /// @param calls  those of polls wait there.
  WebimClients(Channel& channel, PushReceivers& receivers, PendingCalls& calls);

  /// Finds the logins again that were in groups when the process ended. Removes logins that have
  /// ended.
  /// @param removal  time of the `RemovalClock`.
  /// @errors kStoreBusy; kStoreBroken.
  Status Restore(TimePoint removal);
  /// Stores who is in which group. A process that is killed before forgets that.
  void Save();
  /// It ends the waiting calls whose deadline has passed, too.
  void OnTick();

  /// A login that has just begun: its client knows that it has joined no group.
  void OnLogin(const ChannelInstance& login) { (void)Begin(login, /*knows_group=*/true); }
  /// @return the key of the group's poll.
  /// @errors kRoomNotFound; kNotAllowed; kStoreBusy; kStoreBroken.
  /// @threads reads the store, and never waits for a commit.
  Result<std::string> Join(const ChannelInstance& caller, const RoomId& group);
  void Quit(const ChannelInstance& caller, const RoomId& group);

  /// The group, when the caller has joined it.
  /// @errors kNotAllowed; kStoreBusy until a poll has told which group the login is in.
  /// @threads reads the store in that case.
  Result<GroupFacts> FindJoined(const ChannelInstance& caller, const RoomId& group);
  /// The group that the caller is in, as far as is known.
  [[nodiscard]] std::optional<GroupFacts> GroupOf(const ChannelInstance& caller) const;
  /// @errors kRoomNotFound; kStoreBusy; kStoreBroken.
  Result<GroupInfo> Find(const ChannelInstance& caller, const RoomId& group);
  /// The group of the caller.
  /// @param limit  of the members returned.
  /// @errors kNotAllowed when the caller has not joined it; kStoreBusy when it may have.
  Result<GroupMembers> Members(const ChannelInstance& caller, const RoomId& group,
                               std::size_t limit);
  /// Whether each account is in the group.
  /// @errors as `Find`.
  Result<std::vector<bool>> AreMembers(const ChannelInstance& caller, const RoomId& group,
                                       std::span<const UserId> accounts);

  /// Whether a client of the account is in a live room of gen-2, where it breaks on messages
  /// between accounts that are not JSON.
  [[nodiscard]] bool ReadsJsonOnly(const UserId& account) const;
  /// Leaves out what such a client cannot read.
  /// @param messages  between accounts.
  void Guard(const UserId& account, std::vector<StoredMessage>& messages) const;

  /// @param cursor  as the client sent it.
  /// @threads reads the store when a login has messages that are not in memory.
  void PollAccount(const ChannelInstance& caller, std::uint64_t cursor, PollReply reply);
  /// A poll without a caller, or with a key that is not its own, is held and answered empty.
  /// @threads reads the store when the messages are not in memory.
  void PollRoom(const std::optional<ChannelInstance>& caller, RoomPoll poll, PollReply reply);
  /// See `WaitingPolls::Pause`.
  void Pause(std::optional<RoomPoll> room, PollReply reply);

  /// Adds what only these clients know of their logins.
  void AddTo(ConnectedLogins& page) const;
  void AddTo(ChannelSizes& sizes, ChannelCounts& counts) const;

 private:
  friend class WebimClient;

  /// A change of the state: holds the lock; after it sends the replies, has the call of a poll wait
  /// that is held, and lets the clients follow whose logins have moved.
  class SCOPED_CAPABILITY Turn : public WebimTurn {
   public:
    explicit Turn(WebimClients& clients) ACQUIRE(clients.mutex_);
    ~Turn() RELEASE();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    WebimClients& clients_;
    const std::size_t of_logins_;  ///< memory that these hold
  };

  /// Makes the login a client, unless it is one.
  /// @return what has become of the login: only an active one is a client.
  Standing Begin(const ChannelInstance& login, bool knows_group);
  void End(std::uint64_t instance, Standing standing);
  /// The client is to hear what its login is to receive now, and its group what is stored.
  void Follow(WebimClient& client);
  /// Continues with what was stored while nobody heard the group of the login.
  void CompleteGroup(const ChannelInstance& login);
  void EndMembership(const ChannelInstance& login, std::uint64_t room_number, LeaveReason reason);
  void OnEventsLost(const ChannelInstance& login);
  /// The logins of those receivers that are clients of 2018.
  [[nodiscard]] std::vector<const WebimLogin*> LoginsOf(
      const PushReceivers::Receivers& receivers) const REQUIRES(mutex_);
  /// Joins the group that the key names: after a restart, memory has no groups. Where only members
  /// may be in it, the key is good for the stay for which it was given: who has come back joins
  /// again.
  /// @return false when the store fails.
  bool Rejoin(const ChannelInstance& caller, const RoomKeyClaims& claims, std::string_view key);
  void RestoreOne(const ChannelInstance& login, const GroupJoin& join, const GroupFacts* facts);
  /// @return nullopt when the room has ended.
  Result<std::optional<GroupFacts>> FactsOf(const GroupJoin& join);
  /// The number that a key gives for the stay that has joined the group by now.
  [[nodiscard]] std::optional<std::uint64_t> StayIn(const GroupFacts& facts) const;
  /// The caller may have missed a change of its group.
  void NotifyChanged(const ChannelInstance& caller);
  /// Whether the push has messages only, and an earlier receiver has brought it to the group.
  /// @threads the feed's.
  [[nodiscard]] bool WasBrought(std::uint64_t room_number, const RoomPush& push);

  Channel& channel_;
  PushReceivers& receivers_;
  PendingCalls& calls_;
  const ChannelDeps& deps_;

  mutable Mutex mutex_;
  WebimState state_ GUARDED_BY(mutex_);
  MemoryReservation memory_ GUARDED_BY(mutex_);  ///< of the state
  /// Room and number of the newest message of the last push of messages: the feed's thread only.
  std::pair<std::uint64_t, std::uint64_t> brought_{};
};

}  // namespace rtcroom
