// The dialect of a request (protocol C.1), and the accepted forms of its path and body (0.2), over
// the wire.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/expected_reply.h"
#include "tests/e2e/room_calls.h"
#include "tests/e2e/seen_state.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using testing::ElementsAre;

const std::vector<std::string> kBothHave = {"get_push_url",     "create_room",   "destroy_room",
                                            "add_pusher",       "delete_pusher", "get_pushers",
                                            "pusher_heartbeat", "get_room_list"};
const std::vector<std::string> kGen2LiveHas = {"set_custom_field", "get_custom_info",
                                               "add_audience", "delete_audience", "get_audiences"};
const std::vector<std::string> kWebrtcHas = {"get_login_info",  "create_room", "enter_room",
                                             "quit_room",       "heartbeat",   "get_room_list",
                                             "get_room_members"};

class DialectSelection : public testing::Test {
 protected:
  ApiReply Post(const std::string& target, const std::string& body = "{}",
                const std::string& type = "application/json") {
    return client_.Send({.target = target, .content_type = type, .body = body});
  }
  void ExpectGen1(const std::string& target) {
    EXPECT_TRUE(IsReply(Post(target), sentences::kGen1BadParameter)) << target;
  }
  void ExpectGen2(const std::string& target, const ExpectedReply& expected) {
    EXPECT_TRUE(IsReply(Post(target), expected)) << target;
  }
  void ExpectUnknown(const std::string& target) {
    const ApiReply reply = Post(target);
    EXPECT_EQ(reply.status, 404) << target;
    EXPECT_EQ(reply.code(), kBadParameter) << target;
  }

  ServerProcess server_{{.settings = LoginSettings({{"server.gen1_prefix", "/v1/weapp"},
                                                    {"server.gen2_prefix", "/v2/weapp"},
                                                    {"utils.enabled", true}})}};
  ApiClient client_ = server_.Https();
};

TEST_F(DialectSelection, FollowsAPinnedPrefixForAnyQuery) {
  for (const std::string_view kind : kKinds) {
    for (const std::string& endpoint : kBothHave) {
      const std::string path = "/weapp/" + std::string(kind) + "/" + endpoint;
      for (const char* query : {"", "?", "?userID=u1&token=t", "?token", "?userID=undefined"}) {
        ExpectGen1("/v1" + path + query);
      }
      ExpectGen2("/v2" + path, sentences::kNoCredentials);
      ExpectGen2("/v2" + path + "?x=1", sentences::kNoCredentials);
      ExpectGen2("/v2" + path + "?userID=u1&token=t", sentences::kMalformedToken);
    }
    ExpectUnknown("/v2/weapp/" + std::string(kind) + "/get_im_login_info");
  }
  for (const std::string& endpoint : kGen2LiveHas) ExpectUnknown("/v1/weapp/live_room/" + endpoint);
}

TEST_F(DialectSelection, IsGen2IfTheQueryHasATokenOrUserId) {
  for (const std::string_view kind : kKinds) {
    for (const std::string& endpoint : kBothHave) {
      const std::string path = "/weapp/" + std::string(kind) + "/" + endpoint;
      for (const char* query : {"", "?", "?x=1", "?userid=u1", "?Token=t", "?user=userID",
                                "?sdkAppID=1&userSig=s", "?xuserID=1", "?roomID=r1&x=token"}) {
        ExpectGen1(path + query);
      }
      for (const char* query : {"?userID", "?userID=", "?token=", "?x=1&token", "?userID=undefined",
                                "?token=t&x=/weapp/utils/", "?&&userID=a/b"}) {
        ExpectGen2(path + query, sentences::kNoCredentials);
      }
      ExpectGen2(path + "?userID=undefined&token=undefined", sentences::kMalformedToken);
    }
  }
}

TEST_F(DialectSelection, FollowsAnEndpointOfOneDialectOnly) {
  for (const std::string_view kind : kKinds) {
    const std::string path = "/weapp/" + std::string(kind) + "/get_im_login_info";
    for (const char* query : {"", "?userID=u1&token=t", "?token"}) ExpectGen1(path + query);
  }
  for (const std::string& endpoint : kGen2LiveHas) {
    ExpectGen2("/weapp/live_room/" + endpoint, sentences::kNoCredentials);
    ExpectGen2("/weapp/live_room/" + endpoint + "?x=1", sentences::kNoCredentials);
    ExpectUnknown("/weapp/double_room/" + endpoint);
    ExpectUnknown("/weapp/multi_room/" + endpoint + "?userID=u1&token=t");
  }
}

