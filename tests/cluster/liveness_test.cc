// Who is alive, whichever node hears it.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "daemon/base/base64.h"
#include "daemon/base/digest.h"
#include "tests/cluster/node_fixture.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class NodeLiveness : public Nodes {
 protected:
  static Settings Quick() {
    return {{"room.heartbeat_timeout", "20s"}, {"room.sweep_period", "500ms"}};
  }
  void SeatAliceAndBob() {
    ASSERT_EQ(Call(0, "create_room", CreateBody("alice", "r1")), kOk);
    ASSERT_EQ(Call(0, "add_pusher", PusherBody("r1", "bob")), kOk);
  }
  /// Alice beats at these nodes in turn, until bob is gone; she is there throughout.
  void BeatUntilBobIsGone(const std::vector<std::size_t>& nodes) {
    std::size_t next = 0;
    EXPECT_TRUE(Eventually(
        [&] {
          const std::size_t at = nodes.at(next++ % nodes.size());
          ApiClient client = node(at).Https();
          const ApiReply beat =
              client.Call("multi_room", "pusher_heartbeat", MemberBody("r1", "alice"));
          if (beat.status == 503) return false;  // a busy machine: the next one is asked
          EXPECT_EQ(beat.code(), kOk);
          const std::vector<std::string> pushers = PushersAt(at, "r1");
          EXPECT_THAT(pushers, testing::Contains("alice"));
          std::this_thread::sleep_for(std::chrono::milliseconds(200));
          return pushers.size() == 1;
        },
        std::chrono::minutes(3)));
  }
  /// That have this in their log.
  [[nodiscard]] std::vector<std::size_t> NodesThatLogged(const std::string& text) {
    std::vector<std::size_t> nodes;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      if (node(i).Log().find(text) != std::string::npos) nodes.push_back(i);
    }
    return nodes;
  }
  static std::string Taken(const std::string& duty) {
    return R"("event":"duty_taken","duty":")" + duty + '"';
  }
};

TEST_F(NodeLiveness, AMemberMayBeatAtAnyNodeAndASilentOneIsGoneEverywhere) {
  Add(3, Quick());
  SeatAliceAndBob();
  BeatUntilBobIsGone({0, 1, 2});
  EXPECT_TRUE(EventuallyAll("r1", {"alice"}));
}

/// The parameter is the service that calls back.
class NodeMediaLiveness : public NodeLiveness, public testing::WithParamInterface<const char*> {
 protected:
  static constexpr const char* kCallbackKey = "key-of-callbacks";

  /// A callback about the media of bob.
  static ApiRequest CallbackOf(bool is_on) {
    const auto now = std::chrono::system_clock::now();
    if (GetParam() == std::string_view("live")) {
      const std::int64_t ends = std::chrono::system_clock::to_time_t(now) + 600;
      const nlohmann::json body{{"event_type", is_on ? 1 : 0},
                                {"t", ends},
                                {"sign", Md5Hex(kCallbackKey + std::to_string(ends))},
                                {"stream_id", "bob"},
                                {"sequence", "1"}};
      return {.target = "/callback/live", .body = body.dump()};
    }
    const std::int64_t now_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
    const std::string body =
        nlohmann::json{{"EventGroupId", 2},
                       {"EventType", is_on ? 201 : 202},
                       {"CallbackTs", now_ms},
                       {"EventInfo", {{"RoomId", "r1"}, {"EventMsTs", now_ms}, {"UserId", "bob"}}}}
            .dump();
    return {.target = "/callback/trtc",
            .body = body,
            .headers = {{"Sign", EncodeBase64(HmacSha256(Secret(kCallbackKey), body))},
                        {"SdkAppId", std::to_string(kTestAppId)}}};
  }
  void Report(std::size_t at, bool is_on) {
    EXPECT_EQ(node(at).Https().Send(CallbackOf(is_on)).status, 200);
  }
};

