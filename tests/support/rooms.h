// Rooms and pushers for tests, and operations on them.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "daemon/core/room.h"
#include "daemon/core/room_policy.h"
#include "daemon/core/room_rules.h"
#include "storage/storage.h"
#include "tests/support/fake_clock.h"

namespace rtcroom {

inline RoomKey MakeKey(RoomKind kind, std::string id) {
  return {.kind = kind, .id = {std::move(id)}};
}

/// A pusher as a joining phone provides it: without a seat.
inline Pusher MakePusher(const std::string& user_id) {
  return {.user_id = {user_id},
          .user_name = "name of " + user_id,
          .user_avatar = "https://avatars.example/" + user_id,
          .push_url = "rtmp://push.example/live/1_" + user_id + "?txSecret=0&txTime=1",
          .accelerate_url = "rtmp://play.example/live/1_" + user_id,
          .added_at = kNoon};
}

/// A room as passed to `rules::CreateRoom`: without members.
inline Room MakeRoom(RoomKind kind, const std::string& id, const std::string& creator = "creator",
                     Dialect dialect = Dialect::kGen1) {
  return {.key = MakeKey(kind, id),
          .dialect = dialect,
          .creator = {creator},
          .info = "info of " + id,
          .mixed_play_url = "https://play.example/live/1_" + creator + ".flv",
          .created_at = kNoon,
          .pushers = {}};
}

/// Creates the room with its creator as member.
inline RoomUpdate Creating(const Room& room, TimePoint now = kNoon) {
  return {.key = room.key, .edit = [room, now](const Room* stored) {
            return rules::CreateRoom(stored, room, MakePusher(room.creator.value), now);
          }};
}

/// A policy that lets requests of both dialects access every room.
inline RoomPolicy SharedPolicy(std::size_t max_pushers = 4) {
  return {.limits = {.max_pushers_double = max_pushers,
                     .max_pushers_multi = max_pushers,
                     .max_pushers_live = max_pushers},
          .interop = Interop::kShared};
}

inline std::string MixedPlayUrlOf(const Pusher& creator) {
  return "https://play.example/live/1_" + creator.user_id.value + ".flv";
}

inline RoomUpdate Adding(const RoomKey& key, const std::string& user_id,
                         std::size_t max_pushers = 4, TimePoint now = kNoon) {
  return {.key = key, .edit = [=](const Room* stored) {
            const Pusher pusher = MakePusher(user_id);
            return rules::AddPusher(stored, Dialect::kGen1, pusher, MixedPlayUrlOf(pusher),
                                    SharedPolicy(max_pushers), now);
          }};
}

inline RoomUpdate Deleting(const RoomKey& key, const std::string& user_id, TimePoint now = kNoon,
                           LeaveReason reason = LeaveReason::kLeft) {
  return {.key = key, .edit = [=](const Room* stored) {
            return rules::DeletePusher(stored, Dialect::kGen1, {user_id}, reason, MixedPlayUrlOf,
                                       SharedPolicy(), now);
          }};
}

inline RoomUpdate Destroying(const RoomKey& key, const std::string& user_id = "creator",
                             TimePoint now = kNoon) {
  return {.key = key, .edit = [=](const Room* stored) {
            return rules::DestroyRoom(stored, Dialect::kGen1, {user_id}, SharedPolicy(), now);
          }};
}

/// `update` with `revocations` added to its change.
inline RoomUpdate Revoking(RoomUpdate update, std::vector<Revocation> revocations) {
  update.edit = [edit = std::move(update.edit),
                 revocations = std::move(revocations)](const Room* stored) {
    Result<RoomChange> change = edit(stored);
    if (change) change->revocations = revocations;
    return change;
  };
  return update;
}

inline Result<RoomChange> Apply(Store& store, const RoomUpdate& update) {
  return store.Update(update);
}
inline Result<RoomChange> Apply(Storage& storage, const RoomUpdate& update) {
  return storage.rooms().Update(update);
}

inline std::vector<std::string> IdsOf(const std::vector<Room>& rooms) {
  std::vector<std::string> ids;
  ids.reserve(rooms.size());
  for (const Room& room : rooms) ids.push_back(room.key.id.value);
  return ids;
}

inline std::vector<std::string> UsersOf(const Room& room) {
  std::vector<std::string> users;
  users.reserve(room.pushers.size());
  for (const Pusher& pusher : room.pushers) users.push_back(pusher.user_id.value);
  return users;
}

}  // namespace rtcroom
