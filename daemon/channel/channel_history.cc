#include "daemon/channel/channel_history.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace rtcroom {

Result<std::vector<StoredMessage>> ChannelHistory::OfGroup(const UserId& account,
                                                           const GroupFacts& group,
                                                           std::optional<std::uint64_t> newest,
                                                           std::size_t limit) {
  if (const Status may = groups_.CheckAccess(account, group.room, group.number); !may) {
    return may.error();
  }
  // The feed may not have brought a message yet whose sender asks for it.
  const Result<std::uint64_t> stored = core_.deps.messages.NewestRoomMessage(group.number);
  if (!stored) return stored.error();
  const std::uint64_t last = std::min(newest.value_or(*stored), *stored);
  const std::uint64_t first = last > limit ? last - limit + 1 : 1;
  auto messages = core_.deps.messages.ReadRoomMessages(group.number, first, limit);
  if (!messages) return messages;
  std::erase_if(*messages, [last](const StoredMessage& message) { return message.seq > last; });
  std::ranges::reverse(*messages);
  return messages;
}

Result<MessagePage> ChannelHistory::OfDirect(const UserId& account, const UserId& peer,
                                             std::optional<std::uint64_t> before,
                                             MessageReads reads) {
  MessagePage page;
  for (std::uint64_t limit = reads.Next(); limit > 0; limit = reads.Next()) {
    // One more shows whether this is the last.
    auto read = core_.deps.messages.ReadDirectMessages(account, peer, before, limit + 1);
    if (!read) return read.error();
    page.is_complete = read->size() <= limit;
    if (!page.is_complete) read->pop_back();
    for (StoredMessage& message : *read) {
      if (!reads.Take(message)) {
        page.is_complete = false;
        return page;
      }
      before = message.position;
      page.messages.push_back(std::move(message));
    }
    if (page.is_complete) break;
  }
  return page;
}

Result<std::vector<Conversation>> ChannelHistory::Conversations(const UserId& account,
                                                                std::span<const GroupFacts> groups,
                                                                std::size_t limit) {
  auto messages = core_.deps.messages.ReadConversations(account, limit);
  if (!messages) return messages.error();
  const auto pending = PendingMessages(account);
  if (!pending) return pending.error();
  std::vector<Conversation> conversations;
  for (const GroupFacts& group : groups) {
    if (group.last_seq == 0) continue;
    auto newest = core_.deps.messages.ReadRoomMessages(group.number, group.last_seq, 1);
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

Result<std::vector<StoredMessage>> ChannelHistory::PendingMessages(const UserId& account) {
  // A message that this read leaves out is removed once the account confirms a later one. So a wall
  // clock that is ahead for seconds must not decide alone which messages are too old.
  const TimePoint now = std::min(core_.deps.clock.Now(), core_.deps.removal.Now());
  const TimePoint since =
      std::max(now, TimePoint(core_.options.direct_ttl)) - core_.options.direct_ttl;
  return core_.deps.messages.ReadPendingMessages(account, since, core_.options.max_inbox);
}

void ChannelHistory::ConfirmDirect(const UserId& account, std::uint64_t position) {
  const MutexLock lock(core_.mutex);
  core_.Settle(account, position);
}

Result<std::uint64_t> ChannelHistory::ResumeDirect(const UserId& account, std::uint64_t position) {
  if (position == 0) return position;
  const Result<std::uint64_t> newest = core_.deps.messages.NewestMessage();
  if (!newest) return newest.error();
  position = std::min(position, *newest);
  ConfirmDirect(account, position);
  return position;
}

void ChannelHistory::Save() {
  const std::vector<ReceivedMessages> received = core_.TakeSettled();
  // After a failure the messages are sent again to the next login.
  if (!received.empty()) (void)core_.deps.messages.SettleMessages(received);
}

}  // namespace rtcroom
