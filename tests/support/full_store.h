// A store with data of every kind.
#pragma once

#include <gtest/gtest.h>

#include "storage/storage.h"
#include "tests/support/live_rooms.h"
#include "tests/support/matchers.h"

namespace rtcroom {

/// Rooms of both dialects and all kinds, including a waiting, an ended and a passed-on room;
/// viewers, custom fields, a ban, a delivery, a session.
inline void FillStore(Storage& store) {
  const auto make = [&](const RoomUpdate& update) { ASSERT_OK(Apply(store, update)); };
  const RoomKey multi = MakeKey(RoomKind::kMulti, "multi");
  const RoomKey live = MakeKey(RoomKind::kLive, "live");
  make(Creating(MakeRoom(RoomKind::kDouble, "gone")));
  make(Creating(MakeRoom(multi.kind, multi.id.value)));
  make(Adding(multi, "bob"));
  make(Adding(multi, "bob"));
  make(Destroying(MakeKey(RoomKind::kDouble, "gone")));
  make(Preparing(MakeWaitingRoom(RoomKind::kDouble, "waiting")));
  make(Creating(MakeRoom(live.kind, live.id.value, "creator", Dialect::kGen2)));
  make(Watching(live, "zoe"));
  make(Watching(live, "amy"));
  make(Watching(live, "zoe", "info of zoe"));
  make(SettingField(live, "likes", "1"));
  make(Creating(MakeWebrtcRoom("777", "school")));
  make(Adding(MakeKey(RoomKind::kWebrtc, "777"), "eve"));
  make(Deleting(MakeKey(RoomKind::kWebrtc, "777"), "creator"));
  ASSERT_OK(store.PutBan({.room = multi, .user_id = {"troll"}, .until = kNoon}));
  ASSERT_OK(store.ChangeDeliveries(
      {.group = {"gone"}, .enqueue = DeliveryKind::kDestroyGroup, .payload = "repeat"}, kNoon));
  ASSERT_OK(store.PutSession({.user_id = {"bob"}, .token = {}, .number = 7, .last_use = kNoon}));
}

}  // namespace rtcroom
