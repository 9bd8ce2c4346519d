// The longest values of fields, from the request over TLS to the store and back. Each single value
// and each refusal is in tests/unit/handlers/endpoint_spec_test.cc.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/expected_reply.h"
#include "tests/e2e/room_calls.h"
#include "tests/support/gen2_client.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using testing::SizeIs;

class RequestFields : public testing::Test {
 protected:
  ApiReply Call(std::string_view kind, std::string_view endpoint, const json& body) {
    return client_.Call(kind, endpoint, body);
  }
  ApiReply CallAsUser(std::string_view endpoint, const json& body) {
    return user_.CallOf("live_room", endpoint, body);
  }

  ServerProcess server_{{.settings = WithLogins()}};
  ApiClient client_ = server_.Https();
  Gen2Client user_ = LoggedIn(server_, "u1", "multi_room");
};

/// `bytes` bytes of three-byte characters, and one byte.
std::string WideText(std::size_t bytes) {
  std::string text;
  while (text.size() + 3 < bytes) text += "房";
  return text + std::string(bytes - text.size(), 'a');
}

/// The longest name, with characters that need care in JSON and HTML.
std::string OddName() { return std::string(115, 'n') + "😀</b>\"\\ \u0301"; }

TEST_F(RequestFields, KeepTheLongestGen1ValuesByteForByte) {
  const std::string user(64, 'u');
  const std::string room(48, 'r');
  json body = CreateBody(user, room);
  body["roomName"] = WideText(1024);
  body["userName"] = OddName();
  body["userAvatar"] = std::string(1024, 'a');
  body["pushURL"] = std::string(1024, 'p');
  ASSERT_EQ(Call("multi_room", "create_room", body).code(), kOk);

  const ApiReply list = Call("multi_room", "get_room_list", {{"cnt", "20"}, {"index", "0"}});
  ASSERT_THAT(list.json["rooms"], SizeIs(1)) << list;
  const json& shown = list.json["rooms"][0];
  EXPECT_EQ(shown["roomID"], room);
  EXPECT_EQ(shown["roomCreator"], user);
  EXPECT_EQ(shown["roomName"], WideText(1024));
  EXPECT_EQ(shown["pushers"][0]["userName"], body["userName"]);
  EXPECT_EQ(shown["pushers"][0]["userAvatar"], body["userAvatar"]);
}

TEST_F(RequestFields, KeepTheLongestGen2ValuesByteForByte) {
  const std::string room(48, 'r');
  ASSERT_TRUE(IsReply(
      CallAsUser("create_room", {{"userID", "u1"}, {"roomInfo", WideText(1024)}, {"roomID", room}}),
      sentences::kSuccess));
  json joining = PusherBody(room, "u1");
  joining["userName"] = OddName();
  joining["userAvatar"] = std::string(1024, 'a');
  joining["pushURL"] = "rtmp://" + std::string(1017, 'p');
  ASSERT_TRUE(IsReply(CallAsUser("add_pusher", joining), sentences::kSuccess));
  json watching = MemberBody(room, "u1");
  watching["userInfo"] = std::string(1021, 'i') + "房";
  ASSERT_TRUE(IsReply(CallAsUser("add_audience", watching), sentences::kSuccess));
  const std::string name(64, 'f');
  const std::string value(1022, 'v');  // plus two quotes
  ASSERT_TRUE(IsReply(
      CallAsUser("set_custom_field",
                 {{"roomID", room}, {"fieldName", name}, {"operation", "set"}, {"value", value}}),
      sentences::kSuccess));

  const ApiReply list = CallAsUser("get_room_list", {{"cnt", "20"}, {"index", "0"}});
  ASSERT_THAT(list.json["rooms"], SizeIs(1)) << list;
  const json& shown = list.json["rooms"][0];
  EXPECT_EQ(shown["roomID"], room);
  EXPECT_EQ(shown["roomInfo"], WideText(1024));
  EXPECT_EQ(shown["audienceCount"], 1);
  EXPECT_EQ(shown["pushers"][0]["userName"], joining["userName"]);
  EXPECT_EQ(shown["pushers"][0]["userAvatar"], joining["userAvatar"]);
  const ApiReply audiences = CallAsUser("get_audiences", RoomBody(room));
  EXPECT_EQ(audiences.json["audiences"][0]["userInfo"], watching["userInfo"]);
  const ApiReply custom = CallAsUser("get_custom_info", RoomBody(room));
  EXPECT_EQ(json::parse(custom.Text("custom"))[name], value);
}

TEST_F(RequestFields, KeepTheLongestWebrtcValuesByteForByte) {
  const std::string user = "U" + std::string(23, '_');
  const std::string nick(128, 'n');
  const ApiReply created =
      Call("webrtc_room", "create_room",
           {{"userID", user}, {"roomInfo", WideText(1024)}, {"nickName", nick}});
  ASSERT_TRUE(IsReply(created, sentences::kSuccess));
  const std::string room = created.Text("roomID");
  const ApiReply list = Call("webrtc_room", "get_room_list", {{"index", "0"}, {"count", "20"}});
  ASSERT_THAT(list.json["rooms"], SizeIs(1)) << list;
  EXPECT_EQ(list.json["rooms"][0]["roomID"], room);
  EXPECT_EQ(list.json["rooms"][0]["roomInfo"], WideText(1024));
  EXPECT_EQ(list.json["rooms"][0]["roomCreator"], user);
  const ApiReply members = Call("webrtc_room", "get_room_members", RoomBody(room));
  EXPECT_EQ(members.json["members"], json::array({{{"nickName", nick}, {"userID", user}}}));
  const json entering = {{"roomID", std::stoi(room)}, {"userID", "abcd"}};
  EXPECT_TRUE(IsReply(Call("webrtc_room", "enter_room", entering), sentences::kSuccess))
      << "clients parse the id as a number";
}

}  // namespace
}  // namespace rtcroom
