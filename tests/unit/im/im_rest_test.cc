#include "daemon/im/im_rest.h"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/captured_log.h"
#include "tests/support/fake_clock.h"
#include "tests/support/unexpected_http.h"
#include "tests/support/url.h"
#include "tests/unit/im/all_commands.h"
#include "tests/unit/im/counting_signer.h"

namespace rtcroom {
namespace {

using Json = nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using enum GroupCommand;
using enum ImOutcome;

/// 1, 2, 3 ... as 32 bits.
class CountingRandom : public RandomSource {
 public:
  void Fill(std::span<std::byte> out) override {
    const std::uint32_t number = ++next_;
    const auto bytes = std::as_bytes(std::span(&number, 1));
    for (std::size_t at = 0; at < out.size(); ++at) out[at] = bytes[at % bytes.size()];
  }

 private:
  std::atomic<std::uint32_t> next_{0};
};

/// Gives the scripted answers in order, then times out.
class ScriptedHttp : public UnexpectedHttp {
 public:
  struct Asked {
    std::string url{};
    std::string content_type{};
    std::string body{};
    milliseconds timeout{};
  };

  explicit ScriptedHttp(FakeClock& clock) : clock_(clock) {}

  Result<OutgoingReply> Post(const std::string& base_url, const std::string& path_and_query,
                             const std::string& content_type, const std::string& body,
                             milliseconds timeout) override {
    asked.push_back({base_url + path_and_query, content_type, body, timeout});
    clock_.Advance(takes);
    if (replies.empty()) return Error{Errc::kUnavailable, "no answer in time"};
    Result<OutgoingReply> reply = replies.front();
    replies.pop_front();
    return reply;
  }

  std::deque<Result<OutgoingReply>> replies;
  milliseconds takes{0};  ///< duration of each call
  std::vector<Asked> asked;

 private:
  FakeClock& clock_;
};

std::string AnswerOf(int code, const std::string& info = "") {
  return Json({{"ActionStatus", code == 0 ? "OK" : "FAIL"},
               {"ErrorCode", code},
               {"ErrorInfo", info}})
      .dump();
}

class ImRestTest : public testing::Test {
 protected:
  ImAnswer Call(GroupCommand command = kCreate, const std::string& group = "room_1",
                milliseconds timeout = seconds(5)) {
    return im_.Call(command, {group}, timeout);
  }
  ImAnswer CallAnswered(const std::string& body, int status = 200, GroupCommand command = kCreate) {
    http_.asked.clear();
    http_.replies = {OutgoingReply{status, body}};
    return Call(command);
  }
  Json BodyOf(GroupCommand command, const std::string& group = "room_1") {
    http_.asked.clear();
    Call(command, group);
    return Json::parse(http_.asked.at(0).body);
  }

