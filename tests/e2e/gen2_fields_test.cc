// The handling of invalid values by gen-2 and webrtc_room, and of unusual valid ones (protocol 0.3,
// B.3 to B.5, B.8).
#include "tests/e2e/gen2_fields.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/room_calls.h"
#include "tests/e2e/seen_state.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::SizeIs;
using testing::StartsWith;

constexpr const char* kPushUrl = "rtmp://push.invalid/live/8888_u1?bizid=8888";

json Joining(const std::string& room, const std::string& user) {
  json body = PusherBody(room, user);
  body["pushURL"] = kPushUrl;
  return body;
}

class Gen2Fields : public testing::TestWithParam<const char*> {
 protected:
  [[nodiscard]] Callers CallersHere() const {
    return GetParam() == std::string("open") ? Callers::kClaiming : Callers::kProven;
  }
  ApiReply Call(std::string_view kind, std::string_view endpoint, const json& body) {
    return CallAs(client_, user_, kind, endpoint, body);
  }
  ApiReply Post(std::string_view kind, const Gen2Endpoint& endpoint, const std::string& text,
                std::string_view query) {
    ApiRequest request{.body = text};
    request.target.append("/weapp/").append(kind).append("/").append(endpoint.name);
    if (!query.empty()) request.target.append("?").append(query);
    return client_.Send(request);
  }
  /// Sends each bad body of each field.
  void ExpectRefusals(std::string_view kind, const Gen2Endpoint& endpoint, std::string_view query,
                      Callers callers) {
    for (const Gen2Field& field : endpoint.fields) {
      for (const RefusedBody& bad : RefusedBodies(endpoint, field, callers)) {
        EXPECT_TRUE(IsReply(Post(kind, endpoint, bad.text, query), bad.expected))
            << kind << " " << endpoint.name << " " << field.name << ": " << bad.what;
      }
    }
  }

  ServerProcess server_{{.settings = LoginSettings({{"auth.mode", GetParam()}})}};
  ApiClient client_ = server_.Https();
  const Account user_ = LogIn(client_, "u1");
};

INSTANTIATE_TEST_SUITE_P(Modes, Gen2Fields, testing::Values("open", "mixed", "token"),
                         [](const auto& param_info) { return std::string(param_info.param); });

TEST_P(Gen2Fields, AreRefusedWithProtocolMessagesWithoutSideEffects) {
  for (const std::string_view kind : kKinds) {
    // An ID is unique across kinds, so each kind is tested in turn.
    ASSERT_EQ(Call(kind, "add_pusher", Joining("r1", "u1")).code(), kOk);
    const std::string before = SeenState(client_, user_, "r1");
    for (const Gen2Endpoint& endpoint : Gen2Endpoints()) {
      if (endpoint.live_only && kind != "live_room") continue;
      ExpectRefusals(kind, endpoint, user_.Query(), CallersHere());
      EXPECT_EQ(SeenState(client_, user_, "r1"), before) << kind << " " << endpoint.name;
    }
    ASSERT_EQ(Call(kind, "destroy_room", MemberBody("r1", "u1")).code(), kOk);
  }
}

TEST_P(Gen2Fields, AreNamedInTheDetailOfCodeOne) {
  for (const Gen2Endpoint& endpoint : Gen2Endpoints()) {
    for (const Gen2Field& field : endpoint.fields) {
      if (!field.required) continue;
      json body = endpoint.good;
      body.erase(field.name);
      const ApiReply reply = Call("live_room", endpoint.name, body);
      EXPECT_THAT(reply.Text("detail"), StartsWith(field.name)) << endpoint.name << ": " << reply;
    }
  }
}