TEST_P(NodeMediaLiveness, AStreamThatIsReportedToOneNodeKeepsItsSilentMemberAtAnother) {
  Settings settings = Quick();
  settings.emplace(GetParam() + std::string(".callback_key"), kCallbackKey);
  settings.emplace("liveness.grace", "2s");
  Add(2, settings);
  ASSERT_TRUE(Eventually([&] { return !NodesThatLogged(Taken("reaper")).empty(); }));
  const std::size_t reaper = NodesThatLogged(Taken("reaper")).front();
  SeatAliceAndBob();
  Report(1 - reaper, true);
  const auto is_kept = [&] {
    return node(reaper).Log().find(R"("event":"pusher_kept")") != std::string::npos;
  };
  EXPECT_TRUE(Eventually(
      [&] {
        (void)Call(reaper, "pusher_heartbeat", MemberBody("r1", "alice"));
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        return is_kept() || PushersAt(reaper, "r1").size() == 1;
      },
      std::chrono::minutes(3)));
  EXPECT_TRUE(is_kept());
  Report(1 - reaper, false);
  BeatUntilBobIsGone({reaper});
}

INSTANTIATE_TEST_SUITE_P(Services, NodeMediaLiveness, testing::Values("live", "trtc"),
                         [](const auto& param_info) { return std::string(param_info.param); });

TEST_F(NodeLiveness, EachDutyHasOneNode) {
  Add(3, Quick());
  for (const char* const duty : {"reaper", "im", "trtc", "upkeep"}) {
    EXPECT_TRUE(Eventually([&] { return NodesThatLogged(Taken(duty)).size() == 1; })) << duty;
  }
}

TEST_F(NodeLiveness, TheDutiesOfAKilledNodeGoToOthers) {
  Add(2, Quick());
  SeatAliceAndBob();
  ASSERT_TRUE(Eventually([&] { return !NodesThatLogged(Taken("reaper")).empty(); }));
  const std::size_t dead = NodesThatLogged(Taken("reaper")).front();
  const std::size_t other = 1 - dead;
  node(dead).Kill9();
  BeatUntilBobIsGone({other});
  EXPECT_TRUE(node(other).WaitForLog(Taken("reaper")));
  EXPECT_EQ(MetricOf(node(other), "rtcroomd_nodes"), 1);
  EXPECT_EQ(MetricOf(node(other), R"(rtcroomd_duty{duty="reaper"})"), 1);
  node(dead).Start();
  EXPECT_TRUE(Eventually([&] { return MetricOf(node(other), "rtcroomd_nodes") == 2; }));
  EXPECT_EQ(MetricOf(node(dead), R"(rtcroomd_duty{duty="reaper"})"), 0);
}

TEST_F(NodeLiveness, ANodeThatStopsIsNotWaitedFor) {
  Add(2, Quick());
  ASSERT_TRUE(node(1).WaitForLog(R"("event":"nodes","alive":2)"));
  ASSERT_EQ(node(0).Terminate(), 0);
  EXPECT_EQ(QueryPostgres(url_, "SELECT 1 FROM nodes").size(), 1U) << "it has given up its place";
  ASSERT_TRUE(node(1).WaitForLog(R"("event":"nodes","alive":1)"));
  for (const char* const duty : {"reaper", "im", "trtc", "upkeep"}) {
    EXPECT_TRUE(node(1).WaitForLog(Taken(duty))) << duty;
  }
  node(0).Start();
}

TEST_F(NodeLiveness, AStoppedNodeIsGivenUpAndComesBack) {
  Add(2, Quick());
  SeatAliceAndBob();
  node(0).Signal(SIGSTOP);
  BeatUntilBobIsGone({1});
  ASSERT_TRUE(Eventually([&] { return MetricOf(node(1), "rtcroomd_nodes") == 1; }));
  ASSERT_EQ(Call(1, "create_room", CreateBody("carol", "r2")), kOk);
  node(0).Signal(SIGCONT);
  // Whoever beat elsewhere, or came meanwhile, is a member from the first answer on.
  for (const auto& [room, user] : {std::pair("r1", "alice"), std::pair("r2", "carol")}) {
    EXPECT_TRUE(Eventually([&] {
      const int code = Call(0, "pusher_heartbeat", MemberBody(room, user));
      EXPECT_NE(code, kNoSuchMember) << user;
      return code == kOk;
    }));
  }
  EXPECT_TRUE(node(0).WaitForLog(R"("was_gone":true)"));
  EXPECT_TRUE(EventuallyAll("r1", {"alice"}));
  EXPECT_TRUE(EventuallyAll("r2", {"carol"}));
  EXPECT_TRUE(Eventually([&] {
    ApiClient client = node(0).Https();
    return RoomIds(client, "multi_room") == std::vector<std::string>{"r1", "r2"};
  }));
  EXPECT_EQ(Call(0, "add_pusher", PusherBody("r2", "dave")), kOk);
}

}  // namespace
}  // namespace rtcroom