TEST_F(DialectSelection, DependsOnTheTicketForLogin) {
  for (const std::string_view kind : kKinds) {
    const std::string path = "/weapp/" + std::string(kind) + "/login";
    for (const char* query : {"?userSig", "?sdkAppID=", "?userID=u1&userSig=s"}) {
      const ApiReply reply = Post(path + query);
      EXPECT_TRUE(IsReply(reply, sentences::kNotAuthorised, "login"));
      EXPECT_NE(reply.Text("result"), "") << "only gen-2 says more: " << query;
    }
    for (const char* query : {"", "?userID=u1", "?userID=u1&token=t&usersig=s"}) {
      const ApiReply reply = Post(path + query);
      EXPECT_TRUE(IsReply(reply, sentences::kNotAuthorised));
      EXPECT_FALSE(reply.json.contains("result")) << query;
    }
  }
}

TEST_F(DialectSelection, IsWebrtcUnderBothWebrtcPrefixes) {
  for (const std::string& prefix : {std::string("/weapp"), std::string("/webrtc/weapp")}) {
    for (const std::string& endpoint : kWebrtcHas) {
      if (endpoint == "get_login_info") continue;  // needs no field
      const std::string path = prefix + "/webrtc_room/" + endpoint;
      for (const char* query : {"", "?userID=u1&token=t", "?token="}) {
        EXPECT_TRUE(IsReply(Post(path + query), sentences::kWebrtcMissing)) << path << query;
      }
    }
  }
  EXPECT_TRUE(IsReply(Post("/webrtc/weapp/webrtc_room/get_login_info"), sentences::kSuccess));
  for (const char* path :
       {"/webrtc/weapp/double_room/get_pushers", "/webrtc/weapp/utils/get_login_info",
        "/webrtc/webrtc_room/create_room", "/webrtc/webrtc/weapp/webrtc_room/heartbeat",
        "/weapp/webrtc_room/add_pusher", "/weapp/webrtc_room/login",
        "/weapp/double_room/enter_room", "/weapp/live_room/heartbeat"}) {
    ExpectUnknown(path);
  }
}

TEST_F(DialectSelection, DependsOnTheMethodForLoginInfo) {
  const ApiReply gen2 = client_.Get("/weapp/utils/get_login_info?userID=u1");
  EXPECT_TRUE(IsReply(gen2, sentences::kSuccess));
  EXPECT_NE(gen2.Text("userSig"), "");
  EXPECT_TRUE(gen2.json["sdkAppID"].is_number_integer());
  EXPECT_EQ(gen2.Text("accountType"), gen2.Text("accType"));
  ExpectGen1("/weapp/utils/get_login_info?userSig=s");
}

TEST_F(DialectSelection, IgnoresSlashesAndLetterCase) {
  const Account user = LogIn(client_, "u1");
  ASSERT_EQ(CallAs(client_, user, "live_room", "add_pusher", PusherBody("r1", "u1")).code(), kOk);
  ASSERT_EQ(client_.Call("live_room", "create_room", CreateBody("g1", "g1")).code(), kOk);
  for (const char* path :
       {"/weapp/live_room/get_pushers", "//weapp/live_room/get_pushers",
        "/weapp//live_room///get_pushers/", "/WEAPP/Live_Room/Get_Pushers",
        "/weapp/LIVE_ROOM/GET_PUSHERS//", "////weapp////live_room////get_pushers////"}) {
    const ApiReply gen2 = Post(std::string(path) + "?" + user.Query(), RoomBody("r1").dump());
    EXPECT_THAT(PusherIds(gen2), ElementsAre("u1")) << path << ": " << gen2;
    const ApiReply gen1 = Post(path, RoomBody("g1").dump());
    EXPECT_THAT(PusherIds(gen1), ElementsAre("g1")) << path << ": " << gen1;
  }
  EXPECT_TRUE(IsReply(Post("//Webrtc//WEAPP/webrtc_Room/Heartbeat/"), sentences::kWebrtcMissing));
  EXPECT_TRUE(IsReply(Post("/V2//weapp/double_room/GET_PUSHERS"), sentences::kNoCredentials));
  for (const char* path :
       {"/weapp/live_room", "/weapp/live_room/", "/weapp", "/", "/live_room/get_pushers",
        "/weapp/live_room/get_pushers/x", "/weapp/live_room/../live_room/get_pushers",
        "/weapp/live_roomx/get_pushers", "/weapp/live_room/get_pusher"}) {
    ExpectUnknown(path);
  }
}

}  // namespace
}  // namespace rtcroom
