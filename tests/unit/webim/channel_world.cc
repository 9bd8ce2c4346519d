#include "tests/unit/webim/channel_world.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace rtcroom {
namespace {

constexpr std::chrono::milliseconds kTick{100};
constexpr std::size_t kOlderPerPoll = 50;

}  // namespace

std::vector<nlohmann::json> SentPoll::EventsOf(int event) const {
  std::vector<nlohmann::json> found;
  if (reply_.contains("RspMsgList")) {
    for (const auto& entry : reply_["RspMsgList"]) {
      if (entry["Event"] == event) found.push_back(entry);
    }
  }
  if (reply_.contains("EventArray")) {
    for (const auto& list : reply_["EventArray"]) {
      if (list["Event"] != event) continue;
      const auto& entries = list[event == 9 ? "C2cMsgArray" : "GroupTips"];
      found.insert(found.end(), entries.begin(), entries.end());
    }
  }
  return found;
}

std::vector<std::uint64_t> SentPoll::Texts() const {
  std::vector<std::uint64_t> numbers;
  for (const auto& entry : EventsOf(3)) numbers.push_back(entry["MsgSeq"]);
  return numbers;
}

std::vector<int> SentPoll::Notices() const {
  std::vector<int> kinds;
  for (const auto& entry : EventsOf(5)) kinds.push_back(entry["MsgBody"]["ReportType"]);
  return kinds;
}

std::vector<std::uint64_t> SentPoll::Directs() const {
  std::vector<std::uint64_t> numbers;
  for (const auto& entry : EventsOf(9)) numbers.push_back(entry["MsgSeq"]);
  return numbers;
}

std::vector<std::uint64_t> SentPoll::NoticeSeqs() const {
  std::vector<std::uint64_t> numbers;
  for (const int event : {9, 5}) {
    for (const auto& entry : EventsOf(event)) numbers.push_back(entry["NoticeSeq"]);
  }
  return numbers;
}

ChannelWorld::ChannelWorld(const ChannelOptions& options) : options_(options) {
  logins_.emplace(options_);
  state_.emplace(options_);
}

Account& ChannelWorld::AccountOf(const UserId& account) {
  Account* const found = logins().FindAccount(account);
  return found == nullptr ? unknown_ : *found;
}

std::vector<WebimLogin*> ChannelWorld::All() {
  std::vector<WebimLogin*> all;
  std::erase_if(instances_, [&](std::uint64_t instance) {
    WebimLogin* const login = state().logins().Find(instance);
    if (login != nullptr) all.push_back(login);
    return login == nullptr;
  });
  return all;
}

bool ChannelWorld::IsMember(std::uint64_t room, const UserId& account) {
  return std::ranges::any_of(All(), [&](const WebimLogin* login) {
    return login->claims.account == account && login->IsIn(room);
  });
}

std::size_t ChannelWorld::CountMembers(std::uint64_t room) {
  const Group* const group = state().groups().Find(room);
  return group == nullptr ? 0 : group->logins.size();
}

void ChannelWorld::Change(const std::function<void(WebimTurn&)>& change) {
  WebimTurn turn{.now = clock_.Monotonic(), .wall = clock_.Now()};
  change(turn);
  for (const auto& [account, position] : turn.settled) {
    std::uint64_t& settled = settled_[account.value];
    settled = std::max(settled, position);
  }
  RequestLabel label;
  for (auto& [reply, body] : turn.replies) (void)reply.render(std::move(body), label);
  if (turn.held) waits_.emplace(turn.held->due, turn.held);
  for (const auto& [path, made_at] : turn.deliveries) {
    latencies_.push_back({path, clock_.Now() - made_at});
  }
}

void ChannelWorld::EndPolls(MonotonicTime until) {
  while (!waits_.empty() && waits_.begin()->first <= until) {
    const WaitingPollPtr poll = waits_.extract(waits_.begin()).mapped();
    Change([&](WebimTurn& turn) { state().polls().End(*poll, turn); });
  }
}

void ChannelWorld::ChangeLogins(const std::function<void(ChannelTurn&)>& change) {
  ChannelTurn turn{.now = clock_.Monotonic(), .wall = clock_.Now()};
  change(turn);
  for (const auto& tell : turn.over) tell();
}

ChannelCounts ChannelWorld::counts() {
  ChannelCounts counts{.kicked = logins().kicked()};
  ChannelSizes sizes;
  state().AddTo(sizes, counts);
  return counts;
}

