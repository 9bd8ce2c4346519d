// The message channel: logins, groups, messages and polls of the IM protocol, on this server.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/base/memory_reservation.h"
#include "daemon/base/mutex.h"
#include "daemon/base/random_source.h"
#include "daemon/base/result.h"
#include "daemon/channel/channel_figures.h"
#include "daemon/channel/channel_options.h"
#include "daemon/channel/channel_state.h"
#include "daemon/channel/channel_tokens.h"
#include "daemon/channel/direct_contacts.h"
#include "daemon/channel/log_shares.h"
#include "daemon/channel/message_body.h"
#include "daemon/channel/message_guard.h"
#include "daemon/channel/message_reads.h"
#include "daemon/channel/message_senders.h"
#include "daemon/channel/unreported_logins.h"
#include "daemon/core/account_login.h"
#include "daemon/core/account_validities.h"
#include "daemon/core/ban_list.h"
#include "daemon/core/ended_login_list.h"
#include "daemon/core/ended_login_store.h"
#include "daemon/core/event_log.h"
#include "daemon/core/group_join_store.h"
#include "daemon/core/message_store.h"
#include "daemon/core/node_lease.h"
#include "daemon/core/removal_clock.h"
#include "daemon/core/room_store.h"

namespace rtcroom {

/// Dependencies of the channel, which they outlive.
struct ChannelDeps {
  RoomStore& rooms;
  EventLog& events;
  MessageLog& log;
  MessageHistory& history;
  GroupJoinStore& joins;
  EndedLoginStore& end_store;
  EndedLoginList& ends;  ///< all that are stored, or are about to be
  const AccountValidities& validities;
  const BanList& bans;
  const Clock& clock;
  const Clock& dates;  ///< a `DatingClock`
  const RemovalClock& removal;
  RandomSource& random;
  Logger& logger;
  DeliveryObserver* observer = nullptr;  ///< null: none
  DirectContacts* contacts = nullptr;    ///< null: any account may be sent messages
  /// Null where no other server uses the store. Otherwise logins that are in groups are not stored
  /// in `joins`: their keys lead them back, at any server.
  AccountLoginLog* logins = nullptr;
  const NodeLease* node = nullptr;  ///< null where no other server uses the store
  MemoryTotal* held = nullptr;      ///< gets what the channel holds in memory; null: none
};

/// A message as it is sent to a group.
struct GroupDraft {
  RoomId group{};
  std::string nick{};  ///< of the sender, at most 128 bytes; empty: that of its profile
  MessageBody body;
  MessagePriority priority = MessagePriority::kCommon;
  std::uint64_t random = 0;
  std::string address{};  ///< of the client; empty: unknown
};

/// A message as it is sent to an account.
struct DirectDraft {
  UserId to{};
  std::string nick{};  ///< as above
  MessageBody body;
  std::uint64_t seq = 0;
  std::uint64_t random = 0;
  std::string address{};  ///< as above
};

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

/// Messages between two accounts.
struct DirectPage {
  std::vector<StoredMessage> messages{};  ///< newest first
  bool is_last = false;                   ///< there are no older ones
};

/// A peer or a group, with the newest message.
struct Conversation {
  RoomKey room{};  ///< without an ID: with the other account of the message
  StoredMessage newest{};
  std::size_t unread = 0;  ///< messages from the peer that were not confirmed yet
};

/// Groups exist exactly as long as their rooms. `ChannelOptions::access` says who may join.
///
/// @threads safe from any thread. No lock is held while the store is used or a poll is answered.
class Channel {
 public:
  Channel(const ChannelDeps& deps, ChannelTokens tokens, const ChannelOptions& options);

  /// Finds the logins again that were in groups when the process ended. Call it once, before any
  /// other function. Removes logins that have ended.
  /// @param removal  time of the `RemovalClock`.
  /// @errors kStoreBusy; kStoreBroken.
  Status Restore(TimePoint removal);

