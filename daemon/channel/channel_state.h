// The state of the message channel: instances, groups and waiting polls.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/base/sip_hash.h"
#include "daemon/base/token_bucket.h"
#include "daemon/channel/channel_figures.h"
#include "daemon/channel/channel_logins.h"
#include "daemon/channel/channel_options.h"
#include "daemon/channel/channel_tokens.h"
#include "daemon/channel/direct_contacts.h"
#include "daemon/channel/group_access_check.h"
#include "daemon/core/ended_login_store.h"
#include "daemon/core/group_join_store.h"
#include "daemon/core/ids.h"
#include "daemon/core/message_store.h"

namespace rtcroom {

/// The right to answer a waiting poll: call it once, with the whole body.
using PollReply = std::function<void(std::string body)>;

/// One change of the state: its time, and the replies that follow from it, to be sent after it.
struct ChannelTurn {
  MonotonicTime now{};
  TimePoint wall{};
  /// The polls that are answered have waited. Otherwise the turn begins with one that has just
  /// come: how long its client was away says nothing of the server.
  bool is_of_feed = false;
  std::optional<TimePoint> changed_at{};  ///< when the change that is applied was made
  std::vector<std::pair<PollReply, std::string>> replies{};
  /// Direct messages to that account up to that position were received.
  std::vector<std::pair<UserId, std::uint64_t>> settled{};
  /// Of attached instances that were kicked; to be called likewise.
  std::vector<std::function<void()>> kicked{};
  std::vector<EndedLogin> ends{};  ///< of logins, to be stored
  /// Answers to polls that waited, each with the age of its oldest new entry.
  struct Delivery {
    DeliveryPath path = DeliveryPath::kAccount;
    TimePoint made_at{};
  };
  std::vector<Delivery> deliveries{};

  /// @param oldest  the oldest of the logins that stay.
  void RecordKick(const ChannelInstance& login, const ChannelInstance& oldest);
};

/// The end of all logins of the account that began before.
EndedLogin EndOfAllBefore(const UserId& account, TimePoint time, LoginEnd end);

/// A group as its room is stored.
struct GroupFacts {
  RoomKey room{};
  std::uint64_t number = 0;
  Dialect dialect = Dialect::kGen1;
  std::uint64_t last_seq = 0;    ///< of its messages
  std::uint64_t last_event = 0;  ///< `Room::last_event`
};

/// An account in a group.
struct GroupMember {
  UserId account{};
  TimePoint joined_at{};
};

/// Whether an instance may call.
enum class Standing : std::uint8_t {
  kActive,
  kKicked,     ///< a newer login took its place
  kLoggedOut,  ///< at its own request
};

/// A poll of a room as it was received.
struct RoomPoll {
  std::uint64_t start = 0;  ///< the next message that the client expects; 0 and 1: from its join
  std::string key{};        ///< as sent; the first 512 bytes come back
  std::optional<RoomKeyClaims> claims{};  ///< what the key says, when it is one of this server
};

/// Decides what each poll is answered with and when; reaches no socket, clock or store.
///
/// An instance is one login of an account. It may have joined one group. Its account poll carries
/// system notices and direct messages, its room poll the messages of the group. An answer counts as
/// received when a later poll asks beyond it.
///
/// @threads for one thread at a time.
/// @source the channel protocol's hazards H1 to H11: the SDK's polls must not fail, may come twice
///         or late, and share one position.
class ChannelState {
 public:
  static constexpr std::chrono::seconds kPause{1};

  /// Kicked and logged out instances of an account that are remembered. Of all others that have
  /// ended `EndedLoginList` knows.
  static constexpr std::size_t kMaxEnded = 4;

  /// @param contacts  gets who is in which group; null: none. It outlives this object.
  explicit ChannelState(const ChannelOptions& options, DirectContacts* contacts = nullptr)
      : options_(options), contacts_(contacts) {}
  ChannelState(const ChannelState&) = delete;
  ChannelState& operator=(const ChannelState&) = delete;

