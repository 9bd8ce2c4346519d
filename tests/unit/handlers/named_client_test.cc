// What a client gains that names itself (protocol C.7).
#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "handlers/shared/second_looks.h"
#include "tests/support/router_fixture.h"
#include "tests/unit/handlers/reply_texts.h"

namespace rtcroom {
namespace {

using nlohmann::json;

constexpr char kClientName[] = "rtcroom/1";

class NamedClient : public testing::Test {
 protected:
  /// The body of a call that names its client.
  static json Named(const std::string& user, json body = json::object()) {
    body.update({{"roomID", "r1"}, {"userID", user}, {"client", kClientName}});
    return body;
  }
  static json Profile(const std::string& user) {
    return Named(user,
                 {{"userName", "n"}, {"userAvatar", "a"}, {"pushURL", ""}, {"roomName", "r"}});
  }
  static json WithStay(json body, const json& stay) {
    body["stay"] = stay;
    return body;
  }
  json Gen1(const std::string& endpoint, const json& body) {
    return server_.Call("multi_room/" + endpoint, body);
  }
  json Live(const std::string& user, const std::string& endpoint, const json& body) {
    return server_.CallAs(user, "live_room/" + endpoint, body);
  }
  json Beat(const std::string& user) { return Gen1("pusher_heartbeat", Named(user)); }
  std::string ReasonOf(const std::string& user) { return Beat(user).value("reason", "none"); }
  /// A room of amy and bob.
  void Meet() {
    ASSERT_EQ(Gen1("create_room", Gen1Profile("amy"))["code"], 0);
    ASSERT_EQ(Gen1("add_pusher", Gen1Profile("bob"))["code"], 0);
  }
  static json Gen1Profile(const std::string& user) {
    json profile = Profile(user);
    profile["pushURL"] = "rtmp://push/live/" + user;
    return profile;
  }
  void Kick(const std::string& user, std::optional<std::chrono::milliseconds> ban = {}) {
    ASSERT_TRUE(server_.rooms.KickPusher({.room = kRoom, .user_id = {user}, .ban = ban}).ok());
  }

