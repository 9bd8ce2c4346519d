#include "daemon/media/live_api_v3.h"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/fake_clock.h"
#include "tests/support/matchers.h"
#include "tests/support/scripted_calls.h"
#include "tests/unit/media/mix_vectors.h"

namespace rtcroom {
namespace {

using Json = nlohmann::json;
using std::chrono::seconds;
using enum StreamState;

LiveApiV3Options V3Options() {
  return {.account = {.base_url = "https://live.tencentcloudapi.com",
                      .secret_id = "AKID",
                      .secret_key = Secret("TestSecretKeyTestSecretKey012345")},
          .push_host = "8888.livepush.myqcloud.com"};
}

TEST(LiveApiV3, AsksForTheStateOfAStream) {
  const CloudAction action = LiveV3StateAction(V3Options(), "8888_user_0001");
  EXPECT_EQ(action.service, "live");
  EXPECT_EQ(action.version, "2018-08-01");
  EXPECT_EQ(action.name, "DescribeLiveStreamState");
  EXPECT_EQ(
      action.payload,
      R"({"AppName":"live","DomainName":"8888.livepush.myqcloud.com","StreamName":"8888_user_0001"})");
}

TEST(LiveApiV3, ReadsTheStateOfAStream) {
  const std::vector<std::pair<const char*, StreamState>> replies = {
      {R"({"Response":{"StreamState":"active","RequestId":"r"}})", kLive},
      {R"({"Response":{"StreamState":"inactive","RequestId":"r"}})", kNotLive},
      {R"({"Response":{"StreamState":"forbid","RequestId":"r"}})", kNotLive},
      {R"({"Response":{"StreamState":"odd","RequestId":"r"}})", kUnknown},
      {R"({"Response":{"StreamState":1,"RequestId":"r"}})", kUnknown},
      {R"({"Response":{"RequestId":"r"}})", kUnknown},
      {R"({"Response":{"StreamState":"active"}})", kUnknown},
      {R"({"Response":{"Error":{"Code":"RequestLimitExceeded"},"RequestId":"r"}})", kUnknown},
      {R"({"StreamState":"active","RequestId":"r"})", kUnknown},
      {"", kUnknown},
  };
  for (const auto& [body, state] : replies) {
    const StreamReport report = ReadLiveV3State({200, body});
    EXPECT_EQ(report.state, state) << body;
    EXPECT_EQ(report.reason.empty(), state != kUnknown) << body;
  }
}

TEST(LiveApiV3, TranslatesMergeParams) {
  const CloudAction action = LiveV3MixAction(HostWithTwoGuests());
  EXPECT_EQ(action.name, "CreateCommonMixStream");
  EXPECT_EQ(Json::parse(action.payload), Json::parse(R"({
    "MixStreamSessionId": "8888_host",
    "InputStreamList": [
      {"InputStreamName": "8888_host", "LayoutParams": {"ImageLayer": 1}},
      {"InputStreamName": "8888_guest_1", "LayoutParams": {"ImageLayer": 2, "ImageWidth": 120,
        "ImageHeight": 180, "LocationX": 240, "LocationY": 400}},
      {"InputStreamName": "8888_guest_2", "LayoutParams": {"ImageLayer": 3, "ImageWidth": 120,
        "ImageHeight": 180, "LocationX": 240, "LocationY": 220}}],
    "OutputParams": {"OutputStreamName": "8888_host", "OutputStreamType": 0}})"));
}

TEST(LiveApiV3, TranslatesInputTypes) {
  MixRequest request = HostWithTwoGuests();
  request.inputs[0].input_type = MixInputType::kCanvas;
  request.output = "8888_other";
  const Json payload = Json::parse(LiveV3MixAction(request).payload);
  EXPECT_EQ(payload["InputStreamList"][0]["LayoutParams"],
            (Json{{"ImageLayer", 1}, {"InputType", 3}}));
  EXPECT_EQ(payload["OutputParams"]["OutputStreamType"], 1);
}

TEST(LiveApiV3, CancelsAMixWithAListOfOne) {
  const CloudAction action = LiveV3MixAction(HostAlone());
  EXPECT_EQ(action.name, "CancelCommonMixStream");
  EXPECT_EQ(action.payload, R"({"MixStreamSessionId":"8888_host"})");
}

TEST(LiveApiV3, AnswersAMixAsApiV1) {
  const auto reply_to = [](const std::string& response) {
    return ReadLiveV3Mix({200, R"({"Response":{"RequestId":"r")" + response + "}}"}, kNoon);
  };
  const MixReply done{.code = 0, .message = "Success!", .timestamp = 1700000000};
  ASSERT_OK(reply_to(""));
  EXPECT_EQ(*reply_to(""), done);
  EXPECT_EQ(*reply_to(R"(,"Error":{"Code":"FailedOperation.CancelSessionNotExist"})"), done);
  EXPECT_EQ(
      *reply_to(R"(,"Error":{"Code":"InvalidParameter.OtherError"})"),
      (MixReply{.code = -1, .message = "InvalidParameter.OtherError", .timestamp = 1700000000}));
  EXPECT_ERROR(kUnavailable, ReadLiveV3Mix({200, "{}"}, kNoon));
}

class LiveApiV3Client : public testing::Test {
 protected:
  FakeClock clock_;
  ScriptedCalls http_;
  LiveApiV3 api_{V3Options(), http_, clock_};
};

TEST_F(LiveApiV3Client, SignsItsCalls) {
  http_.WillReply(R"({"Response":{"StreamState":"active","RequestId":"r"}})");
  EXPECT_EQ(api_.AskState("8888_user_0001", seconds(3)).state, kLive);
  http_.WillReply(R"({"Response":{"RequestId":"r"}})");
  const auto mixed = api_.Mix(HostWithTwoGuests(), seconds(4));
  ASSERT_OK(mixed);
  EXPECT_EQ(mixed->code, 0);
  ASSERT_EQ(http_.asked.size(), 2u);
  for (const ScriptedCalls::Asked& asked : http_.asked) {
    EXPECT_EQ(asked.base_url, "https://live.tencentcloudapi.com");
    EXPECT_EQ(HeaderOf(asked.call, "X-TC-Region"), "(none)");
    EXPECT_THAT(HeaderOf(asked.call, "Authorization"),
                testing::StartsWith("TC3-HMAC-SHA256 Credential=AKID/2023-11-14/live/tc3_request"));
  }
  EXPECT_EQ(HeaderOf(http_.asked[0].call, "X-TC-Action"), "DescribeLiveStreamState");
  EXPECT_EQ(HeaderOf(http_.asked[1].call, "X-TC-Action"), "CreateCommonMixStream");
  EXPECT_EQ(http_.asked[1].timeout, seconds(4));
}

TEST_F(LiveApiV3Client, KnowsNothingWithoutAReply) {
  EXPECT_EQ(api_.AskState("s", seconds(3)), (StreamReport{kUnknown, "no answer in time"}));
  EXPECT_ERROR(kUnavailable, api_.Mix(HostAlone(), seconds(3)));
  http_.is_broken = true;
  EXPECT_EQ(api_.AskState("s", seconds(3)).state, kUnknown);
}

}  // namespace
}  // namespace rtcroom
