#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/fake_mixer.h"
#include "tests/support/router_fixture.h"

namespace rtcroom {
namespace {

using nlohmann::json;

constexpr const char* kPath = "/weapp/live_room/merge_stream";

json InputOf(const std::string& stream, int layer) {
  return {{"input_stream_id", stream}, {"layout_params", {{"image_layer", layer}}}};
}

/// As clients send it: the output, and the inputs, the first in the background.
json Params(const std::string& output, const std::vector<std::string>& inputs) {
  json list = json::array();
  for (const std::string& input : inputs) {
    list.push_back(InputOf(input, static_cast<int>(list.size()) + 1));
  }
  return {{"interface", {{"para", {{"output_stream_id", output}, {"input_stream_list", list}}}}}};
}

json Body(const std::string& user, const json& params, const std::string& room = "r1") {
  return {{"roomID", room}, {"userID", user}, {"mergeParams", params}};
}

/// A gen-1 room of `host` and `guest`: their streams bear their names.
class MergeStream : public testing::Test {
 protected:
  void SetUp() override {
    json host = {{"roomID", "r1"},    {"userID", "host"},        {"userName", "n"},
                 {"userAvatar", "a"}, {"pushURL", "rtmp://p/h"}, {"roomName", "name"}};
    ASSERT_EQ(server_.Call("live_room/create_room", host)["code"], 0);
    json guest = host;
    guest["userID"] = "guest";
    ASSERT_EQ(server_.Call("live_room/add_pusher", guest)["code"], 0);
  }
  std::string Merge(const json& body) {
    return AnswerOf(router_, server_.recorded, Call(body)).body;
  }
  static HttpRequest Call(const json& body) {
    return {.method = "POST",
            .path = kPath,
            .content_type = "application/json",
            .body = body.dump(),
            .peer_address = "192.0.2.1"};
  }
  Services WithMixer() {
    Services services = server_.ServicesWith(server_.streams);
    services.mixer = &mixer_;
    return services;
  }