ChannelSizes ChannelWorld::sizes() {
  ChannelSizes sizes{.instances = logins().size()};
  ChannelCounts counts;
  state().AddTo(sizes, counts);
  return sizes;
}

ConnectedLogins ChannelWorld::Page(const LoginQuery& query) {
  ConnectedLogins page = logins().Page(query, clock_.Monotonic());
  state().AddTo(page);
  return page;
}

void ChannelWorld::Shrink(std::size_t most) {
  const std::size_t of_logins = logins().held_bytes();
  state().Shrink(most - std::min(most, of_logins));
  ChangeLogins([&](ChannelTurn& turn) { logins().Shrink(most, turn); });
}

void ChannelWorld::Advance(std::chrono::milliseconds by) {
  const auto tick = [this] {
    ChangeLogins([this](ChannelTurn& turn) { logins().OnTick(turn); });
    EndPolls(clock_.Monotonic());
    Change([this](WebimTurn& turn) {
      turn.is_of_feed = true;
      state().OnTick(turn);
    });
  };
  for (; by > kTick; by -= kTick) {
    clock_.Advance(kTick);
    tick();
  }
  clock_.Advance(by);
  tick();
}

void ChannelWorld::Restart() {
  unfed_.clear();  // the feed begins after the newest message
  waits_.clear();
  instances_.clear();
  logins_.emplace(options_);
  state_.emplace(options_);
}

std::uint64_t ChannelWorld::Store(std::uint64_t room, std::string_view text) {
  Room& stored = rooms_[room];
  StoredMessage message{
      .position = ++newest_position_, .room_number = room, .seq = ++stored.last_seq};
  message.content = {
      .sender = {"sender"},
      .client_random = newest_position_,
      .body = fmt::format(R"([{{"MsgType":"TIMTextElem","MsgContent":{{"Text":"{}"}}}}])", text),
      .sent_at = clock_.Now()};
  stored.messages.push_back(message);
  unfed_.push_back(std::move(message));
  return stored.last_seq;
}

void ChannelWorld::StoreDirect(const std::string& account, std::uint64_t seq,
                               const std::string& sender, const std::string& body) {
  StoredMessage message{.position = ++newest_position_, .receiver = {account}};
  message.content = {.sender = {sender},
                     .client_seq = seq,
                     .client_random = seq,
                     .body = body,
                     .sent_at = clock_.Now()};
  directs_.push_back(message);
  unfed_.push_back(std::move(message));
}

void ChannelWorld::Feed() {
  Change([&](WebimTurn& turn) {
    turn.is_of_feed = true;
    for (const StoredMessage& message : std::exchange(unfed_, {})) Supply(message, turn);
  });
}

void ChannelWorld::FeedOne(const StoredMessage& message) {
  Change([&](WebimTurn& turn) { Supply(message, turn); });
}

void ChannelWorld::Supply(const StoredMessage& message, WebimTurn& turn) {
  if (message.room_number == 0) {
    for (WebimLogin* const login : All()) {
      if (login->claims.account != message.receiver) continue;
      state().account_polls().OnDirectMessage(*login, message, turn);
    }
  } else if (Group* const group = state().groups().Find(message.room_number)) {
    state().room_polls().OnMessage(*group, message, turn);
  }
}

std::uint64_t ChannelWorld::Say(std::uint64_t room, std::string_view text) {
  const std::uint64_t seq = Store(room, text);
  Feed();
  return seq;
}

void ChannelWorld::SayTo(const std::string& account, std::uint64_t seq, const std::string& sender,
                         const std::string& body) {
  StoreDirect(account, seq, sender, body);
  Feed();
}

void ChannelWorld::Trim(std::uint64_t room, std::uint64_t first) {
  std::erase_if(rooms_[room].messages,
                [first](const StoredMessage& message) { return message.seq < first; });
}

std::uint64_t ChannelWorld::LastSeq(std::uint64_t room) const {
  const auto found = rooms_.find(room);
  return found == rooms_.end() ? 0 : found->second.last_seq;
}

void ChannelWorld::Happens(std::uint64_t room, const EventPayload& what, bool is_of_feed) {
  ++newest_event_;
  const StoredEvent event{
      .room_number = room,
      .event = {.room_sequence = newest_event_, .at = clock_.Now(), .payload = what}};
  // Shared by the receivers.
  const RoomObject object{.event = std::make_shared<const StoredEvent>(event),
                          .first = newest_event_};
  Change([&](WebimTurn& turn) {
    turn.is_of_feed = is_of_feed;
    for (const WebimLogin* const login : All()) {
      state().OnRoomPush(login->claims.instance, room, {&object, 1}, turn);
    }
  });
}