  inline static const RoomKey kRoom{.kind = RoomKind::kMulti, .id = {"r1"}};
  RouterFixture server_;
};

TEST_F(NamedClient, LearnsFromItsHeartbeatWhyItHasNoSeat) {
  Meet();
  EXPECT_EQ(Beat("bob")["code"], 0);
  EXPECT_EQ(ReasonOf("eve"), "none") << "she never had one";
  Kick("bob");
  EXPECT_EQ(Beat("bob").dump(),
            R"({"code":5,"message":"您请求的房间成员不存在","reason":"kicked"})");
  ASSERT_EQ(Gen1("add_pusher", Gen1Profile("bob"))["code"], 0);
  EXPECT_EQ(Beat("bob")["code"], 0);
  Kick("bob", std::chrono::minutes(1));
  EXPECT_EQ(ReasonOf("bob"), "banned");
  ASSERT_TRUE(server_.rooms.DismissRoom(kRoom).ok());
  EXPECT_EQ(ReasonOf("amy"), "dismissed") << "how her seat ended: with the room";
  ASSERT_EQ(Gen1("create_room", Gen1Profile("eve"))["code"], 0);
  EXPECT_EQ(ReasonOf("amy"), "dismissed") << "she was in the room before";
  ASSERT_EQ(Gen1("delete_pusher", Named("eve"))["code"], 0);
  EXPECT_EQ(ReasonOf("eve"), "left");
}

TEST_F(NamedClient, IsToldNothingThatTheEventsDoNotSay) {
  Meet();
  Kick("bob");
  ASSERT_TRUE(server_.sqlite.rooms()
                  .TrimEvents({.keep_since = server_.clock.Now() + std::chrono::hours(1)})
                  .ok());
  EXPECT_EQ(Beat("bob").dump(), R"({"code":5,"message":"您请求的房间成员不存在"})");
}

TEST_F(NamedClient, IsToldHowItsSeatWasTakenHoweverMuchHasHappenedSince) {
  const auto rejoin_200_times = [this](const std::string& user) {
    for (int i = 0; i < 200; ++i) ASSERT_EQ(Gen1("add_pusher", Gen1Profile(user))["code"], 0);
  };
  Meet();
  Kick("bob");
  ASSERT_EQ(Gen1("add_pusher", Gen1Profile("eve"))["code"], 0);
  ASSERT_EQ(Gen1("delete_pusher", Named("eve"))["code"], 0);
  rejoin_200_times("amy");
  EXPECT_EQ(ReasonOf("bob"), "kicked");
  EXPECT_EQ(ReasonOf("eve"), "none") << "she left by herself: only the newest 200 events say so";
  ASSERT_TRUE(server_.rooms.DismissRoom(kRoom).ok());
  ASSERT_EQ(Gen1("create_room", Gen1Profile("eve"))["code"], 0);
  rejoin_200_times("eve");
  EXPECT_EQ(ReasonOf("amy"), "dismissed");
  EXPECT_EQ(ReasonOf("bob"), "kicked") << "before the room ended";
}

TEST_F(NamedClient, IsNotTakenForEvictedWhileTheReasonCannotBeRead) {
  Meet();
  Kick("bob");
  server_.admission.indebted_addresses.insert("192.0.2.1");
  EXPECT_EQ(Beat("bob")["code"], 6) << "the address has no tokens left";
}

TEST_F(NamedClient, LeavesOnlyByTheStayThatItNames) {
  const std::string created = Gen1("create_room", Gen1Profile("amy")).at("stay");
  const std::string first = Gen1("add_pusher", Gen1Profile("bob")).at("stay");
  const std::string second = Gen1("add_pusher", Gen1Profile("bob")).at("stay");
  EXPECT_EQ(Gen1("delete_pusher", WithStay(Named("bob"), first))["code"], 5) << "late";
  EXPECT_EQ(Beat("bob")["code"], 0);
  EXPECT_EQ(Gen1("delete_pusher", WithStay(Named("bob"), second))["code"], 0);
  EXPECT_EQ(Beat("bob")["code"], 5);
  EXPECT_EQ(Gen1("delete_pusher", WithStay(Named("amy"), second))["code"], 5) << "another's";
  EXPECT_EQ(Gen1("delete_pusher", WithStay(Named("amy"), created))["code"], 0);
}

TEST_F(NamedClient, IsNoViewerAnyMoreOnlyByTheStayThatItNames) {
  ASSERT_EQ(Live("host", "add_pusher", Profile("host"))["code"], 0);
  const json watching = Named("vera", {{"userInfo", "i"}});
  const std::string first = Live("vera", "add_audience", watching).at("stay");
  const std::string second = Live("vera", "add_audience", watching).at("stay");
  const auto leave = [this](const std::string& stay) {
    return Live("vera", "delete_audience", WithStay(Named("vera"), stay))["code"];
  };
  const auto count = [this] {
    return Live("host", "get_audiences", {{"roomID", "r1"}})["audienceCount"];
  };
  EXPECT_EQ(leave(first), 0);
  EXPECT_EQ(count(), 1) << "it was late";
  EXPECT_EQ(leave(second), 0);
  EXPECT_EQ(count(), 0);
}

TEST_F(NamedClient, ThatDoesNotNameItselfGetsTheRepliesOfBefore) {
  const auto unnamed = [](json body) {
    body.erase("client");
    return body;
  };
  EXPECT_FALSE(Gen1("create_room", unnamed(Gen1Profile("amy"))).contains("stay"));
  EXPECT_EQ(Gen1("add_pusher", unnamed(Gen1Profile("bob"))).dump(), kOk);
  Kick("bob");
  EXPECT_FALSE(Gen1("pusher_heartbeat", unnamed(Named("bob"))).contains("reason"));
  EXPECT_EQ(Gen1("delete_pusher", unnamed(WithStay(Named("amy"), "another"))).dump(), kOk);
}

}  // namespace
}  // namespace rtcroom
