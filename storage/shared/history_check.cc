#include "storage/shared/history_check.h"

#include <algorithm>
#include <utility>
#include <variant>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace rtcroom {
namespace {

template <typename Members>
std::vector<std::string> IdsOf(const Members& members) {
  std::vector<std::string> ids;
  ids.reserve(members.size());
  for (const auto& member : members) ids.push_back(member.user_id.value);
  return ids;
}

bool Contains(const std::vector<std::string>& ids, const UserId& user_id) {
  return std::ranges::find(ids, user_id.value) != ids.end();
}

}  // namespace

std::string NameOfRoom(const RoomKey& key) {
  return fmt::format("{} room {}", RoomKindName(key.kind), key.id.value);
}

/// Applies an event to a room whose history is complete; false when the event is impossible.
struct HistoryCheck::ApplyEvent {
  ReplayedRoom& room;

  bool operator()(const RoomCreated& created) const {
    room.creator = created.creator.value;
    if (created.is_group) room.custom.clear();
    return room.last_event == 1;
  }
  bool operator()(const RoomActivated& activated) const {
    room.creator = activated.creator.value;
    return room.pushers.empty();
  }
  bool operator()(const PusherAdded& added) const {
    if (Contains(room.pushers, added.user_id)) return false;
    room.pushers.push_back(added.user_id.value);
    return true;
  }
  bool operator()(const PusherUpdated& updated) const {
    return Contains(room.pushers, updated.user_id);
  }
  bool operator()(const PusherDeleted& deleted) const {
    if (std::erase(room.pushers, deleted.user_id.value) != 1) return false;
    if (deleted.new_creator.value.empty()) return true;
    room.creator = deleted.new_creator.value;
    return Contains(room.pushers, deleted.new_creator);
  }
  bool operator()(const AudienceAdded& added) const {
    // A viewer with a changed profile keeps its place, and one that begins another stay does not.
    if (added.begins_stay) std::erase(room.viewers, added.user_id.value);
    if (!Contains(room.viewers, added.user_id)) room.viewers.push_back(added.user_id.value);
    return !room.pushers.empty();
  }
  bool operator()(const AudienceDeleted& deleted) const {
    return std::erase(room.viewers, deleted.user_id.value) == 1;
  }
  bool operator()(const CustomChanged& changed) const {
    if (changed.field.empty()) {
      room.custom = changed.value;
      room.fields.clear();
      return !room.pushers.empty();
    }
    const auto known =
        std::ranges::find(room.fields, changed.field, &std::pair<std::string, std::string>::first);
    if (known == room.fields.end()) {
      room.fields.emplace_back(changed.field, changed.value);
    } else {
      known->second = changed.value;
    }
    return !room.pushers.empty();
  }
  bool operator()(const RoomDestroyed&) const { return room.pushers.empty(); }
};

void HistoryCheck::Take(const StoredEvent& stored, std::uint64_t previous) {
  const RoomEvent& event = stored.event;
  const std::uint64_t last = std::exchange(last_position_, stored.position);
  if (stored.position != last + 1) {
    AddFinding(event.room, fmt::format("its event at position {} follows the one at {}",
                                       stored.position, last));
  }
  if (stored.room_number == 0) {
    has_unnumbered_ = true;
    return;
  }
  const auto place = Find(stored);
  ReplayedRoom& room = place->second;
  const std::string name =
      fmt::format("its event {} ({})", event.room_sequence, EventTypeName(event.payload));
  if (room.key != event.room) {
    AddFinding(event.room, fmt::format("{} belongs to {}", name, NameOfRoom(room.key)));
  }
  if (event.room_sequence != room.last_event + 1) {
    AddFinding(event.room, fmt::format("{} follows its event {}", name, room.last_event));
  }
  room.last_event = event.room_sequence;
  CheckLink(room, stored, previous);
  room.last_position = stored.position;
  if (room.is_whole && !std::visit(ApplyEvent{room}, event.payload)) {
    AddFinding(event.room, name + " cannot happen there");
  }
  if (std::holds_alternative<RoomDestroyed>(event.payload)) {
    ended_.push_back(place->first);
    rooms_.erase(place);
  }
}

void HistoryCheck::TakeOther(std::uint64_t position) {
  const std::uint64_t last = std::exchange(last_position_, position);
  if (position == last + 1) return;
  findings_.Add("events",
                fmt::format("the record at position {} follows the one at {}", position, last));
}

