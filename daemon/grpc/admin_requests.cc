#include "daemon/grpc/admin_requests.h"

#include "daemon/core/room_search.h"
#include "daemon/events/event_messages.h"

namespace rtcroom {
namespace {

constexpr std::int32_t kNanosecondsInASecond = 1'000'000'000;

Error Wrong(std::string sentence) { return Error{Errc::kBadRequest, std::move(sentence)}; }

Result<RoomKey> ReadRef(bool is_there, const v1::RoomRef& room) {
  if (!is_there) return Wrong("room: missing");
  const std::optional<RoomKind> kind = KindOf(room.kind());
  if (!kind) return Wrong("room.kind: must be double, multi, live or webrtc");
  if (room.room_id().size() > kMaxRoomIdBytes || !IsIdText(room.room_id())) {
    return Wrong("room.room_id: must be 1 to 48 bytes of printable ASCII");
  }
  return RoomKey{.kind = *kind, .id = {room.room_id()}};
}

// nullopt unless it is above 0 and at most the longest ban; rounds up to milliseconds.
std::optional<std::chrono::milliseconds> ReadBan(const google::protobuf::Duration& ban) {
  const std::chrono::seconds whole(ban.seconds());
  const bool is_sound = ban.nanos() >= 0 && ban.nanos() < kNanosecondsInASecond;
  if (!is_sound || whole < std::chrono::seconds(0) || whole > kLongestBan) return std::nullopt;
  const std::chrono::nanoseconds exact = whole + std::chrono::nanoseconds(ban.nanos());
  if (exact <= std::chrono::nanoseconds(0) || exact > kLongestBan) return std::nullopt;
  return std::chrono::ceil<std::chrono::milliseconds>(exact);
}

}  // namespace

Result<RoomKey> ReadRoom(const v1::GetRoomRequest& request) {
  return ReadRef(request.has_room(), request.room());
}

Result<RoomKey> ReadRoom(const v1::DestroyRoomRequest& request) {
  return ReadRef(request.has_room(), request.room());
}

Result<KickCommand> ReadKick(const v1::DeletePusherRequest& request) {
  const Result<RoomKey> room = ReadRef(request.has_room(), request.room());
  if (!room) return room.error();
  if (request.user_id().size() > kMaxUserIdBytes || !IsIdText(request.user_id())) {
    return Wrong("user_id: must be 1 to 64 bytes of printable ASCII");
  }
  KickCommand command{.room = *room, .user_id = {request.user_id()}};
  if (request.has_ban()) {
    command.ban = ReadBan(request.ban());
    if (!command.ban) return Wrong("ban: must be more than 0 and at most 366 days");
  }
  return command;
}

Result<RoomsQuery> ReadRoomsQuery(const v1::ListRoomsRequest& request) {
  RoomsQuery wanted;
  if (request.kind() != v1::ROOM_KIND_UNSPECIFIED) {
    wanted.kind = KindOf(request.kind());
    if (!wanted.kind) return Wrong("kind: must be double, multi, live or webrtc");
  }
  if (request.page_size() != 0) {
    if (request.page_size() < 0) return Wrong("page_size: must be 1 to 200");
    wanted.count = static_cast<std::size_t>(request.page_size());
    if (wanted.count > RoomsQuery::kMaxCount) return Wrong("page_size: must be 1 to 200");
  }
  if (!request.page_token().empty()) {
    const std::optional<std::uint64_t> after = ParseSearchPosition(request.page_token());
    if (!after) return Wrong("page_token: not one of this server");
    wanted.after = *after;
  }
  return wanted;
}

}  // namespace rtcroom
