// Protocol B.4, B.5: fields of each gen-2 endpoint and the treatment of their values. A required
// field may be empty, unless it is an id.
#include <ostream>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/router_fixture.h"

namespace rtcroom {
namespace {

using nlohmann::json;

enum class FieldType : std::uint8_t { kId, kText, kPushUrl, kInfo, kWord, kMergeParams, kInteger };

struct Gen2Field {
  std::string_view endpoint;
  std::string_view field;
  FieldType type = FieldType::kText;
  std::size_t max_bytes = 0;
};

constexpr Gen2Field kFields[] = {
    {"get_push_url", "userID", FieldType::kId, 64},
    {"create_room", "userID", FieldType::kId, 64},
    {"create_room", "roomInfo", FieldType::kInfo, 1024},
    {"destroy_room", "roomID", FieldType::kId, 48},
    {"destroy_room", "userID", FieldType::kId, 64},
    {"add_pusher", "roomID", FieldType::kId, 48},
    {"add_pusher", "userID", FieldType::kId, 64},
    {"add_pusher", "userName", FieldType::kText, 128},
    {"add_pusher", "userAvatar", FieldType::kText, 1024},
    {"add_pusher", "pushURL", FieldType::kPushUrl, 1024},
    {"delete_pusher", "roomID", FieldType::kId, 48},
    {"delete_pusher", "userID", FieldType::kId, 64},
    {"get_pushers", "roomID", FieldType::kId, 48},
    {"pusher_heartbeat", "roomID", FieldType::kId, 48},
    {"pusher_heartbeat", "userID", FieldType::kId, 64},
    {"get_room_list", "cnt", FieldType::kInteger},
    {"get_room_list", "index", FieldType::kInteger},
    {"merge_stream", "roomID", FieldType::kId, 48},
    {"merge_stream", "userID", FieldType::kId, 64},
    {"merge_stream", "mergeParams", FieldType::kMergeParams, 16384},
    {"set_custom_field", "roomID", FieldType::kId, 48},
    {"set_custom_field", "fieldName", FieldType::kWord, 64},
    {"set_custom_field", "operation", FieldType::kWord},
    {"get_custom_info", "roomID", FieldType::kId, 48},
    {"add_audience", "roomID", FieldType::kId, 48},
    {"add_audience", "userID", FieldType::kId, 64},
    {"add_audience", "userInfo", FieldType::kText, 1024},
    {"delete_audience", "roomID", FieldType::kId, 48},
    {"delete_audience", "userID", FieldType::kId, 64},
    {"get_audiences", "roomID", FieldType::kId, 48},
};

std::ostream& operator<<(std::ostream& out, const Gen2Field& field) {
  return out << field.endpoint << " " << field.field;
}

class Gen2Fields : public testing::TestWithParam<Gen2Field> {
 protected:
  static json GoodBody() {
    return {{"roomID", "r1"},
            {"userID", "u1"},
            {"userName", "n"},
            {"userAvatar", "a"},
            {"pushURL", "rtmp://p/1"},
            {"roomInfo", "info"},
            {"cnt", 20},
            {"index", 0},
            {"fieldName", "likes"},
            {"operation", "inc"},
            {"userInfo", "{}"},
            {"mergeParams", json::object()}};
  }
  static json With(const json& value) {
    json body = GoodBody();
    body[GetParam().field] = value;
    return body;
  }
  [[nodiscard]] LabelledReply Post(const json& body) {
    // The caller is the user that the body names, so that only the field itself can be at fault.
    const auto user = body.find("userID");
    const std::string caller =
        user != body.end() && user->is_string() ? user->get<std::string>() : "u1";
    return server_.PostAs(caller.empty() ? "u1" : caller,
                          fmt::format("/weapp/live_room/{}", GetParam().endpoint), body.dump());
  }
  void ExpectTaken(const json& body) {
    const LabelledReply reply = Post(body);
    EXPECT_NE(reply.label.failure, Errc::kBadRequest) << reply.body;
    EXPECT_NE(reply.label.failure, Errc::kInfoTooLong) << reply.body;
    EXPECT_NE(reply.label.code, 7) << reply.body;
  }
  void ExpectRefused(const json& body, std::string_view fault) {
    EXPECT_EQ(Post(body).body, fmt::format(R"({{"code":1,"message":"参数不全","detail":"{}: {}"}})",
                                           GetParam().field, fault));
  }

  RouterFixture server_;
};

TEST_P(Gen2Fields, AreAcceptedWhenValid) { ExpectTaken(GoodBody()); }

TEST_P(Gen2Fields, AreReportedByNameWhenMissing) {
  json body = GoodBody();
  body.erase(std::string(GetParam().field));
  ExpectRefused(body, "missing");
}

TEST_P(Gen2Fields, MayBeEmptyIfOnlyTheKeyIsRequired) {
  for (const json& value : {json(""), json(nullptr)}) {
    switch (GetParam().type) {
      case FieldType::kText:
      case FieldType::kPushUrl:
      case FieldType::kInfo:
        ExpectTaken(With(value));
        break;
      case FieldType::kId:
      case FieldType::kWord:
      case FieldType::kMergeParams:
        ExpectRefused(With(value), "missing");
        break;
      case FieldType::kInteger:
        ExpectRefused(With(value), "not a whole number");
        break;
    }
  }
}

TEST_P(Gen2Fields, AreRefusedWhenIllTyped) {
  for (const json& value : {json(true), json(false), json(1.5), json::array({"u1"})}) {
    switch (GetParam().type) {
      case FieldType::kId:
        ExpectRefused(With(value), "neither a string nor a whole number");
        break;
      case FieldType::kText:
      case FieldType::kPushUrl:
      case FieldType::kInfo:
      case FieldType::kWord:
        ExpectRefused(With(value), "not a string");
        break;
      case FieldType::kMergeParams:
        ExpectRefused(With(value), "not an object");
        break;
      case FieldType::kInteger:
        ExpectRefused(With(value), "not a whole number");
        break;
    }
  }
}

TEST_P(Gen2Fields, AreBounded) {
  const std::size_t max_bytes = GetParam().max_bytes;
  if (max_bytes == 0) return;
  if (GetParam().type == FieldType::kMergeParams) {
    ExpectTaken(With({{"a", std::string(max_bytes - 8, 'x')}}));
    ExpectRefused(With({{"a", std::string(max_bytes - 7, 'x')}}), "longer than 16384 bytes");
    return;
  }
  const std::string start = GetParam().type == FieldType::kPushUrl ? "rtmp://" : "";
  ExpectTaken(With(start + std::string(max_bytes - start.size(), 'x')));
  const json longer = With(start + std::string(max_bytes + 1 - start.size(), 'x'));
  if (GetParam().type == FieldType::kInfo) {
    EXPECT_EQ(Post(longer).body,
              R"({"code":10,"message":"roomInfo 字符串字节长度不能超过1024字节"})");
  } else {
    // An overlong name has no session, so the request counts as another caller's.
    if (GetParam().field == "userID") return;
    ExpectRefused(longer, fmt::format("longer than {} bytes", max_bytes));
  }
}

INSTANTIATE_TEST_SUITE_P(Protocol, Gen2Fields, testing::ValuesIn(kFields),
                         [](const testing::TestParamInfo<Gen2Field>& param_info) {
                           return fmt::format("{}_{}", param_info.param.endpoint,
                                              param_info.param.field);
                         });

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
