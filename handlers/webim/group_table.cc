#include "handlers/webim/group_table.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "daemon/core/room_deliveries.h"

namespace rtcroom {

Group* GroupTable::Find(std::uint64_t room_number) const {
  const auto found = groups_.find(room_number);
  return found == groups_.end() ? nullptr : found->second.get();
}

// Joins

void GroupTable::Join(std::uint64_t instance, const GroupFacts& facts, std::uint64_t first,
                      std::string key, WebimTurn& turn) {
  WebimLogin* const joining = deps_.logins.Find(instance);
  if (joining == nullptr) return;
  // A client that has polled already begins another loop.
  const bool is_first = std::exchange(joining->is_new_in_groups, false) && !joining->room;
  if (!is_first) deps_.polls.MarkShared(joining->room_polls, turn.now);
  Enter(*joining, facts, first, std::move(key), turn);
}

void GroupTable::Rejoin(std::uint64_t instance, const GroupFacts& facts, std::uint64_t first,
                        std::string key, std::uint64_t serial, WebimTurn& turn) {
  WebimLogin* const joining = deps_.logins.Find(instance);
  if (joining == nullptr || !joining->IsLedBackBy(serial)) return;
  joining->key_serial = serial;
  // There was a poll with an older key.
  if (joining->room) deps_.polls.MarkShared(joining->room_polls, turn.now);
  Enter(*joining, facts, first, std::move(key), turn);
}

void GroupTable::FailRejoin(std::uint64_t instance, std::uint64_t serial, WebimTurn& turn) {
  WebimLogin* const found = deps_.logins.Find(instance);
  if (found == nullptr || !found->is_new_in_groups || found->key_serial > serial) return;
  if (found->key_serial == serial) Leave(*found, turn);  // it had entered
  found->key_serial = std::min(found->key_serial, serial - 1);
  found->knows_group = false;
}

void GroupTable::Restore(WebimLogin& login, const GroupJoin& join, const GroupFacts* facts,
                         std::string key, WebimTurn& turn) {
  login.is_new_in_groups = false;
  login.key_serial = join.serial;
  if (facts == nullptr) {
    login.knows_group = true;
    moved_.insert(login.claims.instance);
    return deps_.account_polls.NotifyEnded(login, join.room.id, turn);
  }
  Enter(login, *facts, join.joined_seq, std::move(key), turn);
  deps_.account_polls.NotifyChanged(login, turn);
}

void GroupTable::Enter(WebimLogin& login, const GroupFacts& facts, std::uint64_t first,
                       std::string key, WebimTurn& turn) {
  moved_.insert(login.claims.instance);
  login.knows_group = true;
  if (login.IsIn(facts.number)) {
    login.room->key = std::move(key);  // the position stays
    login.room->joined_seq = first;
    return;
  }
  Leave(login, turn);
  std::unique_ptr<Group>& group = groups_[facts.number];
  if (!group) {
    group = std::make_unique<Group>();
    group->facts = facts;
  }
  // The store may be ahead of the group; what precedes the join is not given.
  const std::uint64_t last_seq = std::max(facts.last_seq, group->facts.last_seq);
  login.room = Membership{.group = group.get(),
                          .place = group->logins.size(),
                          .joined_at = turn.wall,
                          .joined_seq = first,
                          .key = std::move(key),
                          .confirmed = std::min(first, last_seq + 1)};
  group->logins.push_back(&login);
  turn.moved.push_back(login.client);
  // Polls of the group that was left, or of none, continue with this one.
  deps_.polls.AnswerAllEmpty(login.room_polls, turn);
}

void GroupTable::Hear(WebimLogin& login, std::uint64_t room_number) {
  if (!login.IsIn(room_number)) return;
  if (!std::exchange(login.room->is_hearing, true)) ++login.room->group->hearing;
}

void GroupTable::Complete(std::uint64_t room_number, std::uint64_t last_seq, std::uint64_t silences,
                          WebimTurn& turn) {
  Group* const group = Find(room_number);
  if (group == nullptr) return;
  deps_.room_polls.AdvanceTo(*group, last_seq, turn);
  group->is_complete = group->hearing > 0 && silences == silences_;
}

// Ends

void GroupTable::Quit(std::uint64_t instance, const RoomId& group, WebimTurn& turn) {
  WebimLogin* const leaving = deps_.logins.Find(instance);
  if (leaving == nullptr) return;
  leaving->is_new_in_groups = false;
  leaving->knows_group = true;
  if (!leaving->room || leaving->room->group->facts.room.id != group) return;
  Leave(*leaving, turn);
  deps_.polls.AnswerAllEmpty(leaving->room_polls, turn);
}

void GroupTable::Leave(WebimLogin& login, WebimTurn& turn) {
  if (!login.room) return;
  Group& group = *login.room->group;
  if (login.room->is_hearing && --group.hearing == 0) {
    group.is_complete = false;
    ++silences_;
  }
  group.waiting.erase(&login);
  // The last one takes its place.
  group.logins.back()->room->place = login.room->place;
  group.logins[login.room->place] = group.logins.back();
  group.logins.pop_back();
  login.room.reset();
  moved_.insert(login.claims.instance);
  turn.moved.push_back(login.client);
  if (!group.logins.empty()) return;
  deps_.room_polls.Forget(group);
  groups_.erase(group.facts.number);
}

void GroupTable::End(std::uint64_t instance, std::uint64_t room_number, LeaveReason reason,
                     WebimTurn& turn) {
  WebimLogin* const login = deps_.logins.Find(instance);
  if (login == nullptr || !login->IsIn(room_number)) return;
  const RoomId group = login->room->group->facts.room.id;
  if (reason == LeaveReason::kLeft) return Quit(instance, group, turn);
  if (reason == LeaveReason::kRoomDestroyed) {
    // Who joined too late to hear of the end asks the store with the next poll.
    login->room->group->is_complete = false;
    ++silences_;
  }
  // The group sends one last notice; its polls then wait and carry nothing.
  Leave(*login, turn);
  deps_.account_polls.DropChanges(*login, room_number);
  deps_.account_polls.NotifyEnded(*login, group, turn);
}

// Events

void GroupTable::OnEvent(WebimLogin& login, const RoomEvent& event, WebimTurn& turn) {
  const auto* const left = std::get_if<PusherDeleted>(&event.payload);
  const bool is_kick = left != nullptr && left->reason == LeaveReason::kKicked;
  if (is_kick && left->user_id == login.claims.account) {
    End(login.claims.instance, login.room->group->facts.number, LeaveReason::kKicked, turn);
  } else if (ChangesPushers(event)) {
    deps_.account_polls.NotifyChanged(login, turn);
  }
}

void GroupTable::OnEventsLost(WebimLogin& login, WebimTurn& turn) {
  if (!login.room) return;
  login.room->group->is_complete = false;
  ++silences_;
  deps_.account_polls.NotifyChanged(login, turn);
  deps_.polls.AnswerAllEmpty(login.room_polls, turn);
}

// Restarts

std::vector<GroupJoinChange> GroupTable::TakeJoinChanges() {
  std::vector<GroupJoinChange> changes;
  for (const std::uint64_t moved : std::exchange(moved_, {})) {
    GroupJoinChange& change = changes.emplace_back(GroupJoinChange{.instance = moved});
    const WebimLogin* const login = deps_.logins.Find(moved);
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
