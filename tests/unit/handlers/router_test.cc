#include "handlers/rooms/router.h"

#include <stdexcept>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/http/http_handler.h"
#include "handlers/rooms/reply.h"
#include "tests/support/captured_log.h"
#include "tests/support/endpoint_fields.h"
#include "tests/support/fake_boot_clock.h"
#include "tests/support/router_fixture.h"

namespace rtcroom {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Key;
using testing::Not;
using testing::Pair;

constexpr std::string_view kUnknownPath =
    R"({"code":1,"message":"请求参数错误","detail":"path: unknown"})";
constexpr const char* kListAll = R"({"cnt":20,"index":0})";

TEST(Router, AcceptsPathsInAnyCaseWithExtraSlashes) {
  const RouterFixture server;
  for (const char* path : {
           "/weapp/double_room/get_room_list",
           "/weapp/double_room/get_room_list/",
           "//weapp//double_room///get_room_list//",
           "/WeApp/Double_Room/GET_ROOM_LIST",
           "weapp/double_room/get_room_list",
       }) {
    const LabelledReply reply = server.Post(path, kListAll);
    EXPECT_EQ(reply.status, 200) << path;
    EXPECT_EQ(reply.body, R"({"code":0,"message":"请求成功","rooms":[]})") << path;
  }
}

TEST(Router, AnswersUnknownPathsInJson) {
  const RouterFixture server;
  for (const char* path : {
           "",
           "/",
           "/weapp",
           "/weapp/double_room",
           "/weapp/double_room/",
           "/weapp/get_room_list",
           "/weapp/triple_room/get_room_list",
           "/weapp/webrtc_room/add_pusher",
           "/weapp/double_room/get_rooms",
           "/weapp/double_room/get_room_list/x",
           "/other/double_room/get_room_list",
           "/double_room/get_room_list",
           "/x/weapp/double_room/get_room_list",
           "/weapp/double_room/get_room_list?cnt=1",
           "/weapp/utils/check_config",
           "/weapp/utils/get_room_list",
           "/weapp/double_room/get_room_list\x01",
           "/weapp/double_room/get_room_lis",
           "/weapp/double_roomx/get_room_list",
           "/weapp/double_room/../double_room/get_room_list",
       }) {
    const LabelledReply reply = server.Post(path, kListAll);
    EXPECT_EQ(reply.status, 404) << path;
    EXPECT_EQ(reply.body, kUnknownPath) << path;
    EXPECT_EQ(reply.label.endpoint, "unknown");
    EXPECT_EQ(reply.label.code, 1);
    EXPECT_EQ(reply.label.failure, Errc::kBadRequest);
  }
}

TEST(Router, ServesPathsUnderItsPrefix) {
  for (const char* prefix : {"/rooms/v3", "rooms/v3/", "//Rooms//V3"}) {
    const RouterFixture server{{.prefix = prefix}};
    EXPECT_EQ(server.Post("/rooms/v3/live_room/get_room_list", kListAll).status, 200) << prefix;
    EXPECT_EQ(server.Post("/weapp/live_room/get_room_list", kListAll).status, 404) << prefix;
  }
  for (const char* prefix : {"", "/"}) {
    const RouterFixture server{{.prefix = prefix}};
    EXPECT_EQ(server.Post("/live_room/get_room_list", kListAll).status, 200) << prefix;
  }
}

TEST(Router, RefusesAWrongMethodAndNamesTheRightOne) {
  const RouterFixture server;
  for (const char* method : {"GET", "PUT", "DELETE", "HEAD", "PATCH", "BREW", "post", ""}) {
    const LabelledReply reply =
        server.Send({.method = method, .path = "/weapp/double_room/get_pushers"});
    EXPECT_EQ(reply.status, 405) << method;
    EXPECT_EQ(reply.body,
              R"({"code":1,"message":"请求参数错误","detail":"method: not allowed here"})");
    EXPECT_THAT(reply.headers, Contains(Pair("Allow", "POST, OPTIONS"))) << method;
    EXPECT_EQ(reply.label.endpoint, "get_pushers");
    EXPECT_EQ(reply.label.kind, RoomKind::kDouble);
  }
  const LabelledReply reply = server.Send({.method = "PUT", .path = "/weapp/utils/get_login_info"});
  EXPECT_EQ(reply.status, 405);
  EXPECT_THAT(reply.headers, Contains(Pair("Allow", "GET, POST, OPTIONS")));
  // Not with the codes of webrtc rooms, where code 2 means that a parameter is missing.
  const LabelledReply webrtc =
      server.Send({.method = "GET", .path = "/weapp/webrtc_room/heartbeat"});
  EXPECT_EQ(webrtc.status, 405);
  EXPECT_EQ(webrtc.label.code, 1);
}

TEST(Router, RefusesAWrongMethodOnEveryPathOfARoom) {
  const RouterFixture server;
  for (const EndpointCall& call : AllCalls()) {
    for (const std::string_view area : call.areas) {
      if (area == "utils") continue;
      for (const char* method : {"GET", "PUT", "DELETE", "PATCH"}) {
        const LabelledReply reply =
            server.Send({.method = method,
                         .path = fmt::format("/weapp/{}/{}", area, call.endpoint),
                         .query = "userID=u1&token=t"});
        EXPECT_EQ(reply.status, 405) << method << " " << area << " " << call;
        EXPECT_EQ(reply.label.code, 1) << method << " " << area << " " << call;
        EXPECT_THAT(reply.headers, Contains(Pair("Allow", "POST, OPTIONS"))) << area << call;
      }
    }
  }
}

TEST(Router, ChecksThePathBeforeTheMethod) {
  const RouterFixture server;
  for (const char* method : {"GET", "BREW", "post", ""}) {
    const LabelledReply reply = server.Send({.method = method, .path = "/weapp/nowhere"});
    EXPECT_EQ(reply.status, 404) << method;
    EXPECT_EQ(reply.body, kUnknownPath) << method;
  }
}

TEST(Router, AnswersOptionsOnEveryKnownPath) {
  RouterFixture server;
  server.utils.SwitchOn();
  for (const EndpointCall& call : AllCalls()) {
    for (const std::string_view area : call.areas) {
      for (const char* query : {"", "userID=u1&token=t"}) {
        const std::string path = fmt::format("/weapp/{}/{}", area, call.endpoint);
        const LabelledReply reply = server.Send(
            {.method = "OPTIONS", .path = path, .query = query, .origin = "https://a.example"});
        EXPECT_EQ(reply.status, 204) << path;
        EXPECT_EQ(reply.body, "") << path;
        EXPECT_THAT(reply.headers, Contains(Pair("Access-Control-Allow-Origin", "*"))) << path;
        EXPECT_THAT(reply.headers, Contains(Key("Access-Control-Allow-Methods"))) << path;
        EXPECT_THAT(reply.headers, Contains(Key("Access-Control-Allow-Headers"))) << path;
        EXPECT_THAT(reply.headers, Not(Contains(Key("Access-Control-Allow-Credentials")))) << path;
        EXPECT_EQ(reply.label.endpoint, call.endpoint);
        EXPECT_EQ(reply.label.code, 0);
      }
    }
  }
  EXPECT_EQ(server.Send({.method = "OPTIONS", .path = "/weapp/none"}).status, 404);
}

TEST(Router, SaysWhyABodyHasNoFields) {
  const RouterFixture server;
  for (const char* path : {"/weapp/multi_room/add_pusher", "/weapp/multi_room/get_room_list",
                           "/weapp/live_room/merge_stream", "/weapp/webrtc_room/enter_room"}) {
    const LabelledReply reply =
        server.Post(path, R"({"roomID":"r1"})", "application/x-www-form-urlencoded");
    EXPECT_EQ(nlohmann::json::parse(reply.body)["detail"],
              "body: JSON, sent with the Content-Type of a form")
        << path;
  }
}

TEST(Router, AddsCorsHeadersToEveryReply) {
  const RouterFixture server{{}, {}, {}, {"https://a.example"}};
  const auto echoed = Contains(Pair("Access-Control-Allow-Origin", "https://a.example"));
  for (const char* path : {"/weapp/double_room/get_pushers", "/nowhere"}) {
    const LabelledReply reply =
        server.Send({.method = "POST", .path = path, .origin = "https://a.example"});
    EXPECT_THAT(reply.headers, echoed) << path;
    EXPECT_THAT(reply.headers, Contains(Pair("Vary", "Origin"))) << path;
    EXPECT_THAT(reply.headers, Not(Contains(Key("Access-Control-Allow-Credentials"))));
    EXPECT_THAT(
        server.Send({.method = "POST", .path = path, .origin = "https://b.example"}).headers,
        IsEmpty());
  }
}

TEST(Router, LabelsAReplyForTheLog) {
  const RouterFixture server;
  const LabelledReply missing = server.Post("/weapp/multi_room/get_pushers", "{}");
  EXPECT_EQ(missing.label.endpoint, "get_pushers");
  EXPECT_EQ(missing.label.kind, RoomKind::kMulti);
  EXPECT_EQ(missing.label.dialect, Dialect::kGen1);
  EXPECT_EQ(missing.label.code, 1);
  EXPECT_EQ(missing.label.failure, Errc::kBadRequest);
  EXPECT_EQ(missing.label.failure_detail, "roomID: missing");

  const LabelledReply listed = server.Post("/weapp/live_room/get_room_list", kListAll);
  EXPECT_EQ(listed.label.endpoint, "get_room_list");
  EXPECT_EQ(listed.label.kind, RoomKind::kLive);
  EXPECT_EQ(listed.label.code, 0);
  EXPECT_FALSE(listed.label.failure.has_value());
  EXPECT_EQ(listed.label.failure_detail, "");
}

TEST(Router, ReportsTheFaultOfABody) {
  const RouterFixture server;
  const std::string path = "/weapp/double_room/get_pushers";
  EXPECT_EQ(server.Post(path, "{").body,
            R"({"code":1,"message":"请求参数错误","detail":"body: not valid JSON"})");
  EXPECT_EQ(server.Post(path, "[]").body,
            R"({"code":1,"message":"请求参数错误","detail":"body: not a JSON object"})");
  EXPECT_EQ(server.Post(path, "").body,
            R"({"code":1,"message":"请求参数错误","detail":"roomID: missing"})");
  EXPECT_EQ(server.Post(path, "roomID=r1", "application/x-www-form-urlencoded").body,
            R"({"code":3,"message":"您请求的房间不存在"})");
  EXPECT_EQ(server.Post(path, R"({"roomID":"r1"})", "text/plain").body,
            R"({"code":3,"message":"您请求的房间不存在"})");
}

/// A signer that throws.
class ThrowingStreams : public FakeStreams {
 public:
  Result<std::string> PushUrl(std::string_view stream, TimePoint /*now*/) const override {
    if (stream == "odd") throw 42;  // NOLINT(hicpp-exception-baseclass): that is the point
    throw std::runtime_error("secret of " + std::string(stream));
  }
};

TEST(Router, CatchesExceptionsAndHidesTheirText) {
  RouterFixture server;
  const ThrowingStreams streams;
  Router router(server.ServicesWith(streams), {}, server.pipeline);
  for (const char* user : {"u1", "odd"}) {
    const LabelledReply reply = AnswerOf(router, server.recorded,
                                         {.method = "POST",
                                          .path = "/weapp/double_room/get_push_url",
                                          .body = std::string(R"({"userID":")") + user + R"("})"});
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, R"({"code":6,"message":"服务器内部错误"})");
    EXPECT_EQ(reply.label.endpoint, "get_push_url");
    EXPECT_EQ(reply.label.failure, Errc::kInternal);
    EXPECT_NE(reply.label.failure_detail, "");
    EXPECT_THAT(reply.headers, Contains(Pair("Access-Control-Allow-Origin", "*")));
  }
}

TEST(Router, KeepsTicketsAndTokensOutOfCaches) {
  RouterFixture server{{.gen1_login = true}};
  server.utils.SwitchOn();
  const auto uncached = Contains(Pair("Cache-Control", "no-store"));
  for (const char* path :
       {"live_room/get_im_login_info", "live_room/get_push_url", "live_room/login",
        "webrtc_room/get_login_info", "webrtc_room/create_room", "webrtc_room/enter_room",
        "utils/get_login_info"}) {
    for (const char* body : {"{}", R"({"userID":"u1","userIDPrefix":"x","roomInfo":"i"})", "["}) {
      EXPECT_THAT(server.Post(std::string("/weapp/") + path, body).headers, uncached)
          << path << body;
    }
  }
  for (const char* path : {"get_login_info", "get_test_pushurl", "get_test_rtmpaccurl"}) {
    const LabelledReply reply = server.Send(
        {.method = "GET", .path = std::string("/weapp/utils/") + path, .query = "userID=u1"});
    EXPECT_EQ(reply.label.code, 0);
    EXPECT_THAT(reply.headers, uncached) << path;
  }
  EXPECT_THAT(server.Post("/weapp/live_room/get_pushers", "{}").headers, Not(uncached));
}

TEST(Router, WritesRefusalsOfTheConnectionLayerAsJson) {
  const RouterFixture server;
  for (const int status : {400, 404, 405, 408, 411, 413, 414, 415, 417, 431}) {
    const HttpReply reply = server.router.Refuse(status, "framing");
    EXPECT_EQ(reply.status, status);
    EXPECT_EQ(reply.body.find(R"({"code":1,"message":"请求参数错误","detail":")"), 0U) << status;
    EXPECT_EQ(server.recorded.label().code, 1);
    EXPECT_EQ(server.recorded.label().failure_detail, "framing");
  }
  for (const int status : {500, 503}) {
    const HttpReply reply = server.router.Refuse(status, "queue_full");
    EXPECT_EQ(reply.status, status);
    EXPECT_EQ(reply.body, R"({"code":6,"message":"服务器内部错误"})");
    EXPECT_EQ(server.recorded.label().code, 6);
  }
}

TEST(Router, ReportsTheFaultOfARefusedRequest) {
  const auto body = [](int status, std::string_view reason = {}) {
    RequestLabel label;
    return RefusalOf(status, label, reason).body;
  };
  EXPECT_THAT(body(400, kPlainHttpReason),
              HasSubstr(R"("detail":"scheme: http, where this port speaks https")"));
  EXPECT_EQ(body(400), R"({"code":1,"message":"请求参数错误","detail":"request: malformed"})");
  EXPECT_EQ(body(413), R"({"code":1,"message":"请求参数错误","detail":"body: too long"})");
  EXPECT_EQ(body(404), kUnknownPath);
}

TEST(Router, SendsRetryAfterWhenOverloaded) {
  const RouterFixture server;
  EXPECT_THAT(server.router.Refuse(503, {}).headers, Contains(Pair("Retry-After", "1")));
  EXPECT_THAT(server.router.Refuse(500, {}).headers, Not(Contains(Key("Retry-After"))));
  EXPECT_THAT(server.router.Refuse(413, {}).headers, Not(Contains(Key("Retry-After"))));
}

TEST(Router, AddsCorsHeadersToRefusals) {
  const RouterFixture open;
  EXPECT_THAT(open.router.Refuse(413, {}).headers,
              Contains(Pair("Access-Control-Allow-Origin", "*")));
  const RouterFixture listed{{}, {}, {}, {"https://a.example"}};
  EXPECT_THAT(listed.router.Refuse(413, {}).headers, IsEmpty());
}

TEST(Router, LogsNothingThatTheClientSent) {
  const CapturedLog log;
  Logger logger(LogFormat::kText, LogLevel::kDebug, log.file());
  RouterFixture server;
  RequestRecorder recorder(server.request_ids, server.recorded, server.clock, logger);
  Router router(server.ServicesWith(server.streams), {}, {&recorder, &server.cors});
  static_cast<void>(AnswerOf(router, server.recorded,
                             {.method = "POST",
                              .path = "/weapp/live_room/secret-path",
                              .query = "token=secret-token",
                              .authorization = Secret("secret-ticket"),
                              .body = "secret-body"}));
  EXPECT_THAT(log.Text(), HasSubstr("test-1"));
  EXPECT_THAT(log.Text(), Not(HasSubstr("secret")));
}

TEST(Router, RecordsEachRequestOnce) {
  const RouterFixture server;
  static_cast<void>(server.Post("/weapp/live_room/get_room_list", R"({"index":0,"cnt":1})"));
  EXPECT_EQ(server.recorded.count(), 1);
  static_cast<void>(server.Post("/nowhere", ""));
  EXPECT_EQ(server.recorded.count(), 2);
  static_cast<void>(server.router.Refuse(400, "framing"));
  EXPECT_EQ(server.recorded.count(), 3);
}

constexpr const char* kServerFailedBody = R"({"code":6,"message":"服务器内部错误"})";

/// Replies of endpoints that answer at once, later and in slices.
std::vector<LabelledReply> RepliesWhileBusy(RouterFixture& server) {
  server.store.busy = true;
  return {server.Post("/weapp/multi_room/get_pushers", R"({"roomID":"r1"})"),
          server.Post("/weapp/multi_room/add_pusher",
                      R"({"roomID":"r1","userID":"u1","userName":"n","userAvatar":"a",)"
                      R"("pushURL":"rtmp://p/1"})"),
          server.Post("/weapp/multi_room/get_room_list", R"({"cnt":1,"index":0})")};
}

TEST(BusyStore, IsReportedLikeOtherFailures) {
  RouterFixture server;
  for (const LabelledReply& reply : RepliesWhileBusy(server)) {
    EXPECT_EQ(reply.status, 200);
    EXPECT_THAT(reply.headers, Not(Contains(Key("Retry-After"))));
    EXPECT_EQ(reply.body, kServerFailedBody);
  }
}

TEST(BusyStore, SendsCallersToAnotherServerIfItIsShared) {
  RouterFixture server{{.busy = BusyReply::kTryAnother}};
  for (const LabelledReply& reply : RepliesWhileBusy(server)) {
    EXPECT_EQ(reply.status, 503);
    EXPECT_THAT(reply.headers, Contains(Pair("Retry-After", "1")));
    EXPECT_EQ(reply.body, kServerFailedBody);
    EXPECT_EQ(reply.label.failure, Errc::kStoreBusy);
  }
}

TEST(CutOffNode, SendsAllCallersToAnotherServer) {
  RouterFixture server;
  const FakeBootClock boot;
  NodeLease lease{boot};
  Router router(server.ServicesWith(server.streams), {.busy = BusyReply::kTryAnother},
                {&server.recorder, &server.cors, &lease});
  const auto send = [&](const std::string& endpoint) {
    return AnswerOf(router, server.recorded,
                    {.method = "POST",
                     .path = "/weapp/multi_room/" + endpoint,
                     .content_type = "application/json",
                     .body = R"({"userID":"u","roomID":"r","cnt":20,"index":0})"});
  };
  for (const char* const endpoint : {"pusher_heartbeat", "get_room_list", "delete_pusher"}) {
    EXPECT_EQ(send(endpoint).status, 503) << endpoint;
  }
  lease.RenewForGood();
  EXPECT_EQ(send("get_room_list").status, 200);
}

TEST(BrokenStore, SendsCallersToAnotherServerIfItIsShared) {
  for (const BusyReply busy : {BusyReply::kAsAnyFailure, BusyReply::kTryAnother}) {
    RouterFixture server{{.busy = busy}};
    server.store.broken = true;
    const LabelledReply reply = server.Post(
        "/weapp/multi_room/create_room",
        R"({"userID":"u1","userName":"n","userAvatar":"a","pushURL":"rtmp://p/1","roomName":"n"})");
    EXPECT_EQ(reply.status, busy == BusyReply::kTryAnother ? 503 : 200);
    EXPECT_EQ(reply.body, kServerFailedBody);
  }
}

}  // namespace
}  // namespace rtcroom
