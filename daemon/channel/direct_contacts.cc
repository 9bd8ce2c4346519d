#include "daemon/channel/direct_contacts.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

namespace rtcroom {
namespace {

constexpr std::size_t kRoomsPerRead = 500;

}  // namespace

Status DirectContacts::Load() {
  MembersByRoom by_room;
  RolesByUser roles;
  std::uint64_t after = 0;
  while (true) {
    const Result<RoomPage> page = rooms_.ScanMembers(after, kRoomsPerRead);
    if (!page) return page.error();
    for (const Room& room : page->rooms) {
      after = room.sequence;
      Members& members = by_room[room.sequence];
      members.creator = room.creator;
      ++roles[room.creator];
      for (const Pusher& pusher : room.pushers) {
        members.pushers.push_back(pusher.user_id);
        ++roles[pusher.user_id];
      }
    }
    if (page->rooms.size() < kRoomsPerRead) break;
  }
  const MutexLock lock(mutex_);
  rooms_by_number_ = std::move(by_room);
  roles_ = std::move(roles);
  return {};
}

void DirectContacts::OnEvents(std::span<const StoredEvent> events) {
  const MutexLock lock(mutex_);
  for (const StoredEvent& event : events) Apply(event);
}

void DirectContacts::Apply(const StoredEvent& event) {
  const EventPayload& payload = event.event.payload;
  if (std::holds_alternative<RoomDestroyed>(payload)) {
    const auto room = rooms_by_number_.find(event.room_number);
    if (room == rooms_by_number_.end()) return;
    SetCreator(room->second, {});
    for (const UserId& pusher : room->second.pushers) Remove(pusher);
    rooms_by_number_.erase(room);
  } else if (const auto* const created = std::get_if<RoomCreated>(&payload)) {
    SetCreator(rooms_by_number_[event.room_number], created->creator);
  } else if (const auto* const activated = std::get_if<RoomActivated>(&payload)) {
    SetCreator(rooms_by_number_[event.room_number], activated->creator);
  } else if (const auto* const added = std::get_if<PusherAdded>(&payload)) {
    Members& members = rooms_by_number_[event.room_number];
    if (std::ranges::find(members.pushers, added->user_id) != members.pushers.end()) return;
    members.pushers.push_back(added->user_id);
    ++roles_[added->user_id];
  } else if (const auto* const deleted = std::get_if<PusherDeleted>(&payload)) {
    Members& members = rooms_by_number_[event.room_number];
    if (!deleted->new_creator.value.empty()) SetCreator(members, deleted->new_creator);
    if (std::erase(members.pushers, deleted->user_id) > 0) Remove(deleted->user_id);
  }
}

void DirectContacts::SetCreator(Members& members, const UserId& creator) {
  if (!members.creator.value.empty()) Remove(members.creator);
  members.creator = creator;
  if (!creator.value.empty()) ++roles_[creator];
}

void DirectContacts::Remove(const UserId& user) {
  const auto role = roles_.find(user);
  if (role != roles_.end() && --role->second == 0) roles_.erase(role);
}

void DirectContacts::Enter(const UserId& account, std::uint64_t room_number) {
  const MutexLock lock(mutex_);
  std::vector<GroupOf>& groups = groups_[account];
  auto group = std::ranges::find(groups, room_number, &GroupOf::room_number);
  if (group == groups.end()) {
    if (groups.size() == kMaxGroups) {
      groups.erase(std::ranges::min_element(groups, {}, [](const GroupOf& one) {
        return one.instances > 0 ? MonotonicTime::max() : one.left;
      }));
    }
    group = groups.insert(groups.end(), {.room_number = room_number});
  }
  ++group->instances;
}

void DirectContacts::Leave(const UserId& account, std::uint64_t room_number) {
  const MonotonicTime now = clock_.Monotonic();
  const MutexLock lock(mutex_);
  const auto of_account = groups_.find(account);
  if (of_account == groups_.end()) return;
  std::vector<GroupOf>& groups = of_account->second;
  const auto group = std::ranges::find(groups, room_number, &GroupOf::room_number);
  if (group == groups.end() || group->instances == 0 || --group->instances > 0) return;
  group->left = now;
}

void DirectContacts::OnTick() {
  const MonotonicTime now = clock_.Monotonic();
  const MutexLock lock(mutex_);
  if (now < next_look_) return;
  next_look_ = now + kKeptFor;
  for (auto of_account = groups_.begin(); of_account != groups_.end();) {
    std::vector<GroupOf>& groups = of_account->second;
    std::erase_if(groups, [now](const GroupOf& group) { return !IsKnown(group, now); });
    of_account = groups.empty() ? groups_.erase(of_account) : std::next(of_account);
  }
}

bool DirectContacts::IsKnown(const GroupOf& group, MonotonicTime now) {
  return group.instances > 0 || now < group.left + kKeptFor;
}

bool DirectContacts::MayReach(const UserId& sender, const UserId& receiver) const {
  const MonotonicTime now = clock_.Monotonic();
  const MutexLock lock(mutex_);
  if (roles_.contains(receiver)) return true;
  const auto one = groups_.find(sender);
  const auto other = groups_.find(receiver);
  if (one == groups_.end() || other == groups_.end()) return false;
  return std::ranges::any_of(one->second, [&](const GroupOf& group) {
    const std::vector<GroupOf>& others = other->second;
    const auto same = std::ranges::find(others, group.room_number, &GroupOf::room_number);
    return same != others.end() && IsKnown(group, now) && IsKnown(*same, now);
  });
}

}  // namespace rtcroom
