// Waiting rooms, viewers and custom fields for tests of stores.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/support/rooms.h"

namespace rtcroom {

inline const RoomKey kLiveR1{.kind = RoomKind::kLive, .id = {"r1"}};

inline Room LiveRoom() { return MakeRoom(RoomKind::kLive, "r1", "creator", Dialect::kGen2); }

/// Creates the room without members.
inline RoomUpdate Preparing(const Room& room, TimePoint now = kNoon) {
  return {.key = room.key, .edit = [room, now](const Room* stored) {
            return rules::PrepareRoom(stored, room, now);
          }};
}

/// A gen-2 room as `Preparing` expects it.
inline Room MakeWaitingRoom(RoomKind kind, const std::string& id) {
  Room room = MakeRoom(kind, id, "creator", Dialect::kGen2);
  room.mixed_play_url.clear();
  return room;
}

inline Room MakeWebrtcRoom(const std::string& id, std::string type) {
  Room room = MakeRoom(RoomKind::kWebrtc, id, "creator", Dialect::kGen2);
  room.type = std::move(type);
  return room;
}

inline constexpr MixCanvas kMixCanvas{.width = 360, .height = 640};

/// Asks for a mix of those; none ends it.
inline RoomUpdate Mixing(const RoomKey& key, std::vector<RoomMix::Input> inputs) {
  return {.key = key, .edit = [inputs = std::move(inputs)](const Room* stored) {
            return rules::ChangeMix(stored, [&](const Room&) -> Result<RoomMix> {
              return RoomMix{.canvas = kMixCanvas, .inputs = inputs};
            });
          }};
}

inline RoomUpdate Watching(const RoomKey& key, const std::string& user_id,
                           const std::string& user_info = "{}", TimePoint now = kNoon,
                           std::size_t max_audiences = 30) {
  return {.key = key,
          .edit =
              [=](const Room* stored) {
                RoomPolicy policy = SharedPolicy();
                policy.limits.max_audiences = max_audiences;
                return rules::AddAudience(stored, Dialect::kGen2,
                                          {.user_id = {user_id}, .user_info = user_info}, policy,
                                          now);
              },
          .audience = UserId{user_id}};
}

/// As `Watching`, by a viewer that begins another stay.
inline RoomUpdate WatchingAnew(const RoomKey& key, const std::string& user_id) {
  RoomUpdate watching = Watching(key, user_id);
  watching.edit = [user_id](const Room* stored) {
    return rules::AddAudience(stored, Dialect::kGen2, {.user_id = {user_id}, .user_info = "{}"},
                              SharedPolicy(), kNoon, rules::Rejoin::kBeginsStay);
  };
  return watching;
}

inline RoomUpdate LeavingAudience(const RoomKey& key, const std::string& user_id,
                                  TimePoint now = kNoon, LeaveReason reason = LeaveReason::kLeft) {
  return {.key = key,
          .edit =
              [=](const Room* stored) {
                return rules::DeleteAudience(stored, Dialect::kGen2, {user_id}, reason,
                                             SharedPolicy(), now);
              },
          .audience = UserId{user_id}};
}

/// Sets a custom field in `custom`, or adds it.
/// @param value  JSON text.
inline rules::CustomChange WithField(std::string_view custom, const std::string& name,
                                     std::string_view value) {
  auto fields = nlohmann::ordered_json::parse(custom);
  fields[name] = nlohmann::ordered_json::parse(value);
  return {.custom = fields.dump(),
          .event = {.field = nlohmann::json(name).dump(), .value = fields[name].dump()}};
}

inline RoomUpdate SettingField(const RoomKey& key, const std::string& name,
                               const std::string& value, TimePoint now = kNoon,
                               const std::string& user = "somebody") {
  return {.key = key, .edit = [=](const Room* stored) {
            const auto edit = [&](std::string_view custom) -> Result<rules::CustomChange> {
              return WithField(custom, name, value);
            };
            return rules::ChangeCustom(stored, Dialect::kGen2, {user}, rules::CustomRight::kAnyone,
                                       edit, SharedPolicy(), now);
          }};
}

/// Sets the field `a`.
inline RoomUpdate SettingCustom(const RoomKey& key, const std::string& value,
                                TimePoint now = kNoon) {
  return SettingField(key, "a", value, now);
}

/// The viewers of the room in order, each as "<user>=<info>".
inline std::vector<std::string> ViewersOf(Storage& store, const RoomKey& key) {
  std::vector<std::string> viewers;
  const Result<AudiencePage> page = store.rooms().LoadAudiences(key);
  if (!page) return {"not loaded"};
  viewers.reserve(page->audiences.size());
  for (const Audience& viewer : page->audiences) {
    viewers.push_back(viewer.user_id.value + "=" + viewer.user_info);
  }
  return viewers;
}

}  // namespace rtcroom
