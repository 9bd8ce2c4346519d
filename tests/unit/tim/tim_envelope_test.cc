// Frames of today's IM SDKs.
#include "handlers/tim/tim_envelope.h"

#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rtcroom::tim {
namespace {

using nlohmann::json;

std::string Repeated(std::string_view text, std::size_t count) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

TEST(TimEnvelope, IsReadWithItsHead) {
  const auto envelope = ReadEnvelope(
      R"({"head":{"servcmd":"a.b","seq":7,"a2":"x","tinyid":"12","identifier":"u","usersig":"s",
          "status_instid":0},"body":{"A":1}})");
  ASSERT_TRUE(envelope);
  EXPECT_EQ(envelope->head.servcmd, "a.b");
  EXPECT_EQ(envelope->head.seq, 7U);
  EXPECT_EQ(envelope->head.a2, "x");
  EXPECT_EQ(envelope->head.tiny_id, "12");
  EXPECT_EQ(envelope->head.identifier, "u");
  EXPECT_EQ(envelope->head.user_sig, "s");
  EXPECT_EQ(envelope->body->at("A"), 1);
}

/// A greeting is read in another way, to the same effect.
TEST(TimEnvelope, OfAGreetingIsThatOfOtherCommands) {
  const auto read = [](std::string_view command, std::string_view members) -> std::string {
    const auto envelope =
        ReadEnvelope(fmt::format(R"({{"head":{{"servcmd":"{}",{}}})", command, members));
    if (!envelope) return "none";
    const Head& head = envelope->head;
    return fmt::format("{} {} {} {}", head.seq, head.a2, head.tiny_id, envelope->body.ok());
  };
  const std::vector<std::string> frames = {
      R"("seq":7,"a2":"x","tinyid":"12","sdkappid":1400000000,"ver":"v4"},"body":{})",
      R"("seq":0},"body":{"is_web_uniapp":0,"a":"b"})",
      R"("seq":7,"seq":8,"a2":"x","a2":"y"},"body":{})",
      R"("seq":7,"a2":1,"tinyid":null},"body":{})",
      R"("seq":7,"a2":"\u0041\n"},"body":{})",
      R"("seq":7, "a2":"x"},"body":{})",
      R"("a2":"x"},"body":{})",
      R"("seq":"7"},"body":{})",
      R"("seq":9007199254740992},"body":{})",
      R"("seq":9007199254740993},"body":{})",
      R"("seq":07},"body":{})",
      R"("seq":-7},"body":{})",
      R"("seq":7,},"body":{})",
      "\"seq\":7,\"a2\":\"x\t\"},\"body\":{}",
      R"("seq":7},"body":{"a":1,})",
      R"("seq":7},"body":{},"body":[])",
      R"("seq":7},"body":[])",
      R"("seq":7},"body":{"a":{}})",
      R"("seq":7},"body":{}} )",
      R"("seq":7},"body":{}}})",
      R"("seq":7},"body":{)",
      R"("seq":7})"};
  for (const std::string& frame : frames) {
    EXPECT_EQ(read("im_open_status.wshello", frame), read("a.b", frame)) << frame;
  }
  EXPECT_EQ(read("heartbeat.alive", frames.front()), "7 x 12 true");
}

