// What clients ask the message channel about: groups, histories and conversations.
#include <algorithm>
#include <functional>
#include <utility>

#include "daemon/channel/channel.h"
#include "daemon/channel/group_access_check.h"

namespace rtcroom {

Result<GroupInfo> Channel::FindGroup(const ChannelInstance& caller, const RoomId& group) {
  const Result<Room> room = FindRoom(caller, group);
  if (!room) return room.error();
  const Result<GroupFacts> facts = FactsOf(*room);
  if (!facts) return facts.error();
  const MutexLock lock(mutex_);
  return GroupInfo{.room = room->key,
                   .owner = room->creator,
                   .name = room->info,
                   .created_at = room->created_at,
                   .next_seq = facts->last_seq + 1,
                   .members = state_.groups().CountMembers(facts->number)};
}

Result<GroupFacts> Channel::JoinedGroup(const ChannelInstance& caller, const RoomId& group) {
  const Error not_joined{Errc::kNotAllowed, "not in the group"};
  {
    const MutexLock lock(mutex_);
    const Login* const login = state_.logins().Find(caller.instance);
    if (login != nullptr && login->room) {
      const GroupFacts& facts = login->room->group->facts;
      if (facts.room.id == group) return facts;
    }
    if (login != nullptr && login->knows_group) return not_joined;
  }
  // The next poll's key may lead there, unless the account may not be in that group.
  const Result<Room> room = FindRoom(caller, group);
  const Status may =
      room ? CheckGroupAccess(options_.access, caller.account, *room, deps_.rooms, deps_.bans)
           : room.error();
  if (!may && IsRefusal(may.error().code)) return not_joined;
  return Error{Errc::kStoreBusy, "the login's group is not known yet"};
}

Result<GroupMembers> Channel::Members(const ChannelInstance& caller, const RoomId& group,
                                      std::size_t limit) {
  const Result<GroupFacts> facts = JoinedGroup(caller, group);
  if (!facts) return facts.error();
  const MutexLock lock(mutex_);
  return GroupMembers{.count = state_.groups().CountMembers(facts->number),
                      .members = state_.groups().Members(facts->number, limit)};
}

std::vector<UserId> Channel::UsersIn(std::uint64_t room_number, std::size_t limit) const {
  std::vector<UserId> users;
  const MutexLock lock(mutex_);
  for (GroupMember& member : state_.groups().Members(room_number, limit)) {
    users.push_back(std::move(member.account));
  }
  return users;
}

std::size_t Channel::CountIn(std::uint64_t room_number) const {
  const MutexLock lock(mutex_);
  return state_.groups().CountMembers(room_number);
}

bool Channel::IsPolling(std::uint64_t room_number, const UserId& account) const {
  const MonotonicTime now = deps_.clock.Monotonic();
  const MutexLock lock(mutex_);
  const Account* const found = state_.logins().FindAccount(account);
  return found != nullptr && found->IsPolling(room_number, now);
}

Result<std::vector<bool>> Channel::AreMembers(const ChannelInstance& caller, const RoomId& group,
                                              std::span<const UserId> accounts) {
  const Result<Room> room = FindRoom(caller, group);
  if (!room) return room.error();
  std::vector<bool> are_members;
  const MutexLock lock(mutex_);
  for (const UserId& account : accounts) {
    const Account* const found = state_.logins().FindAccount(account);
    are_members.push_back(found != nullptr && found->IsIn(room->sequence));
  }
  return are_members;
}

Result<std::vector<StoredMessage>> Channel::GroupHistory(const ChannelInstance& caller,
                                                         const RoomId& group,
                                                         std::optional<std::uint64_t> newest,
                                                         std::size_t limit) {
  const Result<GroupFacts> facts = JoinedGroup(caller, group);
  if (!facts) return facts.error();
  if (const Status may = CheckAccess(caller.account, facts->room, facts->number); !may) {
    return may.error();
  }
  // The feed may not have brought a message yet whose sender asks for it.
  const Result<std::uint64_t> stored = deps_.history.NewestRoomMessage(facts->number);
  if (!stored) return stored.error();
  const std::uint64_t last = std::min(newest.value_or(*stored), *stored);
  const std::uint64_t first = last > limit ? last - limit + 1 : 1;
  auto messages = deps_.history.ReadRoomMessages(facts->number, first, limit);
  if (!messages) return messages;
  std::erase_if(*messages, [last](const StoredMessage& message) { return message.seq > last; });
  std::ranges::reverse(*messages);
  return messages;
}

Result<DirectPage> Channel::DirectHistory(const UserId& account, const UserId& peer,
                                          std::optional<std::uint64_t> before, MessageReads reads) {
  DirectPage page;
  for (std::uint64_t limit = reads.Next(); limit > 0; limit = reads.Next()) {
    // One more shows whether this is the last.
    auto read = deps_.history.ReadDirectMessages(account, peer, before, limit + 1);
    if (!read) return read.error();
    page.is_last = read->size() <= limit;
    if (!page.is_last) read->pop_back();
    for (StoredMessage& message : *read) {
      if (!reads.Take(message)) {
        page.is_last = false;
        return page;
      }
      before = message.position;
      page.messages.push_back(std::move(message));
    }
    if (page.is_last) break;
  }
  return page;
}

Result<std::vector<StoredMessage>> Channel::PendingMessages(const UserId& account) {
  // A message that this read leaves out is removed once the account confirms a later one. So a wall
  // clock that is ahead for seconds must not decide alone which messages are too old.
  const TimePoint now = std::min(deps_.clock.Now(), deps_.removal.Now());
  const TimePoint since = std::max(now, TimePoint(options_.direct_ttl)) - options_.direct_ttl;
  return deps_.history.ReadPendingMessages(account, since, options_.max_inbox);
}

void Channel::ConfirmDirect(const UserId& account, std::uint64_t position) {
  const MutexLock lock(mutex_);
  std::uint64_t& newest = unsettled_[account];
  newest = std::max(newest, position);
}

std::uint64_t Channel::ResumeDirect(const UserId& account, std::uint64_t position) {
  if (position == 0) return 0;
  const Result<std::uint64_t> newest = deps_.log.NewestMessage();
  if (newest) position = std::min(position, *newest);
  ConfirmDirect(account, position);
  return position;
}

Result<std::vector<Conversation>> Channel::Conversations(const ChannelInstance& caller,
                                                         std::size_t limit) {
  std::vector<GroupFacts> groups;
  {
    const MutexLock lock(mutex_);
    const Login* const login = state_.logins().Find(caller.instance);
    if (login != nullptr && login->room) groups = {login->room->group->facts};
  }
  if (!groups.empty()) {
    const Status may = CheckAccess(caller.account, groups[0].room, groups[0].number);
    if (!may && !IsRefusal(may.error().code)) return may.error();
    if (!may) groups.clear();
  }
  return Conversations(caller.account, groups, limit);
}

Result<std::vector<Conversation>> Channel::Conversations(const UserId& account,
                                                         std::span<const GroupFacts> groups,
                                                         std::size_t limit) {
  auto messages = deps_.history.ReadConversations(account, limit);
  if (!messages) return messages.error();
  const auto pending = PendingMessages(account);
  if (!pending) return pending.error();
  std::vector<Conversation> conversations;
  for (const GroupFacts& group : groups) {
    if (group.last_seq == 0) continue;
    auto newest = deps_.history.ReadRoomMessages(group.number, group.last_seq, 1);
    if (!newest) return newest.error();
    if (newest->empty()) continue;
    conversations.push_back({.room = group.room, .newest = std::move(newest->front())});
  }
  for (StoredMessage& message : *messages) {
    const UserId& sender = message.content.sender;
    const UserId& peer = sender == account ? message.receiver : sender;
    const auto unread = std::ranges::count_if(
        *pending, [&peer](const StoredMessage& waiting) { return waiting.content.sender == peer; });
    conversations.push_back(
        {.newest = std::move(message), .unread = static_cast<std::size_t>(unread)});
  }
  std::ranges::sort(conversations, std::greater(),
                    [](const Conversation& conversation) { return conversation.newest.position; });
  if (conversations.size() > limit) conversations.resize(limit);
  return conversations;
}

}  // namespace rtcroom
