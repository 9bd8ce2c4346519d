// A store with data of every kind.
#pragma once

#include <gtest/gtest.h>

#include "storage/storage.h"
#include "tests/support/live_rooms.h"
#include "tests/support/matchers.h"
#include "tests/support/messages.h"

namespace rtcroom {

/// Rooms of both dialects and all kinds, including a waiting, an ended and a passed-on room;
/// viewers, custom fields, a ban, a revocation, a recording, a delivery, a
/// session; messages in a room, in an
/// ended one and to a user, pending and settled.
inline void FillStore(Storage& store) {
  const auto make = [&](const RoomUpdate& update) { ASSERT_OK(Apply(store, update)); };
  const RoomKey multi = MakeKey(RoomKind::kMulti, "multi");
  const RoomKey live = MakeKey(RoomKind::kLive, "live");
  make(Creating(MakeRoom(RoomKind::kDouble, "gone")));
  make(Creating(MakeRoom(multi.kind, multi.id.value)));
  make(Adding(multi, "bob"));
  make(Adding(multi, "bob"));
  const auto gone = store.rooms().Load(MakeKey(RoomKind::kDouble, "gone"));
  ASSERT_OK(gone);
  ASSERT_OK(store.messages().AppendMessage(
      {.room_number = gone->sequence, .content = MakeMessage("creator", "last words")}));
  make(Destroying(gone->key));
  make(Preparing(MakeWaitingRoom(RoomKind::kDouble, "waiting")));
  make(Creating(MakeRoom(live.kind, live.id.value, "creator", Dialect::kGen2)));
  make(Watching(live, "zoe"));
  make(Watching(live, "amy"));
  make(Watching(live, "zoe", "info of zoe"));
  make(SettingField(live, "likes", "1"));
  make(Creating(MakeWebrtcRoom("777", "school")));
  make(Adding(MakeKey(RoomKind::kWebrtc, "777"), "eve"));
  make(Revoking(Deleting(MakeKey(RoomKind::kWebrtc, "777"), "creator"),
                {{.stream = "1_creator", .until = kNoon}}));
  const auto in_room = store.rooms().Load(multi);
  ASSERT_OK(in_room);
  for (const char* const body : {"1", "2", "3"}) {
    ASSERT_OK(store.messages().AppendMessage(
        {.room_number = in_room->sequence, .content = MakeMessage("bob", body)}));
  }
  const auto settled = store.messages().AppendMessage(
      {.receiver = {"bob"}, .content = MakeMessage("zoe", "settled")});
  ASSERT_OK(settled);
  ASSERT_OK(SettleMessages(store.messages(), "bob", settled->position));
  ASSERT_OK(store.messages().AppendMessage(
      {.receiver = {"bob"}, .content = MakeMessage("zoe", "pending")}));
  ASSERT_OK(store.bans().PutBan({.room = multi, .user_id = {"troll"}, .until = kNoon}));
  const Recording recording{.file = "1_bob-1700000000.flv", .stream = "1_bob", .ended_at = kNoon};
  ASSERT_OK(store.recordings().PutRecordings({&recording, 1}));
  ASSERT_OK(store.deliveries().ChangeDeliveries(
      {.group = {"gone"}, .enqueue = DeliveryKind::kDestroyGroup, .payload = "repeat"}, kNoon));
  ASSERT_OK(store.sessions().PutSession({.user_id = {"bob"}, .token = {}, .last_use = kNoon}));
}

}  // namespace rtcroom
