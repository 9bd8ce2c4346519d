// Clients of 2018 join and quit groups. Their logins in groups are stored, and found again at the
// next start.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "handlers/webim/webim_clients.h"

namespace rtcroom {
namespace {

/// A client that joins after asking for the members may have missed a change as recent as this.
constexpr std::chrono::seconds kRecentChange{10};

}  // namespace

std::optional<std::uint64_t> WebimClients::StayIn(const GroupFacts& facts) const {
  return channel_.options().access == GroupAccess::kMembers ? std::optional(facts.last_event)
                                                            : std::nullopt;
}

// Joins

Result<std::string> WebimClients::Join(const ChannelInstance& caller, const RoomId& group) {
  const Result<Room> room = channel_.groups().FindRoomToJoin(caller, group);
  if (!room) return room.error();
  const Result<GroupFacts> facts = channel_.groups().FactsOf(*room);
  if (!facts) return facts.error();
  (void)Begin(caller, /*knows_group=*/false);
  RoomKeyClaims claims{.instance = caller.instance,
                       .room = room->key,
                       .room_number = room->sequence,
                       .joined_seq = facts->last_seq + 1,
                       .joined_event = StayIn(*facts)};
  {
    const TimePoint now = deps_.clock.Now();
    const MutexLock lock(mutex_);
    // The key of a second join leads to the same place after a restart.
    WebimLogin* const login = state_.logins().Find(caller.instance);
    if (login != nullptr && login->IsIn(room->sequence)) claims.joined_seq = login->room->confirmed;
    claims.serial = login == nullptr ? Microseconds(now) : login->NextKeySerial(now);
  }
  std::string key = channel_.tokens().SignRoomKey(claims);
  {
    Turn turn(*this);
    state_.groups().Join(caller.instance, *facts, claims.joined_seq, key, turn);
  }
  // A ban or a departure may have come after the check, and ended the memberships before this one
  // began.
  const Status still = channel_.groups().CheckAccess(caller.account, room->key, room->sequence);
  if (!still) {
    Quit(caller, group);
    return still.error();
  }
  const auto newest = deps_.events.ReadRoomEvents(room->key, std::nullopt, 1);
  if (newest && !newest->empty() && newest->front().event.at + kRecentChange > deps_.clock.Now()) {
    NotifyChanged(caller);
  }
  return key;
}

void WebimClients::NotifyChanged(const ChannelInstance& caller) {
  Turn turn(*this);
  WebimLogin* const login = state_.logins().Find(caller.instance);
  if (login != nullptr) state_.account_polls().NotifyChanged(*login, turn);
}

bool WebimClients::Rejoin(const ChannelInstance& caller, const RoomKeyClaims& claims,
                          std::string_view key) {
  {
    const MutexLock lock(mutex_);
    const WebimLogin* const login = state_.logins().Find(caller.instance);
    if (login == nullptr || !login->IsLedBackBy(claims.serial)) return true;
  }
  const auto fail = [&] {
    Turn turn(*this);
    state_.groups().FailRejoin(caller.instance, claims.serial, turn);
    return false;
  };
  const auto refuse = [&](bool with_notice) {
    Turn turn(*this);
    WebimLogin* const login = state_.logins().Find(caller.instance);
    const bool was_led = login != nullptr && login->RefuseKey(claims.serial);
    if (was_led && with_notice) state_.account_polls().NotifyEnded(*login, claims.room.id, turn);
    return true;
  };
  const Result<Room> room =
      channel_.groups().OpenRoom(caller.account, claims.room, claims.room_number);
  if (!room) return IsRefusal(room.error().code) ? refuse(/*with_notice=*/true) : fail();
  // A key without a stay is of a version or a setting before this one.
  const Status is_of_stay =
      CheckGroupAccess(channel_.options().access, caller.account, *room, deps_.rooms, deps_.bans,
                       claims.joined_event.value_or(0));
  if (!is_of_stay) {
    return IsRefusal(is_of_stay.error().code) ? refuse(/*with_notice=*/false) : fail();
  }
  const Result<GroupFacts> facts = channel_.groups().FactsOf(*room);
  if (!facts) return fail();
  {
    Turn turn(*this);
    state_.groups().Rejoin(caller.instance, *facts, claims.joined_seq, std::string(key),
                           claims.serial, turn);
  }
  const Status may = channel_.groups().CheckAccess(caller.account, claims.room, claims.room_number);
  if (!may) {
    if (!IsRefusal(may.error().code)) return fail();
    EndMembership(caller, claims.room_number, LeaveReason::kKicked);
    return true;
  }
  NotifyChanged(caller);  // it may have missed a change
  return true;
}

void WebimClients::Quit(const ChannelInstance& caller, const RoomId& group) {
  (void)Begin(caller, /*knows_group=*/false);
  Turn turn(*this);
  state_.groups().Quit(caller.instance, group, turn);
}

// Who is in a group

Result<GroupFacts> WebimClients::FindJoined(const ChannelInstance& caller, const RoomId& group) {
  const Error not_joined{Errc::kNotAllowed, "not in the group"};
  {
    const MutexLock lock(mutex_);
    const WebimLogin* const login = state_.logins().Find(caller.instance);
    if (login != nullptr && login->room) {
      const GroupFacts& facts = login->room->group->facts;
      if (facts.room.id == group) return facts;
    }
    if (login != nullptr && login->knows_group) return not_joined;
  }
  // The next poll's key may lead there, unless the account may not be in that group.
  const Result<Room> room = channel_.groups().FindRoomToJoin(caller, group);
  if (!room && IsRefusal(room.error().code)) return not_joined;
  return Error{Errc::kStoreBusy, "the login's group is not known yet"};
}

std::optional<GroupFacts> WebimClients::GroupOf(const ChannelInstance& caller) const {
  const MutexLock lock(mutex_);
  const WebimLogin* const login = state_.logins().Find(caller.instance);
  if (login == nullptr || !login->room) return std::nullopt;
  return login->room->group->facts;
}

Result<GroupInfo> WebimClients::Find(const ChannelInstance& caller, const RoomId& group) {
  const Result<Room> room = channel_.groups().FindRoom(caller, group);
  if (!room) return room.error();
  const Result<GroupFacts> facts = channel_.groups().FactsOf(*room);
  if (!facts) return facts.error();
  const MutexLock lock(mutex_);
  const Group* const known = state_.groups().Find(facts->number);
  return GroupInfo{.room = room->key,
                   .owner = room->creator,
                   .name = room->info,
                   .created_at = room->created_at,
                   .next_seq = facts->last_seq + 1,
                   .members = known == nullptr ? 0 : known->logins.size()};
}

Result<GroupMembers> WebimClients::Members(const ChannelInstance& caller, const RoomId& group,
                                           std::size_t limit) {
  const Result<GroupFacts> facts = FindJoined(caller, group);
  if (!facts) return facts.error();
  GroupMembers found;
  std::unordered_set<UserId> seen;
  const MutexLock lock(mutex_);
  const Group* const known = state_.groups().Find(facts->number);
  if (known == nullptr) return found;
  found.count = known->logins.size();
  for (const WebimLogin* const login : known->logins) {
    if (found.members.size() == limit) break;
    if (!seen.insert(login->claims.account).second) continue;
    found.members.push_back(
        {.account = login->claims.account, .joined_at = login->room->joined_at});
  }
  return found;
}

std::vector<const WebimLogin*> WebimClients::LoginsOf(
    const PushReceivers::Receivers& receivers) const {
  std::vector<const WebimLogin*> logins;
  for (const PushReceiverPtr& receiver : receivers) {
    if (!receiver->IsOf2018()) continue;
    const auto& client = static_cast<const WebimClient&>(*receiver);
    const WebimLogin* const login = state_.logins().Find(client.login().instance);
    if (login != nullptr) logins.push_back(login);
  }
  return logins;
}

Result<std::vector<bool>> WebimClients::AreMembers(const ChannelInstance& caller,
                                                   const RoomId& group,
                                                   std::span<const UserId> accounts) {
  const Result<Room> room = channel_.groups().FindRoom(caller, group);
  if (!room) return room.error();
  std::vector<bool> are_members;
  for (const UserId& account : accounts) {
    const PushReceivers::Receivers receivers = receivers_.Of(account, room->sequence);
    const MutexLock lock(mutex_);
    are_members.push_back(std::ranges::any_of(
        LoginsOf(receivers),
        [&](const WebimLogin* const login) { return login->IsIn(room->sequence); }));
  }
  return are_members;
}

// Restarts

Status WebimClients::Restore(TimePoint removal) {
  if (deps_.logins != nullptr) return {};
  Result<std::vector<GroupJoinChange>> stored = deps_.accounts.LoadGroupJoins();
  if (!stored) return stored.error();
  // The joins are in the order of their logins: of two of one account the newer one stays.
  std::ranges::sort(*stored, {}, [](const GroupJoinChange& one) {
    return one.join ? one.join->logged_in : TimePoint();
  });
  struct StoredGroup {
    std::vector<UserId> accounts{};
    bool is_read = false;
    std::optional<GroupFacts> facts{};
    std::unordered_set<UserId> members{};  ///< for `GroupAccess::kMembers`
  };
  const bool is_for_members = channel_.options().access == GroupAccess::kMembers;
  std::unordered_map<std::uint64_t, StoredGroup> groups;
  for (const auto& [instance, join] : *stored) {
    groups[join->room_number].accounts.push_back(join->account);
  }
  std::vector<GroupJoinChange> ended;
  for (const auto& [instance, join] : *stored) {
    if (join->expires <= deps_.clock.Now()) {
      if (join->expires <= removal) ended.push_back({.instance = instance});
      continue;
    }
    const ChannelInstance login{.account = join->account,
                                .instance = instance,
                                .logged_in = join->logged_in,
                                .expires = join->expires};
    // The process has ended before its place in the group was removed.
    if (channel_.logins().Admit(login) != Standing::kActive) continue;
    StoredGroup& group = groups[join->room_number];
    const bool is_new = !std::exchange(group.is_read, true);
    if (is_new) {
      Result<std::optional<GroupFacts>> facts = FactsOf(*join);
      if (!facts) return facts.error();
      group.facts = *std::move(facts);
    }
    if (is_new && is_for_members) {
      auto members = FindGroupMembers(join->room, join->room_number, group.accounts, deps_.rooms);
      if (!members) return members.error();
      group.members.swap(*members);
    }
    const bool may_enter = group.facts && !deps_.bans.IsBanned(join->room, join->account) &&
                           (!is_for_members || group.members.contains(join->account));
    RestoreOne(login, *join, may_enter ? &*group.facts : nullptr);
  }
  return ended.empty() ? Status() : deps_.accounts.RecordGroupJoins(ended);
}

void WebimClients::RestoreOne(const ChannelInstance& login, const GroupJoin& join,
                              const GroupFacts* facts) {
  std::string key = channel_.tokens().SignRoomKey(
      {.instance = login.instance,
       .room = join.room,
       .room_number = join.room_number,
       .joined_seq = join.joined_seq,
       .serial = join.serial,
       .joined_event = facts == nullptr ? std::nullopt : StayIn(*facts)});
  if (Begin(login, /*knows_group=*/false) != Standing::kActive) return;
  Turn turn(*this);
  WebimLogin* const found = state_.logins().Find(login.instance);
  if (found != nullptr) state_.groups().Restore(*found, join, facts, std::move(key), turn);
}

Result<std::optional<GroupFacts>> WebimClients::FactsOf(const GroupJoin& join) {
  const Result<Room> room = deps_.rooms.Load(join.room);
  if (!room && room.error().code != Errc::kRoomNotFound) return room.error();
  if (!room || room->sequence != join.room_number) return std::optional<GroupFacts>();
  Result<GroupFacts> facts = channel_.groups().FactsOf(*room);
  if (!facts) return facts.error();
  return std::optional(*std::move(facts));
}

void WebimClients::Save() {
  const std::vector<GroupJoinChange> changes = [&] {
    const MutexLock lock(mutex_);
    return state_.groups().TakeJoinChanges();
  }();
  if (changes.empty() || deps_.logins != nullptr) return;
  if (deps_.accounts.RecordGroupJoins(changes)) return;
  const MutexLock lock(mutex_);
  state_.groups().ReturnJoinChanges(changes);
}

}  // namespace rtcroom
