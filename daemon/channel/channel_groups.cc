// Logins join and quit groups. Those in groups outlive the process: they are stored, and found
// again at its start.
#include "daemon/channel/channel_groups.h"

#include <algorithm>
#include <chrono>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "daemon/channel/channel_json.h"

namespace rtcroom {
namespace {

/// A client that joins after asking for the members may have missed a change as recent as this.
constexpr std::chrono::seconds kRecentChange{10};

}  // namespace

// Who may be in a group

Result<Room> ChannelGroups::FindRoom(const ChannelInstance& caller, const RoomId& id) {
  for (const RoomKind kind : kAllRoomKinds) {
    Result<Room> room = core_.deps.rooms.Load({kind, id});
    if (room && !IsReached(caller.reach, room->dialect)) break;
    if (room || room.error().code != Errc::kRoomNotFound) return room;
  }
  return Error{Errc::kRoomNotFound, {}};
}

Result<Room> ChannelGroups::FindRoomToJoin(const ChannelInstance& caller, const RoomId& id) {
  Result<Room> room = FindRoom(caller, id);
  if (!room) return room;
  const Status may = CheckGroupAccess(core_.options.access, caller.account, *room, core_.deps.rooms,
                                      core_.deps.bans);
  if (!may) return may.error();
  return room;
}

Result<Room> ChannelGroups::OpenRoom(const UserId& account, const RoomKey& key,
                                     std::uint64_t room_number) {
  Result<Room> room = core_.deps.rooms.Load(key);
  if (!room) return room;
  if (room->sequence != room_number) return Error{Errc::kRoomNotFound, {}};
  const Status may =
      CheckGroupAccess(core_.options.access, account, *room, core_.deps.rooms, core_.deps.bans);
  if (!may) return may.error();
  return room;
}

Status ChannelGroups::CheckAccess(const UserId& account, const RoomKey& key,
                                  std::uint64_t room_number) {
  if (core_.deps.bans.IsBanned(key, account))
    return Error{Errc::kNotAllowed, "banned from the room"};
  if (core_.options.access == GroupAccess::kAny) return {};
  const Result<Room> room = OpenRoom(account, key, room_number);
  return room ? Status() : room.error();
}

Result<GroupFacts> ChannelGroups::FactsOf(const Room& room) {
  const Result<std::uint64_t> last = core_.deps.history.NewestRoomMessage(room.sequence);
  if (!last) return last.error();
  return GroupFacts{.room = room.key,
                    .number = room.sequence,
                    .dialect = room.dialect,
                    .last_seq = *last,
                    .last_event = room.last_event};
}

std::optional<std::uint64_t> ChannelGroups::StayIn(const GroupFacts& facts) const {
  return core_.options.access == GroupAccess::kMembers ? std::optional(facts.last_event)
                                                       : std::nullopt;
}

// Joins

Result<std::string> ChannelGroups::Join(const ChannelInstance& caller, const RoomId& group) {
  const Result<Room> room = FindRoomToJoin(caller, group);
  if (!room) return room.error();
  const Result<GroupFacts> facts = FactsOf(*room);
  if (!facts) return facts.error();
  RoomKeyClaims claims{.instance = caller.instance,
                       .room = room->key,
                       .room_number = room->sequence,
                       .joined_seq = facts->last_seq + 1,
                       .joined_event = StayIn(*facts)};
  {
    const TimePoint now = core_.deps.clock.Now();
    const MutexLock lock(core_.mutex);
    // The key of a second join leads to the same place after a restart.
    Login* const login = core_.state.logins().Find(caller.instance);
    if (login != nullptr && login->IsIn(room->sequence)) claims.joined_seq = login->room->confirmed;
    claims.serial = login == nullptr ? Microseconds(now) : login->NextKeySerial(now);
  }
  std::string key = core_.tokens.SignRoomKey(claims);
  const bool is_incomplete = [&] {
    ChannelCore::Turn turn(core_);
    return core_.state.groups().Join(caller.instance, *facts, claims.joined_seq, key, turn);
  }();
  if (is_incomplete) Complete(facts->number);
  // A ban or a departure may have come after the check, and ended the memberships before this one
  // began.
  if (const Status still = CheckAccess(caller.account, room->key, room->sequence); !still) {
    Quit(caller, group);
    return still.error();
  }
  const auto newest = core_.deps.events.ReadRoomEvents(room->key, std::nullopt, 1);
  if (newest && !newest->empty() &&
      newest->front().event.at + kRecentChange > core_.deps.clock.Now()) {
    NotifyChanged(caller);
  }
  return key;
}

void ChannelGroups::Complete(std::uint64_t room_number) {
  // A message that was stored since the facts were read has passed a group without members.
  if (const auto newest = core_.deps.history.NewestRoomMessage(room_number)) {
    ChannelCore::Turn turn(core_);
    Group* const group = core_.state.groups().Find(room_number);
    if (group != nullptr) core_.state.room_polls().AdvanceTo(*group, *newest, turn);
  } else if (newest.error().code == Errc::kRoomNotFound) {
    ChannelCore::Turn turn(core_);
    core_.state.groups().OnRoomEnded(room_number, turn);
  }
}

void ChannelGroups::NotifyChanged(const ChannelInstance& caller) {
  ChannelCore::Turn turn(core_);
  Login* const login = core_.state.logins().Find(caller.instance);
  if (login != nullptr) core_.state.account_polls().NotifyChanged(*login, turn);
}

bool ChannelGroups::Rejoin(const ChannelInstance& caller, const RoomKeyClaims& claims,
                           std::string_view key) {
  {
    const MutexLock lock(core_.mutex);
    const Login* const login = core_.state.logins().Find(caller.instance);
    if (login == nullptr || !login->IsLedBackBy(claims.serial)) return true;
  }
  const auto fail = [&] {
    const MutexLock lock(core_.mutex);
    core_.state.groups().FailRejoin(caller.instance, claims.serial);
    return false;
  };
  const Result<Room> room = OpenRoom(caller.account, claims.room, claims.room_number);
  if (!room) {
    if (!IsRefusal(room.error().code)) return fail();
    ChannelCore::Turn turn(core_);
    Login* const login = core_.state.logins().Find(caller.instance);
    if (login != nullptr && login->RefuseKey(claims.serial)) {
      core_.state.account_polls().NotifyEnded(*login, claims.room.id, turn);
    }
    return true;
  }
  // A key without a stay is of a version or a setting before this one.
  const Status is_of_stay =
      CheckGroupAccess(core_.options.access, caller.account, *room, core_.deps.rooms,
                       core_.deps.bans, claims.joined_event.value_or(0));
  if (!is_of_stay) {
    if (!IsRefusal(is_of_stay.error().code)) return fail();
    const MutexLock lock(core_.mutex);
    Login* const login = core_.state.logins().Find(caller.instance);
    if (login != nullptr) (void)login->RefuseKey(claims.serial);
    return true;
  }
  const Result<GroupFacts> facts = FactsOf(*room);
  if (!facts) return fail();
  const bool is_incomplete = [&] {
    ChannelCore::Turn turn(core_);
    return core_.state.groups().Rejoin(caller.instance, *facts, claims.joined_seq, std::string(key),
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

// Ends

void ChannelGroups::Quit(const ChannelInstance& caller, const RoomId& group) {
  ChannelCore::Turn turn(core_);
  core_.state.groups().Quit(caller.instance, group, turn);
}

void ChannelGroups::EndMembership(const GroupMembership& membership) {
  ChannelCore::Turn turn(core_);
  turn.is_of_feed = true;
  core_.state.groups().EndMembership(membership, turn);
}

void ChannelGroups::EndBanned() {
  // An operator may ban any account, and the store has events of pushers only.
  const std::uint64_t puts = core_.deps.bans.puts();
  ChannelCore::Turn turn(core_);
  if (std::exchange(bans_seen_, puts) == puts) return;
  core_.state.groups().EndMemberships(
      [this](const GroupFacts& group, const UserId& account) {
        return core_.deps.bans.IsBanned(group.room, account);
      },
      turn);
}

// Who is in a group

Result<GroupFacts> ChannelGroups::FindJoined(const ChannelInstance& caller, const RoomId& group) {
  const Error not_joined{Errc::kNotAllowed, "not in the group"};
  {
    const MutexLock lock(core_.mutex);
    const Login* const login = core_.state.logins().Find(caller.instance);
    if (login != nullptr && login->room) {
      const GroupFacts& facts = login->room->group->facts;
      if (facts.room.id == group) return facts;
    }
    if (login != nullptr && login->knows_group) return not_joined;
  }
  // The next poll's key may lead there, unless the account may not be in that group.
  const Result<Room> room = FindRoomToJoin(caller, group);
  if (!room && IsRefusal(room.error().code)) return not_joined;
  return Error{Errc::kStoreBusy, "the login's group is not known yet"};
}

Result<GroupInfo> ChannelGroups::Find(const ChannelInstance& caller, const RoomId& group) {
  const Result<Room> room = FindRoom(caller, group);
  if (!room) return room.error();
  const Result<GroupFacts> facts = FactsOf(*room);
  if (!facts) return facts.error();
  const MutexLock lock(core_.mutex);
  return GroupInfo{.room = room->key,
                   .owner = room->creator,
                   .name = room->info,
                   .created_at = room->created_at,
                   .next_seq = facts->last_seq + 1,
                   .members = core_.state.groups().CountMembers(facts->number)};
}

Result<GroupMembers> ChannelGroups::Members(const ChannelInstance& caller, const RoomId& group,
                                            std::size_t limit) {
  const Result<GroupFacts> facts = FindJoined(caller, group);
  if (!facts) return facts.error();
  const MutexLock lock(core_.mutex);
  return GroupMembers{.count = core_.state.groups().CountMembers(facts->number),
                      .members = core_.state.groups().Members(facts->number, limit)};
}

Result<std::vector<bool>> ChannelGroups::AreMembers(const ChannelInstance& caller,
                                                    const RoomId& group,
                                                    std::span<const UserId> accounts) {
  const Result<Room> room = FindRoom(caller, group);
  if (!room) return room.error();
  std::vector<bool> are_members;
  const MutexLock lock(core_.mutex);
  for (const UserId& account : accounts) {
    const Account* const found = core_.state.logins().FindAccount(account);
    are_members.push_back(found != nullptr && found->IsIn(room->sequence));
  }
  return are_members;
}

std::vector<UserId> ChannelGroups::UsersIn(std::uint64_t room_number, std::size_t limit) const {
  std::vector<UserId> users;
  const MutexLock lock(core_.mutex);
  for (GroupMember& member : core_.state.groups().Members(room_number, limit)) {
    users.push_back(std::move(member.account));
  }
  return users;
}

std::size_t ChannelGroups::CountIn(std::uint64_t room_number) const {
  const MutexLock lock(core_.mutex);
  return core_.state.groups().CountMembers(room_number);
}

std::vector<std::size_t> ChannelGroups::CountMembers(std::span<const std::uint64_t> rooms) const {
  std::vector<std::size_t> counts;
  counts.reserve(rooms.size());
  const MutexLock lock(core_.mutex);
  for (const std::uint64_t room : rooms) counts.push_back(core_.state.groups().CountMembers(room));
  return counts;
}

bool ChannelGroups::IsPolling(std::uint64_t room_number, const UserId& account) const {
  const MonotonicTime now = core_.deps.clock.Monotonic();
  const MutexLock lock(core_.mutex);
  const Account* const found = core_.state.logins().FindAccount(account);
  return found != nullptr && found->IsPolling(room_number, now);
}

std::vector<GroupMembership> ChannelGroups::Memberships() const {
  const MutexLock lock(core_.mutex);
  return core_.state.groups().Memberships();
}

// Restarts

Status ChannelGroups::Restore(TimePoint removal) {
  if (core_.deps.logins != nullptr) return {};
  Result<std::vector<GroupJoinChange>> stored = core_.deps.joins.LoadGroupJoins();
  if (!stored) return stored.error();
  // In the order of their logins: of two of one account the newer one stays.
  std::ranges::sort(*stored, {}, [](const GroupJoinChange& one) {
    return one.join ? one.join->logged_in : TimePoint();
  });
  struct StoredGroup {
    std::optional<GroupFacts> facts{};
    std::unordered_set<UserId> members{};  ///< for `GroupAccess::kMembers`
  };
  const bool is_for_members = core_.options.access == GroupAccess::kMembers;
  std::unordered_map<std::uint64_t, StoredGroup> groups;
  std::unordered_map<std::uint64_t, std::vector<UserId>> accounts;  // likewise, by room
  if (is_for_members) {
    for (const auto& [instance, join] : *stored) {
      accounts[join->room_number].push_back(join->account);
    }
  }
  std::vector<GroupJoinChange> ended;
  for (const auto& [instance, join] : *stored) {
    if (join->expires <= core_.deps.clock.Now()) {
      if (join->expires <= removal) ended.push_back({.instance = instance});
      continue;
    }
    // The process has ended before its place in the group was removed.
    if (core_.deps.ends.Find(join->account, instance, join->logged_in)) continue;
    if (join->logged_in < core_.deps.validities.FirstValid(join->account)) continue;
    const auto [found, is_new] = groups.try_emplace(join->room_number);
    StoredGroup& group = found->second;
    if (is_new) {
      Result<std::optional<GroupFacts>> facts = FactsOf(*join);
      if (!facts) return facts.error();
      group.facts = *std::move(facts);
    }
    if (is_new && is_for_members) {
      auto members = FindGroupMembers(join->room, join->room_number, accounts[join->room_number],
                                      core_.deps.rooms);
      if (!members) return members.error();
      group.members.swap(*members);
    }
    const bool may_enter = group.facts && !core_.deps.bans.IsBanned(join->room, join->account) &&
                           (!is_for_members || group.members.contains(join->account));
    RestoreOne(instance, *join, may_enter ? &*group.facts : nullptr);
  }
  return ended.empty() ? Status() : core_.deps.joins.RecordGroupJoins(ended);
}

void ChannelGroups::RestoreOne(std::uint64_t instance, const GroupJoin& join,
                               const GroupFacts* facts) {
  const ChannelInstance login{.account = join.account,
                              .instance = instance,
                              .logged_in = join.logged_in,
                              .expires = join.expires};
  std::string key =
      core_.tokens.SignRoomKey({.instance = instance,
                                .room = join.room,
                                .room_number = join.room_number,
                                .joined_seq = join.joined_seq,
                                .serial = join.serial,
                                .joined_event = facts == nullptr ? std::nullopt : StayIn(*facts)});
  const bool is_incomplete = [&] {
    ChannelCore::Turn turn(core_);
    if (core_.state.Admit(login, turn) != Standing::kActive) return false;
    return core_.state.groups().Restore(*core_.state.logins().Find(instance), join, facts,
                                        std::move(key), turn);
  }();
  if (is_incomplete) Complete(join.room_number);
}

Result<std::optional<GroupFacts>> ChannelGroups::FactsOf(const GroupJoin& join) {
  const Result<Room> room = core_.deps.rooms.Load(join.room);
  if (!room && room.error().code != Errc::kRoomNotFound) return room.error();
  if (!room || room->sequence != join.room_number) return std::optional<GroupFacts>();
  Result<GroupFacts> facts = FactsOf(*room);
  if (!facts) return facts.error();
  return std::optional(*std::move(facts));
}

void ChannelGroups::Save() {
  const std::vector<GroupJoinChange> changes = [&] {
    const MutexLock lock(core_.mutex);
    return core_.state.groups().TakeJoinChanges();
  }();
  if (changes.empty() || core_.deps.logins != nullptr) return;
  if (core_.deps.joins.RecordGroupJoins(changes)) return;
  const MutexLock lock(core_.mutex);
  core_.state.groups().ReturnJoinChanges(changes);
}

}  // namespace rtcroom