  /// Registers the instance when it is new: a login, or a call after a restart. The newest logins
  /// of an account stay, the others are kicked at once. A few that have ended are remembered.
  /// @param issued  as `LoginProof::issued`, of a login.
  Standing Admit(const ChannelInstance& claims, ChannelTurn& turn,
                 TimePoint issued = TimePoint::max());

  /// The time of a login now: after all known ones of the account, or the clock was set back and it
  /// would be kicked by an older one.
  [[nodiscard]] TimePoint NextLogin(const UserId& account, TimePoint now) const;

  /// A new instance has a connection, which gets its direct messages: none are kept for polls. It
  /// is not forgotten until it ends.
  /// @param on_kicked  called when a newer login takes its place.
  /// @return false when it is not known any more.
  [[nodiscard]] bool Attach(std::uint64_t instance, std::function<void()> on_kicked);

  [[nodiscard]] bool Knows(std::uint64_t instance) const { return Find(instance) != nullptr; }
  /// Whether it is known, and neither kicked nor logged out.
  [[nodiscard]] bool IsActive(std::uint64_t instance) const;

  /// As `Admit`, of a login at another server. An earlier connection of that login ends.
  void AdmitElsewhere(const ChannelInstance& claims, ChannelTurn& turn);

  /// Ends the account's login of that time, if there is one.
  void KickLoginOf(const UserId& account, TimePoint logged_in, ChannelTurn& turn);

  /// Ends the account's logins of before that time, or by tickets of before. `ends` of the turn
  /// gets those that only their tickets date before.
  void KickLoginsBefore(const UserId& account, TimePoint time, ChannelTurn& turn);

  /// Ends an instance. Its client aborts its waiting polls.
  /// @return false when it had ended before.
  bool LogOut(std::uint64_t instance);
  /// Ends all instances of the account; those with a connection as if they were kicked.
  /// @return those that had not ended before.
  std::vector<ChannelInstance> LogOutAll(const UserId& account, ChannelTurn& turn);
  /// As `LogOut`, at another server: here it may have a connection, or not be known. It is
  /// remembered, since its token is still valid.
  void LogOutElsewhere(const ChannelInstance& claims, ChannelTurn& turn);

  /// The instance receives the group's messages from `first` on, and leaves any other group.
  /// @param first  the first one, or `PositionIn` the group.
  /// @param key    of the room's poll.
  /// @return whether a change may have passed that was committed after `facts` were read: the group
  ///         had no members. `AdvanceTo` or `OnRoomEnded` has to follow.
  [[nodiscard]] bool Join(std::uint64_t instance, const GroupFacts& facts, std::uint64_t first,
                          std::string key, ChannelTurn& turn);
  /// The serial of the instance's next key: keys of later joins have greater ones.
  [[nodiscard]] std::uint64_t NextKeySerial(std::uint64_t instance, TimePoint now);
  /// Whether a key with that serial leads into its group without a join: since this process started
  /// the instance has joined and quit none, and no poll came with this key or a newer one.
  [[nodiscard]] bool LeadsBack(std::uint64_t instance, std::uint64_t serial) const;
  /// As `Join`, if the key leads back.
  [[nodiscard]] bool Rejoin(std::uint64_t instance, const GroupFacts& facts, std::uint64_t first,
                            std::string key, std::uint64_t serial, ChannelTurn& turn);
  /// The store failed when that key was to lead back: it does so again.
  void FailRejoin(std::uint64_t instance, std::uint64_t serial);
  /// That key leads nowhere; a newer one may. @return whether it was to lead back.
  bool RefuseKey(std::uint64_t instance, std::uint64_t serial);
  void Quit(std::uint64_t instance, const RoomId& group, ChannelTurn& turn);

  /// A login that was in the group when the server ended, or in one whose room has ended since
  /// (`facts` is null). It gets a notice, since it may have missed a change.
  /// @param key  of the room's poll, as it was given to the client.
  /// @return as `Join`.
  [[nodiscard]] bool Restore(const ChannelInstance& login, const GroupJoin& join,
                             const GroupFacts* facts, std::string key, ChannelTurn& turn);
  /// Logins that have entered or left a group since the last call, with the group that each is in.
  [[nodiscard]] std::vector<GroupJoinChange> TakeJoinChanges();
  /// They could not be stored: the next `TakeJoinChanges` returns these logins again.
  void ReturnJoinChanges(std::span<const GroupJoinChange> changes);

