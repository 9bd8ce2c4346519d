// The expected replies, word for word: the messages of the protocol, written independently.
#pragma once

#include <ostream>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "tests/support/api_client.h"

namespace rtcroom {

struct ExpectedReply {
  int code = 0;
  std::string_view message = {};
  bool may_explain = false;  ///< in `detail`, as all do with code 1, and code 2 of webrtc_room
};
inline std::ostream& operator<<(std::ostream& out, const ExpectedReply& expected) {
  return out << expected.code << " " << expected.message;
}

/// The additional fields that a failure may have.
/// @source protocol F.7.
inline bool MayReport(const ExpectedReply& expected, std::string_view endpoint,
                      std::string_view field) {
  if (field == "code" || field == "message") return true;
  if (field == "detail") {
    return expected.code == 1 || expected.code == 2 || expected.may_explain;
  }
  if (field == "roomID") return expected.code == 11;
  if (field == "result") {
    return (endpoint == "login" && expected.code == 7) ||
           (endpoint == "merge_stream" && expected.code == 6);
  }
  return false;
}

/// HTTP 200 with a JSON object of exactly this code and message; a failure has only the permitted
/// additional fields.
inline testing::AssertionResult IsReply(const ApiReply& reply, const ExpectedReply& expected,
                                        std::string_view endpoint = {}) {
  const auto wrong = [&](const std::string& what) {
    return testing::AssertionFailure() << what << " instead of " << expected << ": " << reply;
  };
  if (reply.status != 200) return wrong("another status");
  const auto type = reply.headers.find("content-type");
  if (type == reply.headers.end() || type->second != "application/json; charset=utf-8") {
    return wrong("another media type");
  }
  if (!reply.json.is_object()) return wrong("no JSON object");
  if (!reply.json.contains("code") || !reply.json["code"].is_number_integer()) {
    return wrong("no integer code");
  }
  if (reply.code() != expected.code) return wrong("another code");
  if (reply.Text("message") != expected.message) return wrong("another message");
  if (expected.code == 0) return testing::AssertionSuccess();
  for (const auto& [field, value] : reply.json.items()) {
    if (!MayReport(expected, endpoint, field)) return wrong("the field " + field);
  }
  return testing::AssertionSuccess();
}

namespace sentences {

inline constexpr ExpectedReply kSuccess{0, "请求成功"};

// Gen-1 (protocol A.2).
inline constexpr ExpectedReply kGen1RoomExists{2, "您请求的房间已经存在"};
inline constexpr ExpectedReply kGen1NoRoom{3, "您请求的房间不存在"};
inline constexpr ExpectedReply kGen1NoMember{5, "您请求的房间成员不存在"};
inline constexpr ExpectedReply kInternal{6, "服务器内部错误"};
inline constexpr ExpectedReply kNotAuthorised{7, "鉴权失败", true};
inline constexpr ExpectedReply kBanned{7, "鉴权失败"};
inline constexpr ExpectedReply kRoomFull{5001, "超出房间人数上限"};

// Gen-2 (protocol B.2, B.3).
inline constexpr ExpectedReply kNoRoom{3, "请求的房间不存在"};
inline constexpr ExpectedReply kNotCreator{3, "不是房间主人，无法销毁房间"};
inline constexpr ExpectedReply kCannotLeave{5, "退出房间失败，不是房间成员"};
inline constexpr ExpectedReply kNoMember{5, "不是房间成员"};
inline constexpr ExpectedReply kWrongToken{7, "鉴权失败 错误码:1 错误信息:token 错误"};
inline constexpr ExpectedReply kNoCredentials{
    7, "鉴权失败 错误码:4 错误信息:参数不全，请检查是否忘记携带参数userID和token"};
inline constexpr ExpectedReply kRoomTakenGen2{11, "房间已经存在"};

// webrtc_room (protocol B.8).
inline constexpr ExpectedReply kWebrtcNoRoom{3, "请求失败，房间不存在"};

}  // namespace sentences
}  // namespace rtcroom