void ChannelWorld::LoseEvents() {
  Change([&](WebimTurn& turn) {
    for (WebimLogin* const login : All()) state().groups().OnEventsLost(*login, turn);
  });
}

void ChannelWorld::ChangeMembers(std::uint64_t room) {
  ++members_[room];
  Happens(room, PusherAdded{}, /*is_of_feed=*/true);
}

void ChannelWorld::End(std::uint64_t room) {
  rooms_[room].has_ended = true;
  Happens(room, RoomDestroyed{});
}

GroupFacts ChannelWorld::FactsOf(std::uint64_t room) const {
  return {.room = {.kind = RoomKind::kMulti, .id = IdOf(room)},
          .number = room,
          .last_seq = LastSeq(room)};
}

ChannelInstance ChannelWorld::LogIn(const std::string& account) {
  const ChannelInstance login{.account = {account},
                              .instance = ++newest_instance_,
                              .logged_in = logins().NextLogin({account}, clock_.Now()),
                              .expires = clock_.Now() + std::chrono::hours(24)};
  Admit(login);
  return login;
}

Standing ChannelWorld::Admit(const ChannelInstance& caller) {
  Standing standing{};
  ChangeLogins([&](ChannelTurn& turn) { standing = logins().Admit(caller, turn); });
  Begin(caller);
  return standing;
}

void ChannelWorld::Begin(const ChannelInstance& login) {
  bool is_new = false;
  Change([&](WebimTurn& turn) {
    Login* const known = logins().Find(login.instance);
    if (known == nullptr || !known->IsActive() || known->is_connected) return;
    is_new = state().Begin(login, /*knows_group=*/false, turn);
    if (!is_new) return;
    if (known->account->logins.size() > 1) state().MarkShared(login.instance, turn);
    known->on_end = [this, instance = login.instance](Standing standing) {
      Change([&](WebimTurn& end) { state().End(instance, standing, end); });
    };
  });
  if (is_new) instances_.push_back(login.instance);
}

void ChannelWorld::LogOut(std::uint64_t instance) {
  ChangeLogins([&](ChannelTurn& turn) { (void)logins().LogOut(instance, turn); });
}

bool ChannelWorld::Attach(const ChannelInstance& login, std::function<void()> on_kicked,
                          ClientKind client) {
  Login* const found = logins().Find(login.instance);
  if (found == nullptr || !found->IsActive()) return false;
  ChangeLogins([&](ChannelTurn& turn) {
    const auto on_end = [on_kicked = std::move(on_kicked)](Standing standing) {
      if (standing == Standing::kKicked) on_kicked();
    };
    (void)logins().Attach(*found, on_end, client, turn);
  });
  return true;
}

std::string ChannelWorld::Join(const ChannelInstance& caller, std::uint64_t room) {
  if (Admit(caller) != Standing::kActive) return {};
  const GroupFacts facts = FactsOf(room);
  WebimLogin& login = LoginOf(caller);
  const RoomKeyClaims claims{
      .instance = caller.instance,
      .room_number = room,
      .joined_seq = login.IsIn(room) ? login.room->confirmed : facts.last_seq + 1,
      .serial = login.NextKeySerial(clock_.Now())};
  std::string key = fmt::format("key_{}_{}_{}", claims.instance, room, claims.serial);
  keys_[key] = claims;
  Change([&](WebimTurn& turn) {
    state().groups().Join(caller.instance, facts, claims.joined_seq, key, turn);
  });
  Follow(caller);
  return key;
}

void ChannelWorld::Follow(const ChannelInstance& login) {
  Change([&](WebimTurn& turn) {
    WebimLogin* const found = state().logins().Find(login.instance);
    if (found == nullptr || !found->room) return;
    const std::uint64_t room = found->room->group->facts.number;
    state().groups().Hear(*found, room);
    if (found->room->group->is_complete) return;
    state().groups().Complete(room, LastSeq(room), state().groups().silences(), turn);
  });
}

void ChannelWorld::Rejoin(const ChannelInstance& caller, const RoomKeyClaims& claims,
                          const std::string& key) {
  if (!LoginOf(caller).IsLedBackBy(claims.serial)) return;
  const std::uint64_t room = claims.room_number;
  if (rooms_[room].has_ended) {
    return Change([&](WebimTurn& turn) {
      (void)LoginOf(caller).RefuseKey(claims.serial);
      state().account_polls().NotifyEnded(LoginOf(caller), IdOf(room), turn);
    });
  }
  Change([&](WebimTurn& turn) {
    state().groups().Rejoin(caller.instance, FactsOf(room), claims.joined_seq, key, claims.serial,
                            turn);
  });
  Follow(caller);
  Change([&](WebimTurn& turn) { state().account_polls().NotifyChanged(LoginOf(caller), turn); });
}