  /// The instances of that account leave the group. They are told that it has ended, unless the
  /// user has left the room by itself: as after a `Quit`.
  void EndMembership(const GroupMembership& membership, ChannelTurn& turn);
  /// The groups of all instances, for the case that rooms have ended unseen.
  [[nodiscard]] std::vector<GroupMembership> Memberships() const;

  /// Of an instance that is not known any more it is held, and answered empty.
  /// @param cursor  sequence number of the last entry that the client received.
  void PollAccount(std::uint64_t instance, std::uint64_t cursor, PollReply reply,
                   ChannelTurn& turn);
  /// Whether the instance was not given its pending messages yet: see `GivePending`.
  [[nodiscard]] bool NeedsPending(std::uint64_t instance) const;

  /// The messages that a poll needs and that are not in memory.
  struct Missing {
    std::uint64_t room_number = 0;
    std::uint64_t first = 0;
    std::uint64_t last = 0;
  };
  [[nodiscard]] std::optional<Missing> MissingFor(std::uint64_t instance,
                                                  const RoomPoll& poll) const;

  /// What the store has of missing messages: ascending, those from `first` on.
  struct OlderMessages {
    Missing missing{};
    std::span<const StoredMessage> stored{};
  };
  /// @param instance  nullopt: of no known instance; it is held and answered empty.
  /// @param older     nullopt: `MissingFor` asked for nothing, or the read has failed. Messages
  ///                  that are still missing are asked for again after `resend_after`.
  void PollRoom(std::optional<std::uint64_t> instance, const RoomPoll& poll,
                const std::optional<OlderMessages>& older, PollReply reply, ChannelTurn& turn);
  /// Takes a poll of a caller that has spent what it may: it is answered empty after `kPause`,
  /// whatever comes, and the next poll gets that.
  /// @param room  nullopt: the account's poll.
  void Pause(const std::optional<RoomPoll>& room, PollReply reply, ChannelTurn& turn);

  /// Memory of logins, inboxes and messages of groups, in bytes.
  [[nodiscard]] std::size_t held_bytes() const {
    return (instances_.size() * kInstanceBytes) + inbox_bytes_ + tail_bytes_;
  }
  /// Gives memory up until at most so much is held, as far as there is any to give up: of messages
  /// of groups and of direct messages those of which there is more. The groups come first that have
  /// had no message for longest, and the logins whose direct messages have waited longest; both are
  /// read from the store again. Then the logins are forgotten that have not called for longest: the
  /// next call makes each known again.
  void Shrink(std::size_t most);

  // From the store, in its order.
  void OnRoomMessage(const StoredMessage& message, ChannelTurn& turn);
  /// Completes a group that `Join` has made: it has messages up to that one. Those that are not in
  /// memory are read when a poll asks for them.
  void AdvanceTo(std::uint64_t room_number, std::uint64_t seq, ChannelTurn& turn);
  void OnDirectMessage(const StoredMessage& message, ChannelTurn& turn);
  void OnMembersChanged(std::uint64_t room_number, ChannelTurn& turn);
  void OnRoomEnded(std::uint64_t room_number, ChannelTurn& turn);
  /// An operator removed the account from the room.
  void OnKicked(std::uint64_t room_number, const UserId& account, ChannelTurn& turn);
  /// Ends the memberships of accounts that may no longer be in a group.
  /// @param is_barred  of an account, from a group.
  void EndMemberships(const std::function<bool(const GroupFacts&, const UserId&)>& is_barred,
                      ChannelTurn& turn);
  /// Events were lost: every member of every group gets a notice.
  void OnEventsLost(ChannelTurn& turn);
  /// Notifies one instance of changes of its group that it may have missed.
  void NotifyOne(std::uint64_t instance, ChannelTurn& turn);
  /// Notifies one instance of the end of the group that its key leads back to.
  void NotifyEnd(std::uint64_t instance, const RoomId& group, std::uint64_t serial,
                 ChannelTurn& turn);
  /// Gives an instance the direct messages that were stored before it logged in or that memory gave
  /// up, once. Until then no message to it is settled: that would settle the older ones, too.
  /// @param cursor    of the account's poll: what it confirms is settled and not given again.
  /// @param messages  ascending.
  void GivePending(std::uint64_t instance, std::uint64_t cursor,
                   std::span<const StoredMessage> messages, ChannelTurn& turn);