  /// A new login of an account whose ticket was verified; older ones beyond the limit are kicked.
  /// Waits for a commit when it kicks some. If they cannot be stored, the next ticks try again.
  /// @errors kNoSession when the logins of the account were ended since the ticket was verified.
  Result<LoginTokens> LogIn(const UserId& account, const LoginProof& proof);

  /// Likewise a login whose client keeps a connection: it gets its direct messages by it, and is
  /// logged in until `Disconnect`.
  /// @param continued  `logged_in` of an earlier connection of the client, whose login goes on: it
  ///                   takes no place from a login that came later. nullopt: a new login.
  /// @param on_kicked  called once, without a lock, when a newer login takes its place.
  /// @errors as `LogIn`; kInstanceKicked when that login has ended, or later ones have taken its
  ///         place; kUnavailable when too many have a connection.
  Result<ChannelInstance> Connect(const UserId& account, const LoginProof& proof,
                                  std::optional<TimePoint> continued,
                                  std::function<void()> on_kicked);

  /// The instance that makes a call.
  /// @errors kNoSession when the pair is not of this server, or ended; kInstanceKicked.
  Result<ChannelInstance> Authenticate(std::string_view tiny_id, std::string_view a2);

  /// The end of a connection. Its login has no `a2`, so nothing is stored.
  void Disconnect(const ChannelInstance& login);
  /// Ends the login: its `a2` is refused at every server on the store, after restarts, too. Waits
  /// for a commit. With more than a hundred logouts of one account, one more ends its earlier
  /// logins.
  /// @errors kStoreBusy, kStoreBroken, kOutcomeUnknown: it has ended, and the next ticks store it.
  Status LogOut(const ChannelInstance& caller);
  /// Ends the login and all logins of the account that began before it, as `LogOut` does.
  /// @errors the same; kNoSession when the caller itself has ended meanwhile.
  Status LogOutAll(const ChannelInstance& caller);

  /// @param cursor  as the client sent it.
  void PollAccount(const ChannelInstance& caller, std::uint64_t cursor, PollReply reply);
  /// Never fails: without a caller, or with a key that is not its own, it is held and answered
  /// empty.
  /// @threads reads the store when the messages are not in memory.
  void PollRoom(const std::optional<ChannelInstance>& caller, std::uint64_t start,
                std::string_view key, PollReply reply);
  /// As `WaitingPolls::Pause`.
  void Pause(const std::optional<RoomPoll>& room, PollReply reply) EXCLUDES(mutex_);

  /// @return the key of the group's poll.
  /// @errors kRoomNotFound; kNotAllowed; kStoreBusy; kStoreBroken.
  /// @threads reads the store, and never waits for a commit.
  Result<std::string> Join(const ChannelInstance& caller, const RoomId& group);
  void Quit(const ChannelInstance& caller, const RoomId& group);

  /// Waits for a commit. The same `random` again within `kRepeatedWithin` gives the first outcome,
  /// at any server.
  /// @errors kRoomNotFound; kNotAllowed when the caller has not joined, or may not any more;
  ///         kTooManyRequests; kContentRefused; kContentTooLong; kBadRequest; kStoreBusy;
  ///         kStoreBroken.
  Result<SentMessage> SendToGroup(const ChannelInstance& caller, const GroupDraft& draft);
  /// The same for an account that need not have joined.
  /// @param room_number  of the room, whose group `draft` need not name.
  /// @errors kRoomNotFound when that room has ended; kNotAllowed for an account that may not join.
  Result<SentMessage> SendToRoom(const UserId& account, const RoomKey& room,
                                 std::uint64_t room_number, const GroupDraft& draft);
  /// Likewise.
  /// @errors kNotReachable when the receiver is no contact of the account; kTooManyRequests;
  ///         kContentRefused; kContentTooLong; kStoreBusy; kStoreBroken.
  Result<SentMessage> SendDirect(const UserId& account, const DirectDraft& draft);