void ChannelWorld::Quit(const ChannelInstance& caller, std::uint64_t room) {
  if (Admit(caller) != Standing::kActive) return;
  Change([&](WebimTurn& turn) { state().groups().Quit(caller.instance, IdOf(room), turn); });
}

std::vector<StoredMessage> ChannelWorld::Pending(const UserId& account) const {
  const auto found = settled_.find(account.value);
  const std::uint64_t settled = found == settled_.end() ? 0 : found->second;
  std::vector<StoredMessage> pending;
  for (const StoredMessage& message : directs_) {
    if (message.receiver == account && message.position > settled) pending.push_back(message);
  }
  if (pending.size() > options_.max_inbox)
    pending.erase(pending.begin(), pending.end() - static_cast<std::ptrdiff_t>(options_.max_inbox));
  return pending;
}

PollPtr ChannelWorld::PollAccount(const ChannelInstance& caller, std::uint64_t cursor) {
  auto poll = std::make_shared<SentPoll>();
  if (Admit(caller) == Standing::kKicked) {
    Change([&](WebimTurn& turn) {
      turn.replies.emplace_back(SentPoll::ReplyTo(poll), KickedReply());
    });
    return poll;
  }
  Change([&](WebimTurn& turn) {
    WebimLogin* const login = state().logins().Find(caller.instance);
    AccountPolls& polls = state().account_polls();
    if (login != nullptr && login->inbox.needs_pending && !reads_fail_) {
      polls.GivePending(*login, cursor, Pending(caller.account), turn);
    }
    polls.Poll(login, cursor, SentPoll::ReplyTo(poll), turn);
  });
  return poll;
}

PollPtr ChannelWorld::PollRoom(const ChannelInstance& caller, std::uint64_t start,
                               const std::string& key) {
  auto poll = std::make_shared<SentPoll>();
  RoomPoll sent{.start = start, .key = key};
  const auto known = keys_.find(key);
  const bool is_own = known != keys_.end() && known->second.instance == caller.instance;
  if (known != keys_.end()) sent.room_number = is_own ? known->second.room_number : 0;
  if (Admit(caller) != Standing::kActive) {
    Change([&](WebimTurn& turn) {
      state().room_polls().Poll(nullptr, sent, std::nullopt, SentPoll::ReplyTo(poll), turn);
    });
    return poll;
  }
  if (is_own) Rejoin(caller, known->second, key);
  std::vector<StoredMessage> stored;
  std::optional<RoomPolls::OlderMessages> older;
  if (const auto missing = RoomPolls::MissingFor(&LoginOf(caller), sent)) {
    ++reads_;
    for (const StoredMessage& message : rooms_[missing->room_number].messages) {
      if (message.seq >= missing->first && stored.size() < kOlderPerPoll) stored.push_back(message);
    }
    if (!reads_fail_) older = {.missing = *missing, .stored = stored};
  }
  Change([&](WebimTurn& turn) {
    state().room_polls().Poll(&LoginOf(caller), sent, older, SentPoll::ReplyTo(poll), turn);
  });
  return poll;
}

Phone::Phone(ChannelWorld& world, std::string account)
    : world_(world), account_(std::move(account)), login_(world_.LogIn(account_)) {}

void Phone::LogIn() { login_ = world_.LogIn(account_); }

void Phone::Join(std::uint64_t room) {
  key = world_.Join(login_, room);
  start = 0;
}

void Phone::TakeRoom(const PollPtr& poll) {
  start = poll->NextSeq();
  key = poll->Key();
  for (const std::uint64_t text : poll->Texts()) texts.push_back(text);
  for (const int notice : poll->Notices()) notices.push_back(notice);
}

void Phone::TakeAccount(const PollPtr& poll) {
  // As in the SDK: the first entry of direct messages sets the cursor, notices raise it.
  if (!poll->Directs().empty()) cursor = poll->NoticeSeqs().front();
  for (const std::uint64_t number : poll->NoticeSeqs()) cursor = std::max(cursor, number);
  for (const std::uint64_t direct : poll->Directs()) directs.push_back(direct);
  for (const int notice : poll->Notices()) notices.push_back(notice);
}

}  // namespace rtcroom
