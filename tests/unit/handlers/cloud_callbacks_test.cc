// What the clouds are answered, and what their callbacks change (docs/tencent-live.md).
#include "handlers/callbacks/cloud_callbacks.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/base/base64.h"
#include "daemon/base/digest.h"
#include "tests/support/captured_log.h"
#include "tests/support/eventually.h"
#include "tests/support/recorded_reply.h"
#include "tests/support/service_fixture.h"
#include "tests/support/tally_lines.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::string_view kImAccepted = R"({"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""})";

class CloudCallbacksTest : public ServiceFixture {
 protected:
  static inline const Secret kLiveKey{"live key"};
  static inline const Secret kTrtcKey{"trtc key"};
  static inline const Secret kImToken{"im token"};
  static inline const RoomKey kWebrtcRoom{.kind = RoomKind::kWebrtc, .id = {"7"}};

  HttpReply Send(HttpRequest request) {
    request.peer_address = "192.0.2.7";
    const auto sink = std::make_shared<RecordedReply>();
    EXPECT_TRUE(callbacks_.Serves(request));
    Handle(callbacks_, std::move(request), sink);
    EXPECT_TRUE(Eventually([&] { return sink->reply() || sink->is_abandoned(); }));
    return sink->reply().value_or(HttpReply{.status = 0});
  }
  static std::string Text(const HttpReply& reply) {
    return fmt::format("{} {}", reply.status, reply.body);
  }

  std::int64_t Seconds(std::chrono::seconds from_now = 0s) {
    return std::chrono::floor<std::chrono::seconds>(clock_.Now() + from_now)
        .time_since_epoch()
        .count();
  }
  std::string Live(int event, const std::string& stream, const std::string& sequence) {
    const std::int64_t ends = Seconds(10min);
    return Text(
        Send({.method = "POST",
              .path = "/callback/live",
              .body = fmt::format(R"({{"event_type":{},"t":{},"sign":"{}",)"
                                  R"("stream_id":"{}","sequence":"{}","event_time":{}}})",
                                  event, ends, Md5Hex(kLiveKey.Reveal() + std::to_string(ends)),
                                  stream, sequence, Seconds())}));
  }
  /// @param room    as in JSON, with quotes or without.
  /// @param later   of the event, by the service's clock.
  std::string Trtc(int type, const std::string& room, const std::string& user, int reason = 0,
                   std::chrono::milliseconds later = 0ms) {
    const std::string body =
        fmt::format(R"({{"EventGroupId":1,"EventType":{},"EventInfo":{{"RoomId":{},"EventMsTs":{},)"
                    R"("UserId":"{}","Reason":{}}}}})",
                    type, room, (clock_.Now() + later).time_since_epoch().count(), user, reason);
    return Text(Send(
        {.method = "POST",
         .path = "/callback/trtc",
         .kept = {{"Sign", EncodeBase64(HmacSha256(kTrtcKey, body))}, {"SdkAppId", "1400000001"}},
         .body = body}));
  }
  std::string Im(const std::string& command, const std::string& body,
                 const std::string& platform = "Web") {
    const std::string time = std::to_string(Seconds());
    return Text(
        Send({.method = "POST",
              .path = "/callback/im",
              .query = fmt::format("SdkAppid=1400000001&CallbackCommand={}&OptPlatform={}&"
                                   "Sign={}&RequestTime={}",
                                   command, platform, Sha256Hex(kImToken.Reveal() + time), time),
              .body = body}));
  }

  void MakeWebrtcRoom() {
    ASSERT_OK(CreateRoom(Create("7", "alice", RoomKind::kWebrtc)));
    ASSERT_OK(AddNow(rooms_, Add(kWebrtcRoom, "bob")));
    clock_.Advance(1s);
  }
  std::optional<LeaveReason> ReasonOf(const std::string& user) {
    std::optional<LeaveReason> reason;
    for (const RoomEvent& event : Events()) {
      const auto* const deleted = std::get_if<PusherDeleted>(&event.payload);
      if (deleted != nullptr && deleted->user_id.value == user) reason = deleted->reason;
    }
    return reason;
  }
  MediaState::Kind StateOf(const std::string& stream) {
    return streams_table_.StateOf(stream).kind;
  }

  static constexpr const char* kOk = R"(200 {"code":0})";
  static inline const std::string kImOk = "200 " + std::string(kImAccepted);

