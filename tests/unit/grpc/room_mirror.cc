#include "tests/unit/grpc/room_mirror.h"

#include <algorithm>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "daemon/grpc/event_messages.h"

namespace rtcroom {
namespace {

std::string LineOf(const v1::Room& room) {
  std::string line =
      fmt::format("{} {} by {} \"{}\" at {}:", static_cast<int>(room.room().kind()),
                  room.room().room_id(), room.creator(), room.room_info(), room.sequence());
  for (const v1::Pusher& pusher : room.pushers()) {
    line += fmt::format(" {} ({}, {})", pusher.user_id(), pusher.user_name(), pusher.user_avatar());
  }
  return line;
}

auto FindPusher(v1::Room& room, const std::string& user_id) {
  return std::ranges::find_if(*room.mutable_pushers(), [&](const v1::Pusher& pusher) {
    return pusher.user_id() == user_id;
  });
}

}  // namespace

void RoomMirror::Apply(const v1::WatchResponse& message) {
  switch (message.message_case()) {
    case v1::WatchResponse::kEvent:
      if (!message.event().cursor().empty()) cursor_ = message.event().cursor();
      ApplyEvent(message.event());
      break;
    case v1::WatchResponse::kSnapshotRoom: {
      const v1::Room& room = message.snapshot_room();
      const Name name{room.room().kind(), room.room().room_id()};
      if (!rooms_.emplace(name, room).second) faults_.push_back("sent twice: " + LineOf(room));
      break;
    }
    case v1::WatchResponse::kSnapshotEnd:
      snapshot_ended_ = true;
      cursor_ = message.snapshot_end().cursor();
      break;
    case v1::WatchResponse::kKeepAlive:
      if (!message.keep_alive().cursor().empty()) cursor_ = message.keep_alive().cursor();
      break;
    case v1::WatchResponse::MESSAGE_NOT_SET:
      faults_.emplace_back("an empty message");
      break;
  }
}

void RoomMirror::ApplyEvent(const v1::Event& event) {
  const Name name{event.room().kind(), event.room().room_id()};
  if (event.has_room_created()) {
    if (rooms_.contains(name)) return RecordError(event, "created again");
    v1::Room& room = rooms_[name];
    *room.mutable_room() = event.room();
    room.set_creator(event.room_created().creator());
    room.set_room_info(event.room_created().room_info());
  }
  const auto found = rooms_.find(name);
  if (found == rooms_.end()) return RecordError(event, "of an unknown room");
  v1::Room& room = found->second;
  if (event.sequence() != room.sequence() + 1) {
    RecordError(event, fmt::format("after number {}", room.sequence()));
  }
  room.set_sequence(event.sequence());
  ApplyChange(event, room);
  if (event.has_room_destroyed()) rooms_.erase(found);
}

void RoomMirror::ApplyChange(const v1::Event& event, v1::Room& room) {
  if (event.has_pusher_added()) *room.add_pushers() = event.pusher_added().pusher();
  if (event.has_pusher_updated()) {
    const v1::Pusher& pusher = event.pusher_updated().pusher();
    const auto seat = FindPusher(room, pusher.user_id());
    if (seat == room.mutable_pushers()->end())
      return RecordError(event, "updates an absent pusher");
    *seat = pusher;
  }
  if (event.has_pusher_deleted()) {
    const auto seat = FindPusher(room, event.pusher_deleted().user_id());
    if (seat == room.mutable_pushers()->end())
      return RecordError(event, "deletes an absent pusher");
    room.mutable_pushers()->erase(seat);
  }
  if (event.has_room_destroyed() && room.pushers_size() != 0)
    RecordError(event, "with pushers in it");
}

void RoomMirror::RecordError(const v1::Event& event, const std::string& what) {
  faults_.push_back(fmt::format("{}: {}", what, event.ShortDebugString()));
}

std::vector<std::string> RoomMirror::Lines() const {
  std::vector<std::string> lines;
  lines.reserve(rooms_.size());
  for (const auto& [name, room] : rooms_) lines.push_back(LineOf(room));
  std::ranges::sort(lines);
  return lines;
}

std::vector<std::string> LinesOf(Storage& store) {
  constexpr std::size_t kMany = 10'000;
  const Result<RoomPage> page = store.rooms().Scan(0, kMany);
  EXPECT_TRUE(page.ok());
  std::vector<std::string> lines;
  for (const Room& room : page->rooms) lines.push_back(LineOf(RoomMessage(room)));
  std::ranges::sort(lines);
  return lines;
}

}  // namespace rtcroom
