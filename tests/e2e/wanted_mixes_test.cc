// What programs that mix streams are told.
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/e2e/media_fixture.h"
#include "tests/support/mix_reader.h"

namespace rtcroom {
namespace {

using nlohmann::json;

constexpr const char* kLive = "live_room";
constexpr const char* kShow = "show";

class WantedMixesTest : public MediaTest {
 protected:
  WantedMixesTest() : MediaTest({{"mix.max", 4}}) {}

  void CreateShow() {
    const ApiReply created = Rooms().Call(kLive, "create_room", CreateBody("host", kShow));
    ASSERT_EQ(created.code(), kOk) << created;
    const ApiReply added = Rooms().Call(kLive, "add_pusher", PusherBody(kShow, "guest"));
    ASSERT_EQ(added.code(), kOk) << added;
  }
  /// As clients send it: the host in the background, guests without places.
  ApiReply Merge(const std::vector<std::string>& streams) {
    json inputs = json::array();
    for (const std::string& stream : streams) {
      inputs.push_back(
          {{"input_stream_id", stream}, {"layout_params", {{"image_layer", inputs.size() + 1}}}});
    }
    json body = MemberBody(kShow, "host");
    body["mergeParams"] = {
        {"interface", {{"para", {{"output_stream_id", "host"}, {"input_stream_list", inputs}}}}}};
    return Rooms().Call(kLive, "merge_stream", body);
  }
  std::shared_ptr<grpc::Channel> Channel() {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(server_.AddressOf("grpc"), grpc::InsecureChannelCredentials(),
                                     arguments);
  }
  /// Reads until the only mix is that of the host, with these inputs.
  static bool ReadUntilInputs(MixReader& reader, const std::vector<std::string>& streams) {
    while (reader.ReadUntil({"host"})) {
      std::vector<std::string> inputs;
      for (const v1::MixInput& input : reader.newest().mixes(0).inputs()) {
        inputs.push_back(input.stream());
      }
      if (inputs == streams) return true;
    }
    return false;
  }
};

TEST_F(WantedMixesTest, FollowRequestsAndStreams) {
  CreateShow();
  MixReader reader(Channel());
  EXPECT_TRUE(reader.ReadUntil({}));
  StreamPusher& host = PutOnAir("host");
  EXPECT_TRUE(ReadUntilInputs(reader, {"host"})) << "viewers watch the output, mixed or not";

  StreamPusher& guest = PutOnAir("guest");
  const ApiReply merged = Merge({"host", "guest"});
  EXPECT_EQ(merged.code(), kOk) << merged;
  EXPECT_EQ(merged.json["result"]["code"], 0) << merged;
  ASSERT_TRUE(ReadUntilInputs(reader, {"host", "guest"}));
  EXPECT_EQ(reader.newest().mixes(0).width(), 360U);
  EXPECT_EQ(reader.newest().mixes(0).inputs(1).x(), 240);
  EXPECT_EQ(Metric(R"(rtcroomd_mixes{state="wanted"})"), 1);
  EXPECT_EQ(Metric("rtcroomd_mix_followers"), 1);

  guest.Signal(SIGTERM);
  EXPECT_TRUE(ReadUntilInputs(reader, {"host"}));
  PutOnAir("guest");
  EXPECT_TRUE(ReadUntilInputs(reader, {"host", "guest"}));
  EXPECT_EQ(Merge({"host"}).code(), kOk);
  EXPECT_TRUE(ReadUntilInputs(reader, {"host"}));
  host.Signal(SIGTERM);
  EXPECT_TRUE(reader.ReadUntil({}));
}

TEST_F(WantedMixesTest, AreThereAgainAfterAKill) {
  CreateShow();
  PutOnAir("host");
  PutOnAir("guest");
  ASSERT_EQ(Merge({"host", "guest"}).code(), kOk);
  server_.Kill9();
  server_.Start();
  MixReader reader(Channel());
  // The first message, since an earlier one without the mix would end it.
  ASSERT_EQ(reader.Next(), std::vector<std::string>{"host"});
  EXPECT_EQ(reader.newest().mixes(0).inputs_size(), 2);
}

}  // namespace
}  // namespace rtcroom