  CapturedLog log_;
  Logger logged_{LogFormat::kJson, LogLevel::kInfo, log_.file()};
  Tally counted_;
  CallbackStreams streams_table_{{}, clock_};
  TrtcMembers members_{{}, clock_};
  ThreadPool workers_{1, 10};
  CloudCallbackContext context_{.streams = streams_table_,
                                .members = members_,
                                .rooms = rooms_,
                                .leases = leases_,
                                .workers = workers_,
                                .counted = counted_,
                                .clock = clock_,
                                .logger = logged_};
  CloudCallbacks callbacks_{{.live = {.key = kLiveKey},
                             .trtc = {.key = kTrtcKey, .sdk_app_id = 1400000001},
                             .im = {.token = kImToken, .sdk_app_id = 1400000001}},
                            context_};
};

TEST_F(CloudCallbacksTest, ServesThreePathsAndNothingBelowThem) {
  for (const char* path : {"/callback/live", "/callback/trtc", "/callback/im"}) {
    EXPECT_TRUE(callbacks_.Serves({.path = path})) << path;
    EXPECT_FALSE(callbacks_.Serves({.path = std::string(path) + "/"})) << path;
    HttpRequest request{.method = "POST", .path = path};
    const RequestPlan plan = callbacks_.Resolve(request);
    EXPECT_EQ(plan.lane, Lane::kInline) << path;
    EXPECT_FALSE(plan.paced) << path;
  }
  EXPECT_FALSE(callbacks_.Serves({.path = "/callback/rtmp"}));
  EXPECT_FALSE(callbacks_.Serves({.path = "/callback"}));
}

TEST_F(CloudCallbacksTest, AnswersNothingWithoutAKey) {
  CloudCallbacks off({}, context_);
  for (const char* path : {"/callback/live", "/callback/trtc", "/callback/im"}) {
    const auto sink = std::make_shared<RecordedReply>();
    Handle(off, {.method = "POST", .path = path, .body = "{}"}, sink);
    EXPECT_EQ(sink->reply()->status, 404) << path;
  }
}

TEST_F(CloudCallbacksTest, TakesPostsOnly) {
  for (const char* path : {"/callback/live", "/callback/trtc", "/callback/im"}) {
    EXPECT_EQ(Send({.method = "GET", .path = path}).status, 405) << path;
  }
}

TEST_F(CloudCallbacksTest, AWrongSignatureChangesNothing) {
  MakeWebrtcRoom();
  const std::string removed =
      R"({"EventType":104,"EventInfo":{"RoomId":7,"EventMsTs":1800000000000,)"
      R"("UserId":"bob","Reason":3}})";
  EXPECT_EQ(Text(Send({.method = "POST",
                       .path = "/callback/trtc",
                       .kept = {{"Sign", EncodeBase64(HmacSha256(kLiveKey, removed))},
                                {"SdkAppId", "1400000001"}},
                       .body = removed})),
            R"(403 {"code":1})");
  EXPECT_EQ(Text(Send({.method = "POST",
                       .path = "/callback/live",
                       .body = R"({"event_type":0,"t":1800000000,"sign":"0","stream_id":"s"})"})),
            R"(403 {"code":1})");
  EXPECT_EQ(Text(Send({.method = "POST",
                       .path = "/callback/im",
                       .query = "SdkAppid=1400000001&CallbackCommand=Group."
                                "CallbackAfterGroupDestroyed&Sign=secret-looking&RequestTime=1",
                       .body = R"({"GroupId":"r1"})"})),
            R"(403 {"ActionStatus":"FAIL","ErrorCode":1,"ErrorInfo":"refused"})");
  EXPECT_THAT(UsersIn(kWebrtcRoom), ElementsAre("alice", "bob"));
  EXPECT_EQ(StateOf("s"), MediaState::Kind::kNone);
  EXPECT_THAT(LinesOf(counted_), ElementsAre("im denied 1", "live denied 1", "trtc denied 1"));
  EXPECT_THAT(log_.Text(), HasSubstr(R"("address":"192.0.2.7")"));
  EXPECT_THAT(log_.Text(), Not(HasSubstr("secret-looking")));
  EXPECT_THAT(log_.Text(), Not(HasSubstr("bob")));
}

TEST_F(CloudCallbacksTest, TheLiveServiceSwitchesStreams) {
  EXPECT_EQ(Live(1, "8888_alice", "5"), kOk);
  EXPECT_EQ(StateOf("8888_alice"), MediaState::Kind::kOn);
  EXPECT_EQ(Live(0, "8888_alice", "4"), kOk);  // of an earlier push
  EXPECT_EQ(StateOf("8888_alice"), MediaState::Kind::kOn);
  EXPECT_EQ(Live(100, "8888_alice", "5"), kOk);  // a recording
  EXPECT_EQ(Live(0, "8888_alice", "5"), kOk);
  EXPECT_EQ(StateOf("8888_alice"), MediaState::Kind::kOff);
  EXPECT_EQ(Live(1, "8888_alice", "5"), kOk);  // late
  EXPECT_EQ(StateOf("8888_alice"), MediaState::Kind::kOff);
}

