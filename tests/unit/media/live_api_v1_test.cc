#include "daemon/media/live_api_v1.h"

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
using enum StreamState;

LiveApiV1Options V1Options() {
  return {.base_url = "http://fcgi.test",
          .app_id = "1252500000",
          .api_key = Secret("testapikey0123456789")};
}

StreamState StateOf(const std::string& body, int status = 200) {
  const StreamReport report = ReadLiveV1State({status, body});
  EXPECT_EQ(report.reason.empty(), report.state != kUnknown) << body;
  return report.state;
}

// The signatures are those of protocol D.5.
TEST(LiveApiV1, AsksForTheStateOfAStream) {
  const OutgoingCall call = LiveV1StateCall(V1Options(), "8888_user_0001", kNoon);
  EXPECT_EQ(call.method, "GET");
  EXPECT_EQ(call.path_and_query,
            "/common_access?appid=1252500000&interface=Live_Channel_GetStatus"
            "&Param.s.channel_id=8888_user_0001&t=1700000300"
            "&sign=a4c1b1efd0f3ba3669a57e8c706a4dc6");
}

TEST(LiveApiV1, EncodesTheStream) {
  EXPECT_THAT(LiveV1StateCall(V1Options(), "a&t=1\r\n", kNoon).path_and_query,
              testing::HasSubstr("channel_id=a%26t%3D1%0D%0A&t="));
}

TEST(LiveApiV1, SignsAsPublished) {
  const LiveApiV1Options options{.app_id = "125250000",
                                 .api_key = Secret("40328529ca4381a80c6ecf2e6aa57438")};
  const TimePoint published{std::chrono::seconds(1490858347 - 60)};
  EXPECT_EQ(LiveV1MixCall(options, HostAlone(), published).path_and_query,
            "/common_access?appid=125250000&interface=Mix_StreamV2&t=1490858347"
            "&sign=7f29ed83c61b77de1b0d66936fd4fd44");
}

TEST(LiveApiV1, ReadsTheStateOfAStream) {
  const std::vector<std::pair<const char*, StreamState>> replies = {
      {R"({"ret":0,"message":"","output":[{"rate_type":10,"recv_type":1,"status":1}]})", kLive},
      {R"({"ret":0,"output":[{"status":0}]})", kNotLive},
      {R"({"ret":0,"output":[{"status":3}]})", kNotLive},
      {R"({"ret":0,"output":[{"status":0},{"status":1}]})", kLive},
      {R"({"ret":20601,"message":"no live channel"})", kNotLive},
      {R"({"ret":0})", kUnknown},
      {R"({"ret":0,"output":[]})", kUnknown},
      {R"({"ret":0,"output":{}})", kUnknown},
      {R"({"ret":0,"output":[1]})", kUnknown},
      {R"({"ret":0,"output":[{"status":"1"}]})", kUnknown},
      {R"({"ret":0,"output":[{"status":1},{}]})", kUnknown},
      {R"({"ret":20602})", kUnknown},
      {R"({"ret":"0","output":[{"status":1}]})", kUnknown},
      {R"({"ret":18446744073709551615})", kUnknown},
      {R"({"output":[{"status":1}]})", kUnknown},
      {"", kUnknown},
      {"[]", kUnknown},
      {"{\"ret\":0", kUnknown},
  };
  for (const auto& [body, state] : replies) EXPECT_EQ(StateOf(body), state) << body;
  EXPECT_EQ(StateOf(R"({"ret":0,"output":[{"status":1}]})", 500), kUnknown);
}

TEST(LiveApiV1, SendsAMixWithItsOwnAccountAndSession) {
  const OutgoingCall call = LiveV1MixCall(V1Options(), HostWithTwoGuests(), kNoon);
  EXPECT_EQ(call.method, "POST");
  EXPECT_EQ(call.content_type, "application/json");
  EXPECT_EQ(call.path_and_query,
            "/common_access?appid=1252500000&interface=Mix_StreamV2&t=1700000060"
            "&sign=3f7b0990b58f75af904bc16541f75402");
  Json wanted = MergeParams();
  wanted["interface"]["para"]["app_id"] = 1252500000;
  wanted["interface"]["para"]["output_stream_type"] = 0;
  EXPECT_EQ(Json::parse(call.body), wanted);
}

