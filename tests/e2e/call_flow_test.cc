// A whole call over TLS, as the mini-programs make it (protocol F.10).
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/room_calls.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using std::chrono::steady_clock;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kSigKey = "rtcroomd-test-key-0123456789abcdefghijklmnopqrstuvwxyz-not-real!";

/// The lease for tests of silence. A caller that sends several heartbeats a second loses its own
/// lease only if it stalls that long.
constexpr std::chrono::seconds kTimeout{10};

ServerOptions CallOptions(Settings more) {
  more.merge(Settings{{"im.sdk_app_id", 1400000001},
                      {"im.secret_key", kSigKey},
                      {"live.bizid", "8888"},
                      {"live.push_key", "testpushkey0123456789"}});
  return {.settings = std::move(more)};
}

class CallFlow : public testing::TestWithParam<std::string_view> {
 protected:
  explicit CallFlow(Settings more = {}) : server_(CallOptions(std::move(more))) {}

  ApiReply Call(const char* endpoint, const nlohmann::json& body) {
    return client_.Call(GetParam(), endpoint, body);
  }

  std::vector<std::string> Pushers(const std::string& room_id) {
    return PushersOf(client_, GetParam(), room_id);
  }

  /// The calls of a phone before it joins: identity and push URL.
  std::string LoginAndGetUserId() {
    const ApiReply login = Call("get_im_login_info", {{"userIDPrefix", "weixin"}});
    EXPECT_EQ(login.code(), kOk) << login;
    EXPECT_TRUE(login.json.value("sdkAppID", nlohmann::json()).is_number_integer()) << login;
    EXPECT_NE(login.Text("userSig"), "") << login;
    const std::string user_id = login.Text("userID");
    const ApiReply push = Call("get_push_url", {{"userID", user_id}});
    EXPECT_EQ(push.code(), kOk) << push;
    EXPECT_TRUE(push.Text("pushURL").starts_with("rtmp://8888.livepush.")) << push;
    return user_id;
  }

  ServerProcess server_;
  ApiClient client_ = server_.Https();
};

class CallWithTimeouts : public CallFlow {
 protected:
  CallWithTimeouts()
      : CallFlow({{"room.heartbeat_timeout", std::to_string(kTimeout.count()) + "s"},
                  {"room.sweep_period", "100ms"}}) {}

  /// Both have sent heartbeats from then on.
  void SeatAliceAndBob(const std::string& room) {
    was_silent_ = false;
    last_beat_ = steady_clock::now();
    ASSERT_EQ(Call("create_room", CreateBody("alice", room)).code(), kOk);
    ASSERT_EQ(Call("add_pusher", PusherBody(room, "bob")).code(), kOk);
  }

  /// The code of a heartbeat of alice; nullopt when the server may not have received one for a
  /// whole timeout since the join, so that no result is guaranteed.
  std::optional<int> BeatOfAlice(const std::string& room) {
    const steady_clock::time_point sent = steady_clock::now();
    const int code = Call("pusher_heartbeat", MemberBody(room, "alice")).code();
    const auto gap = steady_clock::now() - std::exchange(last_beat_, sent);
    was_silent_ = was_silent_ || gap >= kTimeout;
    return was_silent_ ? std::nullopt : std::optional<int>(code);
  }

 private:
  steady_clock::time_point last_beat_{};
  bool was_silent_ = false;
};

TEST_P(CallFlow, RunsFromTheLoginToTheCreatorsLeaving) {
  const std::string creator = LoginAndGetUserId();
  const std::string guest = LoginAndGetUserId();
  ASSERT_NE(creator, guest);

  const ApiReply created = Call("create_room", CreateBody(creator));
  ASSERT_EQ(created.code(), kOk) << created;
  const std::string room = created.Text("roomID");
  ASSERT_EQ(Call("add_pusher", PusherBody(room, guest)).code(), kOk);
  EXPECT_THAT(Pushers(room), ElementsAre(creator, guest));
  EXPECT_THAT(RoomIds(client_, GetParam()), ElementsAre(room));
  EXPECT_EQ(Call("pusher_heartbeat", MemberBody(room, creator)).code(), kOk);
  EXPECT_EQ(Call("pusher_heartbeat", MemberBody(room, guest)).code(), kOk);

  EXPECT_EQ(Call("delete_pusher", MemberBody(room, creator)).code(), kOk);
  EXPECT_EQ(Call("get_pushers", RoomBody(room)).code(), kNoSuchRoom);
  EXPECT_EQ(Call("pusher_heartbeat", MemberBody(room, guest)).code(), kNoSuchMember);
  EXPECT_THAT(RoomIds(client_, GetParam()), IsEmpty());
}

TEST_P(CallWithTimeouts, EvictsTheSilentPusherAndKeepsTheActiveOne) {
  bool is_seen = false;
  for (int call = 1; !is_seen && !HasFailure(); ++call) {
    const std::string room = "r" + std::to_string(call);
    SeatAliceAndBob(room);
    const auto is_seen_or_late = [&] {
      const std::optional<int> code = BeatOfAlice(room);
      EXPECT_EQ(code.value_or(kOk), kOk);
      return !code || Pushers(room) == std::vector<std::string>{"alice"};
    };
    EXPECT_TRUE(Eventually(is_seen_or_late, kWaitTimeout, kSeldom));
    const int late = Call("pusher_heartbeat", MemberBody(room, "bob")).code();
    const std::vector<std::string> stayed = Pushers(room);
    if (!BeatOfAlice(room)) continue;  // the test itself stalled: try another call
    EXPECT_EQ(late, kNoSuchMember);
    EXPECT_THAT(stayed, ElementsAre("alice")) << "a late heartbeat must not re-add bob";
    is_seen = true;
  }
}

TEST_P(CallWithTimeouts, EndsTheRoomWhenItsCreatorTimesOut) {
  SeatAliceAndBob("r1");
  const auto has_ended = [&] {
    Call("pusher_heartbeat", MemberBody("r1", "bob"));
    return Call("get_pushers", RoomBody("r1")).code() == kNoSuchRoom;
  };
  EXPECT_TRUE(Eventually(has_ended, kWaitTimeout, kSeldom));
  EXPECT_THAT(RoomIds(client_, GetParam()), IsEmpty());
}

std::string NameOf(const testing::TestParamInfo<std::string_view>& param_info) {
  return std::string(param_info.param);
}

INSTANTIATE_TEST_SUITE_P(Kinds, CallFlow, testing::ValuesIn(kKinds), NameOf);
INSTANTIATE_TEST_SUITE_P(Kinds, CallWithTimeouts, testing::ValuesIn(kKinds), NameOf);

}  // namespace
}  // namespace rtcroom