TEST_P(Gen2Fields, MayBeEmptyIfAnEmptyValueIsDefined) {
  for (const json& none : {json(""), json()}) {
    const ApiReply created =
        Call("live_room", "create_room", {{"userID", "u1"}, {"roomInfo", none}, {"roomID", none}});
    ASSERT_TRUE(IsReply(created, sentences::kSuccess));
    const std::string room = created.Text("roomID");
    EXPECT_THAT(room, testing::MatchesRegex("room_[0-9a-f]{8}_[0-9a-f]{4}"));
    const json joining = {{"roomID", room},     {"userID", "u1"},  {"userName", none},
                          {"userAvatar", none}, {"pushURL", none}, {"roomInfo", none}};
    EXPECT_TRUE(IsReply(Call("live_room", "add_pusher", joining), sentences::kSuccess)) << none;
    const ApiReply pushers = Call("live_room", "get_pushers", RoomBody(room));
    EXPECT_EQ(pushers.Text("roomInfo"), "");
    EXPECT_EQ(pushers.json["pushers"][0]["userName"], "");
    EXPECT_EQ(pushers.json["pushers"][0]["accelerateURL"], "") << "no stream";
    json watching = MemberBody(room, "u1");
    watching["userInfo"] = none;
    EXPECT_TRUE(IsReply(Call("live_room", "add_audience", watching), sentences::kSuccess)) << none;
  }
}

TEST_P(Gen2Fields, AreKeptAtMaximumLengthByteForByte) {
  const std::string room(48, 'r');
  std::string info;
  for (int i = 0; i < 341; ++i) info += "房";  // three bytes each
  info += "a";
  ASSERT_TRUE(IsReply(
      Call("live_room", "create_room", {{"userID", "u1"}, {"roomInfo", info}, {"roomID", room}}),
      sentences::kSuccess));
  json joining = Joining(room, "u1");
  joining["userName"] = std::string(115, 'n') + "😀</b>\"\\ \u0301";
  joining["userAvatar"] = std::string(1024, 'a');
  joining["pushURL"] = "rtmp://" + std::string(1017, 'p');
  ASSERT_TRUE(IsReply(Call("live_room", "add_pusher", joining), sentences::kSuccess));
  json watching = MemberBody(room, "u1");
  watching["userInfo"] = std::string(1021, 'i') + "房";
  ASSERT_TRUE(IsReply(Call("live_room", "add_audience", watching), sentences::kSuccess));

  const ApiReply list = Call("live_room", "get_room_list", {{"cnt", "20"}, {"index", "0"}});
  ASSERT_THAT(list.json["rooms"], SizeIs(1)) << list;
  const json& shown = list.json["rooms"][0];
  EXPECT_EQ(shown["roomID"], room);
  EXPECT_EQ(shown["roomInfo"], info);
  EXPECT_EQ(shown["audienceCount"], 1);
  EXPECT_EQ(shown["pushers"][0]["userName"], joining["userName"]);
  EXPECT_EQ(shown["pushers"][0]["userAvatar"], joining["userAvatar"]);
  const ApiReply audiences = Call("live_room", "get_audiences", RoomBody(room));
  EXPECT_EQ(audiences.json["audiences"][0]["userInfo"], watching["userInfo"]);
}

TEST_P(Gen2Fields, AcceptCustomValuesUpToTheirLimits) {
  ASSERT_EQ(Call("live_room", "add_pusher", Joining("r1", "u1")).code(), kOk);
  const auto set = [this](const std::string& name, const json& value) {
    return Call("live_room", "set_custom_field",
                {{"roomID", "r1"}, {"fieldName", name}, {"operation", "set"}, {"value", value}});
  };
  const std::string longest(1022, 'v');  // plus two quotes
  EXPECT_TRUE(IsReply(set(std::string(64, 'f'), longest), sentences::kSuccess));
  for (int i = 1; i < 32; ++i) {
    EXPECT_TRUE(IsReply(set("f" + std::to_string(i), i % 2 == 0), sentences::kSuccess)) << i;
  }
  const std::string before = Call("live_room", "get_custom_info", RoomBody("r1")).text;
  EXPECT_TRUE(IsReply(set("one too many", 1), sentences::kMissing));
  const json counting = {{"roomID", "r1"}, {"fieldName", "another"}, {"operation", "inc"}};
  EXPECT_TRUE(IsReply(Call("live_room", "set_custom_field", counting), sentences::kMissing));
  EXPECT_EQ(Call("live_room", "get_custom_info", RoomBody("r1")).text, before);
  EXPECT_TRUE(IsReply(set("f1", ""), sentences::kSuccess)) << "one that is there already";

  const ApiReply shown = Call("live_room", "get_custom_info", RoomBody("r1"));
  const json custom = json::parse(shown.Text("custom"));
  EXPECT_THAT(custom, SizeIs(32));
  EXPECT_EQ(custom[std::string(64, 'f')], longest);
  EXPECT_EQ(custom["f1"], "");
  EXPECT_EQ(custom["f2"], true);
  EXPECT_EQ(shown.Text("customInfo"), shown.Text("custom"));
}