  /// A nick of at most 128 bytes, an image of at most 1,024; nullopt leaves it as it is.
  void SetProfile(const ChannelInstance& caller, std::optional<std::string> nick,
                  std::optional<std::string> image);
  /// Empty for an account that is not logged in.
  [[nodiscard]] Account::Profile ProfileOf(const UserId& account) const EXCLUDES(mutex_);

  /// @errors kRoomNotFound; kStoreBusy; kStoreBroken.
  Result<GroupInfo> FindGroup(const ChannelInstance& caller, const RoomId& group);
  /// The group of the caller.
  /// @param limit  of the members returned.
  /// @errors kNotAllowed when the caller has not joined it; kStoreBusy when it may have.
  Result<GroupMembers> Members(const ChannelInstance& caller, const RoomId& group,
                               std::size_t limit);
  /// For each account whether it is in the group.
  /// @errors as `FindGroup`.
  Result<std::vector<bool>> AreMembers(const ChannelInstance& caller, const RoomId& group,
                                       std::span<const UserId> accounts);
  /// Accounts in the group of a room, each once, at most `limit`; and the number of its instances.
  [[nodiscard]] std::vector<UserId> UsersIn(std::uint64_t room_number, std::size_t limit) const
      EXCLUDES(mutex_);
  [[nodiscard]] std::size_t CountIn(std::uint64_t room_number) const EXCLUDES(mutex_);
  /// As `Account::IsPolling`.
  [[nodiscard]] bool IsPolling(std::uint64_t room_number, const UserId& account) const
      EXCLUDES(mutex_);
  /// Messages up to `newest` (nullopt: the last), newest first.
  /// @errors as `Members`; kStoreBusy; kStoreBroken.
  Result<std::vector<StoredMessage>> GroupHistory(const ChannelInstance& caller,
                                                  const RoomId& group,
                                                  std::optional<std::uint64_t> newest,
                                                  std::size_t limit);

  /// Messages between the caller and another account.
  /// @param before  position of one of them: only older ones; nullopt: from the newest on.
  /// @param reads   new; with at most 999 messages.
  /// @errors kStoreBusy; kStoreBroken.
  Result<DirectPage> DirectHistory(const UserId& account, const UserId& peer,
                                   std::optional<std::uint64_t> before, MessageReads reads);
  /// Messages to the account that it has not confirmed yet, oldest first.
  /// @errors kStoreBusy; kStoreBroken.
  Result<std::vector<StoredMessage>> PendingMessages(const UserId& account);
  /// The account has received all messages to it up to that position. Written by the next tick.
  void ConfirmDirect(const UserId& account, std::uint64_t position) EXCLUDES(mutex_);
  /// The same for a client that connects.
  /// @return the position after which its messages come: at most that of the newest message, which
  ///         goes back when the operator restores a backup.
  std::uint64_t ResumeDirect(const UserId& account, std::uint64_t position) EXCLUDES(mutex_);
  /// Those with other accounts, and the group of the caller, newest first.
  /// @param limit  1..100.
  /// @errors kStoreBusy; kStoreBroken.
  Result<std::vector<Conversation>> Conversations(const ChannelInstance& caller, std::size_t limit);
  /// The same with these groups.
  Result<std::vector<Conversation>> Conversations(const UserId& account,
                                                  std::span<const GroupFacts> groups,
                                                  std::size_t limit);

  // For operators.
  /// A page of the logins that have not ended.
  [[nodiscard]] ConnectedLogins Logins(const LoginQuery& query) const EXCLUDES(mutex_);
  /// How many logins have joined each group.
  /// @param rooms  numbers of their rooms, at most 200.
  [[nodiscard]] std::vector<std::size_t> CountMembers(std::span<const std::uint64_t> rooms) const
      EXCLUDES(mutex_);

  /// The groups that the logins are in, for `FormerMembers`.
  [[nodiscard]] std::vector<GroupMembership> Memberships() const EXCLUDES(mutex_);
  /// The logins of that account leave the group.
  void EndMembership(const GroupMembership& membership);
  /// Kicks the logins that began up to and in that second, and those by tickets of before: where it
  /// is heard of later, or by another clock, they may have begun after it.
  /// @param validity  that `ChannelDeps::validities` has already.
  void EndLogins(const AccountValidity& validity);

