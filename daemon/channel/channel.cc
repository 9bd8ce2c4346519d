#include "daemon/channel/channel.h"

#include <algorithm>
#include <unordered_map>
#include <variant>

#include "daemon/channel/group_access_check.h"
#include "daemon/core/room_deliveries.h"

namespace rtcroom {
namespace {

/// Messages that are read for a poll, when they are not in memory.
constexpr std::size_t kOlderPerPoll = 50;
/// Logins that one commit reports to the other servers.
constexpr std::size_t kMostReportedAtOnce = 1000;

/// The numbers of the rooms that end with one of these events.
std::unordered_set<std::uint64_t> EndedBy(std::span<const StoredEvent> events) {
  std::unordered_set<std::uint64_t> ended;
  for (const StoredEvent& stored : events) {
    if (std::holds_alternative<RoomDestroyed>(stored.event.payload)) {
      ended.insert(stored.room_number);
    }
  }
  return ended;
}

}  // namespace

Channel::Turn::Turn(Channel& channel) : channel_(channel) {
  now = channel.deps_.clock.Monotonic();
  wall = channel.deps_.clock.Now();
  channel.mutex_.Lock();
}

Channel::Turn::~Turn() {
  for (const auto& [account, position] : settled) {
    std::uint64_t& newest = channel_.unsettled_[account];
    newest = std::max(newest, position);
  }
  channel_.BoundMemory();
  for (const EndedLogin& end : channel_.TakeEnds(*this)) channel_.KeepUnstored(end);
  channel_.mutex_.Unlock();
  for (auto& [reply, body] : replies) reply(std::move(body));
  for (const auto& on_kicked : kicked) on_kicked();
  channel_.Observe(deliveries);
}

Channel::Channel(const ChannelDeps& deps, ChannelTokens tokens, const ChannelOptions& options)
    : deps_(deps),
      tokens_(std::move(tokens)),
      options_(options),
      state_(options, deps.contacts),
      shares_(options.log),
      unreported_logins_(ChannelState::kMaxEnded + options.max_instances,
                         options.max_known_instances) {
  if (deps.held != nullptr) memory_.emplace(*deps.held);
}

void Channel::BoundMemory() {
  const std::size_t before = memory_ ? memory_->bytes() : options_.max_held_bytes;
  const bool fits = !memory_ || memory_->Set(state_.held_bytes());
  if (fits && state_.held_bytes() <= options_.max_held_bytes) return;
  state_.Shrink(fits ? options_.max_held_bytes : std::min(before, options_.max_held_bytes));
  if (memory_) (void)memory_->Set(state_.held_bytes());
}

// Logins

Result<LoginTokens> Channel::LogIn(const UserId& account, const LoginProof& proof) {
  ChannelInstance instance = NewInstance(account, proof);
  std::vector<EndedLogin> ends;
  {
    Turn turn(*this);
    if (IsOver(account, proof)) return Error{Errc::kNoSession, {}};
    instance.logged_in = NextLogin(account, turn.wall);
    (void)state_.Admit(instance, turn, proof.issued);
    NoteLogin(instance, LoginChange::kBegun);
    ends = TakeEnds(turn);
  }
  (void)StoreEnds(ends);
  return LoginTokens{.tiny_id = tokens_.TinyIdOf(account), .a2 = tokens_.SignInstance(instance)};
}

Result<ChannelInstance> Channel::Connect(const UserId& account, const LoginProof& proof,
                                         std::optional<TimePoint> continued,
                                         std::function<void()> on_kicked) {
  ChannelInstance instance = NewInstance(account, proof);
  std::vector<EndedLogin> ends;
  {
    Turn turn(*this);
    if (IsOver(account, proof)) return Error{Errc::kNoSession, {}};
    instance.logged_in = NextLogin(account, turn.wall);
    // One that was ended with all of the account's is not continued: the proof is newer.
    if (continued && *continued < instance.logged_in &&
        *continued >= deps_.validities.FirstValid(account)) {
      instance.logged_in = *continued;
      if (HasEnded(instance)) return Error{Errc::kInstanceKicked, {}};
      state_.KickLoginOf(account, *continued, turn);
    }
    const Standing standing = state_.Admit(instance, turn, proof.issued);
    if (standing == Standing::kKicked) return Error{Errc::kInstanceKicked, {}};
    if (!state_.logins().Attach(instance.instance, std::move(on_kicked))) {
      return Error{Errc::kUnavailable, "too many connections"};
    }
    NoteLogin(instance, LoginChange::kBegun);
    ends = TakeEnds(turn);
  }
  (void)StoreEnds(ends);
  return instance;
}

ChannelInstance Channel::NewInstance(const UserId& account, const LoginProof& proof) {
  ChannelInstance instance{.account = account, .expires = proof.expires, .reach = proof.reach};
  deps_.random.Fill(std::as_writable_bytes(std::span(&instance.instance, 1)));
  return instance;
}

void Channel::NoteLogin(const ChannelInstance& login, LoginChange change) {
  if (deps_.logins == nullptr) return;
  unreported_logins_.Add({.account = login.account,
                          .instance = login.instance,
                          .logged_in = login.logged_in,
                          .expires = login.expires,
                          .has_ended = change == LoginChange::kEnded});
}

void Channel::ReportLogins() {
  std::vector<AccountLogin> logins;
  {
    const MutexLock lock(mutex_);
    // It may be late: of one that has ended here since, the client is connected elsewhere by now.
    logins = unreported_logins_.Take(
        kMostReportedAtOnce, [this](const AccountLogin& login) REQUIRES(mutex_) {
          const Login* const found = state_.logins().Find(login.instance);
          return found != nullptr && found->IsActive();
        });
  }
  if (logins.empty() || deps_.logins->ReportLogins(logins)) return;
  const MutexLock lock(mutex_);
  unreported_logins_.PutBack(logins);
}

void Channel::OnLogins(std::span<const AccountLogin> logins) {
  Turn turn(*this);
  for (const AccountLogin& login : logins) {
    const ChannelInstance claims{.account = login.account,
                                 .instance = login.instance,
                                 .logged_in = login.logged_in,
                                 .expires = login.expires};
    if (login.has_ended) {
      state_.LogOutElsewhere(claims, turn);
    } else if (!HasEnded(claims)) {
      state_.AdmitElsewhere(claims, turn);
    }
  }
}

Result<ChannelInstance> Channel::Authenticate(std::string_view tiny_id, std::string_view a2) {
  const std::optional<ChannelInstance> caller =
      tokens_.ReadInstance(a2, tiny_id, deps_.clock.Now());
  if (!caller) return Error{Errc::kNoSession, {}};
  Turn turn(*this);
  switch (StandingOf(*caller, turn)) {
    case Standing::kActive:
      return *caller;
    case Standing::kKicked:
      return Error{Errc::kInstanceKicked, {}};
    case Standing::kLoggedOut:
      break;
  }
  return Error{Errc::kNoSession, {}};
}

// Polls

void Channel::PollAccount(const ChannelInstance& caller, std::uint64_t cursor, PollReply reply) {
  const bool needs_pending = [&] {
    const MutexLock lock(mutex_);
    const Login* const login = state_.logins().Find(caller.instance);
    return login != nullptr && AccountPolls::NeedsPending(*login);
  }();
  std::optional<std::vector<StoredMessage>> pending;
  if (needs_pending) {
    auto read = PendingMessages(caller.account);
    if (!read) return Pause(std::nullopt, std::move(reply));  // the next poll reads them
    pending = *std::move(read);
  }
  Turn turn(*this);
  Login* const login = state_.logins().Find(caller.instance);
  AccountPolls& polls = state_.account_polls();
  if (pending && login != nullptr) polls.GivePending(*login, cursor, *pending, turn);
  polls.Poll(login, cursor, std::move(reply), turn);
  if (is_stopping_) state_.polls().AnswerAll(turn);
}

void Channel::Pause(const std::optional<RoomPoll>& room, PollReply reply) {
  Turn turn(*this);
  state_.polls().Pause(room, std::move(reply), turn);
  if (is_stopping_) state_.polls().AnswerAll(turn);
}

void Channel::PollRoom(const std::optional<ChannelInstance>& caller, std::uint64_t start,
                       std::string_view key, PollReply reply) {
  const RoomPoll poll{.start = start, .key = std::string(key), .claims = tokens_.ReadRoomKey(key)};
  if (!caller) {
    Turn turn(*this);
    state_.room_polls().Poll(nullptr, poll, {}, std::move(reply), turn);
    if (is_stopping_) state_.polls().AnswerAll(turn);
    return;
  }
  const std::uint64_t instance = caller->instance;
  if (poll.claims && poll.claims->instance == instance && !Rejoin(*caller, *poll.claims, key)) {
    return Pause(poll, std::move(reply));  // the next poll tries again
  }
  const std::optional<RoomPolls::Missing> missing = [&] {
    const MutexLock lock(mutex_);
    return RoomPolls::MissingFor(state_.logins().Find(instance), poll);
  }();
  std::vector<StoredMessage> stored;
  std::optional<RoomPolls::OlderMessages> older;
  if (missing) {
    auto read = deps_.history.ReadRoomMessages(missing->room_number, missing->first, kOlderPerPoll);
    if (read) {
      stored = *std::move(read);
      older = RoomPolls::OlderMessages{.missing = *missing, .stored = stored};
    }
  }
  Turn turn(*this);
  state_.room_polls().Poll(state_.logins().Find(instance), poll, older, std::move(reply), turn);
  if (is_stopping_) state_.polls().AnswerAll(turn);
}

// Groups

Result<Room> Channel::FindRoom(const ChannelInstance& caller, const RoomId& id) {
  for (const RoomKind kind : kAllRoomKinds) {
    Result<Room> room = deps_.rooms.Load({kind, id});
    if (room && !IsReached(caller.reach, room->dialect)) break;
    if (room || room.error().code != Errc::kRoomNotFound) return room;
  }
  return Error{Errc::kRoomNotFound, {}};
}

Result<Room> Channel::OpenRoom(const UserId& account, const RoomKey& key,
                               std::uint64_t room_number) {
  Result<Room> room = deps_.rooms.Load(key);
  if (!room) return room;
  if (room->sequence != room_number) return Error{Errc::kRoomNotFound, {}};
  const Status may = CheckGroupAccess(options_.access, account, *room, deps_.rooms, deps_.bans);
  if (!may) return may.error();
  return room;
}

Status Channel::CheckAccess(const UserId& account, const RoomKey& key, std::uint64_t room_number) {
  if (deps_.bans.IsBanned(key, account)) return Error{Errc::kNotAllowed, "banned from the room"};
  if (options_.access == GroupAccess::kAny) return {};
  const Result<Room> room = OpenRoom(account, key, room_number);
  return room ? Status() : room.error();
}

Result<GroupFacts> Channel::FactsOf(const Room& room) {
  const Result<std::uint64_t> last = deps_.history.NewestRoomMessage(room.sequence);
  if (!last) return last.error();
  return GroupFacts{.room = room.key,
                    .number = room.sequence,
                    .dialect = room.dialect,
                    .last_seq = *last,
                    .last_event = room.last_event};
}

void Channel::SetProfile(const ChannelInstance& caller, std::optional<std::string> nick,
                         std::optional<std::string> image) {
  const MutexLock lock(mutex_);
  Account* const account = state_.logins().FindAccount(caller.account);
  if (account == nullptr) return;
  if (nick) account->profile.nick = *std::move(nick);
  if (image) account->profile.image = *std::move(image);
}

Account::Profile Channel::ProfileOf(const UserId& account) const {
  const MutexLock lock(mutex_);
  const Account* const found = state_.logins().FindAccount(account);
  return found == nullptr ? Account::Profile() : found->profile;
}

// Committed changes

std::vector<GroupMembership> Channel::Memberships() const {
  const MutexLock lock(mutex_);
  return state_.groups().Memberships();
}

void Channel::EndMembership(const GroupMembership& membership) {
  Turn turn(*this);
  turn.is_of_feed = true;
  state_.groups().EndMembership(membership, turn);
}

void Channel::OnEvents(std::span<const StoredEvent> events) {
  // Its last pushers leave a room in the change that ends it. A notice of that would make clients
  // ask for the members of a room that is gone.
  const std::unordered_set<std::uint64_t> ended = EndedBy(events);
  Turn turn(*this);
  turn.is_of_feed = true;
  for (const StoredEvent& stored : events) {
    const RoomEvent& event = stored.event;
    turn.changed_at = event.at;
    if (std::holds_alternative<RoomDestroyed>(event.payload)) {
      state_.groups().OnRoomEnded(stored.room_number, turn);
    } else if (ended.contains(stored.room_number)) {
      continue;
    } else if (const auto* const left = std::get_if<PusherDeleted>(&event.payload);
               left != nullptr && left->reason == LeaveReason::kKicked) {
      state_.groups().OnKicked(stored.room_number, left->user_id, turn);
    } else if (ChangesPushers(event)) {
      state_.groups().OnMembersChanged(stored.room_number, turn);
    }
  }
}

void Channel::BeginAfter(std::uint64_t newest_message) {
  const MutexLock lock(mutex_);
  repeats_.Begin(newest_message, deps_.clock.Monotonic());
}

void Channel::OnMessages(std::span<const StoredMessage> messages) {
  Turn turn(*this);
  turn.is_of_feed = true;
  if (!messages.empty()) repeats_.Advance(messages.back().position, deps_.clock.Monotonic());
  for (const StoredMessage& message : messages) {
    if (message.room_number == 0) {
      state_.account_polls().OnDirectMessage(message, turn);
    } else if (Group* const group = state_.groups().Find(message.room_number)) {
      state_.room_polls().OnMessage(*group, message, turn);
    }
  }
}

void Channel::OnEventsLost() {
  Turn turn(*this);
  state_.groups().OnEventsLost(turn);
}

void Channel::OnTick() {
  EndBanned();
  {
    Turn turn(*this);
    turn.is_of_feed = true;
    state_.OnTick(turn);
    if (SendsClientsAway(deps_.node)) state_.polls().AnswerAll(turn);
    senders_.ForgetOld(turn.now);
    shares_.ForgetOld(turn.now);
  }
  Save();
}

void Channel::EndBanned() {
  // An operator may ban any account, and the store has events of pushers only.
  const std::uint64_t puts = deps_.bans.puts();
  Turn turn(*this);
  if (std::exchange(bans_seen_, puts) == puts) return;
  state_.groups().EndMemberships(
      [this](const GroupFacts& group, const UserId& account) {
        return deps_.bans.IsBanned(group.room, account);
      },
      turn);
}

void Channel::Save() {
  StoreUnstored();
  if (deps_.logins != nullptr) ReportLogins();
  Settle();
  SaveJoins();
}

void Channel::Settle() {
  std::vector<ReceivedMessages> received;
  {
    const MutexLock lock(mutex_);
    for (const auto& [account, position] : std::exchange(unsettled_, {})) {
      received.push_back({.receiver = account, .position = position});
    }
  }
  // After a failure the messages are sent again to the next login.
  if (!received.empty()) (void)deps_.history.SettleMessages(received);
}

void Channel::AnswerAll() {
  Turn turn(*this);
  is_stopping_ = true;
  state_.polls().AnswerAll(turn);
}

}  // namespace rtcroom
