// What the channel holds in memory: messages of groups, inboxes, and how they are given up.
#include <algorithm>
#include <utility>

#include "daemon/channel/channel_state.h"

namespace rtcroom {

void ChannelState::AddToTail(Group& group, Message message) {
  if (group.tail.empty()) {
    group.by_message = by_message_.insert(by_message_.end(), &group);
  } else {
    by_message_.splice(by_message_.end(), by_message_, group.by_message);
  }
  group.tail_bytes += message.entry.size();
  tail_bytes_ += message.entry.size() + kEntryBytes;
  group.tail.push_back(std::move(message));
  while (group.tail.size() > 1 &&
         (group.tail.size() > options_.tail || group.tail_bytes > options_.max_bytes)) {
    const std::size_t oldest = group.tail.front().entry.size();
    group.tail_bytes -= oldest;
    tail_bytes_ -= oldest + kEntryBytes;
    group.tail.pop_front();
  }
}

void ChannelState::ClearTail(Group& group) {
  if (group.tail.empty()) return;
  tail_bytes_ -= group.tail_bytes + (group.tail.size() * kEntryBytes);
  by_message_.erase(group.by_message);
  std::deque<Message>().swap(group.tail);
  group.tail_bytes = 0;
}

/// Call it after each change of the inbox.
void ChannelState::CountInbox(Instance& instance) {
  std::size_t bytes = 0;
  bool has_directs = false;
  for (const Notice& notice : instance.inbox) {
    bytes += kEntryBytes + notice.entry.size();
    has_directs = has_directs || notice.position > 0;
  }
  inbox_bytes_ += bytes - std::exchange(instance.inbox_bytes, bytes);  // modulo 2^n
  if (has_directs == instance.by_wait.has_value()) return;
  if (has_directs) {
    instance.by_wait = by_wait_.insert(by_wait_.end(), &instance);
  } else {
    by_wait_.erase(*std::exchange(instance.by_wait, std::nullopt));
  }
}

/// They are still pending in the store, from which the next poll reads those that it does not
/// confirm.
void ChannelState::DropDirects(Instance& instance) {
  for (const Notice& notice : instance.inbox) {
    if (notice.position > 0 && notice.given > 0) {
      instance.dropped = {.number = notice.given, .position = notice.position};
    }
  }
  std::erase_if(instance.inbox, [](const Notice& notice) { return notice.position > 0; });
  instance.needs_pending = true;
  CountInbox(instance);
}

void ChannelState::Shrink(std::size_t most) {
  while (held_bytes() > most) {
    if (!by_message_.empty() && (by_wait_.empty() || tail_bytes_ >= inbox_bytes_)) {
      ClearTail(*by_message_.front());
    } else if (!by_wait_.empty()) {
      DropDirects(*by_wait_.front());
    } else if (!by_use_.empty()) {
      Forget(*by_use_.front());
    } else {
      return;
    }
  }
}

}  // namespace rtcroom