  // The committed changes, in the store's order.
  /// This server begins where the log of messages has come to that position. Called once, before
  /// the other calls of this list.
  void BeginAfter(std::uint64_t newest_message) EXCLUDES(mutex_);
  void OnEvents(std::span<const StoredEvent> events);
  void OnMessages(std::span<const StoredMessage> messages);
  /// Some events are unknown.
  void OnEventsLost();
  void OnTick();
  /// Of logins and logouts at all servers on the store.
  void OnLogins(std::span<const AccountLogin> logins);
  /// Stores what each account has received, and who is in which group. A process that is killed
  /// before forgets that.
  void Save() EXCLUDES(mutex_);
  /// Before a stop: answers every waiting poll, and later ones at once.
  void AnswerAll();

  [[nodiscard]] const ChannelOptions& options() const { return options_; }
  [[nodiscard]] ChannelCounts counts() const EXCLUDES(mutex_);
  [[nodiscard]] SentCounts sent_counts() const EXCLUDES(mutex_);
  [[nodiscard]] ChannelSizes sizes() const EXCLUDES(mutex_);

 private:
  /// A change of the state: holds the lock, and sends the replies after it.
  class SCOPED_CAPABILITY Turn : public ChannelTurn {
   public:
    explicit Turn(Channel& channel) ACQUIRE(channel.mutex_);
    ~Turn() RELEASE();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    Channel& channel_;
  };

