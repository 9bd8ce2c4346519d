#include "handlers/protocol_codes.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace rtcroom {
namespace {

TEST(ProtocolCodes, AnswerEachFailureWithOneOfTheProtocolsCodes) {
  const std::set<int> codes = {1, 2, 3, 5, 6, 7, 5001};
  for (const Dialect dialect : {Dialect::kGen1, Dialect::kGen2}) {
    for (std::size_t i = 0; i < kErrcCount; ++i) {
      const auto failure = static_cast<Errc>(i);
      const ProtocolCode& row = ProtocolCodeOf(dialect, failure);
      EXPECT_EQ(row.failure, failure);
      EXPECT_TRUE(codes.contains(row.code)) << failure;
      EXPECT_FALSE(row.message.empty()) << failure;
      EXPECT_EQ(row.http_status, 200) << failure;
    }
  }
}

TEST(ProtocolCodes, SpeakGen1InItsOwnSentences) {
  struct Sentence {
    Errc failure;
    int code;
    std::string_view message;
  };
  for (const Sentence& sentence : {
           Sentence{Errc::kBadRequest, 1, "请求参数错误"},
           Sentence{Errc::kRoomExists, 2, "您请求的房间已经存在"},
           Sentence{Errc::kRoomNotFound, 3, "您请求的房间不存在"},
           Sentence{Errc::kNotCreator, 3, "您请求的房间不存在"},
           Sentence{Errc::kPusherNotFound, 5, "您请求的房间成员不存在"},
           Sentence{Errc::kUnavailable, 6, "服务器内部错误"},
           Sentence{Errc::kUnauthorized, 7, "鉴权失败"},
           Sentence{Errc::kRoomFull, 5001, "超出房间人数上限"},
       }) {
    const ProtocolCode& row = ProtocolCodeOf(Dialect::kGen1, sentence.failure);
    EXPECT_EQ(row.code, sentence.code);
    EXPECT_EQ(row.message, sentence.message);
  }
  EXPECT_EQ(kSuccessCode, 0);
  EXPECT_EQ(kSuccessMessage, "请求成功");
}

TEST(ProtocolCodes, TellGen2ThatNobodyIsLoggedIn) {
  const ProtocolCode& row = ProtocolCodeOf(Dialect::kGen2, Errc::kUnauthorized);
  EXPECT_EQ(row.code, 7);
  EXPECT_EQ(row.message, "鉴权失败 错误码:3 错误信息:用户未登录或token过期");
}

TEST(ProtocolCodes, WarnTheLogOfEveryFaultOfTheServer) {
  for (std::size_t i = 0; i < kErrcCount; ++i) {
    const ProtocolCode& row = ProtocolCodeOf(Dialect::kGen1, static_cast<Errc>(i));
    const bool is_ours = row.code == 6 && row.failure != Errc::kTooManyRequests;
    EXPECT_EQ(is_ours, row.log_level >= LogLevel::kWarn) << row.failure;
  }
}

TEST(ProtocolCodes, LetNobodyFillTheLogByComingTooOften) {
  const ProtocolCode& row = ProtocolCodeOf(Dialect::kGen1, Errc::kTooManyRequests);
  EXPECT_EQ(row.code, 6);
  EXPECT_EQ(row.message, "服务器内部错误");
  EXPECT_EQ(row.log_level, LogLevel::kDebug);
}

}  // namespace
}  // namespace rtcroom