TEST_P(Gen2Fields, AcceptTheLongestMergeParamsInBothForms) {
  ASSERT_EQ(Call("live_room", "add_pusher", Joining("r1", "u1")).code(), kOk);
  const json longest = {{"a", std::string(16'384 - 8, 'a')}};
  ASSERT_THAT(longest.dump(), SizeIs(16'384));
  for (const json& params : {longest, json(longest.dump()), json(R"({"interface":"mix"})")}) {
    json body = MemberBody("r1", "u1");
    body["mergeParams"] = params;
    const ApiReply reply = Call("live_room", "merge_stream", body);
    EXPECT_TRUE(IsReply(reply, sentences::kInternal, "merge_stream"));
    EXPECT_EQ(reply.json["result"]["code"], -1);
  }
}

TEST_P(Gen2Fields, AcceptNumericIdsAndPreferGen2Names) {
  const json body = {{"userID", "u1"}, {"roomid", 12345}, {"roomInfo", "own"}, {"roomName", "no"}};
  const ApiReply created = Call("multi_room", "create_room", body);
  ASSERT_TRUE(IsReply(created, sentences::kSuccess));
  EXPECT_EQ(created.Text("roomID"), "12345");
  json joining = Joining("", "u1");
  joining["roomID"] = 12345;
  ASSERT_EQ(Call("multi_room", "add_pusher", joining).code(), kOk);
  const ApiReply pushers = Call("multi_room", "get_pushers", {{"roomid", 12345}});
  EXPECT_EQ(pushers.Text("roomID"), "12345") << pushers;
  EXPECT_EQ(pushers.Text("roomInfo"), "own");
  EXPECT_EQ(pushers.Text("roomName"), "own");
}

TEST_P(Gen2Fields, BoundTheListByIndexAndCount) {
  for (const char* room : {"r1", "r2", "r3"}) {
    ASSERT_EQ(Call("multi_room", "add_pusher", Joining(room, "u1")).code(), kOk);
  }
  const auto listed = [this](const json& index, const json& count) {
    const ApiReply reply = Call("multi_room", "get_room_list", {{"index", index}, {"cnt", count}});
    EXPECT_TRUE(IsReply(reply, sentences::kSuccess));
    std::string ids;
    for (const json& room : reply.json["rooms"]) ids += room["roomID"].get<std::string>();
    return ids;
  };
  EXPECT_EQ(listed(0, 2), "r1r2");
  EXPECT_EQ(listed("1", "2"), "r2r3");
  EXPECT_EQ(listed(-5, 1), "r1");
  EXPECT_EQ(listed(3, 20), "");
  EXPECT_EQ(listed(0, 0), "") << "gen-1 asks for all by 0, gen-2 does not";
  EXPECT_EQ(listed(0, -1), "");
  EXPECT_EQ(listed(0, 1000000), "r1r2r3");
  const ApiReply counted = Call("multi_room", "get_room_list", {{"index", 0}, {"count", 1}});
  EXPECT_THAT(counted.json["rooms"], SizeIs(1)) << counted;
}

TEST(OpenGen2, AcceptsUserIdsOf64Bytes) {
  const ServerProcess server({.settings = LoginSettings({{"auth.mode", "open"}})});
  ApiClient client = server.Https();
  const Account longest{.user_id = std::string(64, 'u'), .token = ""};
  ASSERT_TRUE(
      IsReply(CallAs(client, longest, "multi_room", "add_pusher", Joining("r1", longest.user_id)),
              sentences::kSuccess));
  EXPECT_THAT(PushersSeenBy(client, longest, "multi_room", "r1"), ElementsAre(longest.user_id));
}

}  // namespace
}  // namespace rtcroom