  ChannelInstance NewInstance(const UserId& account, const LoginProof& proof);
  /// Whether the message may be sent now.
  Status CheckRate(const UserId& account) EXCLUDES(mutex_);
  /// @threads reads the store when the room is busy: once a second for an account and room.
  Status CheckRoomRate(const UserId& account, const RoomKey& room, std::uint64_t room_number)
      EXCLUDES(mutex_);
  /// Whether it may be added to the log.
  /// @param address  as of a draft.
  Status CheckShare(const StoredMessage& message, const std::string& address) EXCLUDES(mutex_);
  /// Finds the message that the account sent with that number; nullopt if memory has none.
  /// @param target  number of the room, or one that stands for the receiver.
  [[nodiscard]] std::optional<SentMessage> FindSent(const UserId& account, std::uint64_t target,
                                                    std::uint64_t random) const EXCLUDES(mutex_);
  /// Returns which messages of the log this one may repeat.
  [[nodiscard]] RepeatsAfter RepeatsOf(const MessageContent& message) EXCLUDES(mutex_);
  /// Remembers a stored message; counts a new one.
  SentMessage Remember(const AppendedMessage& stored) EXCLUDES(mutex_);
  void Count(std::uint64_t SentCounts::* figure) EXCLUDES(mutex_);
  /// Counts a message that the guard has refused. @return `refusal`.
  Error Refused(const Error& refusal) EXCLUDES(mutex_);
  void Observe(std::span<const ChannelTurn::Delivery> deliveries) const;
  /// Counts the memory of the state, which shrinks to what it was when too much is held for
  /// clients.
  void BoundMemory() REQUIRES(mutex_);
  void Settle() EXCLUDES(mutex_);
  /// The room of any kind with that id, if the caller reaches it.
  Result<Room> FindRoom(const ChannelInstance& caller, const RoomId& id);
  /// The room, if the account may be in its group now.
  /// @errors kRoomNotFound; kNotAllowed; kStoreBusy; kStoreBroken.
  Result<Room> OpenRoom(const UserId& account, const RoomKey& key, std::uint64_t room_number);
  /// Whether the account may be in the room's group now. Only `GroupAccess::kMembers` makes it read
  /// the store, since this server may not know of a change yet that the store has.
  /// @errors as `OpenRoom`.
  Status CheckAccess(const UserId& account, const RoomKey& key, std::uint64_t room_number);
  Result<GroupFacts> FactsOf(const Room& room);
  /// Joins the group that the key names: after a restart, memory has no groups. Where only members
  /// may be in it, the key is good for the stay for which it was given: who has come back joins
  /// again.
  /// @return false when the store fails.
  bool Rejoin(const ChannelInstance& caller, const RoomKeyClaims& claims, std::string_view key);
  /// What a key says of the stay that has joined the group by now.
  [[nodiscard]] std::optional<std::uint64_t> StayIn(const GroupFacts& facts) const;
  void RestoreOne(std::uint64_t instance, const GroupJoin& join, const GroupFacts* facts);
  /// @return nullopt when the room has ended.
  Result<std::optional<GroupFacts>> FactsOf(const GroupJoin& join);
  void SaveJoins() EXCLUDES(mutex_);
  /// After all logins of the account that are known or have ended.
  [[nodiscard]] TimePoint NextLogin(const UserId& account, TimePoint now) const REQUIRES(mutex_);
  /// Whether the logins of the account were ended since the proof was given.
  [[nodiscard]] bool IsOver(const UserId& account, const LoginProof& proof) const;
  [[nodiscard]] bool HasEnded(const ChannelInstance& login) const;
  /// Admits it unless it has ended.
  Standing StandingOf(const ChannelInstance& login, ChannelTurn& turn) REQUIRES(mutex_);
  /// Its end by a logout.
  [[nodiscard]] EndedLogin EndOf(const ChannelInstance& login) const;
  /// The new ends of the turn, which are refused from here on. The caller stores them.
  std::vector<EndedLogin> TakeEnds(ChannelTurn& turn) REQUIRES(mutex_);
  /// If it fails, the next ticks try again.
  Status StoreEnds(std::span<const EndedLogin> ends) EXCLUDES(mutex_);
  void KeepUnstored(const EndedLogin& end) REQUIRES(mutex_);
  void StoreUnstored() EXCLUDES(mutex_);
  enum class LoginChange : bool { kBegun, kEnded };
  /// Keeps it for `ReportLogins`.
  void NoteLogin(const ChannelInstance& login, LoginChange change) REQUIRES(mutex_);
  void ReportLogins() EXCLUDES(mutex_);
  /// Accounts that were banned since the last call leave the rooms' groups.
  void EndBanned() EXCLUDES(mutex_);
  /// After a first join: continues with what was stored meanwhile.
  void Complete(std::uint64_t room_number);
  /// The caller may have missed a change of its group.
  void NotifyChanged(const ChannelInstance& caller) EXCLUDES(mutex_);
  /// The number of the group, when the caller has joined it.
  /// @errors kNotAllowed; kStoreBusy until a poll has told which group the login is in.
  /// @threads reads the store in that case.
  Result<GroupFacts> JoinedGroup(const ChannelInstance& caller, const RoomId& group)
      EXCLUDES(mutex_);

  const ChannelDeps deps_;
  const ChannelTokens tokens_;
  const ChannelOptions options_;
  mutable Mutex mutex_;
  ChannelState state_ GUARDED_BY(mutex_);
  std::optional<MemoryReservation> memory_ GUARDED_BY(mutex_);  ///< of the state
  MessageSenders senders_ GUARDED_BY(mutex_);
  RepeatWindow repeats_ GUARDED_BY(mutex_);
  LogShares shares_ GUARDED_BY(mutex_);
  SentCounts sent_ GUARDED_BY(mutex_);
  bool is_stopping_ GUARDED_BY(mutex_) = false;
  std::uint64_t bans_seen_ GUARDED_BY(mutex_) = 0;  ///< `BanList::puts` at the last check
  /// Not yet reported to the other servers on the store; `OnTick` reports them.
  UnreportedLogins unreported_logins_ GUARDED_BY(mutex_);
  /// By account and instance; written by `OnTick`.
  std::map<std::pair<UserId, std::uint64_t>, EndedLogin> unstored_ends_ GUARDED_BY(mutex_);
  /// Newest received direct message of each account; written by `OnTick`.
  std::unordered_map<UserId, std::uint64_t> unsettled_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
