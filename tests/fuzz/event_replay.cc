#include "tests/fuzz/event_replay.h"

#include <algorithm>
#include <variant>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace rtcroom {
namespace {

using KnownRoom = EventReplay::KnownRoom;

/// Applies an event to a known room; false when the event is impossible for that room.
struct EventApplier {
  KnownRoom& room;

  bool operator()(const RoomCreated& created) const {
    room.creator = created.creator.value;
    room.info = created.info;
    return room.last_event == 1;
  }
  bool operator()(const RoomActivated& activated) const {
    room.creator = activated.creator.value;
    return room.members.empty() && room.last_event > 1;
  }
  bool operator()(const PusherAdded& added) const {
    if (FindMember(added.user_id) != room.members.end()) return false;
    room.members.push_back({added.user_id.value, added.user_name, added.user_avatar});
    return true;
  }
  bool operator()(const PusherUpdated& updated) const {
    const auto member = FindMember(updated.user_id);
    if (member == room.members.end()) return false;
    *member = {updated.user_id.value, updated.user_name, updated.user_avatar};
    return true;
  }
  bool operator()(const PusherDeleted& deleted) const {
    const auto member = FindMember(deleted.user_id);
    if (member == room.members.end()) return false;
    room.members.erase(member);
    if (deleted.new_creator.value.empty()) return true;
    room.creator = deleted.new_creator.value;
    return FindMember(deleted.new_creator) != room.members.end();
  }
  bool operator()(const AudienceAdded& added) const {
    const auto viewer = FindViewer(added.user_id);
    if (viewer == room.viewers.end()) {
      room.viewers.emplace_back(added.user_id.value, added.user_info);
    } else {
      viewer->second = added.user_info;
    }
    return !room.members.empty();
  }
  bool operator()(const AudienceDeleted& deleted) const {
    const auto viewer = FindViewer(deleted.user_id);
    if (viewer == room.viewers.end()) return false;
    room.viewers.erase(viewer);
    return true;
  }
  bool operator()(const CustomChanged& changed) const {
    auto fields = nlohmann::ordered_json::parse(room.custom);
    fields[nlohmann::json::parse(changed.field).get<std::string>()] =
        nlohmann::ordered_json::parse(changed.value);
    room.custom = fields.dump();
    return !room.members.empty();
  }
  bool operator()(const RoomDestroyed&) const { return room.members.empty(); }

 private:
  using Members = std::vector<EventReplay::Member>;
  [[nodiscard]] Members::iterator FindMember(const UserId& user_id) const {
    return std::ranges::find(room.members, user_id.value, &EventReplay::Member::user_id);
  }
  [[nodiscard]] decltype(room.viewers)::iterator FindViewer(const UserId& user_id) const {
    return std::ranges::find(room.viewers, user_id.value,
                             &std::pair<std::string, std::string>::first);
  }
};

}  // namespace

Fault EventReplay::Take(const StoredEvent& stored) {
  const RoomEvent& event = stored.event;
  const auto [place, is_new] = rooms_.try_emplace(event.room.id);
  KnownRoom& room = place->second;
  if (is_new) {
    room.key = event.room;
    room.dialect = event.dialect;
    room.number = stored.room_number;
  }
  const std::string name = fmt::format("event {} of {}, {},", event.room_sequence,
                                       event.room.id.value, EventTypeName(event.payload));
  if (room.key != event.room || room.dialect != event.dialect ||
      room.number != stored.room_number) {
    return name + " is of another room";
  }
  if (event.room_sequence != ++room.last_event) {
    return fmt::format("{} comes as number {}", name, room.last_event);
  }
  const bool is_first = std::holds_alternative<RoomCreated>(event.payload);
  if (is_first != is_new) return name + " is not how a room begins";
  if (!std::visit(EventApplier{room}, event.payload)) return name + " cannot happen there";
  if (std::holds_alternative<RoomDestroyed>(event.payload)) rooms_.erase(place);
  return std::nullopt;
}

Fault EventReplay::Compare(const Room& room, const AudiencePage& page) const {
  const auto found = rooms_.find(room.key.id);
  if (found == rooms_.end()) return room.key.id.value + " is there, but no event made it";
  const KnownRoom& known = found->second;
  std::vector<Member> members;
  members.reserve(room.pushers.size());
  for (const Pusher& pusher : room.pushers) {
    members.push_back({pusher.user_id.value, pusher.user_name, pusher.user_avatar});
  }
  decltype(known.viewers) viewers;
  viewers.reserve(page.audiences.size());
  for (const Audience& viewer : page.audiences) {
    viewers.emplace_back(viewer.user_id.value, viewer.user_info);
  }
  const bool same = known.key == room.key && known.dialect == room.dialect &&
                    known.number == room.sequence && known.last_event == room.last_event &&
                    known.creator == room.creator.value && known.info == room.info &&
                    known.custom == room.custom && known.members == members &&
                    known.viewers == viewers && known.viewers.size() == room.audience_count;
  if (!same) return room.key.id.value + " differs from its events";
  return std::nullopt;
}

}  // namespace rtcroom
