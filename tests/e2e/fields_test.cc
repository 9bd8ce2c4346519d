// The server's handling of invalid values, and of unusual valid ones.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/endpoint_fields.h"
#include "tests/e2e/room_calls.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

class RequestFields : public testing::Test {
 protected:
  ApiReply Call(const char* endpoint, const nlohmann::json& body) {
    return client_.Call("multi_room", endpoint, body);
  }

  ServerProcess server_{{.settings = {{"im.sdk_app_id", 1400000001},
                                      {"im.secret_key", "a key for tests"},
                                      {"live.bizid", "8888"}}}};
  ApiClient client_ = server_.Https();
};

TEST_F(RequestFields, AreRefusedWithCodeOneWithoutSideEffectsWhenBad) {
  for (const std::string_view kind : kKinds) {
    // An ID is unique across kinds, so each kind is tested in turn.
    ASSERT_EQ(client_.Call(kind, "create_room", CreateBody("u1", "r1")).code(), kOk);
    const std::string before = WholeState(client_);
    for (const EndpointRow& endpoint : EndpointTable()) {
      if (endpoint.live_only && kind != "live_room") continue;
      for (const FieldRow& field : endpoint.required) {
        for (const BadBody& bad : BadBodies(GoodBody(endpoint), field)) {
          const ApiReply reply = client_.Send(
              {.target = "/weapp/" + std::string(kind) + "/" + endpoint.name, .body = bad.text});
          const std::string about = endpoint.name + " " + field.name + ": " + bad.what;
          EXPECT_EQ(reply.status, 200) << about << ": " << reply;
          EXPECT_EQ(reply.code(), kBadParameter) << about << ": " << reply;
          EXPECT_EQ(reply.Text("message"), "请求参数错误") << about;
          if (bad.is_json) {
            EXPECT_THAT(reply.Text("detail"), StartsWith(field.name)) << about;
          }
        }
      }
    }
    EXPECT_EQ(WholeState(client_), before);
    ASSERT_EQ(client_.Call(kind, "destroy_room", MemberBody("r1", "u1")).code(), kOk);
  }
}

TEST_F(RequestFields, KeepTheLongestValuesByteForByte) {
  const std::string user(64, 'u');
  const std::string room(48, 'r');
  std::string room_name;
  for (int i = 0; i < 341; ++i) room_name += "房";  // three bytes each
  room_name += "a";
  nlohmann::json body = CreateBody(user, room);
  body["roomName"] = room_name;
  body["userName"] = std::string(115, 'n') + "😀</b>\"\\ \u0301";
  body["userAvatar"] = std::string(1024, 'a');
  body["pushURL"] = std::string(1024, 'p');
  ASSERT_EQ(Call("create_room", body).code(), kOk);

  const ApiReply list = Call("get_room_list", {{"cnt", "20"}, {"index", "0"}});
  ASSERT_EQ(list.json["rooms"].size(), 1U) << list;
  const nlohmann::json& shown = list.json["rooms"][0];
  EXPECT_EQ(shown["roomID"], room);
  EXPECT_EQ(shown["roomCreator"], user);
  EXPECT_EQ(shown["roomName"], room_name);
  EXPECT_EQ(shown["pushers"][0]["userName"], body["userName"]);
  EXPECT_EQ(shown["pushers"][0]["userAvatar"], body["userAvatar"]);
}

