// Logins join and quit groups. Those in groups outlive the process: they are stored, and found
// again at its start.
#include <algorithm>
#include <chrono>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "daemon/channel/channel.h"
#include "daemon/channel/channel_json.h"
#include "daemon/channel/channel_state.h"
#include "daemon/channel/group_access_check.h"

namespace rtcroom {
namespace {

/// A client that joins after asking for the members may have missed a change as recent as this.
constexpr std::chrono::seconds kRecentChange{10};

}  // namespace

std::uint64_t ChannelState::NextKeySerial(std::uint64_t instance, TimePoint now) {
  Instance* const joining = Find(instance);
  if (joining == nullptr) return Microseconds(now);
  joining->key_serial = std::max(joining->key_serial + 1, Microseconds(now));
  return joining->key_serial;
}

bool ChannelState::LeadsBack(std::uint64_t instance, std::uint64_t serial) const {
  const Instance* const found = Find(instance);
  return found != nullptr && found->standing == Standing::kActive && found->is_new_in_groups &&
         found->key_serial < serial;
}

bool ChannelState::Rejoin(std::uint64_t instance, const GroupFacts& facts, std::uint64_t first,
                          std::string key, std::uint64_t serial, ChannelTurn& turn) {
  if (!LeadsBack(instance, serial)) return false;
  Instance& joining = *Find(instance);
  joining.key_serial = serial;
  if (joining.room) MarkShared(joining.room_polls, turn.now);  // there was a poll with an older key
  return Enter(joining, facts, first, std::move(key), turn);
}

void ChannelState::FailRejoin(std::uint64_t instance, std::uint64_t serial) {
  Instance* const found = Find(instance);
  if (found == nullptr || !found->is_new_in_groups || found->key_serial > serial) return;
  if (found->key_serial == serial) LeaveGroup(*found);  // it had entered
  found->key_serial = std::min(found->key_serial, serial - 1);
  found->knows_group = false;
}

bool ChannelState::RefuseKey(std::uint64_t instance, std::uint64_t serial) {
  if (!LeadsBack(instance, serial)) return false;
  Instance& member = *Find(instance);
  member.key_serial = serial;
  member.knows_group = true;
  return true;
}

bool ChannelState::Join(std::uint64_t instance, const GroupFacts& facts, std::uint64_t first,
                        std::string key, ChannelTurn& turn) {
  Instance* const joining = Find(instance);
  if (joining == nullptr || joining->standing != Standing::kActive) return false;
  // A client that has polled already begins another loop.
  const bool is_first = std::exchange(joining->is_new_in_groups, false) && !joining->room;
  if (!is_first) MarkShared(joining->room_polls, turn.now);
  return Enter(*joining, facts, first, std::move(key), turn);
}

bool ChannelState::Enter(Instance& instance, const GroupFacts& facts, std::uint64_t first,
                         std::string key, ChannelTurn& turn) {
  moved_.insert(instance.claims.instance);
  instance.knows_group = true;
  if (instance.room && instance.room->group->facts.number == facts.number) {
    instance.room->key = std::move(key);  // the position stays
    instance.room->joined_seq = first;
    return !instance.room->group->is_complete;
  }
  LeaveGroup(instance);
  std::unique_ptr<Group>& group = groups_[facts.number];
  if (!group) {
    group = std::make_unique<Group>();
    group->facts = facts;
  }
  // The store may be ahead of the group; what precedes the join is not given.
  const std::uint64_t last_seq = std::max(facts.last_seq, group->facts.last_seq);
  instance.room = Membership{.group = group.get(),
                             .index = group->members.size(),
                             .joined_at = turn.wall,
                             .joined_seq = first,
                             .key = std::move(key),
                             .confirmed = std::min(first, last_seq + 1)};
  group->members.push_back(&instance);
  if (contacts_ != nullptr) contacts_->Enter(instance.claims.account, facts.number);
  // Polls of the group that was left, or of none, continue with this one.
  std::vector<WaitingList::iterator>& polls = instance.room_polls.waiting;
  while (!polls.empty()) AnswerEmpty(polls.front(), turn);
  return !group->is_complete;
}

void ChannelState::Quit(std::uint64_t instance, const RoomId& group, ChannelTurn& turn) {
  Instance* const leaving = Find(instance);
  if (leaving == nullptr) return;
  leaving->is_new_in_groups = false;
  leaving->knows_group = true;
  if (!leaving->room) return;
  if (leaving->room->group->facts.room.id != group) return;
  LeaveGroup(*leaving);
  std::vector<WaitingList::iterator>& polls = leaving->room_polls.waiting;
  while (!polls.empty()) AnswerEmpty(polls.front(), turn);
}

void ChannelState::EndMembership(const GroupMembership& membership, ChannelTurn& turn) {
  const auto found = accounts_.find(membership.account);
  if (found == accounts_.end()) return;
  for (Instance* const instance : found->second.instances) {
    if (!instance->room || instance->room->group->facts.number != membership.room_number) continue;
    if (membership.reason == LeaveReason::kLeft) {
      Quit(instance->claims.instance, RoomId(instance->room->group->facts.room.id), turn);
    } else {
      EndMembership(*instance, turn);
    }
  }
}

std::vector<GroupMembership> ChannelState::Memberships() const {
  std::vector<GroupMembership> memberships;
  for (const auto& [number, group] : groups_) {
    for (const Instance* const member : group->members) {
      memberships.push_back({.room = group->facts.room,
                             .room_number = number,
                             .account = member->claims.account,
                             .reason = LeaveReason::kRoomDestroyed});
    }
  }
  return memberships;
}

Result<std::string> Channel::Join(const ChannelInstance& caller, const RoomId& group) {
  const Result<Room> room = FindRoom(caller, group);
  if (!room) return room.error();
  const Status may =
      CheckGroupAccess(options_.access, caller.account, *room, deps_.rooms, deps_.bans);
  if (!may) return may.error();
  const Result<GroupFacts> facts = FactsOf(*room);
  if (!facts) return facts.error();
  RoomKeyClaims claims{.instance = caller.instance,
                       .room = room->key,
                       .room_number = room->sequence,
                       .joined_seq = facts->last_seq + 1,
                       .joined_event = StayIn(*facts)};
  {
    const TimePoint now = deps_.clock.Now();
    const MutexLock lock(mutex_);
    // The key of a second join leads to the same place after a restart.
    const auto position = state_.PositionIn(room->sequence, caller.instance);
    claims.joined_seq = position.value_or(claims.joined_seq);
    claims.serial = state_.NextKeySerial(caller.instance, now);
  }
  std::string key = tokens_.SignRoomKey(claims);
  const bool is_incomplete = [&] {
    Turn turn(*this);
    return state_.Join(caller.instance, *facts, claims.joined_seq, key, turn);
  }();
  if (is_incomplete) Complete(facts->number);
  // A ban or a departure may have come after the check, and ended the memberships before this one
  // began.
  if (const Status still = CheckAccess(caller.account, room->key, room->sequence); !still) {
    Quit(caller, group);
    return still.error();
  }
  const auto newest = deps_.events.ReadRoomEvents(room->key, std::nullopt, 1);
  if (newest && !newest->empty() && newest->front().event.at + kRecentChange > deps_.clock.Now()) {
    Turn turn(*this);
    state_.NotifyOne(caller.instance, turn);
  }
  return key;
}

void Channel::Complete(std::uint64_t room_number) {
  // A message that was stored since the facts were read has passed a group without members.
  if (const auto newest = deps_.history.NewestRoomMessage(room_number)) {
    Turn turn(*this);
    state_.AdvanceTo(room_number, *newest, turn);
  } else if (newest.error().code == Errc::kRoomNotFound) {
    Turn turn(*this);
    state_.OnRoomEnded(room_number, turn);
  }
}

void Channel::Quit(const ChannelInstance& caller, const RoomId& group) {
  Turn turn(*this);
  state_.Quit(caller.instance, group, turn);
}

bool Channel::Rejoin(const ChannelInstance& caller, const RoomKeyClaims& claims,
                     std::string_view key) {
  {
    const MutexLock lock(mutex_);
    if (!state_.LeadsBack(caller.instance, claims.serial)) return true;
  }
  const auto fail = [&] {
    const MutexLock lock(mutex_);
    state_.FailRejoin(caller.instance, claims.serial);
    return false;
  };
  const Result<Room> room = OpenRoom(caller.account, claims.room, claims.room_number);
  if (!room) {
    if (!IsRefusal(room.error().code)) return fail();
    Turn turn(*this);
    state_.NotifyEnd(caller.instance, claims.room.id, claims.serial, turn);
    return true;
  }
  // A key without a stay is of a version or a setting before this one.
  const Status is_of_stay = CheckGroupAccess(options_.access, caller.account, *room, deps_.rooms,
                                             deps_.bans, claims.joined_event.value_or(0));
  if (!is_of_stay) {
    if (!IsRefusal(is_of_stay.error().code)) return fail();
    const MutexLock lock(mutex_);
    (void)state_.RefuseKey(caller.instance, claims.serial);
    return true;
  }
  const Result<GroupFacts> facts = FactsOf(*room);
  if (!facts) return fail();
  const bool is_incomplete = [&] {
    Turn turn(*this);
    return state_.Rejoin(caller.instance, *facts, claims.joined_seq, std::string(key),
                         claims.serial, turn);
  }();
  if (is_incomplete) Complete(facts->number);
  const Status may = CheckAccess(caller.account, claims.room, claims.room_number);
  if (!may) {
    if (!IsRefusal(may.error().code)) return fail();
    EndMembership({.room = claims.room,
                   .room_number = claims.room_number,
                   .account = caller.account,
                   .reason = LeaveReason::kKicked});
    return true;
  }
  // It may have missed a change.
  Turn turn(*this);
  state_.NotifyOne(caller.instance, turn);
  return true;
}

std::optional<std::uint64_t> Channel::StayIn(const GroupFacts& facts) const {
  return options_.access == GroupAccess::kMembers ? std::optional(facts.last_event) : std::nullopt;
}

// Restarts

bool ChannelState::Restore(const ChannelInstance& login, const GroupJoin& join,
                           const GroupFacts* facts, std::string key, ChannelTurn& turn) {
  if (Admit(login, turn) != Standing::kActive) return false;
  Instance& instance = *Find(login.instance);
  instance.is_new_in_groups = false;
  instance.key_serial = join.serial;
  if (facts == nullptr) {
    instance.knows_group = true;
    moved_.insert(login.instance);
    EnqueueEnded(instance, join.room.id, turn);
    return false;
  }
  const bool is_incomplete = Enter(instance, *facts, join.joined_seq, std::move(key), turn);
  EnqueueChanged(instance, *instance.room->group, turn);
  return is_incomplete;
}

std::vector<GroupJoinChange> ChannelState::TakeJoinChanges() {
  std::vector<GroupJoinChange> changes;
  for (const std::uint64_t moved : std::exchange(moved_, {})) {
    GroupJoinChange& change = changes.emplace_back(GroupJoinChange{.instance = moved});
    const Instance* const instance = Find(moved);
    if (instance == nullptr || !instance->room) continue;
    const GroupFacts& facts = instance->room->group->facts;
    change.join = GroupJoin{.account = instance->claims.account,
                            .logged_in = instance->claims.logged_in,
                            .expires = instance->claims.expires,
                            .room = facts.room,
                            .room_number = facts.number,
                            .joined_seq = instance->room->joined_seq,
                            .serial = instance->key_serial};
  }
  return changes;
}

void ChannelState::ReturnJoinChanges(std::span<const GroupJoinChange> changes) {
  for (const GroupJoinChange& change : changes) moved_.insert(change.instance);
}

Status Channel::Restore(TimePoint removal) {
  if (deps_.logins != nullptr) return {};
  Result<std::vector<GroupJoinChange>> stored = deps_.joins.LoadGroupJoins();
  if (!stored) return stored.error();
  // In the order of their logins: of two of one account the newer one stays.
  std::ranges::sort(*stored, {}, [](const GroupJoinChange& one) {
    return one.join ? one.join->logged_in : TimePoint();
  });
  struct StoredGroup {
    std::optional<GroupFacts> facts{};
    std::unordered_set<UserId> members{};  ///< for `GroupAccess::kMembers`
  };
  const bool is_for_members = options_.access == GroupAccess::kMembers;
  std::unordered_map<std::uint64_t, StoredGroup> groups;
  std::unordered_map<std::uint64_t, std::vector<UserId>> accounts;  // likewise, by room
  if (is_for_members) {
    for (const auto& [instance, join] : *stored) {
      accounts[join->room_number].push_back(join->account);
    }
  }
  std::vector<GroupJoinChange> ended;
  for (const auto& [instance, join] : *stored) {
    if (join->expires <= deps_.clock.Now()) {
      if (join->expires <= removal) ended.push_back({.instance = instance});
      continue;
    }
    // The process has ended before its place in the group was removed.
    if (deps_.ends.Find(join->account, instance, join->logged_in)) continue;
    if (join->logged_in < deps_.validities.FirstValid(join->account)) continue;
    const auto [found, is_new] = groups.try_emplace(join->room_number);
    StoredGroup& group = found->second;
    if (is_new) {
      Result<std::optional<GroupFacts>> facts = FactsOf(*join);
      if (!facts) return facts.error();
      group.facts = *std::move(facts);
    }
    if (is_new && is_for_members) {
      auto members =
          FindGroupMembers(join->room, join->room_number, accounts[join->room_number], deps_.rooms);
      if (!members) return members.error();
      group.members.swap(*members);
    }
    const bool may_enter = group.facts && !deps_.bans.IsBanned(join->room, join->account) &&
                           (!is_for_members || group.members.contains(join->account));
    RestoreOne(instance, *join, may_enter ? &*group.facts : nullptr);
  }
  return ended.empty() ? Status() : deps_.joins.RecordGroupJoins(ended);
}

void Channel::RestoreOne(std::uint64_t instance, const GroupJoin& join, const GroupFacts* facts) {
  const ChannelInstance login{.account = join.account,
                              .instance = instance,
                              .logged_in = join.logged_in,
                              .expires = join.expires};
  std::string key =
      tokens_.SignRoomKey({.instance = instance,
                           .room = join.room,
                           .room_number = join.room_number,
                           .joined_seq = join.joined_seq,
                           .serial = join.serial,
                           .joined_event = facts == nullptr ? std::nullopt : StayIn(*facts)});
  const bool is_incomplete = [&] {
    Turn turn(*this);
    return state_.Restore(login, join, facts, std::move(key), turn);
  }();
  if (is_incomplete) Complete(join.room_number);
}

Result<std::optional<GroupFacts>> Channel::FactsOf(const GroupJoin& join) {
  const Result<Room> room = deps_.rooms.Load(join.room);
  if (!room && room.error().code != Errc::kRoomNotFound) return room.error();
  if (!room || room->sequence != join.room_number) return std::optional<GroupFacts>();
  Result<GroupFacts> facts = FactsOf(*room);
  if (!facts) return facts.error();
  return std::optional(*std::move(facts));
}

void Channel::SaveJoins() {
  const std::vector<GroupJoinChange> changes = [&] {
    const MutexLock lock(mutex_);
    return state_.TakeJoinChanges();
  }();
  if (changes.empty() || deps_.logins != nullptr) return;
  if (deps_.joins.RecordGroupJoins(changes)) return;
  const MutexLock lock(mutex_);
  state_.ReturnJoinChanges(changes);
}

}  // namespace rtcroom
