#include "daemon/channel/channel_state.h"

#include <algorithm>
#include <ranges>
#include <unordered_set>
#include <utility>

#include "daemon/base/sip_hash.h"
#include "daemon/channel/channel_json.h"

namespace rtcroom {
namespace {

/// While too many are delivered, the polls of a group are answered once in that time.
constexpr std::chrono::seconds kBatchPeriod{1};
/// A client that polls calls again sooner.
constexpr std::chrono::seconds kBetweenPolls{10};

}  // namespace

ChannelState::Instance* ChannelState::Find(std::uint64_t instance) const {
  const auto found = instances_.find(instance);
  return found == instances_.end() ? nullptr : found->second.get();
}

Standing ChannelState::Admit(const ChannelInstance& claims, ChannelTurn& turn, TimePoint issued) {
  if (Instance* const known = Find(claims.instance)) {
    known->seen_at = turn.now;
    if (!known->on_kicked) by_use_.splice(by_use_.end(), by_use_, known->by_use);
    return known->standing;
  }
  auto made = std::make_unique<Instance>();
  Instance& instance = *made;
  instance.claims = claims;
  instance.issued = issued;
  instance.knows_group = issued != TimePoint::max();  // a login of now has joined none
  instance.seen_at = turn.now;
  instance.account_polled_at = turn.now;
  instance.by_use = by_use_.insert(by_use_.end(), &instance);
  instances_.emplace(claims.instance, std::move(made));

  const auto [named, is_new] = accounts_.try_emplace(claims.account);
  Account& account = named->second;
  if (is_new) by_name_.emplace(named->first.value, &account);
  std::vector<Instance*>& logins = account.instances;
  const auto login_order = [](const Instance* one) {
    return std::pair(one->claims.logged_in, one->claims.instance);
  };
  logins.insert(std::ranges::upper_bound(logins, login_order(&instance), {}, login_order),
                &instance);
  if (logins.size() > 1) {  // the client's polls before this login go on with it
    MarkShared(instance.account_polls, turn.now);
    MarkShared(instance.room_polls, turn.now);
  }
  std::size_t active = 0;
  const Instance* oldest = nullptr;  // of those that stay
  for (Instance* const login : logins | std::views::reverse) {
    if (login->standing != Standing::kActive) continue;
    if (++active <= options_.max_instances) {
      oldest = login;
    } else {
      Kick(*login, turn);
      turn.RecordKick(login->claims, oldest->claims);
    }
  }
  const Standing standing = instance.standing;
  ForgetEnded(account);
  if (instances_.size() > options_.max_known_instances) Forget(*by_use_.front());
  return standing;
}

bool ChannelState::Attach(std::uint64_t instance, std::function<void()> on_kicked) {
  Instance* const attached = Find(instance);
  if (attached == nullptr || attached->standing != Standing::kActive) return false;
  by_use_.erase(attached->by_use);
  attached->by_use = by_use_.end();
  attached->on_kicked = std::move(on_kicked);
  return true;
}

TimePoint ChannelState::NextLogin(const UserId& account, TimePoint now) const {
  const auto found = accounts_.find(account);
  if (found == accounts_.end()) return now;
  const Instance& newest = *found->second.instances.back();
  return std::max(now, newest.claims.logged_in + std::chrono::milliseconds(1));
}

bool ChannelState::IsActive(std::uint64_t instance) const {
  const Instance* const found = Find(instance);
  return found != nullptr && found->standing == Standing::kActive;
}

void ChannelState::AdmitElsewhere(const ChannelInstance& claims, ChannelTurn& turn) {
  if (Find(claims.instance) != nullptr) return;
  KickLoginOf(claims.account, claims.logged_in, turn);
  (void)Admit(claims, turn);
}

void ChannelState::KickLoginOf(const UserId& account, TimePoint logged_in, ChannelTurn& turn) {
  const auto found = accounts_.find(account);
  if (found == accounts_.end()) return;
  for (Instance* const login : found->second.instances) {
    const bool is_it = login->claims.logged_in == logged_in;
    if (is_it && login->standing == Standing::kActive) Kick(*login, turn);
  }
}

void ChannelState::ForgetEnded(Account& account) {
  const auto has_ended = [](const Instance* login) { return login->standing != Standing::kActive; };
  if (std::ranges::count_if(account.instances, has_ended) <= std::ptrdiff_t{kMaxEnded}) return;
  Forget(**std::ranges::find_if(account.instances, has_ended));
}

void ChannelState::Kick(Instance& instance, ChannelTurn& turn) {
  ++counts_.kicked;
  if (instance.on_kicked) turn.kicked.push_back(instance.on_kicked);
  End(instance, Standing::kKicked);
  std::vector<WaitingList::iterator>& polls = instance.account_polls.waiting;
  while (!polls.empty()) {
    Answer(polls.front(), KickedReply(), turn);
  }
}

bool ChannelState::LogOut(std::uint64_t instance) {
  Instance* const leaving = Find(instance);
  if (leaving == nullptr || leaving->standing != Standing::kActive) return false;
  End(*leaving, Standing::kLoggedOut);
  return true;
}

void ChannelState::LogOutElsewhere(const ChannelInstance& claims, ChannelTurn& turn) {
  if (Find(claims.instance) == nullptr) (void)Admit(claims, turn);
  const Instance* const leaving = Find(claims.instance);
  if (leaving == nullptr) return;
  if (leaving->on_kicked) turn.kicked.push_back(leaving->on_kicked);
  (void)LogOut(claims.instance);
}

void ChannelState::End(Instance& instance, Standing standing) {
  instance.standing = standing;
  if (std::exchange(instance.on_kicked, nullptr)) {
    instance.by_use = by_use_.insert(by_use_.end(), &instance);
  }
  LeaveGroup(instance);
  instance.inbox.clear();
  CountInbox(instance);
  instance.in_flight = {};
}

std::vector<ChannelInstance> ChannelState::LogOutAll(const UserId& account, ChannelTurn& turn) {
  std::vector<ChannelInstance> ended;
  const auto found = accounts_.find(account);
  if (found == accounts_.end()) return ended;
  for (const Instance* const instance : found->second.instances) {
    if (instance->on_kicked) turn.kicked.push_back(instance->on_kicked);
    if (LogOut(instance->claims.instance)) ended.push_back(instance->claims);
  }
  return ended;
}

// Its polls are held on, for no known instance.
void ChannelState::Forget(Instance& instance) {
  LeaveGroup(instance);
  instance.inbox.clear();
  CountInbox(instance);
  for (const Polls* const polls : {&instance.account_polls, &instance.room_polls}) {
    for (const WaitingList::iterator poll : polls->waiting) poll->owner = nullptr;
  }
  const auto account = accounts_.find(instance.claims.account);
  std::erase(account->second.instances, &instance);
  if (account->second.instances.empty()) {
    by_name_.erase(account->first.value);
    accounts_.erase(account);
  }
  by_use_.erase(instance.by_use);
  instances_.erase(instance.claims.instance);
}

void ChannelState::LeaveGroup(Instance& instance) {
  if (!instance.room) return;
  Group& group = *instance.room->group;
  // The last member takes the place of this one.
  group.members.back()->room->index = instance.room->index;
  std::swap(group.members[instance.room->index], group.members.back());
  group.members.pop_back();
  instance.room.reset();
  if (contacts_ != nullptr) contacts_->Leave(instance.claims.account, group.facts.number);
  moved_.insert(instance.claims.instance);
  if (!group.members.empty()) return;
  ClearTail(group);
  groups_.erase(group.facts.number);
}

ChannelState::Profile* ChannelState::ProfileOf(const UserId& account) {
  const auto found = accounts_.find(account);
  return found == accounts_.end() ? nullptr : &found->second.profile;
}

const ChannelState::Profile* ChannelState::ProfileOf(const UserId& account) const {
  const auto found = accounts_.find(account);
  return found == accounts_.end() ? nullptr : &found->second.profile;
}

std::optional<std::uint64_t> ChannelState::PositionIn(std::uint64_t room_number,
                                                      std::uint64_t instance) const {
  const Instance* const found = Find(instance);
  if (found == nullptr || !found->room || found->room->group->facts.number != room_number) {
    return std::nullopt;
  }
  return found->room->confirmed;
}

const GroupFacts* ChannelState::GroupOf(std::uint64_t instance) const {
  const Instance* const found = Find(instance);
  return found == nullptr || !found->room ? nullptr : &found->room->group->facts;
}

bool ChannelState::KnowsGroupOf(std::uint64_t instance) const {
  const Instance* const found = Find(instance);
  return found != nullptr && found->knows_group;
}

std::vector<GroupMember> ChannelState::Members(std::uint64_t room_number, std::size_t limit) const {
  std::vector<GroupMember> members;
  const auto found = groups_.find(room_number);
  if (found == groups_.end()) return members;
  std::unordered_set<UserId> seen;
  for (const Instance* const member : found->second->members) {
    if (members.size() == limit) break;
    const UserId& account = member->claims.account;
    if (!seen.insert(account).second) continue;
    members.push_back({.account = account, .joined_at = member->room->joined_at});
  }
  return members;
}

std::size_t ChannelState::CountMembers(std::uint64_t room_number) const {
  const auto found = groups_.find(room_number);
  return found == groups_.end() ? 0 : found->second->members.size();
}

bool ChannelState::IsInGen2LiveRoom(const UserId& account) const {
  const auto found = accounts_.find(account);
  return found != accounts_.end() &&
         std::ranges::any_of(found->second.instances, [](const Instance* instance) {
           if (!instance->room) return false;
           const GroupFacts& facts = instance->room->group->facts;
           return facts.room.kind == RoomKind::kLive && facts.dialect == Dialect::kGen2;
         });
}

bool ChannelState::IsPresent(const UserId& account) const {
  const auto found = accounts_.find(account);
  return found != accounts_.end() &&
         std::ranges::any_of(found->second.instances, [](const Instance* instance) {
           return instance->standing == Standing::kActive;
         });
}

bool ChannelState::IsMember(std::uint64_t room_number, const UserId& account) const {
  const auto found = accounts_.find(account);
  return found != accounts_.end() &&
         std::ranges::any_of(found->second.instances, [room_number](const Instance* instance) {
           return instance->room && instance->room->group->facts.number == room_number;
         });
}

bool ChannelState::IsPolling(std::uint64_t room_number, const UserId& account,
                             MonotonicTime now) const {
  const auto found = accounts_.find(account);
  return found != accounts_.end() &&
         std::ranges::any_of(found->second.instances, [&](const Instance* instance) {
           const bool is_in = instance->room && instance->room->group->facts.number == room_number;
           return is_in && (now - instance->seen_at < kBetweenPolls ||
                            !instance->room_polls.waiting.empty() ||
                            !instance->account_polls.waiting.empty());
         });
}

// Events

void ChannelState::OnRoomMessage(const StoredMessage& message, ChannelTurn& turn) {
  const auto found = groups_.find(message.room_number);
  if (found == groups_.end()) return;
  Group& group = *found->second;
  if (message.seq <= group.facts.last_seq) return;  // supplied already
  // After a gap the messages before this one are read from the store when they are asked for.
  if (message.seq != group.facts.last_seq + 1) ClearTail(group);
  group.facts.last_seq = message.seq;
  AddToTail(group, {.seq = message.seq,
                    .entry = GroupMessageEntry(group.facts.room.id, message),
                    .sent_at = message.content.sent_at});
  Wake(group, turn);
}

void ChannelState::AdvanceTo(std::uint64_t room_number, std::uint64_t seq, ChannelTurn& turn) {
  const auto found = groups_.find(room_number);
  if (found == groups_.end()) return;
  found->second->is_complete = true;
  if (seq <= found->second->facts.last_seq) return;
  found->second->facts.last_seq = seq;
  ClearTail(*found->second);
  Wake(*found->second, turn);
}

void ChannelState::Wake(Group& group, ChannelTurn& turn) {
  if (group.batch_at) return;
  if (deliveries_.Debt(turn.now, options_.delivery_rate).count() > 0) {
    group.batch_at = turn.now + kBatchPeriod;
    batches_.push_back(group.facts.number);
    return;
  }
  for (Instance* const member : group.members) SendMessages(*member, turn);
}

void ChannelState::OnDirectMessage(const StoredMessage& message, ChannelTurn& turn) {
  const auto found = accounts_.find(message.receiver);
  if (found == accounts_.end()) return;
  for (Instance* const instance : found->second.instances) {
    if (instance->standing != Standing::kActive || instance->on_kicked) continue;
    if (message.position <= instance->pending_until) continue;  // it was read from the store
    Enqueue(*instance,
            {.entry = DirectMessageEntry(message),
             .position = message.position,
             .sender = NameHash{}(message.content.sender.value),
             .made_at = message.content.sent_at},
            turn);
  }
}

void ChannelState::OnMembersChanged(std::uint64_t room_number, ChannelTurn& turn) {
  const auto found = groups_.find(room_number);
  if (found == groups_.end()) return;
  for (Instance* const member : found->second->members) {
    EnqueueChanged(*member, *found->second, turn);
  }
}

void ChannelState::OnRoomEnded(std::uint64_t room_number, ChannelTurn& turn) {
  const auto found = groups_.find(room_number);
  if (found == groups_.end()) return;
  for (Instance* const member : std::vector(found->second->members)) {
    EndMembership(*member, turn);
  }
}

void ChannelState::OnKicked(std::uint64_t room_number, const UserId& account, ChannelTurn& turn) {
  EndMembership({.room_number = room_number, .account = account, .reason = LeaveReason::kKicked},
                turn);
  OnMembersChanged(room_number, turn);
}

void ChannelState::EndMemberships(
    const std::function<bool(const GroupFacts&, const UserId&)>& is_barred, ChannelTurn& turn) {
  std::vector<Instance*> barred;
  for (const auto& [number, group] : groups_) {
    for (Instance* const member : group->members) {
      if (is_barred(group->facts, member->claims.account)) barred.push_back(member);
    }
  }
  for (Instance* const member : barred) EndMembership(*member, turn);
}

void ChannelState::OnEventsLost(ChannelTurn& turn) {
  for (const auto& [number, group] : groups_) OnMembersChanged(number, turn);
}

void ChannelState::NotifyOne(std::uint64_t instance, ChannelTurn& turn) {
  Instance* const member = Find(instance);
  if (member == nullptr || !member->room) return;
  EnqueueChanged(*member, *member->room->group, turn);
}

void ChannelState::NotifyEnd(std::uint64_t instance, const RoomId& group, std::uint64_t serial,
                             ChannelTurn& turn) {
  if (RefuseKey(instance, serial)) EnqueueEnded(*Find(instance), group, turn);
}

void ChannelState::EnqueueEnded(Instance& instance, const RoomId& group, ChannelTurn& turn) {
  Enqueue(instance,
          {.entry = SystemNoticeEntry(group, ReportType::kGroupEnded, turn.wall),
           .made_at = turn.changed_at},
          turn);
}

void ChannelState::GivePending(std::uint64_t instance, std::uint64_t cursor,
                               std::span<const StoredMessage> messages, ChannelTurn& turn) {
  Instance* const receiver = Find(instance);
  if (receiver == nullptr || receiver->standing != Standing::kActive) return;
  if (!std::exchange(receiver->needs_pending, false)) return;
  const Given dropped = std::exchange(receiver->dropped, {});
  const std::uint64_t confirmed = dropped.number <= cursor ? dropped.position : 0;
  if (confirmed > 0) turn.settled.emplace_back(receiver->claims.account, confirmed);
  if (messages.empty()) return;
  receiver->pending_until = messages.back().position;
  std::list<Notice>& inbox = receiver->inbox;
  for (const StoredMessage& message : messages) {
    const std::uint64_t position = message.position;
    if (position <= confirmed) continue;
    if (std::ranges::find(inbox, position, &Notice::position) != inbox.end()) continue;
    // Messages that came since the login are newer.
    const auto next = std::ranges::find_if(inbox, [position](const Notice& notice) {
      return notice.given == 0 && notice.position > position;
    });
    inbox.insert(next, {.entry = DirectMessageEntry(message),
                        .position = position,
                        .sender = NameHash{}(message.content.sender.value)});
  }
  TrimInbox(*receiver);
  SendNotices(*receiver, turn);
}

/// The group sends one last notice; its polls then wait and carry nothing.
void ChannelState::EndMembership(Instance& instance, ChannelTurn& turn) {
  const GroupFacts facts = instance.room->group->facts;
  LeaveGroup(instance);
  std::erase_if(instance.inbox, [&](const Notice& notice) {
    return notice.changed == facts.number && notice.given == 0;
  });
  EnqueueEnded(instance, facts.room.id, turn);
}

void ChannelState::EnqueueChanged(Instance& instance, const Group& group, ChannelTurn& turn) {
  const std::uint64_t number = group.facts.number;
  // One that was given may have arrived, and its client may have asked for the members already.
  const bool is_waiting = std::ranges::any_of(instance.inbox, [&](const Notice& notice) {
    return notice.changed == number && notice.given == 0;
  });
  if (is_waiting) return;
  Enqueue(instance,
          {.entry = SystemNoticeEntry(group.facts.room.id, ReportType::kUserDefined, turn.wall),
           .changed = number,
           .made_at = turn.changed_at},
          turn);
}

// Time

void ChannelState::OnTick(ChannelTurn& turn) {
  while (!paused_.empty() && paused_.front().due <= turn.now) AnswerPaused(turn);
  while (!waiting_.empty() && waiting_.front().due <= turn.now) AnswerEmpty(waiting_.begin(), turn);
  ResendLost(turn);
  SendBatches(turn);
  while (!by_use_.empty() && by_use_.front()->seen_at + options_.idle_ttl <= turn.now) {
    Forget(*by_use_.front());
  }
}

void ChannelState::Retract(InFlight& in_flight) {
  in_flight = {};
  ++counts_.redeliveries;
}

/// A single poll that asks again has lost the answer. Several share the position: others come with
/// the old one while the answer is on its way.
void ChannelState::RetractIfAskedAgain(InFlight& in_flight, const Polls& polls, MonotonicTime now) {
  if (in_flight.end > 0 && polls.waiting.size() == 1 && polls.shared_until <= now) {
    Retract(in_flight);
  }
}

void ChannelState::ResendLost(ChannelTurn& turn) {
  while (!unconfirmed_.empty() && unconfirmed_.front().since + options_.resend_after <= turn.now) {
    const Unconfirmed oldest = unconfirmed_.front();
    unconfirmed_.pop_front();
    Instance* const instance = Find(oldest.instance);
    if (instance == nullptr || (!oldest.is_account && !instance->room)) continue;
    InFlight& in_flight = oldest.is_account ? instance->in_flight : instance->room->in_flight;
    // Otherwise it was confirmed, or a later one follows.
    if (in_flight.end > 0 && in_flight.since == oldest.since) Retract(in_flight);
    oldest.is_account ? SendNotices(*instance, turn) : SendMessages(*instance, turn);
  }
}

void ChannelState::SendBatches(ChannelTurn& turn) {
  const std::vector<std::uint64_t> numbers = std::exchange(batches_, {});
  for (const std::uint64_t number : numbers) {
    const auto found = groups_.find(number);
    if (found == groups_.end() || !found->second->batch_at) continue;
    Group& group = *found->second;
    if (*group.batch_at > turn.now) {
      batches_.push_back(number);
      continue;
    }
    group.batch_at.reset();
    for (Instance* const member : group.members) SendMessages(*member, turn);
  }
}

void ChannelState::AnswerAll(ChannelTurn& turn) {
  while (!paused_.empty()) AnswerPaused(turn);
  while (!waiting_.empty()) AnswerEmpty(waiting_.begin(), turn);
}

}  // namespace rtcroom