TEST(TimEnvelope, IsNoneWithoutAHead) {
  const std::string nested = R"({"head":{"servcmd":"a.b","seq":1},"body":)";
  const std::vector<std::string> frames = {
      "",
      " ",
      "null",
      "true",
      "[]",
      "1",
      "\"text\"",
      "{",
      "}",
      "{}",
      "{\"head\":",
      "{}{}",
      "COMP{}",
      std::string(1, '\0'),
      nested + "{}}" + '\0',
      "\xff\xfe",
      "{\"head\":{\"servcmd\":\"\xc3\x28\",\"seq\":1}}",
      Repeated("[", 30'000),
      nested + Repeated("{\"a\":", 5'000) + "1" + Repeated("}", 5'001),
      R"({"body":{}})"};
  for (const std::string& frame : frames) EXPECT_FALSE(ReadEnvelope(frame)) << frame.substr(0, 80);
  const std::vector<std::string> heads = {
      "null",
      "[]",
      R"("a.b")",
      "{}",
      R"({"servcmd":"a.b"})",
      R"({"seq":1})",
      R"({"servcmd":"","seq":1})",
      R"({"servcmd":null,"seq":1})",
      R"({"servcmd":["a.b"],"seq":1})",
      R"({"servcmd":")" + std::string(60'000, 'a') + R"(","seq":1})"};
  for (const std::string& head : heads)
    EXPECT_FALSE(ReadEnvelope(R"({"head":)" + head + "}")) << head.substr(0, 80);
  for (const char* const seq : {R"("1")", "-1", "0.5", "1e300", "1e999", "9007199254740993",
                                "18446744073709551615", "99999999999999999999999"}) {
    EXPECT_FALSE(ReadEnvelope(fmt::format(R"({{"head":{{"servcmd":"a.b","seq":{}}}}})", seq)))
        << seq;
  }
}

TEST(TimEnvelope, NamesItsRequestThoughItsBodyCannotBeRead) {
  const auto none = ReadEnvelope(R"({"head":{"servcmd":"a","seq":1},"body":[]})");
  ASSERT_TRUE(none);
  EXPECT_FALSE(none->body);
  const auto large = ReadEnvelope(R"({"head":{"servcmd":"a","seq":1},"body":{"A":[1)" +
                                  Repeated(",1", 2000) + "]}}");
  ASSERT_TRUE(large);
  EXPECT_FALSE(large->body);
  EXPECT_TRUE(ReadEnvelope(R"({"head":{"servcmd":"a","seq":1}})")->body->empty());
}

TEST(TimEnvelope, RepliesHaveTheNameOfTheRequest) {
  const Head head{.servcmd = "a.\"b", .seq = 4'294'967'295, .a2 = "secret"};
  JsonText members;
  members.Field("A", "1");
  EXPECT_EQ(json::parse(ReplyTo(head, members)),
            json::parse(R"({"head":{"servcmd":"a.\"b","seq":4294967295},
                "body":{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","A":"1"}})"));
  EXPECT_EQ(json::parse(ReplyTo(head, Failure(10007, "no")))["body"],
            json::parse(R"({"ActionStatus":"FAIL","ErrorCode":10007,"ErrorInfo":"no"})"));
  EXPECT_EQ(json::parse(ReplyTo(head, Failure(code::kKicked, "other")))["body"],
            json::parse(R"({"ActionStatus":"FAIL","ErrorCode":1002,"ErrorInfo":"other",
                "KickType":1,"NewInstInfo":{}})"));
}

TEST(TimEnvelope, ReceiptsSayHowFar) {
  for (const Received& received : {Received{.until = 5}, Received{.room_number = 3, .until = 7}}) {
    EXPECT_EQ(ReadSession(SessionOf(received)), received);
  }
  for (const char* const text :
       {"", "-", "d-", "3", "0-1", "d-1x", "x-1", "3-99999999999999999999"}) {
    EXPECT_FALSE(ReadSession(text)) << text;
  }
  const json push = json::parse(MessagePush(R"({"Event":3})", "3-7", true));
  EXPECT_EQ(push["body"], json::parse(R"({"EventArray":[{"Event":3}],"NeedAck":1,
      "SessionData":"3-7"})"));
  EXPECT_EQ(push["head"]["servcmd"], "im_open_push.msg_push");
  EXPECT_EQ(json::parse(KickPush(KickType::kOperator)), json::parse(R"({
      "head":{"servcmd":"im_open_status.stat_forceoffline","seq":0},
      "body":{"EventArray":[{"Event":10,"C2cNotifyMsgArray":[{"KickoutMsgNotify":
          {"KickType":3,"NewInstInfo":{}}}]}],"NeedAck":0}})"));
}

}  // namespace
}  // namespace rtcroom::tim