  /// Answers polls that are due, resends lost answers, and forgets idle instances.
  void OnTick(ChannelTurn& turn);
  /// Answers every waiting poll.
  void AnswerAll(ChannelTurn& turn);

  [[nodiscard]] bool HasGroup(std::uint64_t room_number) const {
    return groups_.contains(room_number);
  }
  /// The first message that the instance may not have received; nullopt when it is in another group
  /// or in none.
  [[nodiscard]] std::optional<std::uint64_t> PositionIn(std::uint64_t room_number,
                                                        std::uint64_t instance) const;
  /// The group that the instance has joined; null for none.
  [[nodiscard]] const GroupFacts* GroupOf(std::uint64_t instance) const;
  /// Whether that is so for its client, too: a login that has moved here, or was here before a
  /// restart, may be in a group, and the key of its next poll says in which.
  [[nodiscard]] bool KnowsGroupOf(std::uint64_t instance) const;
  /// Whether the account is in the group of a live room of gen-2: its client breaks on messages
  /// that are not JSON.
  [[nodiscard]] bool IsInGen2LiveRoom(const UserId& account) const;
  /// Accounts in a group, each once, at most `limit`.
  [[nodiscard]] std::vector<GroupMember> Members(std::uint64_t room_number,
                                                 std::size_t limit) const;
  [[nodiscard]] std::size_t CountMembers(std::uint64_t room_number) const;
  /// Whether a login of the account in that group polls, or has called within the last 10 s.
  [[nodiscard]] bool IsPolling(std::uint64_t room_number, const UserId& account,
                               MonotonicTime now) const;
  /// A page of the logins that have not ended; its time does not depend on their number.
  [[nodiscard]] ConnectedLogins Logins(const LoginQuery& query, const ChannelTurn& turn) const;
  /// Whether the account is logged in.
  [[nodiscard]] bool IsPresent(const UserId& account) const;
  /// Whether the account is in that group.
  [[nodiscard]] bool IsMember(std::uint64_t room_number, const UserId& account) const;

  /// Of the account, while it has an instance.
  struct Profile {
    std::string nick{};
    std::string image{};
  };
  /// Null when the account has no instance.
  Profile* ProfileOf(const UserId& account);
  const Profile* ProfileOf(const UserId& account) const;

  [[nodiscard]] const ChannelCounts& counts() const { return counts_; }
  [[nodiscard]] ChannelSizes sizes() const {
    return {.instances = instances_.size(),
            .groups = groups_.size(),
            .polls = waiting_.size() + paused_.size(),
            .account_polls = account_polls_};
  }

 private:
  /// What a login takes besides its inbox: it and its account, with a profile of 1,152 bytes.
  static constexpr std::size_t kInstanceBytes = 2048;
  /// What a notice or message takes besides its text.
  static constexpr std::size_t kEntryBytes = 160;

  struct Instance;
  struct Group;
  struct Waiting {
    PollReply reply{};
    MonotonicTime due{};
    Instance* owner = nullptr;  ///< null: of no known instance
    bool is_account = false;
    std::uint64_t start = 0;  ///< of a room's poll
    std::string key{};        ///< likewise
  };
  using WaitingList = std::list<Waiting>;

