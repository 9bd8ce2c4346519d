// The handling of invalid values by webrtc_room, and of unusual valid ones (protocol 0.3, B.8).
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/gen2_fields.h"
#include "tests/e2e/room_calls.h"
#include "tests/e2e/seen_state.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using testing::AnyOf;
using testing::Eq;

class WebrtcFields : public testing::Test {
 protected:
  ApiReply Call(std::string_view endpoint, const json& body) {
    return client_.Call("webrtc_room", endpoint, body);
  }
  std::string Create(const json& more = json::object()) {
    json body = {{"userID", "user_1"}, {"roomInfo", "text"}};
    body.update(more);
    const ApiReply created = Call("create_room", body);
    EXPECT_TRUE(IsReply(created, sentences::kSuccess));
    return created.Text("roomID");
  }
  std::string Members(const std::string& room) {
    return Call("get_room_members", RoomBody(room)).json.value("members", json()).dump();
  }

  ServerProcess server_{{.settings = LoginSettings({{"auth.deny_user_ids", {"root"}}})}};
  ApiClient client_ = server_.Https();
  const Account observer_ = LogIn(client_, "observer");
};

TEST_F(WebrtcFields, AreRefusedWithProtocolMessagesWithoutSideEffects) {
  const std::string room = Create();
  const std::string before = SeenState(client_, observer_, room);
  for (const std::string prefix : {"/weapp", "/webrtc/weapp"}) {
    for (const Gen2Endpoint& endpoint : WebrtcEndpoints(room)) {
      const std::string target = prefix + "/webrtc_room/" + endpoint.name;
      for (const Gen2Field& field : endpoint.fields) {
        for (const RefusedBody& bad : RefusedBodies(endpoint, field, Callers::kClaiming)) {
          EXPECT_TRUE(IsReply(client_.Send({.target = target, .body = bad.text}), bad.expected))
              << target << " " << field.name << ": " << bad.what;
        }
      }
      EXPECT_EQ(SeenState(client_, observer_, room), before) << target;
    }
  }
}

TEST_F(WebrtcFields, NameNoRoomUnlessA32BitNumber) {
  const std::string before = Members(Create());
  for (const char* room : {"abc", "r1", "0", "-1", "2147483648", "4294967297",
                           "99999999999999999999", "1 ", "0x10", "1e3", "@TGS#1"}) {
    for (const char* endpoint : {"enter_room", "quit_room", "heartbeat", "get_room_members"}) {
      const ApiReply reply = Call(endpoint, MemberBody(room, "user_2"));
      EXPECT_EQ(reply.status, 200);
      // The protocol does not specify which of the two.
      EXPECT_THAT(reply.Text("message"), AnyOf(Eq(sentences::kWebrtcMissing.message),
                                               Eq(sentences::kWebrtcNoRoom.message)))
          << endpoint << " " << room << ": " << reply;
    }
  }
}

TEST_F(WebrtcFields, AreKeptAtMaximumLengthByteForByte) {
  std::string info;
  for (int i = 0; i < 341; ++i) info += "房";
  info += "a";
  const std::string user = "U" + std::string(23, '_');
  const std::string nick(128, 'n');
  const std::string room = Create({{"userID", user}, {"roomInfo", info}, {"nickName", nick}});
  const ApiReply list = Call("get_room_list", {{"index", "0"}, {"count", "20"}});
  ASSERT_EQ(list.json["rooms"].size(), 1U) << list;
  EXPECT_EQ(list.json["rooms"][0]["roomID"], room);
  EXPECT_EQ(list.json["rooms"][0]["roomInfo"], info);
  EXPECT_EQ(list.json["rooms"][0]["roomCreator"], user);
  EXPECT_EQ(Members(room), json::array({{{"nickName", nick}, {"userID", user}}}).dump());
  const ApiReply entered = Call("enter_room", {{"roomID", std::stoi(room)}, {"userID", "abcd"}});
  EXPECT_TRUE(IsReply(entered, sentences::kSuccess)) << "clients parse the id as a number";
}

TEST_F(WebrtcFields, RefuseUsersThatAreNeverSignedFor) {
  const std::string room = Create();
  for (const char* denied : {"administrator", "root"}) {
    EXPECT_TRUE(IsReply(Call("create_room", {{"userID", denied}, {"roomInfo", "i"}}),
                        sentences::kWebrtcBadUser));
    EXPECT_TRUE(IsReply(Call("enter_room", MemberBody(room, denied)), sentences::kWebrtcBadUser));
    EXPECT_TRUE(IsReply(Call("get_login_info", {{"userID", denied}}), sentences::kWebrtcBadUser));
  }
}

TEST_F(WebrtcFields, AnswerForAMissingRoom) {
  const std::string gone = Create();
  ASSERT_TRUE(IsReply(Call("quit_room", MemberBody(gone, "user_1")), sentences::kSuccess));
  EXPECT_TRUE(IsReply(Call("enter_room", MemberBody(gone, "user_2")), sentences::kWebrtcNoRoom));
  EXPECT_TRUE(IsReply(Call("get_room_members", RoomBody(gone)), sentences::kWebrtcNoRoom));
  EXPECT_TRUE(IsReply(Call("quit_room", MemberBody(gone, "user_1")), sentences::kSuccess));
  EXPECT_TRUE(IsReply(Call("heartbeat", MemberBody(gone, "user_1")), sentences::kSuccess));
}

TEST_F(WebrtcFields, FilterListsByTheTypeOfRooms) {
  const std::string plain = Create();
  const std::string class_room = Create({{"userID", "user_2"}, {"roomType", "class"}});
  const auto listed = [this](const json& more) {
    json body = {{"index", 0}, {"count", 20}};
    body.update(more);
    std::string ids;
    const ApiReply reply = Call("get_room_list", body);
    EXPECT_TRUE(IsReply(reply, sentences::kSuccess));
    for (const json& room : reply.json["rooms"]) ids += room["roomID"].get<std::string>() + " ";
    return ids;
  };
  EXPECT_EQ(listed(json::object()), plain + " " + class_room + " ");
  EXPECT_EQ(listed({{"roomType", "class"}}), class_room + " ");
  EXPECT_EQ(listed({{"roomType", ""}}), plain + " ");
  EXPECT_EQ(listed({{"roomType", "other"}}), "");
}

}  // namespace
}  // namespace rtcroom
