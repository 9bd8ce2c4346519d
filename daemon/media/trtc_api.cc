#include "daemon/media/trtc_api.h"

#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "daemon/base/json_text.h"

namespace rtcroom {
namespace {

constexpr std::string_view kNoSuchRoom = "FailedOperation.RoomNotExist";
constexpr std::string_view kNoSuchUser = "FailedOperation.UserNotExist";

bool IsTrtcRoom(const TrtcRoom& room) {
  if (const auto* const number = std::get_if<std::uint32_t>(&room)) {
    return *number >= 1 && *number <= kMaxTrtcRoomNumber;
  }
  const auto& text = std::get<std::string>(room);
  return !text.empty() && text.size() <= kMaxTrtcRoomBytes;
}

/// The beginning that all payloads share.
JsonText RoomMembers(const TrtcOptions& options, const TrtcRoom& room) {
  JsonText members;
  members.Field("SdkAppId", std::int64_t{options.sdk_app_id});
  if (const auto* const number = std::get_if<std::uint32_t>(&room)) {
    members.Field("RoomId", std::int64_t{*number});
  } else {
    members.Field("RoomId", std::get<std::string>(room));
  }
  return members;
}

CloudAction TrtcAction(std::string name, const TrtcRoom& room, const JsonText& members) {
  if (std::holds_alternative<std::string>(room)) name += "ByStrRoomId";
  return {.service = "trtc",
          .version = "2019-07-22",
          .name = std::move(name),
          .payload = members.AsObject()};
}

Error BadRoom() { return {Errc::kBadRequest, "not a room of the TRTC service"}; }

}  // namespace

Result<CloudAction> TrtcDismissAction(const TrtcOptions& options, const TrtcRoom& room) {
  if (!IsTrtcRoom(room)) return BadRoom();
  return TrtcAction("DismissRoom", room, RoomMembers(options, room));
}

Result<CloudAction> TrtcRemoveAction(const TrtcOptions& options, const TrtcRoom& room,
                                     std::span<const UserId> users) {
  if (!IsTrtcRoom(room)) return BadRoom();
  if (users.empty() || users.size() > kMaxTrtcUsers) {
    return Error{Errc::kBadRequest, "not a number of users for one call"};
  }
  std::string ids;
  for (const UserId& user : users) {
    if (!ids.empty()) ids += ',';
    AppendJsonString(user.value, ids);
  }
  JsonText members = RoomMembers(options, room);
  members.Json("UserIds", fmt::format("[{}]", ids));
  return TrtcAction("RemoveUser", room, members);
}

Status ReadTrtcReply(const OutgoingReply& reply) {
  const Result<CloudReply> read = ReadCloudReply(reply);
  if (!read) return read.error();
  if (read->ok() || read->error_code == kNoSuchRoom || read->error_code == kNoSuchUser) return {};
  return Error{Errc::kUnavailable, read->error_code};
}

TrtcApi::TrtcApi(TrtcOptions options, OutgoingHttp& http, const Clock& clock)
    : options_(std::move(options)), http_(http), clock_(clock) {}

Status TrtcApi::Dismiss(const TrtcRoom& room, std::chrono::milliseconds timeout) {
  return Call(TrtcDismissAction(options_, room), timeout);
}

Status TrtcApi::Remove(const TrtcRoom& room, std::span<const UserId> users,
                       std::chrono::milliseconds timeout) {
  return Call(TrtcRemoveAction(options_, room, users), timeout);
}

Status TrtcApi::Call(const Result<CloudAction>& action, std::chrono::milliseconds timeout) {
  if (!action) return action.error();
  const Result<OutgoingReply> reply =
      SendCloudCall(http_, options_.account, *action, clock_.Now(), timeout);
  if (!reply) return reply.error();
  return ReadTrtcReply(*reply);
}

}  // namespace rtcroom
