#include "daemon/channel/room_push.h"

namespace rtcroom {

std::optional<std::uint64_t> ToldAudienceCount(const RoomEvent& event) {
  std::uint64_t count = 0;
  if (const auto* const added = std::get_if<AudienceAdded>(&event.payload)) {
    count = added->audience_count;
  } else if (const auto* const deleted = std::get_if<AudienceDeleted>(&event.payload)) {
    count = deleted->audience_count;
  }
  return count > kMostToldViewers ? std::optional(count) : std::nullopt;
}

const UserId* ShownPusher(const RoomEvent& event) {
  if (const auto* const added = std::get_if<PusherAdded>(&event.payload)) return &added->user_id;
  const auto* const updated = std::get_if<PusherUpdated>(&event.payload);
  return updated == nullptr ? nullptr : &updated->user_id;
}

std::string_view PlayUrlOf(const RoomEvent& event, const Room& room) {
  const UserId* const user_id = ShownPusher(event);
  const Pusher* const pusher = user_id == nullptr ? nullptr : FindPusher(room, *user_id);
  return pusher == nullptr ? std::string_view() : pusher->accelerate_url;
}

std::size_t RoomObject::bytes() const {
  constexpr std::size_t kRest = 100;
  return kRest + (message ? message->content.body.size() + message->content.custom.size()
                          : StoredBytes(event->event) + play_url.size());
}

RoomPush::Part RoomPush::PartFrom(RoomPosition from) const {
  Part part{.from = from, .at = from};
  for (const RoomObject& object : objects_) {
    std::uint64_t& at = object.is_message() ? part.at.message : part.at.event;
    if (object.is_message() || at != kEveryEvent) {
      if (object.seq() <= at) continue;
      if (object.first > at + 1) {
        part.has_gap = true;
        break;
      }
      at = object.seq();
    }
    part.objects.push_back(&object);
    if (object.ends_room()) break;
  }
  return part;
}

const RoomPush::Part& RoomPush::FormFrom(RoomPosition from, int variant, const MakeForm& make) {
  for (const auto& [kept, part] : forms_) {
    if (kept == variant && part.from == from) return part;
  }
  constexpr std::size_t kMostKept = 6;
  if (forms_.size() == kMostKept) forms_.erase(forms_.begin());
  Part part = PartFrom(from);
  if (!part.objects.empty()) part.form = make(part);
  return forms_.emplace_back(variant, std::move(part)).second;
}

}  // namespace rtcroom
