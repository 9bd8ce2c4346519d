// Callbacks of the live service, of TRTC and of the IM service, over TLS (docs/tencent-live.md).
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "daemon/base/base64.h"
#include "daemon/base/digest.h"
#include "tests/e2e/gen2_calls.h"
#include "tests/support/eventually.h"
#include "tests/support/gen2_client.h"
#include "tests/support/im_stand_in.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using std::chrono::system_clock;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kLiveKey = "key-of-live-callbacks";
constexpr const char* kTrtcKey = "key-of-trtc-callbacks";
constexpr const char* kImToken = "token-of-im-callbacks";
constexpr const char* kOperatorToken = "a token of the operator";
constexpr std::int64_t kSdkAppId = 1400000001;
constexpr const char* kGroupDestroyed = "Group.CallbackAfterGroupDestroyed";

std::int64_t SecondsFromNow(int seconds) {
  return system_clock::to_time_t(system_clock::now()) + seconds;
}
std::int64_t MillisecondsNow() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             system_clock::now().time_since_epoch())
      .count();
}

/// A callback that its service signs.
struct SignedCallback {
  std::string target{};
  std::string body{};
  std::map<std::string, std::string> headers{};
};

SignedCallback LiveCall(int event, const std::string& stream, const std::string& sequence) {
  const std::int64_t ends = SecondsFromNow(600);
  return {.target = "/callback/live",
          .body = json{{"event_type", event},
                       {"t", ends},
                       {"sign", Md5Hex(kLiveKey + std::to_string(ends))},
                       {"stream_id", stream},
                       {"sequence", sequence},
                       {"event_time", SecondsFromNow(0)}}
                      .dump()};
}

/// Later than at the previous call: events of the same millisecond have no order.
std::int64_t NextMillisecond() {
  static std::int64_t last = 0;
  std::int64_t now = last;
  while (now <= last) now = MillisecondsNow();
  return last = now;
}

SignedCallback TrtcCall(int type, const json& room, const std::string& user, int reason = 0) {
  const std::string body = json{
      {"EventGroupId", 1},
      {"EventType", type},
      {"CallbackTs", MillisecondsNow()},
      {"EventInfo",
       {{"RoomId", room},
        {"EventMsTs", NextMillisecond()},
        {"UserId", user},
        {"Reason", reason}}}}.dump();
  return {.target = "/callback/trtc",
          .body = body,
          .headers = {{"Sign", EncodeBase64(HmacSha256(Secret(kTrtcKey), body))},
                      {"SdkAppId", std::to_string(kSdkAppId)}}};
}

SignedCallback ImCall(const std::string& command, const json& body) {
  const std::string time = std::to_string(SecondsFromNow(0));
  return {.target = fmt::format("/callback/im?SdkAppid={}&CallbackCommand={}&contenttype=json&"
                                "ClientIP=192.0.2.1&OptPlatform=Web&Sign={}&RequestTime={}",
                                kSdkAppId, command, Sha256Hex(kImToken + time), time),
          .body = body.dump()};
}

Settings CloudSettings(const ImStandIn& im, Settings more) {
  more.merge(Settings{{"live.callback_key", kLiveKey},
                      {"trtc.callback_key", kTrtcKey},
                      {"im.callback_token", kImToken},
                      {"im.enabled", true},
                      {"im.base_url", im.base_url()},
                      {"im.sdk_app_id", kSdkAppId},
                      {"im.secret_key", kTestAppKey},
                      {"admin.token", kOperatorToken},
                      {"room.sweep_period", "100ms"},
                      {"liveness.grace", "300ms"}});
  return more;
}

/// After each test neither a key nor a signature is in the log.
class CloudTest : public testing::Test {
 protected:
  explicit CloudTest(Settings more = {})
      : server_({.settings = CloudSettings(im_, std::move(more))}), client_(server_.Https()) {}

  void TearDown() override {
    const std::string log = server_.Log();
    for (const char* key : {kLiveKey, kTrtcKey, kImToken}) EXPECT_THAT(log, Not(HasSubstr(key)));
    EXPECT_THAT(log, Not(HasSubstr("Sign=")));
    for (const std::string& signature : signatures_) {
      EXPECT_THAT(log, Not(HasSubstr(signature)));
    }
  }