  CapturedLog log_;
  Logger logger_{LogFormat::kJson, LogLevel::kDebug, log_.file()};
  FakeClock clock_;
  ScriptedHttp http_{clock_};
  CountingSigner signer_;
  CountingRandom random_;
  ImAdminSignature signature_{signer_, {"the*boss"}, std::chrono::hours(1), clock_};
  ImRest im_{{.base_url = "https://im.test/base", .sdk_app_id = 1400000001},
             http_,
             signature_,
             random_,
             clock_,
             logger_};
};

TEST_F(ImRestTest, UsesTheDocumentedPaths) {
  const std::pair<GroupCommand, std::string> paths[] = {
      {kCreate, "create_group"},
      {kDestroy, "destroy_group"},
      {kSystemNotice, "send_group_system_notification"},
      {kCustomMessage, "send_group_msg"},
  };
  for (const auto& [command, path] : paths) {
    http_.asked.clear();
    Call(command);
    ASSERT_EQ(http_.asked.size(), 1u);
    EXPECT_THAT(http_.asked[0].url,
                testing::MatchesRegex("https://im\\.test/base/v4/group_open_http_svc/" + path +
                                      "\\?sdkappid=1400000001&identifier=the%2Aboss"
                                      "&usersig=the%2Aboss-1&random=[0-9]+&contenttype=json"));
    EXPECT_EQ(http_.asked[0].content_type, "application/json");
  }
}

TEST_F(ImRestTest, UsesANewRandomNumberPerCall) {
  Call();
  Call();
  EXPECT_THAT(http_.asked[0].url, HasSubstr("&random=1&"));
  EXPECT_THAT(http_.asked[1].url, HasSubstr("&random=2&"));
}

TEST_F(ImRestTest, CreatesAGroupAsItsAdministrator) {
  EXPECT_EQ(BodyOf(kCreate), Json::parse(R"({"Owner_Account":"the*boss","Type":"AVChatRoom",
                                             "GroupId":"room_1","Name":"room_1"})"));
}

TEST_F(ImRestTest, TruncatesTheNameTo30Bytes) {
  const std::string group(48, 'r');
  const Json body = BodyOf(kCreate, group);
  EXPECT_EQ(body.at("GroupId"), group);
  EXPECT_EQ(body.at("Name"), std::string(30, 'r'));
}

TEST_F(ImRestTest, DestroysAGroup) {
  EXPECT_EQ(BodyOf(kDestroy), Json::parse(R"({"GroupId":"room_1"})"));
}

TEST_F(ImRestTest, SendsTheNoticeOfOldClients) {
  const Json body = BodyOf(kSystemNotice);
  EXPECT_EQ(body.size(), 2u);
  EXPECT_EQ(body.at("GroupId"), "room_1");
  EXPECT_EQ(body.at("Content"), R"({"cmd":"notifyPusherChange","data":""})");
}

TEST_F(ImRestTest, SendsAMessageOfOneCustomElement) {
  const Json body = BodyOf(kCustomMessage);
  const Json element = {
      {"MsgType", "TIMCustomElem"},
      {"MsgContent",
       {{"Data", R"({"cmd":"notifyPusherChange","data":{}})"}, {"Desc", ""}, {"Ext", ""}}}};
  EXPECT_EQ(body.size(), 3u);
  EXPECT_EQ(body.at("GroupId"), "room_1");
  EXPECT_EQ(body.at("MsgBody"), Json::array({element}));
  EXPECT_TRUE(body.at("Random").is_number_unsigned());
}

TEST_F(ImRestTest, UsesANewNumberPerMessage) {
  EXPECT_NE(BodyOf(kCustomMessage).at("Random"), BodyOf(kCustomMessage).at("Random"));
}

TEST_F(ImRestTest, SendsAnIdWithInvalidUtf8) {
  EXPECT_EQ(BodyOf(kDestroy, "r\xff\"").at("GroupId"), "r\xef\xbf\xbd\"");
}

TEST_F(ImRestTest, LimitsEachCallToFiveSecondsOrTheRemainingTime) {
  Call(kCreate, "r", milliseconds(700));
  Call(kCreate, "r", seconds(8));
  EXPECT_EQ(http_.asked[0].timeout, milliseconds(700));
  EXPECT_EQ(http_.asked[1].timeout, seconds(5));
}

TEST_F(ImRestTest, IsDoneOnActionStatusOk) {
  const ImAnswer answer = CallAnswered(
      R"({"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0,"GroupId":"room_1","More":[{}]})");
  EXPECT_EQ(answer.outcome, kDone);
  EXPECT_EQ(answer.error_code, 0);
  EXPECT_EQ(answer.detail, "");
}

TEST_F(ImRestTest, ReturnsErrorCodeAndInfo) {
  const ImAnswer answer = CallAnswered(AnswerOf(10036, "too many groups"));
  EXPECT_EQ(answer.outcome, kQuotaUsedUp);
  EXPECT_EQ(answer.error_code, 10036);
  EXPECT_EQ(answer.detail, "too many groups");
}

TEST_F(ImRestTest, EscapesAndTruncatesErrorInfo) {
  EXPECT_EQ(CallAnswered(AnswerOf(10004, "a\nb\u4eba")).detail, "a\\x0ab\\xe4\\xba\\xba");
  EXPECT_LE(CallAnswered(AnswerOf(10004, std::string(60'000, '\t'))).detail.size(), 204u);
}

TEST_F(ImRestTest, RedactsSignaturesInErrorInfo) {
  const ImAnswer answer =
      CallAnswered(AnswerOf(70009, "usersig the*boss-1 (the%2Aboss-1) is not good"));
  EXPECT_EQ(answer.outcome, kMisconfigured);
  EXPECT_EQ(answer.detail, "usersig *** (***) is not good");
}

TEST_F(ImRestTest, PrefersTheErrorCodeToTheActionStatus) {
  EXPECT_EQ(CallAnswered(R"({"ActionStatus":"OK","ErrorCode":10036})").outcome, kQuotaUsedUp);
}

TEST_F(ImRestTest, IsTransientOnAnUnreadableAnswer) {
  const std::string bodies[] = {
      "",
      "<html>",
      "null",
      "0",
      "[]",
      "{}",
      R"({"ErrorCode":0})",
      R"({"ActionStatus":"FAIL","ErrorCode":0})",
      R"({"ActionStatus":1,"ErrorCode":0})",
      R"({"ActionStatus":"OK"})",
      R"({"ActionStatus":"OK","ErrorCode":"0"})",
      R"({"ActionStatus":"OK","ErrorCode":0.0})",
      R"({"ActionStatus":"OK","ErrorCode":null})",
      R"({"ActionStatus":"OK","ErrorCode":true})",
      R"({"ActionStatus":"OK","ErrorCode":4294967296})",
      R"({"ActionStatus":"OK","ErrorCode":-9223372036854775808})",
      R"({"ActionStatus":"OK","ErrorCode":18446744073709551615})",
      R"({"ActionStatus":"OK","ErrorCode":0)",
      R"({"ActionStatus":"OK","ErrorCode":0}x)",
      "{\"ActionStatus\":\"OK\",\"ErrorCode\":0,\"ErrorInfo\":\"\xff\"}",
      std::string(30'000, '['),
  };
  for (const std::string& body : bodies) {
    for (const GroupCommand command : kAllCommands) {
      const ImAnswer answer = CallAnswered(body, 200, command);
      EXPECT_EQ(answer.outcome, kPassing) << body.substr(0, 80);
      EXPECT_EQ(answer.error_code, 0) << body.substr(0, 80);
      EXPECT_EQ(http_.asked.size(), 1u) << body.substr(0, 80);
    }
  }
}

TEST_F(ImRestTest, ReadsTheLargestAndSmallestErrorCodes) {
  for (const int code : {std::numeric_limits<int>::max(), std::numeric_limits<int>::min()}) {
    const ImAnswer answer = CallAnswered(AnswerOf(code));
    EXPECT_EQ(answer.outcome, kRefused);
    EXPECT_EQ(answer.error_code, code);
  }
}

TEST_F(ImRestTest, IsTransientOnAnyOtherStatusThan200) {
  for (const int status : {204, 302, 403, 404, 429, 500, 502, 503}) {
    const ImAnswer answer = CallAnswered(AnswerOf(0), status);
    EXPECT_EQ(answer.outcome, kPassing) << status;
    EXPECT_EQ(answer.detail, fmt::format("HTTP status {}", status));
  }
}

TEST_F(ImRestTest, IsTransientWithoutAnAnswerAndUnreachableIfUnsent) {
  http_.replies = {Error{Errc::kUnavailable, "cut"}, Error{Errc::kUnreachable, "refused"}};
  const ImAnswer cut = Call();
  EXPECT_EQ(cut.outcome, kPassing);
  EXPECT_EQ(cut.detail, "cut");
  const ImAnswer refused = Call();
  EXPECT_EQ(refused.outcome, kUnreachable);
  EXPECT_EQ(refused.detail, "refused");
}

TEST_F(ImRestTest, IsMisconfiguredWithoutASignature) {
  signer_.Break();
  const ImAnswer answer = Call();
  EXPECT_EQ(answer.outcome, kMisconfigured);
  EXPECT_EQ(answer.detail, "no key");
  EXPECT_TRUE(http_.asked.empty());
}

TEST_F(ImRestTest, RetriesOnceWithANewSignature) {
  http_.replies = {OutgoingReply{200, AnswerOf(70001)}, OutgoingReply{200, AnswerOf(10025)},
                   OutgoingReply{200, AnswerOf(70003)}, OutgoingReply{200, AnswerOf(10025)}};
  EXPECT_EQ(Call().outcome, kDone);
  EXPECT_EQ(Call().outcome, kDone);
  std::vector<std::string> signatures;
  for (const auto& asked : http_.asked) signatures.push_back(QueryParameter(asked.url, "usersig"));
  EXPECT_THAT(signatures, ElementsAre("the*boss-1", "the*boss-2", "the*boss-2", "the*boss-3"));
}

TEST_F(ImRestTest, MakesNoThirdCallIfTheNewSignatureIsRefused) {
  for (const int code : {70001, 70003}) {
    http_.asked.clear();
    http_.replies.assign(3, OutgoingReply{200, AnswerOf(code)});
    const ImAnswer answer = Call();
    EXPECT_EQ(answer.outcome, kMisconfigured);
    EXPECT_EQ(answer.error_code, code);
    EXPECT_EQ(http_.asked.size(), 2u);
    clock_.Advance(seconds(10));
  }
}

TEST_F(ImRestTest, MakesOneCallWhileNewSignaturesAreRefused) {
  http_.replies.assign(100, OutgoingReply{200, AnswerOf(70001)});
  for (int i = 0; i < 10; ++i) {
    const ImAnswer answer = Call();
    EXPECT_EQ(answer.outcome, kMisconfigured);
    EXPECT_EQ(answer.error_code, 70001);
  }
  EXPECT_EQ(http_.asked.size(), 11u);
  EXPECT_EQ(signer_.signed_so_far(), 2);
  clock_.Advance(seconds(10));
  Call();
  EXPECT_EQ(http_.asked.size(), 13u) << "one more signature is tried";
  CallAnswered(AnswerOf(0));
  http_.replies.assign(2, OutgoingReply{200, AnswerOf(70001)});
  http_.asked.clear();
  Call();
  EXPECT_EQ(http_.asked.size(), 2u) << "a signature was accepted in between";
}

TEST_F(ImRestTest, LogsRefusedSignaturesOnce) {
  http_.replies.assign(100, OutgoingReply{200, AnswerOf(70001)});
  for (int i = 0; i < 10; ++i) {
    Call();
    clock_.Advance(seconds(10));
  }
  const std::string log = log_.Text();
  const std::size_t first = log.find("im_signature_refused");
  EXPECT_EQ(log.find("im_signature_refused", first + 1), std::string::npos);
  CallAnswered(AnswerOf(0));
  CallAnswered(AnswerOf(70001));
  EXPECT_NE(log_.Text().find("im_signature_refused", log.size()), std::string::npos);
}

TEST_F(ImRestTest, DoesNotRetryIfANewSignatureWouldNotHelp) {
  for (const int code : {60010, 70002, 70009, 70020}) {
    EXPECT_EQ(CallAnswered(AnswerOf(code)).outcome, kMisconfigured);
    EXPECT_EQ(http_.asked.size(), 1u);
  }
  EXPECT_EQ(signer_.signed_so_far(), 1);
}

TEST_F(ImRestTest, KeepsBothCallsWithinItsTime) {
  http_.takes = seconds(2);
  http_.replies.assign(2, OutgoingReply{200, AnswerOf(70001)});
  Call(kCreate, "r", seconds(3));
  ASSERT_EQ(http_.asked.size(), 2u);
  EXPECT_EQ(http_.asked[1].timeout, seconds(1));

  clock_.Advance(seconds(10));
  http_.asked.clear();
  http_.replies.assign(2, OutgoingReply{200, AnswerOf(70001)});
  const ImAnswer late = Call(kCreate, "r", seconds(2));
  EXPECT_EQ(http_.asked.size(), 1u);
  EXPECT_EQ(late.outcome, kPassing);  // the next call has the new signature
}

TEST_F(ImRestTest, LogsARefusedSignatureWithoutItsValue) {
  http_.replies.assign(2, OutgoingReply{200, AnswerOf(70003, "bad the*boss-1")});
  Call();
  const std::string log = log_.Text();
  EXPECT_THAT(log, HasSubstr("im_signature_refused"));
  EXPECT_THAT(log, HasSubstr("70003"));
  for (const char* secret : {"boss-", "usersig"}) EXPECT_THAT(log, Not(HasSubstr(secret)));
}

TEST_F(ImRestTest, LogsNothingElse) {
  for (const int code : {0, 10004, 10002, 70009}) CallAnswered(AnswerOf(code));
  EXPECT_EQ(log_.Text(), "");
}

}  // namespace
}  // namespace rtcroom
