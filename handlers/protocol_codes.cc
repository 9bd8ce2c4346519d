#include "handlers/protocol_codes.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace rtcroom {
namespace {

constexpr std::string_view kServerFailed = "服务器内部错误";

constexpr std::array kGen1Codes = {
    ProtocolCode{.failure = Errc::kBadRequest, .code = 1, .message = "请求参数错误"},
    ProtocolCode{.failure = Errc::kUnauthorized, .code = 7, .message = "鉴权失败"},
    ProtocolCode{.failure = Errc::kNotAllowed, .code = 7, .message = "鉴权失败"},
    ProtocolCode{.failure = Errc::kRoomNotFound, .code = 3, .message = "您请求的房间不存在"},
    ProtocolCode{.failure = Errc::kRoomExists, .code = 2, .message = "您请求的房间已经存在"},
    ProtocolCode{.failure = Errc::kRoomFull, .code = 5001, .message = "超出房间人数上限"},
    ProtocolCode{.failure = Errc::kPusherNotFound, .code = 5, .message = "您请求的房间成员不存在"},
    ProtocolCode{.failure = Errc::kNotCreator, .code = 3, .message = "您请求的房间不存在"},
    ProtocolCode{.failure = Errc::kTooManyRooms,
                 .code = 6,
                 .message = kServerFailed,
                 .log_level = LogLevel::kWarn},
    // Not for the log: whoever comes too often would fill it. The metrics count him.
    ProtocolCode{.failure = Errc::kTooManyRequests, .code = 6, .message = kServerFailed},
    ProtocolCode{.failure = Errc::kStoreBusy,
                 .code = 6,
                 .message = kServerFailed,
                 .log_level = LogLevel::kWarn},
    ProtocolCode{.failure = Errc::kStoreBroken,
                 .code = 6,
                 .message = kServerFailed,
                 .log_level = LogLevel::kError},
    ProtocolCode{.failure = Errc::kUnavailable,
                 .code = 6,
                 .message = kServerFailed,
                 .log_level = LogLevel::kWarn},
    ProtocolCode{.failure = Errc::kUnreachable,
                 .code = 6,
                 .message = kServerFailed,
                 .log_level = LogLevel::kWarn},
    ProtocolCode{.failure = Errc::kFileNotFound, .code = 3, .message = "您请求的文件不存在"},
    ProtocolCode{.failure = Errc::kCursorExpired,
                 .code = 6,
                 .message = kServerFailed,
                 .log_level = LogLevel::kWarn},
    ProtocolCode{.failure = Errc::kInternal,
                 .code = 6,
                 .message = kServerFailed,
                 .log_level = LogLevel::kError},
};

/// Where gen-2 says it differently (protocol B.2). There are no sessions, so whoever comes with
/// a token or without one is "not logged in, or the token expired".
constexpr std::array kGen2Codes = {
    ProtocolCode{.failure = Errc::kUnauthorized,
                 .code = 7,
                 .message = "鉴权失败 错误码:3 错误信息:用户未登录或token过期"},
};

constexpr bool EachRowStandsAtItsErrc() {
  for (std::size_t row = 0; row < kGen1Codes.size(); ++row) {
    if (static_cast<std::size_t>(kGen1Codes.at(row).failure) != row) return false;
  }
  return true;
}
static_assert(kGen1Codes.size() == kErrcCount, "every failure needs a code");
static_assert(EachRowStandsAtItsErrc());

}  // namespace

const ProtocolCode& ProtocolCodeOf(Dialect dialect, Errc failure) {
  if (dialect == Dialect::kGen2) {
    const auto* const row = std::ranges::find(kGen2Codes, failure, &ProtocolCode::failure);
    if (row != kGen2Codes.end()) return *row;
  }
  return kGen1Codes.at(static_cast<std::size_t>(failure));
}

}  // namespace rtcroom