TEST(LiveApiV1, EndsAMixWithAListOfOne) {
  const Json body = Json::parse(LiveV1MixCall(V1Options(), HostAlone(), kNoon).body);
  EXPECT_EQ(body["interface"]["para"]["input_stream_list"],
            Json::parse(R"([{"input_stream_id":"8888_host","layout_params":{"image_layer":1}}])"));
}

TEST(LiveApiV1, WritesAnAccountThatIsNoNumberAsText) {
  LiveApiV1Options options = V1Options();
  options.app_id = "12\"5";
  EXPECT_EQ(
      Json::parse(LiveV1MixCall(options, HostAlone(), kNoon).body)["interface"]["para"]["app_id"],
      "12\"5");
}

TEST(LiveApiV1, ReadsTheReplyToAMix) {
  const auto done =
      ReadLiveV1Mix({200, R"({"code":0,"message":"Success!","timestamp":1490079362})"});
  ASSERT_OK(done);
  EXPECT_EQ(*done, (MixReply{.code = 0, .message = "Success!", .timestamp = 1490079362}));
  const auto refused = ReadLiveV1Mix({200, R"({"code":-505,"message":7})"});
  ASSERT_OK(refused);
  EXPECT_EQ(*refused, (MixReply{.code = -505, .message = "", .timestamp = 0}));
  for (const char* body : {"", "{}", "[]", R"({"code":"0"})", R"({"code":0.0})"}) {
    EXPECT_ERROR(kUnavailable, ReadLiveV1Mix({200, body})) << body;
  }
  EXPECT_ERROR(kUnavailable, ReadLiveV1Mix({404, R"({"code":0})"}));
}

TEST(LiveApiV1, CutsMessagesBetweenCharacters) {
  const std::string message(199, 'a');
  const auto reply =
      ReadLiveV1Mix({200, Json{{"code", 1}, {"message", message + "\u00e9x"}}.dump()});
  ASSERT_OK(reply);
  EXPECT_EQ(reply->message, message);
}

class LiveApiV1Client : public testing::Test {
 protected:
  FakeClock clock_;
  ScriptedCalls http_;
  LiveApiV1 api_{V1Options(), http_, clock_};
};

TEST_F(LiveApiV1Client, AsksAtTheTimeOfTheClock) {
  http_.WillReply(R"({"ret":0,"output":[{"status":1}]})");
  EXPECT_EQ(api_.AskState("s", std::chrono::seconds(3)).state, kLive);
  EXPECT_EQ(http_.asked.at(0).base_url, "http://fcgi.test");
  EXPECT_EQ(http_.asked.at(0).timeout, std::chrono::seconds(3));
  EXPECT_EQ(http_.asked.at(0).call.path_and_query,
            LiveV1StateCall(V1Options(), "s", kNoon).path_and_query);
  http_.WillReply(R"({"code":0,"message":"Success!","timestamp":1})");
  const auto mixed = api_.Mix(HostAlone(), std::chrono::seconds(3));
  ASSERT_OK(mixed);
  EXPECT_EQ(mixed->code, 0);
}

TEST_F(LiveApiV1Client, KnowsNothingWithoutAReply) {
  EXPECT_EQ(api_.AskState("s", std::chrono::seconds(3)),
            (StreamReport{kUnknown, "no answer in time"}));
  EXPECT_ERROR(kUnavailable, api_.Mix(HostAlone(), std::chrono::seconds(3)));
  http_.is_broken = true;
  EXPECT_EQ(api_.AskState("s", std::chrono::seconds(3)).state, kUnknown);
  EXPECT_ERROR(kUnavailable, api_.Mix(HostAlone(), std::chrono::seconds(3)));
}

}  // namespace
}  // namespace rtcroom
