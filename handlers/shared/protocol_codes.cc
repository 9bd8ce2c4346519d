#include "handlers/shared/protocol_codes.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

namespace rtcroom {
namespace {

constexpr std::string_view kServerFailed = "服务器内部错误";

/// One row for each failure, in the order of the enumerators.
using Codes = std::array<ProtocolCode, kErrcCount>;

constexpr Codes kGen1Codes = {{
    {.failure = Errc::kBadRequest, .code = 1, .message = "请求参数错误"},
    {.failure = Errc::kUnauthorized, .code = 7, .message = "鉴权失败"},
    {.failure = Errc::kNoCredentials, .code = 7, .message = "鉴权失败"},
    {.failure = Errc::kTokenMalformed, .code = 7, .message = "鉴权失败"},
    {.failure = Errc::kUnknownApp, .code = 7, .message = "鉴权失败"},
    {.failure = Errc::kNoSession, .code = 7, .message = "鉴权失败"},
    {.failure = Errc::kTokenWrong, .code = 7, .message = "鉴权失败"},
    {.failure = Errc::kBadIdentity, .code = 1, .message = "请求参数错误"},
    {.failure = Errc::kNotAllowed, .code = 7, .message = "鉴权失败"},
    {.failure = Errc::kRoomNotFound, .code = 3, .message = "您请求的房间不存在"},
    {.failure = Errc::kRoomExists, .code = 2, .message = "您请求的房间已经存在"},
    {.failure = Errc::kRoomFull, .code = 5001, .message = "超出房间人数上限"},
    {.failure = Errc::kAudienceFull, .code = 5001, .message = "超出房间人数上限"},
    {.failure = Errc::kInfoTooLong, .code = 1, .message = "请求参数错误"},
    {.failure = Errc::kNotJson, .code = 1, .message = "请求参数错误"},
    {.failure = Errc::kPusherNotFound, .code = 5, .message = "您请求的房间成员不存在"},
    {.failure = Errc::kNotCreator, .code = 3, .message = "您请求的房间不存在"},
    {.failure = Errc::kNotReachable, .code = 7, .message = "鉴权失败"},
    {.failure = Errc::kInstanceKicked, .code = 7, .message = "鉴权失败"},
    {.failure = Errc::kContentRefused, .code = 1, .message = "请求参数错误"},
    {.failure = Errc::kContentTooLong, .code = 1, .message = "请求参数错误"},
    {.failure = Errc::kTooManyRooms, .code = 6, .message = kServerFailed},
    {.failure = Errc::kTooManyRequests, .code = 6, .message = kServerFailed},
    {.failure = Errc::kStoreBusy, .code = 6, .message = kServerFailed},
    {.failure = Errc::kStoreBroken, .code = 6, .message = kServerFailed},
    {.failure = Errc::kOutcomeUnknown, .code = 6, .message = kServerFailed},
    {.failure = Errc::kUnavailable, .code = 6, .message = kServerFailed},
    {.failure = Errc::kUnreachable, .code = 6, .message = kServerFailed},
    {.failure = Errc::kFileNotFound, .code = 3, .message = "您请求的文件不存在"},
    {.failure = Errc::kCursorExpired, .code = 6, .message = kServerFailed},
    {.failure = Errc::kInternal, .code = 6, .message = kServerFailed},
}};

constexpr ProtocolCode kGen2Differences[] = {
    {.failure = Errc::kBadRequest, .code = 1, .message = "参数不全"},
    {.failure = Errc::kNoCredentials,
     .code = 7,
     .message = "鉴权失败 错误码:4 错误信息:参数不全，请检查是否忘记携带参数userID和token"},
    {.failure = Errc::kTokenMalformed,
     .code = 7,
     .message = "鉴权失败 错误码:2 错误信息:token 错误"},
    {.failure = Errc::kUnknownApp,
     .code = 7,
     .message = "鉴权失败 错误码:5 错误信息:客户配置不存在，请检查appID和businessID是否正确"},
    {.failure = Errc::kNoSession,
     .code = 7,
     .message = "鉴权失败 错误码:3 错误信息:用户未登录或token过期"},
    {.failure = Errc::kTokenWrong, .code = 7, .message = "鉴权失败 错误码:1 错误信息:token 错误"},
    {.failure = Errc::kBadIdentity, .code = 1, .message = "参数不全"},
    {.failure = Errc::kRoomNotFound, .code = 3, .message = "请求的房间不存在"},
    {.failure = Errc::kRoomExists, .code = 11, .message = "房间已经存在"},
    {.failure = Errc::kAudienceFull, .code = 1, .message = "观众列表满了"},
    {.failure = Errc::kInfoTooLong,
     .code = 10,
     .message = "roomInfo 字符串字节长度不能超过1024字节"},
    {.failure = Errc::kNotJson, .code = 10, .message = "mergeParams 不是合法的JSON格式的字符串"},
    {.failure = Errc::kPusherNotFound, .code = 5, .message = "不是房间成员"},
    {.failure = Errc::kNotCreator, .code = 3, .message = "不是房间主人，无法销毁房间"},
};

constexpr ProtocolCode kWebrtcDifferences[] = {
    {.failure = Errc::kBadRequest, .code = 2, .message = "请求失败，缺少参数"},
    {.failure = Errc::kBadIdentity,
     .code = 7,
     .message = "请求失败，userID含有非法字符或者不符合规范"},
    {.failure = Errc::kRoomNotFound, .code = 3, .message = "请求失败，房间不存在"},
    {.failure = Errc::kInfoTooLong, .code = 11, .message = "roomInfo 字符串长度不能超过1024字节"},
    {.failure = Errc::kPusherNotFound, .code = 3, .message = "请求失败，房间不存在"},
    // The server draws these ids: a collision is not the caller's fault.
    {.failure = Errc::kRoomExists, .code = 6, .message = kServerFailed},
};

struct EndpointCode {
  Protocol protocol = Protocol::kGen1;
  std::string_view endpoint{};
  ProtocolCode code{};
};

/// Endpoints with their own message.
constexpr EndpointCode kEndpointCodes[] = {
    {Protocol::kGen2,
     "destroy_room",
     {.failure = Errc::kRoomNotFound, .code = 3, .message = "不是房间主人，无法销毁房间"}},
    {Protocol::kGen2,
     "delete_pusher",
     {.failure = Errc::kPusherNotFound, .code = 5, .message = "退出房间失败，不是房间成员"}},
    {Protocol::kGen2,
     "create_room",
     {.failure = Errc::kUnavailable, .code = 6, .message = "群组创建失败"}},
    {Protocol::kGen2,
     "add_pusher",
     {.failure = Errc::kUnavailable, .code = 6, .message = "创建群组失败"}},
    // Here kNotAllowed always means that the caller is not a member; there are no bans.
    {Protocol::kGen2,
     "set_custom_field",
     {.failure = Errc::kNotAllowed, .code = 5, .message = "不是房间成员"}},
    // These endpoints create no group: kUnavailable means that the key is not available.
    {Protocol::kWebrtc,
     "create_room",
     {.failure = Errc::kUnavailable, .code = 3, .message = "请求失败，权限位生成失败"}},
    {Protocol::kWebrtc,
     "enter_room",
     {.failure = Errc::kUnavailable, .code = 3, .message = "请求失败，权限位生成失败"}},
};

constexpr Codes With(Codes codes, std::span<const ProtocolCode> differences) {
  for (const ProtocolCode& row : differences) codes.at(static_cast<std::size_t>(row.failure)) = row;
  return codes;
}

constexpr Codes kGen2Codes = With(kGen1Codes, kGen2Differences);
constexpr Codes kWebrtcCodes = With(kGen1Codes, kWebrtcDifferences);

static_assert(IsOrderedByErrc(kGen1Codes), "every failure needs a code");

const Codes& CodesOf(Protocol protocol) {
  switch (protocol) {
    case Protocol::kGen1:
      return kGen1Codes;
    case Protocol::kGen2:
      return kGen2Codes;
    case Protocol::kWebrtc:
      return kWebrtcCodes;
  }
  return kGen1Codes;
}

}  // namespace

const ProtocolCode& ProtocolCodeOf(Protocol protocol, std::string_view endpoint, Errc failure) {
  const auto* const row = std::ranges::find_if(kEndpointCodes, [&](const EndpointCode& candidate) {
    return candidate.protocol == protocol && candidate.code.failure == failure &&
           candidate.endpoint == endpoint;
  });
  if (row != std::end(kEndpointCodes)) return row->code;
  return CodesOf(protocol).at(static_cast<std::size_t>(failure));
}

LogLevel ToLogLevel(Errc failure) {
  switch (failure) {
    case Errc::kBadRequest:
    case Errc::kUnauthorized:
    case Errc::kNoCredentials:
    case Errc::kTokenMalformed:
    case Errc::kUnknownApp:
    case Errc::kNoSession:
    case Errc::kTokenWrong:
    case Errc::kBadIdentity:
    case Errc::kNotAllowed:
    case Errc::kRoomNotFound:
    case Errc::kRoomExists:
    case Errc::kRoomFull:
    case Errc::kAudienceFull:
    case Errc::kInfoTooLong:
    case Errc::kNotJson:
    case Errc::kPusherNotFound:
    case Errc::kNotCreator:
    case Errc::kNotReachable:
    case Errc::kInstanceKicked:
    case Errc::kContentRefused:
    case Errc::kContentTooLong:
    case Errc::kFileNotFound:
    case Errc::kTooManyRequests:  // frequent calls would fill the log; the metrics count them
      return LogLevel::kDebug;
    case Errc::kTooManyRooms:
    case Errc::kStoreBusy:
    case Errc::kUnavailable:
    case Errc::kUnreachable:
    case Errc::kCursorExpired:
      return LogLevel::kWarn;
    case Errc::kStoreBroken:
    case Errc::kOutcomeUnknown:
    case Errc::kInternal:
      return LogLevel::kError;
  }
  return LogLevel::kError;
}

}  // namespace rtcroom
