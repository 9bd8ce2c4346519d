#include "daemon/media/cloud_call.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"
#include "tests/support/matchers.h"
#include "tests/support/scripted_calls.h"

namespace rtcroom {
namespace {

using testing::HasSubstr;
using testing::Not;

CloudAccount Account() {
  return {.base_url = "https://trtc.tencentcloudapi.com",
          .secret_id = "AKID",
          .secret_key = Secret("TestSecretKeyTestSecretKey012345"),
          .region = "ap-guangzhou"};
}

CloudAction Dismiss() {
  return {.service = "trtc",
          .version = "2019-07-22",
          .name = "DismissRoomByStrRoomId",
          .payload = R"({"SdkAppId":1400000001,"RoomId":"room_ab12_cd"})"};
}

std::string HostFor(const std::string& base_url) {
  CloudAccount account = Account();
  account.base_url = base_url;
  const Result<OutgoingCall> call = SignedCloudCall(account, Dismiss(), kNoon);
  return call ? HeaderOf(*call, "Host") : call.error().detail;
}

Result<CloudReply> ReadCloud(const std::string& body, int status = 200) {
  return ReadCloudReply({status, body});
}

TEST(CloudCall, SignsWithTheVectorOfTheProtocol) {
  const Result<OutgoingCall> call = SignedCloudCall(Account(), Dismiss(), kNoon);
  ASSERT_OK(call);
  EXPECT_EQ(call->method, "POST");
  EXPECT_EQ(call->path_and_query, "/");
  EXPECT_EQ(call->body, Dismiss().payload);
  EXPECT_EQ(call->content_type, "application/json; charset=utf-8");
  EXPECT_EQ(HeaderOf(*call, "Host"), "trtc.tencentcloudapi.com");
  EXPECT_EQ(HeaderOf(*call, "X-TC-Action"), "DismissRoomByStrRoomId");
  EXPECT_EQ(HeaderOf(*call, "X-TC-Version"), "2019-07-22");
  EXPECT_EQ(HeaderOf(*call, "X-TC-Timestamp"), "1700000000");
  EXPECT_EQ(HeaderOf(*call, "X-TC-Region"), "ap-guangzhou");
  EXPECT_EQ(HeaderOf(*call, "Authorization"),
            "TC3-HMAC-SHA256 Credential=AKID/2023-11-14/trtc/tc3_request, "
            "SignedHeaders=content-type;host;x-tc-action, "
            "Signature=fed1663dc7792306d6ff9ed336eecbde3a7e5c23109afab4ee6600b424e2eaa1");
}

TEST(CloudCall, LeavesOutAnEmptyRegion) {
  CloudAccount account = Account();
  account.region = "";
  const Result<OutgoingCall> call = SignedCloudCall(account, Dismiss(), kNoon);
  ASSERT_OK(call);
  EXPECT_EQ(HeaderOf(*call, "X-TC-Region"), "(none)");
}

TEST(CloudCall, SignsTheHostThatIsAsked) {
  EXPECT_EQ(HostFor("https://a.test"), "a.test");
  EXPECT_EQ(HostFor("https://a.test:443/"), "a.test");
  EXPECT_EQ(HostFor("https://a.test:8443"), "a.test:8443");
  EXPECT_EQ(HostFor("http://a.test:80"), "a.test");
  EXPECT_EQ(HostFor("https://[::1]:8443"), "[::1]:8443");
}

TEST(CloudCall, NeedsABaseUrlWithoutAPath) {
  for (const char* base_url : {"", "trtc.tencentcloudapi.com", "https://a.test/path"}) {
    CloudAccount account = Account();
    account.base_url = base_url;
    EXPECT_ERROR(kUnreachable, SignedCloudCall(account, Dismiss(), kNoon)) << base_url;
  }
}

TEST(CloudReply, IsASuccessWithARequestId) {
  const auto reply =
      ReadCloud(R"({"Response":{"RequestId":"3c140219-cfe9-470e-b241-907877d6fb03"}})");
  ASSERT_OK(reply);
  EXPECT_TRUE(reply->ok());
  EXPECT_EQ(reply->stream_state, "");
}

TEST(CloudReply, HasTheErrorCode) {
  const auto reply = ReadCloud(
      R"({"Response":{"Error":{"Code":"AuthFailure.SignatureFailure","Message":"m"},"RequestId":"r"}})");
  ASSERT_OK(reply);
  EXPECT_FALSE(reply->ok());
  EXPECT_EQ(reply->error_code, "AuthFailure.SignatureFailure");
}

TEST(CloudReply, IsUnreadableInAnyOtherForm) {
  for (const std::string body :
       {"", "null", "[]", "{}", "<html>", R"({"Response":null})", R"({"Response":{}})",
        R"({"Response":{"RequestId":7}})", R"({"Response":{"Error":{},"RequestId":"r"}})",
        R"({"Response":{"Error":"e","RequestId":"r"}})",
        R"({"Response":{"Error":null,"RequestId":"r"}})",
        R"({"Response":{"Error":{"Code":""},"RequestId":"r"}})",
        R"({"Response":{"Error":{"Code":"a\nb"},"RequestId":"r"}})",
        R"({"Response":{"Error":{"Code":"A"}}})"}) {
    EXPECT_ERROR(kUnavailable, ReadCloud(body)) << body;
  }
  EXPECT_ERROR(kUnavailable, ReadCloud(R"({"Response":{"RequestId":"r"}})", 502));
  EXPECT_ERROR(kUnavailable, ReadCloud(R"({"Response":{"Error":{"Code":")" + std::string(101, 'a') +
                                       R"("},"RequestId":"r"}})"));
}

TEST(CloudCall, FailsWithoutAnException) {
  ScriptedCalls http;
  EXPECT_ERROR(kUnavailable,
               SendCloudCall(http, Account(), Dismiss(), kNoon, std::chrono::seconds(1)));
  http.is_broken = true;
  const auto reply = SendCloudCall(http, Account(), Dismiss(), kNoon, std::chrono::seconds(1));
  EXPECT_ERROR(kUnavailable, reply);
  EXPECT_THAT(reply.error().detail, Not(HasSubstr("broken")));
  EXPECT_EQ(http.asked.size(), 2u);
  EXPECT_EQ(http.asked[0].timeout, std::chrono::seconds(1));
}

}  // namespace
}  // namespace rtcroom
