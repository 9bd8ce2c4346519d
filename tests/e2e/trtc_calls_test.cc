// What TRTC is asked to do when members of webrtc rooms are removed (docs/tencent-live.md).
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/e2e/gen2_calls.h"
#include "tests/support/answering_service.h"
#include "tests/support/eventually.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kTrtcSecretKey = "secret-key-of-trtc-0123456789";
constexpr const char* kConsoleToken = "a token of the operator";
constexpr const char* kDone = R"({"Response":{"RequestId":"r"}})";

class TrtcCalls : public testing::Test {
 protected:
  explicit TrtcCalls(Settings more = {}) : server_({.settings = WithTrtc(trtc_, std::move(more))}) {
    trtc_.Answer(HttpAnswer("200 OK", kDone));
  }

  void TearDown() override { EXPECT_THAT(server_.Log(), Not(HasSubstr(kTrtcSecretKey))); }

  std::string MakeRoom(const std::vector<std::string>& users) {
    ApiClient client = server_.Https();
    const ApiReply made = client.Call("webrtc_room", "create_room",
                                      {{"userID", users.front()}, {"roomInfo", "info"}});
    EXPECT_EQ(made.code(), kOk) << made;
    const std::string room = made.Text("roomID");
    for (const std::string& user : users) Enter(room, user);
    return room;
  }
  void Enter(const std::string& room, const std::string& user) {
    const ApiReply reply =
        server_.Https().Call("webrtc_room", "enter_room", MemberBody(room, user));
    EXPECT_EQ(reply.code(), kOk) << reply;
  }
  /// Of the operator.
  void Post(const std::string& endpoint, const json& body) {
    const ApiReply reply = server_.Admin().Send(
        {.target = "/console/api/" + endpoint,
         .body = body.dump(),
         .headers = {{"Authorization", std::string("Bearer ") + kConsoleToken}}});
    EXPECT_EQ(reply.code(), kOk) << reply;
  }
  void Kick(const std::string& room, const std::string& user) {
    Post("kick", {{"kind", "webrtc"}, {"roomID", room}, {"userID", user}});
  }
  /// The bodies of the calls of that action so far.
  std::vector<std::string> CallsOf(const std::string& action) {
    std::vector<std::string> bodies;
    for (const std::string& request : trtc_.requests()) {
      if (request.find("X-TC-Action: " + action + "\r\n") == std::string::npos) continue;
      bodies.push_back(request.substr(request.find("\r\n\r\n") + 4));
    }
    return bodies;
  }
  bool EventuallyCalled(const std::string& action) {
    return Eventually([&] { return !CallsOf(action).empty(); });
  }
  bool HasPending(int number) {
    return Eventually([&] { return MetricOf(server_, "rtcroomd_trtc_pending_calls") == number; });
  }
  static std::string BodyOf(const std::string& room, const std::string& users = "") {
    return R"({"SdkAppId":1400000001,"RoomId":)" + room +
           (users.empty() ? "" : R"(,"UserIds":[)" + users + "]") + "}";
  }

  AnsweringService trtc_;
  ServerProcess server_;

 private:
  static Settings WithTrtc(const AnsweringService& trtc, Settings settings) {
    settings.merge(Settings{{"trtc.enabled", true},
                            {"trtc.base_url", trtc.Url()},
                            {"trtc.region", "ap-guangzhou"},
                            {"trtc.secret_id", "id-of-trtc"},
                            {"trtc.secret_key", kTrtcSecretKey},
                            {"admin.token", kConsoleToken}});
    return WithLogins(std::move(settings));
  }
};

TEST_F(TrtcCalls, AKickDisconnectsTheUser) {
  const std::string room = MakeRoom({"alice", "carol"});
  Kick(room, "carol");
  ASSERT_TRUE(EventuallyCalled("RemoveUser"));
  EXPECT_THAT(CallsOf("RemoveUser"), ElementsAre(BodyOf(room, R"("carol")")));
  const std::string request = trtc_.requests().front();
  EXPECT_THAT(request, HasSubstr("Authorization: TC3-HMAC-SHA256 Credential=id-of-trtc/"));
  EXPECT_THAT(request, HasSubstr("X-TC-Region: ap-guangzhou\r\n"));
  EXPECT_THAT(request, HasSubstr("X-TC-Version: 2019-07-22\r\n"));
  EXPECT_TRUE(HasPending(0));
}

TEST_F(TrtcCalls, SurviveAKillBetweenTheKickAndTheCall) {
  trtc_.service().GoDown();
  const std::string room = MakeRoom({"alice", "carol", "dave_1"});
  Kick(room, "carol");
  Kick(room, "dave_1");
  Enter(room, "dave_1");  // is back before TRTC is
  server_.Kill9();
  trtc_.service().GoUp();
  server_.Start();
  ASSERT_TRUE(EventuallyCalled("RemoveUser"));
  EXPECT_TRUE(HasPending(0));
  EXPECT_THAT(CallsOf("RemoveUser"), ElementsAre(BodyOf(room, R"("carol")")));
}

class SilentTrtcMembers : public TrtcCalls {
 protected:
  SilentTrtcMembers()
      : TrtcCalls({{"room.heartbeat_timeout", "1s"}, {"room.sweep_period", "100ms"}}) {}
};

TEST_F(SilentTrtcMembers, AreDisconnectedWhenTheyAreEvicted) {
  const std::string room = MakeRoom({"alice"});
  ASSERT_TRUE(EventuallyCalled("DismissRoom"));
  EXPECT_THAT(CallsOf("DismissRoom"), ElementsAre(BodyOf(room)));
}

}  // namespace
}  // namespace rtcroom
