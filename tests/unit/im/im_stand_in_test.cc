#include "tests/support/im_stand_in.h"

#include <chrono>
#include <string>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/base/system_clock.h"
#include "daemon/http_client/outgoing_http.h"
#include "tests/support/eventually.h"
#include "tests/support/matchers.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kGroup = R"({"GroupId":"g"})";
constexpr const char* kNewGroup =
    R"({"GroupId":"g","Name":"g","Type":"AVChatRoom","Owner_Account":"a"})";
constexpr const char* kNotice = R"({"GroupId":"g","Content":"c"})";

/// Checks the stand-in itself, since other tests rely on it.
class ImStandInTest : public testing::Test {
 protected:
  std::string Ask(const std::string& command, const std::string& body,
                  const std::string& query =
                      "?sdkappid=1&identifier=a&usersig=s&random=7"
                      "&contenttype=json") {
    const auto reply = http_.Post(service_.base_url(), "/v4/group_open_http_svc/" + command + query,
                                  "application/json", body, kWaitTimeout);
    return reply ? reply->body : reply.error().detail;
  }
  static std::string Message(int number, const std::string& data) {
    return fmt::format(R"({{"GroupId":"g","Random":{},"MsgBody":[{{"MsgType":"TIMCustomElem",)"
                       R"("MsgContent":{{"Data":"{}"}}}}]}})",
                       number, data);
  }

  const SystemClock clock_;
  ImStandIn service_;
  HttplibOutgoing http_{clock_};
};

TEST_F(ImStandInTest, KeepsGroups) {
  EXPECT_THAT(Ask("destroy_group", kGroup), HasSubstr("10010"));
  EXPECT_THAT(Ask("create_group", kNewGroup), HasSubstr(R"("ActionStatus":"OK","ErrorCode":0)"));
  EXPECT_THAT(Ask("create_group", kNewGroup), HasSubstr("10025"));
  EXPECT_TRUE(service_.HasGroup("g"));
  EXPECT_THAT(Ask("destroy_group", kGroup), HasSubstr(R"("ErrorCode":0)"));
  EXPECT_FALSE(service_.HasGroup("g"));
}

TEST_F(ImStandInTest, RecordsCallsInTheirOrder) {
  Ask("create_group", kNewGroup);
  Ask("send_group_system_notification", kNotice);
  const auto calls = service_.calls();
  ASSERT_EQ(calls.size(), 2u);
  EXPECT_EQ(calls[0].number, 1u);
  EXPECT_EQ(calls[0].command, GroupCommand::kCreate);
  EXPECT_EQ(calls[1].number, 2u);
  EXPECT_EQ(calls[1].command, GroupCommand::kSystemNotice);
  EXPECT_EQ(calls[1].group, "g");
  EXPECT_EQ(calls[1].body, kNotice);
  EXPECT_EQ(calls[1].identifier, "a");
  EXPECT_EQ(service_.CountCalls(GroupCommand::kSystemNotice), 1u);
}

TEST_F(ImStandInTest, DropsAMessageThatRepeatsANumber) {
  Ask("create_group", kNewGroup);
  Ask("send_group_msg", Message(1, "one"));
  Ask("send_group_msg", Message(1, "one"));
  Ask("send_group_msg", Message(2, "two"));
  EXPECT_THAT(service_.NoticesTo("g"), ElementsAre("one", "two"));
}

TEST_F(ImStandInTest, RejectsInvalidRequests) {
  EXPECT_THAT(Ask("create_group", kGroup), HasSubstr("10004"));
  EXPECT_THAT(Ask("create_group", R"({"GroupId":"g","Name":"1234567890123456789012345678901",)"
                                  R"("Type":"AVChatRoom","Owner_Account":"a"})"),
              HasSubstr("10004"));
  EXPECT_THAT(Ask("destroy_group", "{}"), HasSubstr("10004"));
  EXPECT_THAT(Ask("destroy_group", "garbage"), HasSubstr("10004"));
  EXPECT_THAT(Ask("no_such_command", kGroup), HasSubstr("10004"));
  EXPECT_THAT(Ask("destroy_group", kGroup, "?sdkappid=1&identifier=a&random=7&contenttype=json"),
              HasSubstr("10004"));
  EXPECT_EQ(service_.bad_requests(), 6u);
  EXPECT_THAT(service_.calls(), IsEmpty());
}

TEST_F(ImStandInTest, AppliesTheMostSpecificBehaviourFirst) {
  service_.Behave(ImConduct::ErrorCode(1));
  service_.Behave(GroupCommand::kDestroy, ImConduct::ErrorCode(2));
  service_.BehaveNext(1, ImConduct::ErrorCode(3), GroupCommand::kCreate);
  service_.BehaveNext(1, ImConduct::ErrorCode(4));
  EXPECT_THAT(Ask("destroy_group", kGroup), HasSubstr(R"("ErrorCode":4,)"));
  EXPECT_THAT(Ask("destroy_group", kGroup), HasSubstr(R"("ErrorCode":2,)"));
  EXPECT_THAT(Ask("create_group", kNewGroup), HasSubstr(R"("ErrorCode":3,)"));
  EXPECT_THAT(Ask("create_group", kNewGroup), HasSubstr(R"("ErrorCode":1,)"));
  service_.Behave(GroupCommand::kDestroy, std::nullopt);
  EXPECT_THAT(Ask("destroy_group", kGroup), HasSubstr(R"("ErrorCode":1,)"));
}

TEST_F(ImStandInTest, AppliesACallWithAnUnreadableReply) {
  service_.BehaveNext(1, ImConduct::Replying(ImConduct::Reply::kGarbage, /*takes_effect=*/true));
  Ask("create_group", kNewGroup);
  EXPECT_TRUE(service_.HasGroup("g"));
}

TEST_F(ImStandInTest, AnswersHangingCallsOnRelease) {
  service_.BehaveNext(1, ImConduct::Replying(ImConduct::Reply::kHang, /*takes_effect=*/true));
  const std::jthread caller(
      [this] { EXPECT_THAT(Ask("create_group", kNewGroup), HasSubstr(R"("ErrorCode":0)")); });
  EXPECT_TRUE(Eventually([this] { return service_.waiting() == 1; }));
  service_.Release();
}

TEST_F(ImStandInTest, RestartsOnItsPortWithItsGroups) {
  Ask("create_group", kNewGroup);
  const std::string url = service_.base_url();
  for (int round = 0; round < 3; ++round) {
    service_.GoDown();
    EXPECT_ERROR(kUnreachable,
                 http_.Post(url, "/", "application/json", "", std::chrono::seconds(5)));
    service_.GoUp();
    EXPECT_EQ(service_.base_url(), url);
    EXPECT_THAT(Ask("create_group", kNewGroup), HasSubstr("10025"));
  }
}

}  // namespace
}  // namespace rtcroom
