#include "daemon/admin/rooms_endpoint.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "daemon/admin/console_request.h"
#include "daemon/base/text.h"
#include "daemon/core/room_search.h"

namespace rtcroom {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxSearchBytes = 200;

/// @param text  in lower case.
bool Mentions(const Room& room, std::string_view text) {
  const auto holds = [&](const std::string& field) {
    return ToLower(field).find(text) != std::string::npos;
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
    search.wanted = [kind = *kind, text = ToLower(text)](const Room& room) {
      return (!kind || room.key.kind == *kind) && (text.empty() || Mentions(room, text));
    };
  }
  return search;
}

json LeaseJson(const std::optional<LeaseState>& lease) {
  if (!lease) return nullptr;
  return {{"ageMs", lease->age.count()}, {"remainingMs", lease->remaining.count()}};
}

/// @param playlist  empty when there is none.
json MediaJson(const MediaState& media, const std::string& playlist) {
  const bool lasts = media.kind == MediaState::Kind::kOn || media.kind == MediaState::Kind::kOff;
  return {{"state", MediaStateName(media.kind)},
          {"lastingMs", lasts ? json(media.lasting.count()) : json()},
          {"bitsPerSecond", media.bits_per_second ? json(*media.bits_per_second) : json()},
          {"playlist", playlist.empty() ? json() : json(playlist)}};
}

/// Null where no media is known, and for members that send none. A playlist is there only while the
/// stream is on.
json MediaJson(const RoomKey& room, const UserId& user_id, const MemberSigns& signs) {
  if (signs.media.members != nullptr) {
    const auto reported = signs.media.members->StateOf(room, user_id);
    if (reported) return MediaJson(*reported, "");
  }
  if (!signs.media.streams) return nullptr;
  const std::optional<std::string> stream = signs.media.streams->claims.StreamOf(room, user_id);
  if (!stream) return nullptr;
  const MediaState media = signs.media.streams->media.StateOf(*stream);
  const bool is_on = media.kind == MediaState::Kind::kOn;
  return MediaJson(media, is_on && signs.playlist_of ? signs.playlist_of(*stream) : "");
}

/// Null where there are no custom fields.
json CustomJson(std::string_view text) {
  json custom = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!custom.is_object() || custom.empty()) return nullptr;
  return custom;
}

/// How many clients are connected to each room; nullopt without the channel.
std::vector<std::optional<std::size_t>> CountConnected(std::span<const Room> rooms,
                                                       const RoomClients& clients) {
  std::vector<std::optional<std::size_t>> connected(rooms.size());
  if (clients.receivers == nullptr) return connected;
  for (std::size_t i = 0; i < rooms.size(); ++i) {
    connected[i] = clients.receivers->CountIn(rooms[i].sequence);
  }
  return connected;
}

/// The figures of a stream that comes from a browser.
json WebJson(const WebFigures& figures) {
  return {{"rttMs", figures.rtt_ms},  {"loss", figures.loss},
          {"kbps", figures.kbps},     {"width", figures.width},
          {"height", figures.height}, {"keyRequests", figures.key_requests}};
}

/// Contains no push URLs, which are good for pushing.
json RoomJson(const Room& room, const MemberSigns& signs, std::optional<std::size_t> connected) {
  json pushers = json::array();
  for (const Pusher& pusher : room.pushers) {
    pushers.push_back({{"userID", pusher.user_id.value},
                       {"userName", pusher.user_name},
                       {"userAvatar", pusher.user_avatar},
                       {"joinedAtMs", pusher.added_at.time_since_epoch().count()},
                       {"lease", LeaseJson(signs.leases.StateOf(room.key, pusher.user_id))},
                       {"media", MediaJson(room.key, pusher.user_id, signs)}});
    if (signs.web == nullptr) continue;
    const std::optional<WebFigures> web = signs.web->FiguresOf(room.key, pusher.user_id);
    if (web) pushers.back()["web"] = WebJson(*web);
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
          {"connected", connected ? json(*connected) : json()},
          {"custom", CustomJson(room.custom)},
          {"pushers", std::move(pushers)}};
}

}  // namespace

Result<json> ListRooms(const HttpRequest& request, RoomStore& store, const MemberSigns& signs) {
  const Result<FormPairs> query = ReadQuery(request);
  if (!query) return query.error();
  const Result<RoomSearch> search = ReadSearch(*query);
  if (!search) return search.error();
  const Result<RoomsFound> found = SearchRooms(store, *search);
  if (!found) return found.error();
  json rooms = json::array();
  const auto connected = CountConnected(found->rooms, signs.clients);
  for (std::size_t i = 0; i < connected.size(); ++i) {
    rooms.push_back(RoomJson(found->rooms[i], signs, connected[i]));
  }
  return json{{"rooms", std::move(rooms)},
              {"next", found->next ? json(EncodeSearchPosition(*found->next)) : json()}};
}

Result<json> ShowRoom(const HttpRequest& request, RoomStore& store, const MemberSigns& signs) {
  const Result<FormPairs> query = ReadQuery(request);
  if (!query) return query.error();
  const Result<RoomKey> key = ReadRoom(*query);
  if (!key) return key.error();
  const Result<Room> room = store.Load(*key);
  if (!room) return room.error();
  const auto connected = CountConnected({&*room, 1}, signs.clients);
  return json{{"room", RoomJson(*room, signs, connected.front())}};
}

}  // namespace rtcroom