void HistoryCheck::CheckLink(const ReplayedRoom& room, const StoredEvent& stored,
                             std::uint64_t previous) {
  // The event before the first retained one may have been removed, or have no room number.
  const bool is_open = room.last_position == 0 && !room.is_whole;
  const bool leads_back = is_open ? previous <= bounds_.trimmed_position || has_unnumbered_
                                  : previous == room.last_position;
  if (leads_back) return;
  AddFinding(stored.event.room,
             fmt::format("its event at position {} leads to position {}, and not to {}",
                         stored.position, previous, room.last_position));
}

HistoryCheck::Rooms::iterator HistoryCheck::Find(const StoredEvent& stored) {
  const RoomEvent& event = stored.event;
  const auto [place, is_new] = rooms_.try_emplace(stored.room_number);
  if (!is_new) return place;
  ReplayedRoom& room = place->second;
  room.key = event.room;
  room.is_whole = std::holds_alternative<RoomCreated>(event.payload);
  room.last_event = room.is_whole ? 0 : event.room_sequence - 1;
  if (!room.is_whole && IsWhole()) {
    AddFinding(event.room, fmt::format("its history begins with event {} ({})", event.room_sequence,
                                       EventTypeName(event.payload)));
  }
  return place;
}

void HistoryCheck::FinishEvents() {
  if (last_position_ != bounds_.last_position) {
    findings_.Add("events", fmt::format("the newest is at position {}, and {} were given",
                                        last_position_, bounds_.last_position));
  }
  std::ranges::sort(ended_);
  for (auto twice = std::ranges::adjacent_find(ended_); twice != ended_.end();
       twice = std::ranges::adjacent_find(std::ranges::upper_bound(ended_, *twice), ended_.end())) {
    findings_.Add("events", fmt::format("the room with number {} ends more than once", *twice));
  }
  for (const auto& [number, replayed] : rooms_) {
    if (std::ranges::binary_search(ended_, number))
      AddFinding(replayed.key, "it goes on after its end");
  }
}

void HistoryCheck::Compare(const Room& room, std::uint64_t last_position) {
  const auto found = rooms_.find(room.sequence);
  if (found == rooms_.end()) {
    const bool has_ended = std::ranges::binary_search(ended_, room.sequence);
    if (has_ended) {
      AddFinding(room.key, "stored, but its events end with its destruction");
    } else if (IsWhole()) {
      AddFinding(room.key, "stored, but no event creates it");
    }
    return;
  }
  const ReplayedRoom& replayed = found->second;
  if (replayed.key != room.key)
    AddFinding(room.key, "its events are those of " + NameOfRoom(replayed.key));
  if (replayed.last_event != room.last_event) {
    AddFinding(room.key, fmt::format("its newest event is {}, and it knows of {}",
                                     replayed.last_event, room.last_event));
  }
  if (replayed.last_position != last_position) {
    AddFinding(room.key, fmt::format("its newest event is at position {}, and it knows of {}",
                                     replayed.last_position, last_position));
  }
  if (replayed.is_whole) CompareMembers(room, replayed);
  rooms_.erase(found);
}

void HistoryCheck::CompareMembers(const Room& room, const ReplayedRoom& replayed) {
  const std::vector<std::string> pushers = IdsOf(room.pushers);
  if (replayed.pushers != pushers) {
    AddFinding(room.key, fmt::format("its pushers are {}, by its events {}",
                                     fmt::join(pushers, ", "), fmt::join(replayed.pushers, ", ")));
  }
  const std::vector<std::string> viewers = IdsOf(room.audiences);
  if (replayed.viewers != viewers) {
    AddFinding(room.key, fmt::format("it has {} viewers, by its events {}, or in another order",
                                     viewers.size(), replayed.viewers.size()));
  }
  if (replayed.creator != room.creator.value) {
    AddFinding(room.key, fmt::format("its creator is {}, by its events {}", room.creator.value,
                                     replayed.creator));
  }
  if (!IsCustomOf(replayed, room))
    AddFinding(room.key, "its custom fields are not those of its events");
}

bool HistoryCheck::IsCustomOf(const ReplayedRoom& replayed, const Room& room) {
  if (replayed.fields.empty()) return replayed.custom.empty() || replayed.custom == room.custom;
  std::vector<std::string> members;
  members.reserve(replayed.fields.size());
  for (const auto& [field, value] : replayed.fields) members.push_back(field + ":" + value);
  if (replayed.custom == "{}") return room.custom == fmt::format("{{{}}}", fmt::join(members, ","));
  // Some of the fields are older than the events: JSON is not parsed here.
  return std::ranges::all_of(members, [&](const std::string& member) {
    return room.custom.find(member) != std::string::npos;
  });
}

void HistoryCheck::FinishRooms() {
  for (const auto& [number, replayed] : rooms_) {
    AddFinding(replayed.key, "missing, but no event destroys it");
  }
}

}  // namespace rtcroom
