#include "daemon/channel/group_table.h"

#include <algorithm>
#include <utility>

namespace rtcroom {

Group* GroupTable::Find(std::uint64_t room_number) const {
  const auto found = groups_.find(room_number);
  return found == groups_.end() ? nullptr : found->second.get();
}

std::vector<GroupMember> GroupTable::Members(std::uint64_t room_number, std::size_t limit) const {
  std::vector<GroupMember> members;
  const Group* const group = Find(room_number);
  if (group == nullptr) return members;
  std::unordered_set<UserId> seen;
  for (const Login* const member : group->members) {
    if (members.size() == limit) break;
    const UserId& account = member->claims.account;
    if (!seen.insert(account).second) continue;
    members.push_back({.account = account, .joined_at = member->room->joined_at});
  }
  return members;
}

std::size_t GroupTable::CountMembers(std::uint64_t room_number) const {
  const Group* const group = Find(room_number);
  return group == nullptr ? 0 : group->members.size();
}

std::vector<GroupMembership> GroupTable::Memberships() const {
  std::vector<GroupMembership> memberships;
  for (const auto& [number, group] : groups_) {
    for (const Login* const member : group->members) {
      memberships.push_back({.room = group->facts.room,
                             .room_number = number,
                             .account = member->claims.account,
                             .reason = LeaveReason::kRoomDestroyed});
    }
  }
  return memberships;
}

// Joins

bool GroupTable::Join(std::uint64_t instance, const GroupFacts& facts, std::uint64_t first,
                      std::string key, ChannelTurn& turn) {
  Login* const joining = deps_.logins.Find(instance);
  if (joining == nullptr || !joining->IsActive()) return false;
  // A client that has polled already begins another loop.
  const bool is_first = std::exchange(joining->is_new_in_groups, false) && !joining->room;
  if (!is_first) deps_.polls.MarkShared(joining->room_polls, turn.now);
  return Enter(*joining, facts, first, std::move(key), turn);
}

bool GroupTable::Rejoin(std::uint64_t instance, const GroupFacts& facts, std::uint64_t first,
                        std::string key, std::uint64_t serial, ChannelTurn& turn) {
  Login* const joining = deps_.logins.Find(instance);
  if (joining == nullptr || !joining->IsLedBackBy(serial)) return false;
  joining->key_serial = serial;
  // There was a poll with an older key.
  if (joining->room) deps_.polls.MarkShared(joining->room_polls, turn.now);
  return Enter(*joining, facts, first, std::move(key), turn);
}

void GroupTable::FailRejoin(std::uint64_t instance, std::uint64_t serial) {
  Login* const found = deps_.logins.Find(instance);
  if (found == nullptr || !found->is_new_in_groups || found->key_serial > serial) return;
  if (found->key_serial == serial) Leave(*found);  // it had entered
  found->key_serial = std::min(found->key_serial, serial - 1);
  found->knows_group = false;
}

bool GroupTable::Restore(Login& login, const GroupJoin& join, const GroupFacts* facts,
                         std::string key, ChannelTurn& turn) {
  login.is_new_in_groups = false;
  login.key_serial = join.serial;
  if (facts == nullptr) {
    login.knows_group = true;
    moved_.insert(login.claims.instance);
    deps_.account_polls.NotifyEnded(login, join.room.id, turn);
    return false;
  }
  const bool is_incomplete = Enter(login, *facts, join.joined_seq, std::move(key), turn);
  deps_.account_polls.NotifyChanged(login, turn);
  return is_incomplete;
}

bool GroupTable::Enter(Login& login, const GroupFacts& facts, std::uint64_t first, std::string key,
                       ChannelTurn& turn) {
  moved_.insert(login.claims.instance);
  login.knows_group = true;
  if (login.IsIn(facts.number)) {
    login.room->key = std::move(key);  // the position stays
    login.room->joined_seq = first;
    return !login.room->group->is_complete;
  }
  Leave(login);
  std::unique_ptr<Group>& group = groups_[facts.number];
  if (!group) {
    group = std::make_unique<Group>();
    group->facts = facts;
  }
  // The store may be ahead of the group; what precedes the join is not given.
  const std::uint64_t last_seq = std::max(facts.last_seq, group->facts.last_seq);
  login.room = Membership{.group = group.get(),
                          .index = group->members.size(),
                          .joined_at = turn.wall,
                          .joined_seq = first,
                          .key = std::move(key),
                          .confirmed = std::min(first, last_seq + 1)};
  group->members.push_back(&login);
  if (deps_.contacts != nullptr) deps_.contacts->Enter(login.claims.account, facts.number);
  // Polls of the group that was left, or of none, continue with this one.
  deps_.polls.AnswerAllEmpty(login.room_polls, turn);
  return !group->is_complete;
}

// Ends

void GroupTable::Quit(std::uint64_t instance, const RoomId& group, ChannelTurn& turn) {
  Login* const leaving = deps_.logins.Find(instance);
  if (leaving == nullptr) return;
  leaving->is_new_in_groups = false;
  leaving->knows_group = true;
  if (!leaving->room || leaving->room->group->facts.room.id != group) return;
  Leave(*leaving);
  deps_.polls.AnswerAllEmpty(leaving->room_polls, turn);
}

void GroupTable::Leave(Login& login) {
  if (!login.room) return;
  Group& group = *login.room->group;
  // The last member takes the place of this one.
  group.members.back()->room->index = login.room->index;
  std::swap(group.members[login.room->index], group.members.back());
  group.members.pop_back();
  login.room.reset();
  if (deps_.contacts != nullptr) deps_.contacts->Leave(login.claims.account, group.facts.number);
  moved_.insert(login.claims.instance);
  if (!group.members.empty()) return;
  deps_.room_polls.Forget(group);
  groups_.erase(group.facts.number);
}

void GroupTable::EndMembership(const GroupMembership& membership, ChannelTurn& turn) {
  const Account* const account = deps_.logins.FindAccount(membership.account);
  if (account == nullptr) return;
  for (Login* const login : account->logins) {
    if (!login->IsIn(membership.room_number)) continue;
    if (membership.reason == LeaveReason::kLeft) {
      Quit(login->claims.instance, RoomId(login->room->group->facts.room.id), turn);
    } else {
      End(*login, turn);
    }
  }
}

/// The group sends one last notice; its polls then wait and carry nothing.
void GroupTable::End(Login& login, ChannelTurn& turn) {
  const GroupFacts facts = login.room->group->facts;
  Leave(login);
  deps_.account_polls.DropChanges(login, facts.number);
  deps_.account_polls.NotifyEnded(login, facts.room.id, turn);
}

void GroupTable::EndMemberships(
    const std::function<bool(const GroupFacts&, const UserId&)>& is_barred, ChannelTurn& turn) {
  std::vector<Login*> barred;
  for (const auto& [number, group] : groups_) {
    for (Login* const member : group->members) {
      if (is_barred(group->facts, member->claims.account)) barred.push_back(member);
    }
  }
  for (Login* const member : barred) End(*member, turn);
}

// Events

void GroupTable::OnMembersChanged(std::uint64_t room_number, ChannelTurn& turn) {
  const Group* const group = Find(room_number);
  if (group == nullptr) return;
  for (Login* const member : group->members) deps_.account_polls.NotifyChanged(*member, turn);
}

void GroupTable::OnRoomEnded(std::uint64_t room_number, ChannelTurn& turn) {
  const Group* const group = Find(room_number);
  if (group == nullptr) return;
  for (Login* const member : std::vector(group->members)) End(*member, turn);
}

void GroupTable::OnKicked(std::uint64_t room_number, const UserId& account, ChannelTurn& turn) {
  EndMembership({.room_number = room_number, .account = account, .reason = LeaveReason::kKicked},
                turn);
  OnMembersChanged(room_number, turn);
}

void GroupTable::OnEventsLost(ChannelTurn& turn) {
  for (const auto& [number, group] : groups_) OnMembersChanged(number, turn);
}

// Restarts

std::vector<GroupJoinChange> GroupTable::TakeJoinChanges() {
  std::vector<GroupJoinChange> changes;
  for (const std::uint64_t moved : std::exchange(moved_, {})) {
    GroupJoinChange& change = changes.emplace_back(GroupJoinChange{.instance = moved});
    const Login* const login = deps_.logins.Find(moved);
    if (login == nullptr || !login->room) continue;
    const GroupFacts& facts = login->room->group->facts;
    change.join = GroupJoin{.account = login->claims.account,
                            .logged_in = login->claims.logged_in,
                            .expires = login->claims.expires,
                            .room = facts.room,
                            .room_number = facts.number,
                            .joined_seq = login->room->joined_seq,
                            .serial = login->key_serial};
  }
  return changes;
}

void GroupTable::ReturnJoinChanges(std::span<const GroupJoinChange> changes) {
  for (const GroupJoinChange& change : changes) moved_.insert(change.instance);
}

}  // namespace rtcroom