  /// An answer that is not confirmed yet.
  struct InFlight {
    MonotonicTime since{};
    std::uint64_t end = 0;  ///< a poll from there or beyond confirms it; 0: there is none
  };
  struct Notice {
    std::string entry{};
    std::uint64_t given = 0;     ///< number of the first answer that carried it; 0: none has
    std::uint64_t position = 0;  ///< of a direct message; 0 for a system notice
    std::size_t sender = 0;      ///< of a direct message: a hash
    std::uint64_t changed = 0;   ///< of a notice of changed members: the room's number
    std::optional<TimePoint> made_at{};
  };
  /// A direct message as it was given.
  struct Given {
    std::uint64_t number = 0;  ///< as of `Notice::given`
    std::uint64_t position = 0;
  };
  struct Message {
    std::uint64_t seq = 0;
    std::string entry{};
    TimePoint sent_at{};
  };
  struct Group {
    GroupFacts facts{};
    bool is_complete = false;    ///< the feed supplies all messages after `facts.last_seq`
    std::deque<Message> tail{};  ///< without gaps; ends with `facts.last_seq` unless empty
    std::size_t tail_bytes = 0;
    std::list<Group*>::iterator by_message{};  ///< while it has a tail
    std::vector<Instance*> members{};
    std::optional<MonotonicTime> batch_at{};  ///< set: its polls wait until then
  };
  struct Membership {
    Group* group = nullptr;
    std::size_t index = 0;  ///< in the group's members
    TimePoint joined_at{};
    std::uint64_t joined_seq = 0;  ///< as the key says
    std::string key{};
    std::uint64_t confirmed = 0;  ///< the client has all messages before this one
    std::uint64_t given = 0;      ///< all before this one were in an answer
    InFlight in_flight{};
  };
  /// The polls of one kind of an instance.
  struct Polls {
    std::vector<WaitingList::iterator> waiting{};  ///< oldest first
    /// Until then the client may have several loops of polls, which share one position.
    MonotonicTime shared_until{};
  };
  struct Instance {
    ChannelInstance claims{};
    TimePoint issued = TimePoint::max();  ///< of the ticket, if it is known
    Standing standing = Standing::kActive;
    MonotonicTime seen_at{};
    MonotonicTime account_polled_at{};  ///< or when it became known, before its first poll
    Polls account_polls{};
    Polls room_polls{};
    std::list<Notice> inbox{};  ///< those that were given come first
    std::size_t inbox_bytes = 0;
    std::optional<std::list<Instance*>::iterator> by_wait{};  ///< while it has direct messages
    InFlight in_flight{};                                     ///< of the inbox
    bool needs_pending = true;
    Given dropped{};  ///< the newest direct message that was given and then given up
    std::uint64_t pending_until = 0;  ///< position of the newest message that was pending
    std::optional<Membership> room{};
    bool is_new_in_groups = true;  ///< it has joined and quit none since this process started
    bool knows_group = false;      ///< `room` is what its client has joined
    std::uint64_t key_serial = 0;  ///< of its newest key that is known
    std::list<Instance*>::iterator by_use{};  ///< the end of the list while it is attached
    std::function<void()> on_kicked{};        ///< set while it is attached
  };
  struct Account {
    std::vector<Instance*> instances{};  ///< oldest login first
    std::uint64_t notice_seq = 0;        ///< number of the newest answer with notices
    Profile profile{};
  };
  /// An instance to look at again: its answer may have been lost.
  struct Unconfirmed {
    MonotonicTime since{};
    std::uint64_t instance = 0;
    bool is_account = false;
  };

  /// Null when there is none.
  [[nodiscard]] Instance* Find(std::uint64_t instance) const;
  [[nodiscard]] static ConnectedLogin LoginOf(const Instance& instance, const ChannelTurn& turn);
  void Kick(Instance& instance, ChannelTurn& turn);
  void End(Instance& instance, Standing standing);
  void Forget(Instance& instance);
  void ForgetEnded(Account& account);
  bool Enter(Instance& instance, const GroupFacts& facts, std::uint64_t first, std::string key,
             ChannelTurn& turn);
  void LeaveGroup(Instance& instance);
  void EndMembership(Instance& instance, ChannelTurn& turn);

