#include "daemon/channel/room_reader.h"

#include <algorithm>
#include <ranges>
#include <set>
#include <string>
#include <utility>
#include <variant>

#include "daemon/channel/group_access_check.h"
#include "daemon/channel/room_push.h"

namespace rtcroom {
namespace {

/// Events of one read: while they are read, a few more may come.
constexpr std::size_t kEventsPerRead = 200;
/// Events that are read to leave out older changes of custom fields and of the number of viewers.
constexpr std::uint64_t kMaxEventsRead = 2 * RoomReader::kMaxEvents;
/// Messages in place of those that cannot all be sent.
constexpr std::size_t kMaxMissedBytes = std::size_t{64} << 10;

}  // namespace

Result<Room> RoomReader::Open(const UserId& user_id, RoomReach reach, const RoomKey& key) const {
  Result<Room> room = deps_.rooms.Load(key);
  if (!room) return room;
  if (!IsReached(reach, room->dialect)) return Error{Errc::kRoomNotFound, {}};
  const Status may = CheckGroupAccess(access_, user_id, *room, deps_.rooms, deps_.bans);
  if (!may) return may.error();
  return room;
}

Result<std::uint64_t> RoomReader::NewestMessage(const UserId& user_id, RoomReach reach,
                                                const RoomKey& key,
                                                std::uint64_t room_number) const {
  if (access_ == GroupAccess::kMembers) {
    const Result<Room> room = Open(user_id, reach, key);
    if (!room) return room.error();
  }
  return deps_.messages.NewestRoomMessage(room_number);
}

Result<RoomView> RoomReader::Read(const UserId& user_id, RoomReach reach, const RoomKey& key,
                                  std::string_view since) const {
  Result<Room> room = Open(user_id, reach, key);
  if (!room) return room.error();
  const Result<Cursor> newest = deps_.events.Newest();
  if (!newest) return newest.error();
  const Result<std::uint64_t> message = deps_.messages.NewestRoomMessage(room->sequence);
  if (!message) return message.error();
  RoomView view{.room = *std::move(room)};
  view.cursor = {.epoch = newest->epoch,
                 .room_number = view.room.sequence,
                 .at = {.event = view.room.last_event, .message = *message}};
  if (!since.empty()) {
    const RoomCursor cursor = RoomCursor::Parse(since).value_or(RoomCursor());
    if (const Status read = Recover(cursor, view); !read) return read.error();
  }
  return view;
}

Status RoomReader::Recover(const RoomCursor& since, RoomView& view) const {
  const RoomPosition from = since.at;
  const RoomPosition to = view.cursor.at;
  view.missed = MissedMessages{.to = to.message};
  if (since.epoch != view.cursor.epoch || since.room_number != view.cursor.room_number) return {};
  if (from.event > to.event || from.message > to.message) return {};
  const bool may_fit =
      to.event - from.event <= kMaxEventsRead && to.message - from.message <= kMaxMessages;
  auto messages = NewestMessages(view.room, from.message, to.message,
                                 {kMaxMessages, may_fit ? kMaxEventBytes : kMaxMissedBytes});
  if (!messages) return messages.error();
  view.missed = {
      .from = from.message + 1, .to = to.message, .newest = std::move(messages->messages)};
  if (!may_fit || view.missed->newest->size() < to.message - from.message) return {};

  auto events = EventsSince(view.room, from.event);
  if (!events) return events.error();
  view.events = *std::move(events);
  view.since = from;
  return {};
}

Result<MessagePage> RoomReader::NewestMessages(const Room& room, std::uint64_t since,
                                               std::uint64_t newest, MessageReads reads) const {
  MessagePage found;               // newest first
  std::uint64_t end = newest + 1;  // before the oldest of them
  while (true) {
    const std::uint64_t limit = std::min(end - since - 1, reads.Next());
    if (limit == 0) break;
    const std::uint64_t first = end - limit;
    auto page = deps_.messages.ReadRoomMessages(room.sequence, first, limit);
    if (!page) return page.error();
    for (StoredMessage& message : std::views::reverse(*page)) {
      if (message.seq >= end) continue;  // in place of one that was removed
      if (!reads.Take(message)) break;
      end = message.seq;
      found.messages.push_back(std::move(message));
    }
    // Older ones than the oldest here were removed, or do not fit.
    if (end > first) {
      found.is_complete = reads.Next() > 0;
      break;
    }
  }
  found.is_complete = found.is_complete || end <= since + 1;
  std::ranges::reverse(found.messages);
  return found;
}

Result<MessagePage> RoomReader::OldestMessages(const Room& room, std::uint64_t after,
                                               MessageReads reads) const {
  MessagePage found;
  for (std::uint64_t limit = reads.Next(); limit > 0; limit = reads.Next()) {
    auto page = deps_.messages.ReadRoomMessages(room.sequence, after + 1, limit);
    if (!page) return page.error();
    for (StoredMessage& message : *page) {
      if (!reads.Take(message)) return found;
      after = message.seq;
      found.messages.push_back(std::move(message));
    }
    if (page->size() < limit) break;
  }
  return found;
}

Result<std::optional<std::vector<StoredEvent>>> RoomReader::EventsSince(const Room& room,
                                                                        std::uint64_t since) const {
  using Found = std::optional<std::vector<StoredEvent>>;
  std::vector<StoredEvent> events;  // newest first
  if (since == room.last_event) return Found(std::move(events));
  std::set<std::string> changed;  // fields of which a later change is among them
  bool has_count = false;         // of viewers: a later one is among them
  std::optional<std::uint64_t> before;
  std::uint64_t next = 0;  // the number that the next one must have
  while (true) {
    auto page = deps_.events.ReadRoomEvents(room.key, before, kEventsPerRead);
    if (!page) return page.error();
    for (StoredEvent& event : *page) {
      before = event.position;
      const std::uint64_t number = event.event.room_sequence;
      const bool is_of_room = event.room_number == room.sequence || event.room_number == 0;
      if (next == 0) {
        // A later room of that name, or an event that came after the room was read.
        if (!is_of_room || number > room.last_event) continue;
        next = room.last_event;
      }
      if (!is_of_room || number != next) return Found();
      const auto* const change = std::get_if<CustomChanged>(&event.event.payload);
      const bool is_replaced = (change != nullptr && !changed.insert(change->field).second) ||
                               (ToldAudienceCount(event.event) && std::exchange(has_count, true));
      if (!is_replaced) events.push_back(std::move(event));
      if (events.size() > kMaxEvents) return Found();
      --next;
      if (next == since) {
        std::ranges::reverse(events);
        return Found(std::move(events));
      }
    }
    if (page->size() < kEventsPerRead) return Found();
  }
}

Result<MessagePage> RoomReader::ReadHistory(const Room& room, const HistoryQuery& query) const {
  const Result<std::uint64_t> newest = deps_.messages.NewestRoomMessage(room.sequence);
  if (!newest) return newest.error();
  const MessageReads reads(query.limit, query.max_bytes);
  if (!query.after) {
    const std::uint64_t end = std::min(query.before.value_or(*newest + 1), *newest + 1);
    if (end == 0) return MessagePage{.is_complete = true};
    return NewestMessages(room, 0, end - 1, reads);
  }
  if (*query.after >= *newest) return MessagePage{.is_complete = true};
  Result<MessagePage> found = OldestMessages(room, *query.after, reads);
  if (!found) return found;
  found->is_complete = found->messages.empty() || found->messages.back().seq >= *newest;
  return found;
}

}  // namespace rtcroom
