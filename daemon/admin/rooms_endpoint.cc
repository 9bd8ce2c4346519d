#include "daemon/admin/rooms_endpoint.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "daemon/admin/console_request.h"
#include "daemon/core/room_search.h"

namespace rtcroom {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxSearchBytes = 200;

bool Mentions(const Room& room, std::string_view text) {
  const auto holds = [&](const std::string& field) {
    return field.find(text) != std::string::npos;
  };
  return holds(room.key.id.value) || holds(room.info) || holds(room.creator.value) ||
         std::ranges::any_of(room.pushers, [&](const Pusher& pusher) {
           return holds(pusher.user_id.value) || holds(pusher.user_name);
         });
}

Result<RoomSearch> ReadSearch(const FormPairs& query) {
  const Result<std::optional<RoomKind>> kind = ReadKind(query);
  if (!kind) return kind.error();
  const Result<std::size_t> count = ReadLimit(query, {.standard = 50, .most = 200});
  if (!count) return count.error();
  RoomSearch search{.count = *count};
  if (const std::string_view after = FirstOrEmpty(query, "after"); !after.empty()) {
    const std::optional<std::uint64_t> position = ParseSearchPosition(after);
    if (!position) return Error{Errc::kBadRequest, "after: not one of this server"};
    search.after = *position;
  }
  const std::string_view text = FirstOrEmpty(query, "q");
  if (text.size() > kMaxSearchBytes) {
    return Error{Errc::kBadRequest, "q: longer than 200 bytes"};
  }
  if (*kind || !text.empty()) {
    search.wanted = [kind = *kind, text = std::string(text)](const Room& room) {
      return (!kind || room.key.kind == *kind) && (text.empty() || Mentions(room, text));
    };
  }
  return search;
}

json LeaseJson(const std::optional<LeaseState>& lease) {
  if (!lease) return nullptr;
  return {{"ageMs", lease->age.count()}, {"remainingMs", lease->remaining.count()}};
}

/// Null where there are no custom fields.
json CustomJson(std::string_view text) {
  json custom = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!custom.is_object() || custom.empty()) return nullptr;
  return custom;
}

/// Contains no stream URLs: those carry signatures.
json RoomJson(const Room& room, const LeaseTable& leases) {
  json pushers = json::array();
  for (const Pusher& pusher : room.pushers) {
    pushers.push_back({{"userID", pusher.user_id.value},
                       {"userName", pusher.user_name},
                       {"userAvatar", pusher.user_avatar},
                       {"joinedAtMs", pusher.added_at.time_since_epoch().count()},
                       {"lease", LeaseJson(leases.StateOf(room.key, pusher.user_id))}});
  }
  // A webrtc room has no dialect.
  const bool has_dialect = room.key.kind != RoomKind::kWebrtc;
  return {{"kind", RoomKindName(room.key.kind)},
          {"roomID", room.key.id.value},
          {"roomInfo", room.info},
          {"roomType", room.type},
          {"dialect", has_dialect ? DialectName(room.dialect) : std::string_view()},
          {"active", room.IsActive()},
          {"creator", room.creator.value},
          {"createdAtMs", room.created_at.time_since_epoch().count()},
          {"number", room.sequence},
          {"sequence", room.last_event},
          {"audienceCount", room.audience_count},
          {"custom", CustomJson(room.custom)},
          {"pushers", std::move(pushers)}};
}

}  // namespace

Result<json> ListRooms(const HttpRequest& request, RoomStore& store, const LeaseTable& leases) {
  const Result<FormPairs> query = ReadQuery(request);
  if (!query) return query.error();
  const Result<RoomSearch> search = ReadSearch(*query);
  if (!search) return search.error();
  const Result<RoomsFound> found = SearchRooms(store, *search);
  if (!found) return found.error();
  json rooms = json::array();
  for (const Room& room : found->rooms) rooms.push_back(RoomJson(room, leases));
  return json{{"rooms", std::move(rooms)},
              {"next", found->next ? json(EncodeSearchPosition(*found->next)) : json()}};
}

Result<json> ShowRoom(const HttpRequest& request, RoomStore& store, const LeaseTable& leases) {
  const Result<FormPairs> query = ReadQuery(request);
  if (!query) return query.error();
  const Result<RoomKey> key = ReadRoom(*query);
  if (!key) return key.error();
  const Result<Room> room = store.Load(*key);
  if (!room) return room.error();
  return json{{"room", RoomJson(*room, leases)}};
}

}  // namespace rtcroom