  RouterFixture server_;
  FakeMixer mixer_;
  Router router_{WithMixer(), {.sdk_app_id = RouterFixture::kSdkAppId}, server_.pipeline};
};

TEST_F(MergeStream, ReportsThatNoMixingServiceIsConfigured) {
  EXPECT_EQ(server_.Post(kPath, Body("host", json::object()).dump()).body,
            R"({"code":6,"message":"服务器内部错误",)"
            R"("result":{"code":-1,"message":"no mixing service is configured"}})");
}

TEST_F(MergeStream, RequiresAPusherOfAnExistingRoom) {
  const json params = Params("host", {"host"});
  EXPECT_EQ(Merge(Body("host", params, "r2")), R"({"code":3,"message":"您请求的房间不存在"})");
  EXPECT_EQ(Merge(Body("stranger", params)), R"({"code":5,"message":"您请求的房间成员不存在"})");
  EXPECT_TRUE(mixer_.asked().empty());
}

TEST_F(MergeStream, RepliesWithTheResultOfTheService) {
  EXPECT_EQ(Merge(Body("host", Params("host", {"host", "guest"}))),
            R"({"code":0,"message":"请求成功",)"
            R"("result":{"code":0,"message":"Success!","timestamp":1700000000}})");
  ASSERT_EQ(mixer_.asked().size(), 1U);
  EXPECT_EQ(mixer_.asked()[0].room, (RoomKey{.kind = RoomKind::kLive, .id = {"r1"}}));
  EXPECT_EQ(mixer_.asked()[0].mix, (MixRequest{.output = "host",
                                               .inputs = {{.stream = "host", .image_layer = 1},
                                                          {.stream = "guest", .image_layer = 2}}}));
}

// The request itself succeeds: clients read the code of the result.
TEST_F(MergeStream, PassesOnARefusalOfTheService) {
  mixer_.reply = MixReply{.code = -2, .message = "InvalidParameter", .timestamp = 7};
  EXPECT_EQ(Merge(Body("host", Params("host", {"host"}))),
            R"({"code":0,"message":"请求成功",)"
            R"("result":{"code":-2,"message":"InvalidParameter","timestamp":7}})");
}

TEST_F(MergeStream, FailsWithAResultWhenTheServiceDoesNotAnswer) {
  mixer_.reply = Error{Errc::kUnreachable, "connection refused"};
  EXPECT_EQ(Merge(Body("host", Params("host", {"host"}))),
            R"({"code":6,"message":"服务器内部错误",)"
            R"("result":{"code":-1,"message":"the mixing service does not answer"}})");
  EXPECT_EQ(server_.recorded.label().failure_detail, "connection refused");
}

TEST_F(MergeStream, SaysWhatIsBeyondTheBoundsOfTheMixer) {
  mixer_.reply = Error{Errc::kBadRequest, "mergeParams: image_width: too much"};
  EXPECT_EQ(Merge(Body("host", Params("host", {"host"}))),
            R"({"code":1,"message":"请求参数错误","detail":"mergeParams: image_width: too much",)"
            R"("result":{"code":-1,"message":"mergeParams: image_width: too much"}})");
}

TEST_F(MergeStream, AnswersWhenTheMixerDoes) {
  mixer_.hangs = true;
  const auto reply = std::make_shared<RecordedReply>();
  Handle(router_, Call(Body("host", Params("host", {"host"}))), reply);
  EXPECT_EQ(reply->times_sent(), 0);

  mixer_.AnswerAll();
  EXPECT_EQ(reply->times_sent(), 1);
}

TEST_F(MergeStream, MixesOnlyStreamsOfTheRoom) {
  const auto refused = [&](const json& params) {
    const json reply = json::parse(Merge(Body("host", params)));
    EXPECT_EQ(reply["result"], (json{{"code", -1}, {"message", reply["detail"]}}));
    return reply["code"] == 1 ? reply.value("detail", "") : reply.dump();
  };
  EXPECT_EQ(refused(Params("host", {"host", "stranger"})),
            "mergeParams: input_stream_id: not of a member of the room");
  EXPECT_EQ(refused(Params("guest", {"host", "guest"})),
            "mergeParams: output_stream_id: not of the creator");
  EXPECT_EQ(refused(Params("stranger", {"host"})),
            "mergeParams: output_stream_id: not of the creator");
  EXPECT_EQ(refused(json::object()), "mergeParams: interface: not an object");
  EXPECT_TRUE(mixer_.asked().empty());
}

TEST_F(MergeStream, IsForTheAddressThatAPusherIsBoundTo) {
  Router bound(WithMixer(), {.sdk_app_id = RouterFixture::kSdkAppId, .gen1_bind = true},
               server_.pipeline);
  const auto call = [&](const std::string& endpoint, const json& body, const std::string& address) {
    HttpRequest request = Call(body);
    request.path = "/weapp/live_room/" + endpoint;
    request.peer_address = address;
    return json::parse(AnswerOf(bound, server_.recorded, request).body)["code"].get<int>();
  };
  const json add = {{"roomID", "r1"},
                    {"userID", "guest"},
                    {"userName", "n"},
                    {"userAvatar", "a"},
                    {"pushURL", "rtmp://p/g"}};
  EXPECT_EQ(call("add_pusher", add, "192.0.2.1"), 0);
  const json mix = Body("guest", Params("host", {"host", "guest"}));
  EXPECT_EQ(call("merge_stream", mix, "192.0.2.2"), 5);
  EXPECT_EQ(call("merge_stream", mix, "192.0.2.1"), 0);
}

/// In gen-2 a stream is the one in the push URL.
class Gen2MergeStream : public MergeStream {
 protected:
  void SetUp() override {
    ASSERT_EQ(server_.CallAs("host", "live_room/create_room",
                             {{"roomID", "r2"}, {"userID", "host"}, {"roomInfo", ""}})["code"],
              0);
    Add("host", "rtmp://p/live/host_0a1b2c3d?txTime=1");
    Add("guest", "rtmp://p/live/guest_0a1b2c3d");
    Add("silent", "");
  }
  void Add(const std::string& user, const std::string& push_url) {
    const json added = server_.CallAs(user, "live_room/add_pusher",
                                      {{"roomID", "r2"},
                                       {"userID", user},
                                       {"userName", ""},
                                       {"userAvatar", ""},
                                       {"pushURL", push_url}});
    ASSERT_EQ(added["code"], 0);
  }
  json MergeAs(const std::string& user, const json& params) {
    HttpRequest call = Call(Body(user, params, "r2"));
    call.query = "userID=" + user + "&token=" + FakeSessions::TokenOf(user);
    return json::parse(AnswerOf(router_, server_.recorded, call).body);
  }
};

TEST_F(Gen2MergeStream, ReadsAnObjectOrItsText) {
  const json params = Params("host_0a1b2c3d", {"host_0a1b2c3d", "guest_0a1b2c3d"});
  EXPECT_EQ(MergeAs("host", params)["result"]["code"], 0);
  EXPECT_EQ(MergeAs("guest", params.dump())["result"]["code"], 0);
  ASSERT_EQ(mixer_.asked().size(), 2U);
  EXPECT_EQ(mixer_.asked()[0].mix, mixer_.asked()[1].mix);
  EXPECT_EQ(mixer_.asked()[0].mix.output, "host_0a1b2c3d");
}

TEST_F(Gen2MergeStream, KnowsTheStreamsOfPushUrls) {
  EXPECT_EQ(MergeAs("host", Params("host", {"host"}))["code"], 1);
  EXPECT_EQ(MergeAs("host", Params("host_0a1b2c3d", {"silent"}))["code"], 1);
  EXPECT_EQ(MergeAs("stranger", Params("host_0a1b2c3d", {"host_0a1b2c3d"}))["code"], 7);
  EXPECT_TRUE(mixer_.asked().empty());
}

// A client could overwrite the stream of another room otherwise.
TEST_F(Gen2MergeStream, DoesNotTrustAPushUrlWithTheStreamOfAnother) {
  Add("guest", "rtmp://p/live/stranger_0a1b2c3d");
  EXPECT_EQ(
      MergeAs("guest", Params("host_0a1b2c3d", {"host_0a1b2c3d", "stranger_0a1b2c3d"}))["code"], 1);
  Add("host", "rtmp://p/live/stranger_0a1b2c3d");
  EXPECT_EQ(MergeAs("host", Params("stranger_0a1b2c3d", {"stranger_0a1b2c3d"}))["code"], 1);
  EXPECT_TRUE(mixer_.asked().empty());
}

}  // namespace
}  // namespace rtcroom
