// Protocol B.4, B.5: unusual values of gen-2 fields, and their effect.
#include <string>

#include <gtest/gtest.h>

#include "tests/support/router_fixture.h"

namespace rtcroom {
namespace {

using nlohmann::json;

class Gen2Values : public testing::Test {
 protected:
  json AddPusher(const json& push_url) {
    return server_.CallAs("u1", "multi_room/add_pusher",
                          {{"roomID", "r1"},
                           {"userID", "u1"},
                           {"userName", ""},
                           {"userAvatar", ""},
                           {"pushURL", push_url}});
  }
  json Create(const json& body) { return server_.CallAs("u1", "multi_room/create_room", body); }
  std::string Merge(const json& params) {
    return server_
        .PostAs("u1", "/weapp/live_room/merge_stream",
                json{{"roomID", "r1"}, {"userID", "u1"}, {"mergeParams", params}}.dump())
        .body;
  }

  static constexpr std::string_view kNotJson =
      R"({"code":10,"message":"mergeParams 不是合法的JSON格式的字符串"})";
  static constexpr std::string_view kNoRoom = R"({"code":3,"message":"请求的房间不存在"})";

  RouterFixture server_;
};

TEST_F(Gen2Values, APushUrlIsAnRtmpUrlOrNone) {
  for (const char* url : {"rtmp://h/live/s?a=b", "rtmps://h/s", "RTMP://h/s", ""}) {
    EXPECT_EQ(AddPusher(url)["code"], 0) << url;
  }
  for (const char* url : {"http://h/s", "rtmp:/h", "h/s", " rtmp://h/s", "rtmpx://h"}) {
    const json reply = AddPusher(url);
    EXPECT_EQ(reply["code"], 1) << url;
    EXPECT_EQ(reply["detail"], "pushURL: neither an rtmp URL nor empty") << url;
  }
}

TEST_F(Gen2Values, ARoomIdIsOptionalToCreateRoom) {
  EXPECT_EQ(Create({{"userID", "u1"}, {"roomInfo", ""}})["roomID"], "room_00000001_0000");
  for (const json& nothing : {json(""), json(nullptr)}) {
    EXPECT_EQ(Create({{"userID", "u1"}, {"roomInfo", ""}, {"roomID", nothing}})["code"], 0);
  }
  EXPECT_EQ(Create({{"userID", "u1"}, {"roomInfo", ""}, {"roomid", 7}})["roomID"], "7");
  EXPECT_EQ(Create({{"userID", "u1"}, {"roomInfo", ""}, {"roomID", "a b"}})["code"], 1);
  EXPECT_EQ(Create({{"userID", "u1"}, {"roomInfo", ""}, {"roomID", true}})["code"], 1);
}

TEST_F(Gen2Values, RoomInfoIsPreferredToRoomName) {
  Create({{"userID", "u1"}, {"roomID", "r1"}, {"roomInfo", ""}, {"roomName", "name"}});
  Create({{"userID", "u1"}, {"roomID", "r2"}, {"roomName", "name"}});
  for (const char* room : {"r1", "r2"}) {
    server_.CallAs("u1", "multi_room/add_pusher",
                   {{"roomID", room},
                    {"userID", "u1"},
                    {"userName", ""},
                    {"userAvatar", ""},
                    {"pushURL", ""}});
  }
  EXPECT_EQ(server_.CallAs("u1", "multi_room/get_pushers", {{"roomID", "r1"}})["roomInfo"], "");
  EXPECT_EQ(server_.CallAs("u1", "multi_room/get_pushers", {{"roomID", "r2"}})["roomInfo"], "name");
}

TEST_F(Gen2Values, MissingFieldsAreReportedBeforeTooLongOnes) {
  const json reply =
      server_.CallAs("u1", "multi_room/create_room", {{"roomInfo", std::string(1025, 'x')}});
  EXPECT_EQ(reply["code"], 1);
  EXPECT_EQ(reply["detail"], "userID: missing");
}

TEST_F(Gen2Values, RoomInfoIsBoundedByBytes) {
  std::string info;
  for (int i = 0; i < 341; ++i) info += "房";
  EXPECT_EQ(Create({{"userID", "u1"}, {"roomInfo", info + "a"}})["code"], 0);
  EXPECT_EQ(Create({{"userID", "u1"}, {"roomInfo", info + "房"}})["code"], 10);
  EXPECT_EQ(server_.CallAs("u1", "multi_room/add_pusher",
                           {{"roomID", "r1"},
                            {"userID", "u1"},
                            {"userName", ""},
                            {"userAvatar", ""},
                            {"pushURL", ""},
                            {"roomInfo", info + "房"}})["code"],
            10);
}

TEST_F(Gen2Values, MergeParamsAreAnObjectOrTheTextOfOne) {
  EXPECT_EQ(Merge(json::object()), kNoRoom);
  EXPECT_EQ(Merge("{}"), kNoRoom);
  EXPECT_EQ(Merge(R"( {"a":[1,{"b":"c"}]} )"), kNoRoom);
  for (const char* text : {"{", "abc", "{'a':1}", R"({"a":"\ud8"})"}) {
    EXPECT_EQ(Merge(text), kNotJson) << text;
  }
  EXPECT_EQ(Merge("[1]"),
            R"({"code":1,"message":"参数不全","detail":"mergeParams: not an object"})");
  EXPECT_EQ(Merge(std::string(17, '[')),
            R"({"code":1,"message":"参数不全","detail":"mergeParams: nested too deeply"})");
}

TEST_F(Gen2Values, MergeParamsMayBeInAForm) {
  EXPECT_EQ(server_
                .PostAs("u1", "/weapp/live_room/merge_stream",
                        "roomID=r1&userID=u1&mergeParams=%7B%22a%22%3A1%7D",
                        "application/x-www-form-urlencoded")
                .body,
            kNoRoom);
}

TEST_F(Gen2Values, MayAllBeInAForm) {
  const auto post = [&](const std::string& endpoint, std::string body) {
    return json::parse(server_
                           .PostAs("u1", "/weapp/multi_room/" + endpoint, std::move(body),
                                   "application/x-www-form-urlencoded; charset=UTF-8")
                           .body);
  };
  EXPECT_EQ(post("create_room", "userID=u1&roomInfo=a+b&roomID=r1")["roomID"], "r1");
  EXPECT_EQ(post("add_pusher", "roomID=r1&userID=u1&userName=&userAvatar=&pushURL=")["code"], 0);
  const json list = post("get_room_list", "cnt=20&index=0");
  EXPECT_EQ(list["rooms"][0]["roomInfo"], "a b");
}

}  // namespace
}  // namespace rtcroom
