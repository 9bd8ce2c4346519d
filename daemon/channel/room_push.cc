#include "daemon/channel/room_push.h"

namespace rtcroom {
namespace {

/// Messages of the server: one object on each line.
std::string EventLines(const std::vector<std::string>& events) {
  std::string lines;
  for (const std::string& event : events) {
    if (!lines.empty()) lines += '\n';
    lines.append("{\"event\":").append(event).append("}");
  }
  return lines;
}

}  // namespace

RoomPush::Rendered RoomPush::Render(RoomPosition from) const {
  Rendered rendered{.at = from};
  for (const RoomObject& object : objects_) {
    std::uint64_t& at = object.is_message ? rendered.at.message : rendered.at.event;
    if (object.seq <= at) continue;
    if (object.first > at + 1) {
      rendered.has_gap = true;
      break;
    }
    at = object.seq;
    if (!rendered.made_at) rendered.made_at = object.made_at;
    rendered.events.push_back(
        WithCursor(object, {.epoch = epoch_, .room_number = room_number_, .at = rendered.at}));
    if (object.ends_room) {
      rendered.has_ended = true;
      break;
    }
  }
  return rendered;
}

RoomPush::Frame RoomPush::MakeFrame(RoomPosition from, EncodeFrame encode) const {
  const Rendered rendered = Render(from);
  return {.from = from,
          .made_at = rendered.made_at,
          .at = rendered.at,
          .has_gap = rendered.has_gap,
          .has_ended = rendered.has_ended,
          .bytes = rendered.events.empty() ? std::string() : encode(EventLines(rendered.events))};
}

const RoomPush::Frame& RoomPush::FrameFrom(RoomPosition from, EncodeFrame encode) {
  if (!frame_ || frame_->from != from) frame_ = MakeFrame(from, encode);
  return *frame_;
}

const RoomPush::View& RoomPush::ViewFrom(RoomPosition from) {
  if (view_ && view_->from == from) return *view_;
  const Rendered rendered = Render(from);
  JsonText members;
  if (!rendered.events.empty()) {
    WriteRecovered({.epoch = epoch_, .room_number = room_number_, .at = rendered.at},
                   rendered.events, members);
  }
  view_ = View{.from = from, .has_gap = rendered.has_gap, .members = std::string(members.text())};
  return *view_;
}

RoomPush::Objects RoomPush::ObjectsFrom(std::uint64_t from_message) const {
  Objects found;
  found.frame = {.from = {.message = from_message}, .at = {.message = from_message}};
  Frame& frame = found.frame;
  for (const RoomObject& object : objects_) {
    if (object.is_message) {
      if (object.seq <= frame.at.message) continue;
      if (object.seq > frame.at.message + 1) {
        frame.has_gap = true;
        break;
      }
      frame.at.message = object.seq;
    }
    if (!frame.made_at) frame.made_at = object.made_at;
    found.objects.push_back(&object);
    if (object.ends_room) {
      frame.has_ended = true;
      break;
    }
  }
  return found;
}

const RoomPush::Frame& RoomPush::FormFrom(std::uint64_t from_message, int variant,
                                          const MakeForm& make) {
  for (const auto& [kept, frame] : forms_) {
    if (kept == variant && frame.from.message == from_message) return frame;
  }
  constexpr std::size_t kMostKept = 4;
  if (forms_.size() == kMostKept) forms_.erase(forms_.begin());
  Objects found = ObjectsFrom(from_message);
  if (!found.objects.empty()) found.frame.bytes = make(found);
  return forms_.emplace_back(variant, std::move(found.frame)).second;
}

void WriteRecovered(const RoomCursor& cursor, const std::vector<std::string>& events,
                    JsonText& out) {
  out.Field("epoch", cursor.epoch).Field("cursor", cursor.Encode()).Json("recovered", "true");
  out.BeginArray("events");
  for (const std::string& event : events) out.Json(event);
  out.EndArray();
}

}  // namespace rtcroom
