#include "daemon/channel/room_reader.h"

#include <algorithm>
#include <utility>

#include "daemon/channel/group_access_check.h"

namespace rtcroom {
namespace {

/// Of one read: while events are read, a few more may come.
constexpr std::size_t kEventsPerRead = 200;
/// Likewise: a message has up to 16 KiB, and no more is read than is sent.
constexpr std::size_t kMessagesPerRead = 16;

/// The objects of events and messages of one room, in the order of their times; each list stays in
/// its own order.
/// @param room  as for `MakeEventObject`.
std::vector<RoomObject> MergeObjects(const Room& room, const std::vector<StoredEvent>& events,
                                     std::vector<RoomObject> messages) {
  std::vector<RoomObject> objects;
  objects.reserve(events.size() + messages.size());
  auto event = events.begin();
  auto message = messages.begin();
  while (event != events.end() || message != messages.end()) {
    const bool is_event =
        message == messages.end() || (event != events.end() && event->event.at <= message->made_at);
    if (is_event) {
      objects.push_back(MakeEventObject(*event++, &room));
    } else {
      objects.push_back(std::move(*message++));
    }
  }
  return objects;
}

}  // namespace

Result<Room> RoomReader::Open(const UserId& user_id, RoomReach reach, const RoomKey& key) const {
  Result<Room> room = deps_.rooms.Load(key);
  if (!room) return room;
  if (!IsReached(reach, room->dialect)) return Error{Errc::kRoomNotFound, {}};
  const Status may = CheckGroupAccess(deps_.access, user_id, *room, deps_.rooms, deps_.bans);
  if (!may) return may.error();
  return room;
}

Result<std::uint64_t> RoomReader::NewestMessage(const UserId& user_id, RoomReach reach,
                                                const RoomKey& key,
                                                std::uint64_t room_number) const {
  if (deps_.access == GroupAccess::kMembers) {
    const Result<Room> room = Open(user_id, reach, key);
    if (!room) return room.error();
  }
  return deps_.history.NewestRoomMessage(room_number);
}

Result<RoomView> RoomReader::Read(const UserId& user_id, RoomReach reach, const RoomKey& key,
                                  std::string_view since) const {
  Result<Room> room = Open(user_id, reach, key);
  if (!room) return room.error();
  const Result<Cursor> newest = deps_.events.Newest();
  if (!newest) return newest.error();
  const Result<std::uint64_t> message = deps_.history.NewestRoomMessage(room->sequence);
  if (!message) return message.error();
  RoomView view{.room = *std::move(room)};
  view.cursor = {.epoch = newest->epoch,
                 .room_number = view.room.sequence,
                 .at = {.event = view.room.last_event, .message = *message}};
  if (const std::optional<RoomCursor> cursor = RoomCursor::Parse(since)) {
    if (const Status read = Recover(*cursor, view); !read) return read.error();
  }
  return view;
}

Status RoomReader::Recover(const RoomCursor& since, RoomView& view) const {
  const RoomPosition from = since.at;
  const RoomPosition to = view.cursor.at;
  if (since.epoch != view.cursor.epoch || since.room_number != view.cursor.room_number) return {};
  if (from.event > to.event || from.message > to.message) return {};
  const std::uint64_t missed_events = to.event - from.event;
  const std::uint64_t missed_messages = to.message - from.message;
  if (missed_events > kMaxEvents || missed_messages > kMaxEvents - missed_events) return {};

  std::vector<StoredEvent> events;
  if (missed_events > 0) {
    auto read = EventsSince(view.room, from.event);
    if (!read) return read.error();
    if (!*read) return {};
    events = **std::move(read);
  }
  auto messages = MessagesSince(view.room, from.message, static_cast<std::size_t>(missed_messages));
  if (!messages) return messages.error();
  if (!*messages) return {};
  const RoomPush missed(view.cursor.epoch, view.cursor.room_number,
                        MergeObjects(view.room, events, **std::move(messages)));
  RoomPush::Rendered rendered = missed.Render(from);
  std::size_t bytes = 0;
  for (const std::string& event : rendered.events) bytes += event.size() + 1;
  if (rendered.has_gap || rendered.at != to || bytes > kMaxEventBytes) return {};
  view.is_recovered = true;
  view.events = std::move(rendered.events);
  return {};
}

Result<std::optional<std::vector<RoomObject>>> RoomReader::MessagesSince(const Room& room,
                                                                         std::uint64_t since,
                                                                         std::size_t count) const {
  using Found = std::optional<std::vector<RoomObject>>;
  std::vector<RoomObject> messages;
  std::size_t bytes = 0;
  while (messages.size() < count) {
    const std::uint64_t next = since + messages.size() + 1;
    const std::size_t limit = std::min(count - messages.size(), kMessagesPerRead);
    auto page = deps_.history.ReadRoomMessages(room.sequence, next, limit);
    if (!page) return page.error();
    if (page->empty() || page->front().seq != next) return Found();
    for (const StoredMessage& message : *page) {
      messages.push_back(MakeMessageObject(room.key, message));
      bytes += messages.back().text.size();
      if (bytes > kMaxEventBytes) return Found();
    }
  }
  return Found(std::move(messages));
}

Result<std::optional<std::vector<StoredEvent>>> RoomReader::EventsSince(const Room& room,
                                                                        std::uint64_t since) const {
  using Found = std::optional<std::vector<StoredEvent>>;
  std::vector<StoredEvent> events;  // newest first
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
      events.push_back(std::move(event));
      --next;
      if (next == since) {
        std::ranges::reverse(events);
        return Found(std::move(events));
      }
    }
    if (page->size() < kEventsPerRead) return Found();
  }
}

Result<RoomMessages> RoomReader::ReadHistory(const Room& room, const HistoryQuery& query) const {
  const Result<std::uint64_t> newest = deps_.history.NewestRoomMessage(room.sequence);
  if (!newest) return newest.error();
  if (query.after) {
    if (*query.after >= *newest) return RoomMessages{.is_complete = true};
    auto read = deps_.history.ReadRoomMessages(room.sequence, *query.after + 1, query.limit);
    if (!read) return read.error();
    const bool is_complete = read->empty() || read->back().seq >= *newest;
    return RoomMessages{.messages = *std::move(read), .is_complete = is_complete};
  }
  const std::uint64_t end = std::min(query.before.value_or(*newest + 1), *newest + 1);
  const std::uint64_t first = end > query.limit ? std::max<std::uint64_t>(end - query.limit, 1) : 1;
  if (end <= first) return RoomMessages{.is_complete = true};
  auto read = deps_.history.ReadRoomMessages(room.sequence, first, query.limit);
  if (!read) return read.error();
  std::erase_if(*read, [end](const StoredMessage& message) { return message.seq >= end; });
  // Older ones than the oldest here were removed.
  const bool is_complete = first == 1 || read->empty() || read->front().seq > first;
  return RoomMessages{.messages = *std::move(read), .is_complete = is_complete};
}

}  // namespace rtcroom