TEST_F(CloudCallbacksTest, TrtcSwitchesMembers) {
  MakeWebrtcRoom();
  const auto state = [this] { return members_.StateOf(kWebrtcRoom, {"bob"}); };
  EXPECT_EQ(Trtc(103, "7", "bob"), kOk);
  EXPECT_EQ(state(), std::nullopt);
  EXPECT_EQ(Trtc(201, "7", "bob"), kOk);
  EXPECT_EQ(state()->kind, MediaState::Kind::kOn);
  EXPECT_EQ(Trtc(202, "7", "bob"), kOk);
  EXPECT_EQ(state()->kind, MediaState::Kind::kOff);
  EXPECT_EQ(Trtc(203, "7", "bob", 0, 1ms), kOk);
  EXPECT_EQ(state()->kind, MediaState::Kind::kOn);
  EXPECT_EQ(Trtc(104, "7", "bob", 2, 2ms), kOk);
  EXPECT_EQ(state()->kind, MediaState::Kind::kOff);
  // Only the sweep may evict for that.
  EXPECT_THAT(UsersIn(kWebrtcRoom), ElementsAre("alice", "bob"));
}

TEST_F(CloudCallbacksTest, ThoseWhomTrtcRemovedAreEvictedAtOnce) {
  MakeWebrtcRoom();
  EXPECT_EQ(Trtc(104, "7", "bob", 3), kOk);
  EXPECT_THAT(UsersIn(kWebrtcRoom), ElementsAre("alice"));
  EXPECT_EQ(ReasonOf("bob"), LeaveReason::kStreamInterrupted);
  EXPECT_EQ(Trtc(104, "7", "bob", 3), kOk);  // repeated
  EXPECT_EQ(Trtc(104, "7", "alice", 5), kOk);
  EXPECT_THAT(UsersIn(kWebrtcRoom), IsEmpty());
}

TEST_F(CloudCallbacksTest, ThoseWhoAreBackStay) {
  MakeWebrtcRoom();
  EXPECT_EQ(Trtc(103, "7", "bob", 2, 5ms), kOk);
  EXPECT_EQ(Trtc(104, "7", "bob", 3), kOk);  // came late
  // A new member of the room, or one who rejoined, after that removal.
  EXPECT_EQ(Trtc(104, "7", "alice", 3, -2s), kOk);
  EXPECT_THAT(UsersIn(kWebrtcRoom), ElementsAre("alice", "bob"));
}

TEST_F(CloudCallbacksTest, UnknownRoomsAndUsersAreAcknowledged) {
  MakeWebrtcRoom();
  EXPECT_EQ(Trtc(104, "8", "bob", 3), kOk);
  EXPECT_EQ(Trtc(104, "7", "carol", 3), kOk);
  EXPECT_EQ(Trtc(104, R"("7")", "bob", 3), kOk);  // another room than that with the number
  EXPECT_EQ(Trtc(102, "8", ""), kOk);
  EXPECT_EQ(Im("Group.CallbackAfterGroupDestroyed", R"({"GroupId":"r9"})"), kImOk);
  EXPECT_EQ(Im("Group.CallbackAfterMemberExit",
               R"({"GroupId":"r9","ExitMemberList":[{"Member_Account":"bob"}]})"),
            kImOk);
  EXPECT_THAT(UsersIn(kWebrtcRoom), ElementsAre("alice", "bob"));
}

TEST_F(CloudCallbacksTest, RoomsWithATextAreThoseOfOtherKinds) {
  ASSERT_OK(CreateRoom(Create("r1", "alice")));
  ASSERT_OK(AddNow(rooms_, Add(Key("r1"), "bob")));
  EXPECT_EQ(Trtc(104, R"("r1")", "bob", 3), kOk);
  EXPECT_THAT(UsersIn(Key("r1")), ElementsAre("alice"));
  EXPECT_EQ(Trtc(102, R"("r1")", ""), kOk);  // nothing was reported of alice
  EXPECT_THAT(UsersIn(Key("r1")), ElementsAre("alice"));
  EXPECT_EQ(Trtc(103, R"("r1")", "alice"), kOk);
  EXPECT_EQ(Trtc(102, R"("r1")", ""), kOk);
  EXPECT_THAT(UsersIn(Key("r1")), IsEmpty());
}

