#include "daemon/grpc/admin_requests.h"

#include <string>
#include <utility>

#include "daemon/core/recording_list.h"
#include "daemon/core/room_search.h"
#include "daemon/grpc/event_messages.h"

namespace rtcroom {
namespace {

constexpr std::size_t kMaxPageSize = 200;
constexpr std::int32_t kNanosecondsInASecond = 1'000'000'000;

Error Wrong(std::string sentence) { return Error{Errc::kBadRequest, std::move(sentence)}; }

/// nullopt when it is not specified.
Result<std::optional<RoomKind>> ReadKind(v1::RoomKind kind) {
  if (kind == v1::ROOM_KIND_UNSPECIFIED) return std::optional<RoomKind>();
  const std::optional<RoomKind> known = KindOf(kind);
  if (!known) return Wrong("kind: must be double, multi, live or webrtc");
  return known;
}

/// @param standard  for 0: not set.
Result<std::size_t> ReadPageSize(std::int32_t size, std::size_t standard) {
  if (size == 0) return standard;
  if (size < 0 || static_cast<std::size_t>(size) > kMaxPageSize) {
    return Wrong("page_size: must be 1 to 200");
  }
  return static_cast<std::size_t>(size);
}

Result<RoomKey> ReadRef(bool is_there, const v1::RoomRef& room) {
  if (!is_there) return Wrong("room: missing");
  const std::optional<RoomKind> kind = KindOf(room.kind());
  if (!kind) return Wrong("room.kind: must be double, multi, live or webrtc");
  if (!IsRoomIdText(room.room_id()))
    return Wrong("room.room_id: must be 1 to 48 bytes of printable ASCII");
  return RoomKey{.kind = *kind, .id = {room.room_id()}};
}

Result<UserId> ReadUserId(const std::string& id) {
  if (!IsUserIdText(id)) return Wrong("user_id: must be 1 to 64 bytes of printable ASCII");
  return UserId{id};
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
  Result<UserId> user = ReadUserId(request.user_id());
  if (!user) return user.error();
  KickCommand command{.room = *room, .user_id = *std::move(user)};
  if (request.has_ban()) {
    command.ban = ReadBan(request.ban());
    if (!command.ban) return Wrong("ban: must be more than 0 and at most 366 days");
  }
  return command;
}

Result<UserId> ReadUser(const v1::EndLoginsRequest& request) {
  return ReadUserId(request.user_id());
}

Result<RoomsQuery> ReadRoomsQuery(const v1::ListRoomsRequest& request) {
  RoomsQuery wanted;
  const Result<std::optional<RoomKind>> kind = ReadKind(request.kind());
  if (!kind) return kind.error();
  wanted.kind = *kind;
  const Result<std::size_t> count = ReadPageSize(request.page_size(), wanted.count);
  if (!count) return count.error();
  wanted.count = *count;
  if (!request.page_token().empty()) {
    const std::optional<std::uint64_t> after = ParseSearchPosition(request.page_token());
    if (!after) return Wrong("page_token: not one of this server");
    wanted.after = *after;
  }
  return wanted;
}

Result<RecordingQuery> ReadRecordingQuery(const v1::ListRecordingsRequest& request) {
  RecordingQuery wanted;
  const Result<std::optional<RoomKind>> kind = ReadKind(request.kind());
  if (!kind) return kind.error();
  wanted.kind = *kind;
  if (!request.room_id().empty()) {
    if (!IsRoomIdText(request.room_id())) {
      return Wrong("room_id: must be 1 to 48 bytes of printable ASCII");
    }
    wanted.room_id = RoomId{request.room_id()};
  }
  if (!request.user_id().empty()) {
    if (!IsUserIdText(request.user_id())) {
      return Wrong("user_id: must be 1 to 64 bytes of printable ASCII");
    }
    wanted.user_id = UserId{request.user_id()};
  }
  const Result<std::size_t> limit = ReadPageSize(request.page_size(), wanted.limit);
  if (!limit) return limit.error();
  wanted.limit = *limit;
  if (!request.page_token().empty()) {
    wanted.after = ParseRecordingPosition(request.page_token());
    if (!wanted.after) return Wrong("page_token: not one of this server");
  }
  return wanted;
}

}  // namespace rtcroom
