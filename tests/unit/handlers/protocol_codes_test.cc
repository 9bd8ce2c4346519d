#include "handlers/shared/protocol_codes.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace rtcroom {
namespace {

struct Sentence {
  std::string_view endpoint;
  Errc failure;
  int code;
  std::string_view message;
};

void ExpectSentences(Protocol protocol, std::initializer_list<Sentence> sentences) {
  for (const Sentence& sentence : sentences) {
    const ProtocolCode& row = ProtocolCodeOf(protocol, sentence.endpoint, sentence.failure);
    EXPECT_EQ(row.code, sentence.code) << sentence.endpoint << " " << sentence.failure;
    EXPECT_EQ(row.message, sentence.message) << sentence.endpoint << " " << sentence.failure;
  }
}

TEST(ProtocolCodes, MapEachFailureToAProtocolCode) {
  const std::set<int> codes = {1, 2, 3, 5, 6, 7, 10, 11, 5001};
  for (const Protocol protocol : kAllProtocols) {
    for (std::size_t i = 0; i < kErrcCount; ++i) {
      const auto failure = static_cast<Errc>(i);
      const ProtocolCode& row = ProtocolCodeOf(protocol, "get_pushers", failure);
      EXPECT_EQ(row.failure, failure);
      EXPECT_TRUE(codes.contains(row.code)) << failure;
      EXPECT_FALSE(row.message.empty()) << failure;
    }
  }
}

TEST(ProtocolCodes, HaveTheMessagesOfGen1) {
  ExpectSentences(Protocol::kGen1, {
                                       {"", Errc::kBadRequest, 1, "请求参数错误"},
                                       {"", Errc::kRoomExists, 2, "您请求的房间已经存在"},
                                       {"", Errc::kRoomNotFound, 3, "您请求的房间不存在"},
                                       {"", Errc::kNotCreator, 3, "您请求的房间不存在"},
                                       {"", Errc::kPusherNotFound, 5, "您请求的房间成员不存在"},
                                       {"", Errc::kUnavailable, 6, "服务器内部错误"},
                                       {"create_room", Errc::kUnavailable, 6, "服务器内部错误"},
                                       {"", Errc::kUnauthorized, 7, "鉴权失败"},
                                       {"", Errc::kNotAllowed, 7, "鉴权失败"},
                                       {"", Errc::kRoomFull, 5001, "超出房间人数上限"},
                                   });
  EXPECT_EQ(kSuccessCode, 0);
  EXPECT_EQ(kSuccessMessage, "请求成功");
}

TEST(ProtocolCodes, HaveTheMessagesOfGen2) {
  ExpectSentences(Protocol::kGen2,
                  {
                      {"", Errc::kBadRequest, 1, "参数不全"},
                      {"add_audience", Errc::kAudienceFull, 1, "观众列表满了"},
                      {"", Errc::kRoomNotFound, 3, "请求的房间不存在"},
                      {"destroy_room", Errc::kNotCreator, 3, "不是房间主人，无法销毁房间"},
                      {"pusher_heartbeat", Errc::kPusherNotFound, 5, "不是房间成员"},
                      {"merge_stream", Errc::kPusherNotFound, 5, "不是房间成员"},
                      {"", Errc::kUnavailable, 6, "服务器内部错误"},
                      {"", Errc::kInternal, 6, "服务器内部错误"},
                      {"", Errc::kStoreBusy, 6, "服务器内部错误"},
                      {"", Errc::kTooManyRooms, 6, "服务器内部错误"},
                      {"", Errc::kTooManyRequests, 6, "服务器内部错误"},
                      {"login", Errc::kUnauthorized, 7, "鉴权失败"},
                      {"add_pusher", Errc::kNotAllowed, 7, "鉴权失败"},
                      {"", Errc::kInfoTooLong, 10, "roomInfo 字符串字节长度不能超过1024字节"},
                      {"", Errc::kNotJson, 10, "mergeParams 不是合法的JSON格式的字符串"},
                      {"", Errc::kRoomExists, 11, "房间已经存在"},
                      {"", Errc::kRoomFull, 5001, "超出房间人数上限"},
                  });
}

TEST(ProtocolCodes, HaveAnHttpStatusOfTheirOwnOnlyWhereTheOutcomeIsUnknown) {
  for (std::size_t i = 0; i < kErrcCount; ++i) {
    const auto failure = static_cast<Errc>(i);
    EXPECT_EQ(HttpStatusOf(failure), failure == Errc::kOutcomeUnknown ? 504 : 200) << failure;
  }
}

TEST(ProtocolCodes, NumberTokenFaultsInGen2) {
  ExpectSentences(
      Protocol::kGen2,
      {
          {"", Errc::kTokenWrong, 7, "鉴权失败 错误码:1 错误信息:token 错误"},
          {"", Errc::kTokenMalformed, 7, "鉴权失败 错误码:2 错误信息:token 错误"},
          {"", Errc::kNoSession, 7, "鉴权失败 错误码:3 错误信息:用户未登录或token过期"},
          {"", Errc::kNoCredentials, 7,
           "鉴权失败 错误码:4 错误信息:参数不全，请检查是否忘记携带参数userID和token"},
          {"", Errc::kUnknownApp, 7,
           "鉴权失败 错误码:5 错误信息:客户配置不存在，请检查appID和businessID是否正确"},
      });
}

TEST(ProtocolCodes, HaveEndpointMessagesInGen2) {
  ExpectSentences(Protocol::kGen2,
                  {
                      {"destroy_room", Errc::kRoomNotFound, 3, "不是房间主人，无法销毁房间"},
                      {"delete_pusher", Errc::kPusherNotFound, 5, "退出房间失败，不是房间成员"},
                      {"create_room", Errc::kUnavailable, 6, "群组创建失败"},
                      {"add_pusher", Errc::kUnavailable, 6, "创建群组失败"},
                      {"create_room", Errc::kStoreBusy, 6, "服务器内部错误"},
                      {"create_room", Errc::kOutcomeUnknown, 6, "服务器内部错误"},
                      {"set_custom_field", Errc::kNotAllowed, 5, "不是房间成员"},
                  });
}

TEST(ProtocolCodes, HaveTheMessagesOfWebrtc) {
  ExpectSentences(Protocol::kWebrtc,
                  {
                      {"", Errc::kBadRequest, 2, "请求失败，缺少参数"},
                      {"", Errc::kRoomNotFound, 3, "请求失败，房间不存在"},
                      {"create_room", Errc::kUnavailable, 3, "请求失败，权限位生成失败"},
                      {"enter_room", Errc::kUnavailable, 3, "请求失败，权限位生成失败"},
                      {"get_login_info", Errc::kUnavailable, 6, "服务器内部错误"},
                      {"", Errc::kBadIdentity, 7, "请求失败，userID含有非法字符或者不符合规范"},
                      {"", Errc::kUnauthorized, 7, "鉴权失败"},
                      {"", Errc::kInfoTooLong, 11, "roomInfo 字符串长度不能超过1024字节"},
                      {"", Errc::kRoomFull, 5001, "超出房间人数上限"},
                      {"", Errc::kStoreBroken, 6, "服务器内部错误"},
                  });
}

TEST(ProtocolCodes, LogServerFaultsAtWarn) {
  for (std::size_t i = 0; i < kErrcCount; ++i) {
    const auto failure = static_cast<Errc>(i);
    const bool is_ours =
        ProtocolCodeOf(Protocol::kGen1, "", failure).code == 6 && failure != Errc::kTooManyRequests;
    EXPECT_EQ(is_ours, ToLogLevel(failure) >= LogLevel::kWarn) << failure;
  }
}

TEST(ProtocolCodes, LogRateLimitedRequestsAtDebug) {
  EXPECT_EQ(ProtocolCodeOf(Protocol::kGen1, "", Errc::kTooManyRequests).code, 6);
  EXPECT_EQ(ToLogLevel(Errc::kTooManyRequests), LogLevel::kDebug);
}

}  // namespace
}  // namespace rtcroom