TEST_F(CloudCallbacksTest, ARoomThatTrtcHasDismissedEnds) {
  MakeWebrtcRoom();
  EXPECT_EQ(Trtc(102, "7", "", 0, -2s), kOk);  // an earlier room of that number
  EXPECT_THAT(UsersIn(kWebrtcRoom), ElementsAre("alice", "bob"));
  EXPECT_EQ(Trtc(103, "7", "bob", 0, 5ms), kOk);
  EXPECT_EQ(Trtc(102, "7", ""), kOk);  // someone is back since
  EXPECT_THAT(UsersIn(kWebrtcRoom), ElementsAre("alice", "bob"));
  EXPECT_EQ(Trtc(102, "7", "", 0, 6ms), kOk);
  EXPECT_THAT(UsersIn(kWebrtcRoom), IsEmpty());
}

TEST_F(CloudCallbacksTest, ARoomWithoutItsGroupEnds) {
  ASSERT_OK(CreateRoom(Create("r1", "alice")));
  clock_.Advance(1s);
  EXPECT_EQ(Im("Group.CallbackAfterNewMemberJoin", R"({"GroupId":"r1"})"), kImOk);
  EXPECT_THAT(UsersIn(Key("r1")), ElementsAre("alice"));
  EXPECT_EQ(Im("Group.CallbackAfterGroupDestroyed", R"({"GroupId":"r1"})"), kImOk);
  EXPECT_THAT(UsersIn(Key("r1")), IsEmpty());
}

TEST_F(CloudCallbacksTest, AGroupThatThisServerDestroyedEndsNoLaterRoom) {
  ASSERT_OK(CreateRoom(Create("r1", "alice")));
  clock_.Advance(59s);
  const std::string destroyed = "Group.CallbackAfterGroupDestroyed";
  EXPECT_EQ(Im(destroyed, R"({"GroupId":"r1"})", "RESTAPI"), kImOk);
  EXPECT_THAT(UsersIn(Key("r1")), ElementsAre("alice"));
  clock_.Advance(2s);
  EXPECT_EQ(Im(destroyed, R"({"GroupId":"r1"})", "RESTAPI"), kImOk);
  EXPECT_THAT(UsersIn(Key("r1")), IsEmpty());
}

TEST_F(CloudCallbacksTest, ViewersWhoLeaveTheGroupAreDropped) {
  const RoomKey room = Key("r1", RoomKind::kLive);
  CreateRoomCommand create = Create("r1", "alice", RoomKind::kLive);
  create.dialect = Dialect::kGen2;
  ASSERT_OK(CreateRoom(create));
  AddPusherCommand host = Add(room, "alice");
  host.dialect = Dialect::kGen2;
  ASSERT_OK(AddNow(rooms_, host));
  for (const char* viewer : {"bob", "carol", "dave"}) {
    ASSERT_OK(rooms_.AddAudience(
        {.member = {.room = room, .dialect = Dialect::kGen2, .user_id = {viewer}}}));
  }
  EXPECT_EQ(Im("Group.CallbackAfterMemberExit",
               R"({"GroupId":"r1","ExitMemberList":[{"Member_Account":"bob"},)"
               R"({"Member_Account":"dave"},{"Member_Account":"alice"}]})"),
            kImOk);
  const auto left = rooms_.LoadAudiences(room, Dialect::kGen2);
  ASSERT_OK(left);
  ASSERT_EQ(left->audiences.size(), 1U);
  EXPECT_EQ(left->audiences.front().user_id, UserId{"carol"});
}

TEST_F(CloudCallbacksTest, WhatCouldNotBeStoredIsRepeatedByTheService) {
  MakeWebrtcRoom();
  store_.broken = true;
  EXPECT_EQ(Trtc(104, "7", "bob", 3), R"(503 {"code":1})");
  EXPECT_THAT(LinesOf(counted_), ElementsAre("trtc refused 1"));
  EXPECT_THAT(log_.Text(), HasSubstr("callback_failed"));
  store_.broken = false;
  EXPECT_EQ(Trtc(104, "7", "bob", 3), kOk);
  EXPECT_THAT(UsersIn(kWebrtcRoom), ElementsAre("alice"));
}

TEST_F(CloudCallbacksTest, AFloodIsToldToComeLater) {
  (void)workers_.Close();
  EXPECT_EQ(Trtc(104, "7", "bob", 3), R"(503 {"code":1})");
  EXPECT_EQ(Im("Group.CallbackAfterGroupDestroyed", R"({"GroupId":"r1"})"),
            R"(503 {"ActionStatus":"FAIL","ErrorCode":1,"ErrorInfo":"later"})");
}

}  // namespace
}  // namespace rtcroom