  void Hold(Waiting waiting, ChannelTurn& turn);
  void MarkShared(Polls& polls, MonotonicTime now) const;
  void Answer(WaitingList::iterator poll, std::string body, ChannelTurn& turn);
  void AnswerPaused(ChannelTurn& turn);
  void AnswerEmpty(WaitingList::iterator poll, ChannelTurn& turn);
  [[nodiscard]] std::string RoomReplyTo(const Waiting& poll, std::string_view entries) const;

  void Enqueue(Instance& instance, Notice notice, ChannelTurn& turn);
  void TrimInbox(Instance& instance);
  /// The entry that goes first when too many wait, or too many bytes.
  [[nodiscard]] static std::list<Notice>::iterator FirstToGo(std::list<Notice>& inbox,
                                                             bool are_too_many);
  void CountInbox(Instance& instance);
  void DropDirects(Instance& instance);
  void EnqueueEnded(Instance& instance, const RoomId& group, ChannelTurn& turn);
  void EnqueueChanged(Instance& instance, const Group& group, ChannelTurn& turn);
  void Confirm(Instance& instance, std::uint64_t cursor, ChannelTurn& turn);
  void SendNotices(Instance& instance, ChannelTurn& turn);
  bool SendNoticesByRoom(Instance& instance, ChannelTurn& turn);
  void SendMessages(Instance& instance, ChannelTurn& turn);
  [[nodiscard]] static bool IsOfPresentGroup(const Instance& instance, const RoomPoll& poll);
  static void TakePosition(Instance& instance, const RoomPoll& poll);
  [[nodiscard]] static bool Covers(const OlderMessages& older, const Missing& missing);
  void SendOlder(Instance& instance, const OlderMessages& older, ChannelTurn& turn);
  void SkipGap(Instance& instance, std::uint64_t stored, ChannelTurn& turn);
  void SendEntries(Instance& instance, std::string_view entries, std::uint64_t end,
                   ChannelTurn& turn);
  /// @param made_at  of the oldest entry that is new to the client; nullopt when none is, or when
  ///                 its time is not known.
  void CountDelivery(DeliveryPath path, std::optional<TimePoint> made_at, ChannelTurn& turn);
  void ClearTail(Group& group);
  void AddToTail(Group& group, Message message);
  void Wake(Group& group, ChannelTurn& turn);
  [[nodiscard]] std::chrono::seconds HoldSeconds() const {
    return std::chrono::duration_cast<std::chrono::seconds>(options_.hold);
  }
  /// The answer was lost: what it carried is sent again.
  void Retract(InFlight& in_flight);
  void RetractIfAskedAgain(InFlight& in_flight, const Polls& polls, MonotonicTime now);
  void ResendLost(ChannelTurn& turn);
  void SendBatches(ChannelTurn& turn);

  const ChannelOptions options_;
  DirectContacts* const contacts_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Instance>> instances_;  ///< by number
  std::list<Instance*> by_use_;  ///< least recently used first
  std::unordered_map<UserId, Account> accounts_;
  std::map<std::string_view, const Account*>
      by_name_;  ///< those of `accounts_`, which has the text
  std::unordered_map<std::uint64_t, std::unique_ptr<Group>> groups_;  ///< with members
  std::list<Group*> by_message_;  ///< with tails; longest without a message first
  std::list<Instance*> by_wait_;  ///< with direct messages; those that have had any longest first
  std::size_t inbox_bytes_ = 0;
  std::size_t tail_bytes_ = 0;
  WaitingList waiting_;                      ///< by due time
  WaitingList paused_;                       ///< likewise
  std::size_t account_polls_ = 0;            ///< those of them
  std::deque<Unconfirmed> unconfirmed_;      ///< by time
  std::vector<std::uint64_t> batches_;       ///< groups whose polls wait for a batch
  std::unordered_set<std::uint64_t> moved_;  ///< for `TakeJoinChanges`
  TokenBucket deliveries_;
  ChannelCounts counts_;
};

}  // namespace rtcroom
