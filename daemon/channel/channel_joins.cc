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
    Login* const login = state_.logins().Find(caller.instance);
    if (login != nullptr && login->IsIn(room->sequence)) claims.joined_seq = login->room->confirmed;
    claims.serial = login == nullptr ? Microseconds(now) : login->NextKeySerial(now);
  }
  std::string key = tokens_.SignRoomKey(claims);
  const bool is_incomplete = [&] {
    Turn turn(*this);
    return state_.groups().Join(caller.instance, *facts, claims.joined_seq, key, turn);
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
    NotifyChanged(caller);
  }
  return key;
}

void Channel::Complete(std::uint64_t room_number) {
  // A message that was stored since the facts were read has passed a group without members.
  if (const auto newest = deps_.history.NewestRoomMessage(room_number)) {
    Turn turn(*this);
    Group* const group = state_.groups().Find(room_number);
    if (group != nullptr) state_.room_polls().AdvanceTo(*group, *newest, turn);
  } else if (newest.error().code == Errc::kRoomNotFound) {
    Turn turn(*this);
    state_.groups().OnRoomEnded(room_number, turn);
  }
}

void Channel::NotifyChanged(const ChannelInstance& caller) {
  Turn turn(*this);
  Login* const login = state_.logins().Find(caller.instance);
  if (login != nullptr) state_.account_polls().NotifyChanged(*login, turn);
}

void Channel::Quit(const ChannelInstance& caller, const RoomId& group) {
  Turn turn(*this);
  state_.groups().Quit(caller.instance, group, turn);
}

bool Channel::Rejoin(const ChannelInstance& caller, const RoomKeyClaims& claims,
                     std::string_view key) {
  {
    const MutexLock lock(mutex_);
    const Login* const login = state_.logins().Find(caller.instance);
    if (login == nullptr || !login->IsLedBackBy(claims.serial)) return true;
  }
  const auto fail = [&] {
    const MutexLock lock(mutex_);
    state_.groups().FailRejoin(caller.instance, claims.serial);
    return false;
  };
  const Result<Room> room = OpenRoom(caller.account, claims.room, claims.room_number);
  if (!room) {
    if (!IsRefusal(room.error().code)) return fail();
    Turn turn(*this);
    Login* const login = state_.logins().Find(caller.instance);
    if (login != nullptr && login->RefuseKey(claims.serial)) {
      state_.account_polls().NotifyEnded(*login, claims.room.id, turn);
    }
    return true;
  }
  // A key without a stay is of a version or a setting before this one.
  const Status is_of_stay = CheckGroupAccess(options_.access, caller.account, *room, deps_.rooms,
                                             deps_.bans, claims.joined_event.value_or(0));
  if (!is_of_stay) {
    if (!IsRefusal(is_of_stay.error().code)) return fail();
    const MutexLock lock(mutex_);
    Login* const login = state_.logins().Find(caller.instance);
    if (login != nullptr) (void)login->RefuseKey(claims.serial);
    return true;
  }
  const Result<GroupFacts> facts = FactsOf(*room);
  if (!facts) return fail();
  const bool is_incomplete = [&] {
    Turn turn(*this);
    return state_.groups().Rejoin(caller.instance, *facts, claims.joined_seq, std::string(key),
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
  NotifyChanged(caller);  // it may have missed a change
  return true;
}

std::optional<std::uint64_t> Channel::StayIn(const GroupFacts& facts) const {
  return options_.access == GroupAccess::kMembers ? std::optional(facts.last_event) : std::nullopt;
}

// Restarts

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
    if (state_.Admit(login, turn) != Standing::kActive) return false;
    return state_.groups().Restore(*state_.logins().Find(instance), join, facts, std::move(key),
                                   turn);
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
    return state_.groups().TakeJoinChanges();
  }();
  if (changes.empty() || deps_.logins != nullptr) return;
  if (deps_.joins.RecordGroupJoins(changes)) return;
  const MutexLock lock(mutex_);
  state_.groups().ReturnJoinChanges(changes);
}

}  // namespace rtcroom