  ApiReply Send(const SignedCallback& call) { return SendTo(client_, call); }
  ApiReply SendTo(ApiClient& client, const SignedCallback& call) {
    if (const auto sign = call.headers.find("Sign"); sign != call.headers.end()) {
      signatures_.push_back(sign->second);
    }
    return client.Send({.target = call.target, .body = call.body, .headers = call.headers});
  }
  void Accept(const SignedCallback& call) {
    const ApiReply reply = Send(call);
    EXPECT_EQ(reply.status, 200) << reply;
    EXPECT_EQ(reply.text, call.target.starts_with("/callback/im")
                              ? R"({"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""})"
                              : R"({"code":0})");
  }

  /// The room of that user alone, and the stream of its user ID.
  void Join(const std::string& user) {
    const ApiReply reply =
        client_.Call("multi_room", "create_room", CreateBody(user, "room_" + user));
    ASSERT_EQ(reply.code(), kOk) << reply;
  }
  bool IsMember(const std::string& user) {
    return !PushersOf(client_, "multi_room", "room_" + user).empty();
  }
  /// A webrtc room of these users.
  std::string MakeWebrtcRoom(const std::vector<std::string>& users) {
    const ApiReply made = client_.Call("webrtc_room", "create_room",
                                       {{"userID", users.front()}, {"roomInfo", "info"}});
    EXPECT_EQ(made.code(), kOk) << made;
    const std::string room = made.Text("roomID");
    for (const std::string& user : users) {
      EXPECT_EQ(client_.Call("webrtc_room", "enter_room", MemberBody(room, user)).code(), kOk);
    }
    return room;
  }
  std::vector<std::string> WebrtcMembers(const std::string& room) {
    std::vector<std::string> users;
    const ApiReply reply = client_.Call("webrtc_room", "get_room_members", RoomBody(room));
    for (const json& member : reply.json.value("members", json::array())) {
      users.push_back(member.value("userID", ""));
    }
    return users;
  }
  /// Why the last member that left this room did.
  std::string LastReason(const std::string& kind, const std::string& room) {
    const ApiReply reply = server_.Admin().Send(
        {.method = "GET",
         .target = fmt::format("/console/api/events?kind={}&roomID={}", kind, room),
         .headers = {{"Authorization", std::string("Bearer ") + kOperatorToken}}});
    for (const json& event : reply.json.value("events", json::array())) {
      if (event.value("type", "") == "pusher_deleted") return event.value("reason", "");
    }
    return "";
  }

  ImStandIn im_;
  ServerProcess server_;
  ApiClient client_;
  std::vector<std::string> signatures_;
};

class SilentCloudMembers : public CloudTest {
 protected:
  SilentCloudMembers() : CloudTest({{"room.heartbeat_timeout", "3s"}}) {}
};

TEST_F(CloudTest, AnswersSignedCallbacksOnEachListener) {
  for (const SignedCallback& call :
       {LiveCall(1, "nobody", "1"), TrtcCall(103, 7, "nobody"), ImCall("State.StateChange", {})}) {
    Accept(call);
    ApiClient plain = server_.Http();
    EXPECT_EQ(SendTo(plain, call).status, 200) << call.target;
    ApiClient admin = server_.Admin();
    EXPECT_EQ(SendTo(admin, call).status, 200) << call.target;
  }
}

TEST_F(SilentCloudMembers, StayWhileTheirStreamIsOn) {
  Join("alice");
  Accept(LiveCall(1, "alice", "1"));
  Join("bob");
  EXPECT_TRUE(Eventually([&] { return !IsMember("bob"); }));
  EXPECT_EQ(LastReason("multi", "room_bob"), "heartbeat_timeout");
  EXPECT_TRUE(IsMember("alice"));
  Accept(LiveCall(0, "alice", "0"));  // of an earlier push
  EXPECT_TRUE(IsMember("alice"));
  Accept(LiveCall(0, "alice", "1"));
  EXPECT_TRUE(Eventually([&] { return !IsMember("alice"); }));
  EXPECT_EQ(LastReason("multi", "room_alice"), "stream_interrupted");
}

TEST_F(CloudTest, RefusesAForgedCallback) {
  SignedCallback call = TrtcCall(103, 7, "nobody");
  call.body += ' ';
  EXPECT_EQ(Send(call).status, 403);
  EXPECT_TRUE(server_.WaitForLog("callback_ignored"));
  const std::string denied = R"(rtcroomd_media_callbacks_total{call="trtc",result="denied"})";
  EXPECT_EQ(MetricOf(server_, denied), 1);
}

class EvictedWithoutStream : public CloudTest {
 protected:
  EvictedWithoutStream() : CloudTest({{"liveness.evict_on_media_off", true}}) {}
};

TEST_F(EvictedWithoutStream, BeatingMembersWhoLeaveTrtc) {
  const std::string room = MakeWebrtcRoom({"alice", "carol"});
  Accept(TrtcCall(103, std::stoll(room), "alice"));
  Accept(TrtcCall(201, std::stoll(room), "alice"));
  Accept(TrtcCall(104, std::stoll(room), "alice", 2));
  EXPECT_TRUE(Eventually([&] { return WebrtcMembers(room).size() == 1; }));
  EXPECT_THAT(WebrtcMembers(room), ElementsAre("carol"));
  EXPECT_EQ(LastReason("webrtc", room), "stream_interrupted");
}

TEST_F(CloudTest, ARoomWithoutItsGroupEnds) {
  Join("alice");
  Accept(ImCall(kGroupDestroyed, {{"GroupId", "room_alice"}}));
  EXPECT_FALSE(IsMember("alice"));
  Accept(ImCall(kGroupDestroyed, {{"GroupId", "room_alice"}}));
}

class LimitedCloud : public CloudTest {
 protected:
  LimitedCloud()
      : CloudTest({{"limits.per_address_rate", "1/s"}, {"limits.per_address_burst", 1}}) {}
};

TEST_F(LimitedCloud, TakesAsManyCallbacksAsOneAddressSends) {
  for (int i = 0; i < 100; ++i) Accept(LiveCall(1, "alice", std::to_string(i)));
}

}  // namespace
}  // namespace rtcroom