TEST_F(RequestFields, AreAcceptedByEveryEndpointAtMaximumLength) {
  const std::string room(48, 'r');
  const std::string creator(64, 'c');
  const std::string user(64, 'u');
  const auto expect_ok = [this](const char* endpoint, const nlohmann::json& body) {
    const ApiReply reply = client_.Call("live_room", endpoint, body);
    EXPECT_EQ(reply.code(), kOk) << endpoint << ": " << reply;
    EXPECT_EQ(reply.Text("message"), "请求成功") << endpoint;
  };
  expect_ok("get_push_url", {{"userID", user}});
  expect_ok("create_room", CreateBody(creator, room));
  nlohmann::json joining = PusherBody(room, user);
  joining["userName"] = std::string(128, 'n');
  joining["userAvatar"] = std::string(1024, 'a');
  joining["pushURL"] = std::string(1024, 'p');
  expect_ok("add_pusher", joining);
  expect_ok("get_pushers", RoomBody(room));
  expect_ok("pusher_heartbeat", MemberBody(room, user));
  nlohmann::json mixing = MemberBody(room, user);
  mixing["mergeParams"] = {{"a", std::string(16'384 - 8, 'a')}};
  EXPECT_EQ(client_.Call("live_room", "merge_stream", mixing).code(), kInternalFailure)
      << "there is no mixing service, but nothing is wrong with the parameters";
  expect_ok("delete_pusher", MemberBody(room, user));
  expect_ok("destroy_room", MemberBody(room, creator));
  expect_ok("get_im_login_info", {{"userIDPrefix", "weixin"}, {"code", std::string(1024, 'c')}});
}

TEST_F(RequestFields, AcceptNumbersAsIds) {
  nlohmann::json body = CreateBody("", "");
  body["userID"] = 7;
  body["roomid"] = 12345;
  const ApiReply created = Call("create_room", body);
  ASSERT_EQ(created.code(), kOk) << created;
  EXPECT_EQ(created.Text("roomID"), "12345");
  EXPECT_THAT(PushersOf(client_, "multi_room", "12345"), ElementsAre("7"));
}

TEST_F(RequestFields, TreatSpecialNamesAsPlainText) {
  for (const char* name : {"__proto__", "constructor", "toString"}) {
    nlohmann::json body = CreateBody(name, name);
    body[name] = "an unknown field";
    EXPECT_EQ(Call("create_room", body).code(), kOk) << name;
    EXPECT_THAT(PushersOf(client_, "multi_room", name), ElementsAre(name));
  }
}

TEST_F(RequestFields, GenerateARoomIdIfAbsentNullOrEmpty) {
  for (const nlohmann::json& none : {nlohmann::json(), nlohmann::json("")}) {
    nlohmann::json body = CreateBody("u1");
    body["roomid"] = none;
    const ApiReply created = Call("create_room", body);
    EXPECT_THAT(created.Text("roomID"), testing::MatchesRegex("room_[0-9a-f]{8}_[0-9a-f]{4}"))
        << created;
  }
}

TEST_F(RequestFields, RefuseAnInvalidRoomId) {
  for (const nlohmann::json& bad :
       {nlohmann::json("a b"), nlohmann::json("@TGS#1"), nlohmann::json(std::string(49, 'r')),
        nlohmann::json::array({"r1"}), nlohmann::json(1.5)}) {
    nlohmann::json body = CreateBody("u1");
    body["roomid"] = bad;
    EXPECT_EQ(Call("create_room", body).code(), kBadParameter) << bad;
  }
}

TEST_F(RequestFields, BoundTheListByIndexAndCount) {
  for (const char* room : {"r1", "r2", "r3"}) {
    ASSERT_EQ(Call("create_room", CreateBody("u1", room)).code(), kOk);
  }
  const auto listed = [this](const nlohmann::json& index, const nlohmann::json& count) {
    const ApiReply reply = Call("get_room_list", {{"index", index}, {"cnt", count}});
    EXPECT_EQ(reply.code(), kOk) << reply;
    std::string ids;
    for (const nlohmann::json& room : reply.json["rooms"]) ids += room["roomID"].get<std::string>();
    return ids;
  };
  EXPECT_EQ(listed(0, 2), "r1r2");
  EXPECT_EQ(listed("1", "2"), "r2r3");
  EXPECT_EQ(listed(-5, 1), "r1");
  EXPECT_EQ(listed(3, 20), "");
  EXPECT_EQ(listed(0, 0), "r1r2r3") << "gen-1 asks for all by 0";
  EXPECT_EQ(listed(0, -1), "");
  EXPECT_EQ(listed(0, 1000000), "r1r2r3");
}

}  // namespace
}  // namespace rtcroom
