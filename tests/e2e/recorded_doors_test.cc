// Replies of the admin listener, to callbacks, and of what all doors share, as recorded.
// RTCROOM_WRITE_REPLIES=1 records them again.
#include <array>
#include <chrono>
#include <cstdint>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/base/base64.h"
#include "daemon/base/digest.h"
#include "tests/e2e/gen2_calls.h"
#include "tests/e2e/recorded_replies.h"
#include "tests/e2e/signed_stream.h"
#include "tests/support/gen2_client.h"
#include "tests/support/raw_client.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using Request = ReplyRecorder::Request;
using std::chrono::seconds;

constexpr const char* kOperatorToken = "a token of the operator";
constexpr const char* kOperator = "Authorization: Bearer a token of the operator\r\n";
constexpr const char* kPage = "Origin: https://example.com\r\n";
constexpr const char* kOtherPage = "Origin: https://example.org\r\n";
constexpr const char* kJson = "Content-Type: application/json\r\n";

/// Longer than any body that a door takes.
std::string TooLarge() { return std::string(70'000, 'x'); }

// Admin

void AskMonitors(ReplyRecorder& admin) {
  for (const char* path : {"/healthz", "/readyz", "/servez"}) {
    for (const char* method : {"GET ", "HEAD ", "POST ", "OPTIONS ", "DELETE "}) {
      admin.Ask({.line = std::string(method) + path, .headers = kPage});
    }
  }
  admin.Ask({.line = "POST /metrics"});
  admin.Ask({.line = "OPTIONS /metrics", .headers = kPage});
}

void AskPages(ReplyRecorder& admin) {
  for (const char* line :
       {"HEAD /", "POST /", "GET /none", "POST /none", "OPTIONS /none", "GET /console",
        "HEAD /console/", "POST /console/", "GET /console/none", "GET /api", "HEAD /api/",
        "GET /callback/live", "POST /callback/live", "POST /weapp/live_room/get_pushers"}) {
    admin.Ask({.line = line, .headers = kPage});
  }
}

constexpr auto kConsoleReads = std::to_array<const char*>(
    {"server", "nodes", "rooms", "room", "channel", "events", "recordings", "stream"});

void AskWithoutToken(ReplyRecorder& admin) {
  for (const char* name : kConsoleReads) {
    const std::string path = std::string("/console/api/") + name;
    admin.Ask({.line = "GET " + path, .note = "no token"});
    admin.Ask({.line = "GET " + path,
               .headers = "Authorization: Bearer another\r\n",
               .note = "another token"});
    admin.Ask({.line = "OPTIONS " + path, .headers = kPage});
    admin.Ask({.line = "POST " + path, .headers = kOperator});
  }
  for (const char* path : {"/console/api/kick", "/console/api/dismiss", "/backup"}) {
    admin.Ask({.line = std::string("POST ") + path, .body = "{}", .note = "no token"});
    admin.Ask({.line = std::string("GET ") + path, .headers = kOperator});
    admin.Ask({.line = std::string("OPTIONS ") + path, .headers = kPage});
  }
  admin.Ask({.line = "GET /console/api/rooms",
             .headers = "Authorization: Basic YTpi\r\n",
             .note = "another scheme"});
}

void AskAsOperator(ReplyRecorder& admin) {
  const std::string room = "kind=multi&roomID=r1";
  for (const std::string& target : {std::string("server"),
                                    std::string("nodes"),
                                    std::string("channel"),
                                    std::string("channel?limit=0"),
                                    "channel?q=" + std::string(201, 'q'),
                                    std::string("channel?q=a&after=b&limit=2"),
                                    std::string("rooms"),
                                    std::string("rooms?limit=1"),
                                    std::string("rooms?kind=live"),
                                    std::string("rooms?kind=none"),
                                    std::string("rooms?limit=0"),
                                    std::string("rooms?limit=201"),
                                    std::string("rooms?limit=x"),
                                    std::string("rooms?after=x"),
                                    std::string("rooms?q=%ff"),
                                    std::string("rooms?q=BOB"),
                                    "rooms?q=" + std::string(201, 'q'),
                                    std::string("room"),
                                    std::string("room?kind=none"),
                                    std::string("room?kind=multi"),
                                    std::string("room?kind=multi&roomID=none"),
                                    std::string("room?kind=live&roomID=r1"),
                                    "room?" + room + std::string(48, '1'),
                                    "room?" + room,
                                    std::string("recordings"),
                                    std::string("recordings?kind=multi"),
                                    std::string("recordings?roomID=r1&userID=bob&limit=0"),
                                    std::string("events"),
                                    "events?" + room,
                                    "events?limit=1&" + room,
                                    "events?before=2&" + room,
                                    "events?before=x&" + room,
                                    "events?limit=201&" + room,
                                    std::string("events?kind=multi&roomID=none"),
                                    std::string("stream?after=%ff")}) {
    admin.Ask({.line = "GET /console/api/" + target, .headers = kOperator});
  }
  admin.Ask({.line = "HEAD /console/api/rooms?kind=live", .headers = kOperator});
  admin.Ask({.line = "GET /console/api/none", .headers = kOperator});
}

void Administer(ReplyRecorder& admin) {
  const auto post = [&](const std::string& name, const std::string& body) {
    admin.Ask({.line = "POST /console/api/" + name,
               .body = body,
               .headers = std::string(kOperator) + kJson,
               .note = body.size() < 100 ? body : "too large"});
  };
  for (const char* body :
       {"", "{", "[]", "{}", R"({"kind":1})", R"({"kind":"multi"})", R"({"kind":"none"})",
        R"({"kind":"multi","roomID":"r1"})", R"({"kind":"multi","roomID":"r1","userID":7})",
        R"({"kind":"multi","roomID":"r1","userID":"bob","banSeconds":-1})",
        R"({"kind":"multi","roomID":"r1","userID":"eve"})",
        R"({"kind":"multi","roomID":"none","userID":"bob"})",
        R"({"kind":"multi","roomID":"r1","userID":"bob","banSeconds":60})"}) {
    post("kick", body);
  }
  for (const char* body :
       {"", "[]", "{}", R"({"kind":"multi"})", R"({"kind":"multi","roomID":"none"})",
        R"({"kind":"multi","roomID":"r1"})", R"({"kind": "multi","roomID":"r1"})"}) {
    post("dismiss", body);
  }
  post("kick", TooLarge());
  admin.Ask({.line = "POST /backup", .headers = kOperator});
}

/// The head, then the families with their help and the series with their labels, sorted: values are
/// another matter.
std::string SeriesOf(const std::string& reply) {
  const std::size_t body = reply.find("\r\n\r\n") + 4;
  std::set<std::string> lines;
  std::istringstream text(reply.substr(body));
  for (std::string line; std::getline(text, line);) {
    lines.insert(line.starts_with('#') ? line : line.substr(0, line.rfind(' ')));
  }
  return WithoutVariables(fmt::format("{}{}", reply.substr(0, body), fmt::join(lines, "\n")));
}

std::string OpenStream(const ServerProcess& server, const std::string& after) {
  RawClient client(server.AddressOf("admin"));
  client.Send("GET /console/api/stream" + after + " HTTP/1.1\r\nHost: localhost\r\n" + kOperator +
              "\r\n");
  std::string reply = client.ReceiveUntil(": open\n\n");
  if (!after.empty()) reply += client.ReceiveUntil("\n\n");
  return WithoutVariables(reply);
}

Settings DoorSettings(Settings more) {
  more.merge(Settings{{"server.cors_origins", {"https://example.com"}}});
  return WithLogins(std::move(more));
}

TEST(RecordedDoors, OfTheOperatorReplyAsRecorded) {
  ServerProcess server(
      {.settings = DoorSettings({{"admin.token", kOperatorToken}, {"channel.enabled", true}})});
  ApiClient api = server.Http();
  ASSERT_EQ(api.Call("multi_room", "create_room", CreateBody("ann", "r1")).code(), kOk);
  ASSERT_EQ(api.Call("multi_room", "add_pusher", PusherBody("r1", "bob")).code(), kOk);
  ASSERT_EQ(api.Call("double_room", "create_room", CreateBody("cy", "r2")).code(), kOk);
  ReplyRecorder admin(server, "admin");
  AskAsOperator(admin);
  admin.Keep("GET /console/api/stream", OpenStream(server, ""));
  admin.Keep("GET /console/api/stream?after=x", OpenStream(server, "?after=x"));
  Administer(admin);
  AskMonitors(admin);
  AskPages(admin);
  AskWithoutToken(admin);
  admin.Keep("GET /metrics", SeriesOf(admin.Send({.line = "GET /metrics"})));
  ExpectRecorded("recorded_admin.json", admin.replies());
}

TEST(RecordedDoors, OfAnOperatorWithoutATokenReplyAsRecorded) {
  ServerProcess server({.settings = DoorSettings({})});
  ReplyRecorder admin(server, "admin");
  for (const char* line :
       {"HEAD /", "GET /console", "GET /console/", "HEAD /api/", "GET /console/api/rooms",
        "POST /console/api/kick", "POST /backup", "GET /healthz"}) {
    admin.Ask({.line = line});
  }
  ExpectRecorded("recorded_admin_without_token.json", admin.replies());
}

// Callbacks

void AskInWrongWays(ReplyRecorder& door, const std::string& path) {
  for (const char* method : {"GET ", "HEAD ", "OPTIONS ", "PUT ", "DELETE "}) {
    door.Ask({.line = method + path, .headers = kPage});
  }
  door.Ask({.line = "POST " + path, .headers = kPage, .note = "empty"});
  door.Ask({.line = "POST " + path, .body = "{", .headers = kJson, .note = "not JSON"});
  door.Ask({.line = "POST " + path, .body = TooLarge(), .note = "too large"});
}

constexpr const char* kCallbackSecret = "the-secret-of-the-callbacks";
constexpr const char* kPushKey = "the key of push URLs";
constexpr const char* kPlayKey = "the key of play URLs";

/// The query of a URL of the stream.
std::string Signed(const std::string& stream, const char* key, seconds until = seconds(600)) {
  return SignedStreamUrl(key, stream, until).substr(stream.size() + 1);
}

void AskAsRtmpServer(ReplyRecorder& door) {
  const std::string path = "POST /callback/rtmp/" + std::string(kCallbackSecret);
  const auto call = [&](const std::string& note, const std::string& body) {
    door.Ask({.line = path, .body = body, .headers = kPage, .note = note});
  };
  const std::string client = "&clientid=7&addr=192.0.2.1";
  const std::string publish = "call=publish&app=live&name=ann" + client + "&";
  const std::string play = "call=play&app=live&name=ann&clientid=8&";
  call("nothing", "");
  call("another call", "call=connect" + client);
  call("publish of another app", "call=publish&app=x&name=ann" + client);
  call("publish of no stream", "call=publish&app=live&name=a/b" + client);
  call("publish without a client", "call=publish&app=live&name=ann");
  call("publish with a field twice", publish + "name=bob&" + Signed("ann", kPushKey));
  call("publish unsigned", publish);
  call("publish wrongly signed", publish + Signed("ann", kPlayKey));
  call("publish late", publish + Signed("ann", kPushKey, seconds(-600)));
  call("publish", publish + Signed("ann", kPushKey));
  call("update", "call=update_publish&app=live&name=ann&timestamp=1000" + client);
  call("update of no client", "call=update_publish&app=live&name=ann");
  call("update of another", "call=update_publish&app=live&name=eve&clientid=9");
  call("play unsigned", play);
  call("play", play + Signed("ann", kPlayKey));
  call("play of another app", "call=play&app=x&name=ann&clientid=8");
  call("play_done", "call=play_done&app=live&name=ann&clientid=8");
  call("record_done without a file", "call=record_done&app=live&name=ann&path=x" + client);
  call("record_done", "call=record_done&app=live&name=ann&path=/r/ann.flv" + client);
  call("publish_done", "call=publish_done&app=live&name=ann" + client);
  const std::string open = "POST /callback/rtmp";
  const std::string bearer = "Authorization: Bearer ";
  door.Ask({.line = open, .body = play, .note = "no secret"});
  door.Ask({.line = open, .body = play, .headers = bearer + "x\r\n", .note = "another secret"});
  door.Ask({.line = open,
            .body = play,
            .headers = bearer + kCallbackSecret + "\r\n",
            .note = "a secret in the header"});
  door.Ask({.line = open + "/x", .body = play, .note = "another secret in the path"});
}

void AskAsSrs(ReplyRecorder& door) {
  const auto call = [&](const std::string& note, const std::string& body) {
    door.Ask({.line = "POST /callback/srs/" + std::string(kCallbackSecret),
              .body = body,
              .headers = std::string(kPage) + kJson,
              .note = note});
  };
  const auto object = [](const char* action, const json& more) {
    json body = {{"action", action}, {"client_id", "9"}, {"ip", "192.0.2.1"}, {"app", "live"}};
    if (more.is_object()) body.update(more);
    return body.dump();
  };
  const auto with = [](const std::string& query) {
    return json{{"stream", "cy"}, {"param", "?" + query}};
  };
  call("array", "[]");
  call("twice", R"({"action":"on_publish","action":"on_play"})");
  call("no action", "{}");
  call("another action", object("on_connect", {}));
  call("on_publish without a client", object("on_publish", {{"client_id", ""}}));
  call("on_publish of another app", object("on_publish", {{"app", "x"}}));
  call("on_publish unsigned", object("on_publish", with("")));
  call("on_publish", object("on_publish", with(Signed("cy", kPushKey))));
  call("on_play unsigned", object("on_play", with("")));
  call("on_play", object("on_play", with(Signed("cy", kPlayKey))));
  call("on_dvr without a file", object("on_dvr", {}));
  call("on_dvr", object("on_dvr", {{"cwd", "/r"}, {"file", "cy.flv"}}));
  call("on_unpublish", object("on_unpublish", {}));
  call("on_unpublish without a client", object("on_unpublish", {{"client_id", ""}}));
  door.Ask({.line = "POST /callback/srs", .body = "{}", .note = "no secret"});
}

TEST(RecordedDoors, OfAMediaServerReplyAsRecorded) {
  ServerProcess server({.settings = DoorSettings({{"live.rtmp_callback_secret", kCallbackSecret},
                                                  {"live.push_key", kPushKey},
                                                  {"live.push_host", "push.example.com"},
                                                  {"live.play_host", "play.example.com"},
                                                  {"live.play_key", kPlayKey},
                                                  {"live.check_play", true}})});
  ReplyRecorder door(server, "http");
  for (const char* path : {"/callback/rtmp", "/callback/srs", "/callback/rtmpx", "/callback/live",
                           "/callback/trtc", "/callback/im", "/callback/"}) {
    AskInWrongWays(door, path);
  }
  AskAsRtmpServer(door);
  AskAsSrs(door);
  ReplyRecorder admin(server, "admin");
  AskInWrongWays(admin, "/callback/rtmp");
  AskAsSrs(admin);
  ExpectRecorded("recorded_media_callbacks.json",
                 {{"http", door.replies()}, {"admin", admin.replies()}});
}

constexpr const char* kLiveKey = "key-of-live-callbacks";
constexpr const char* kTrtcKey = "key-of-trtc-callbacks";
constexpr const char* kImToken = "token-of-im-callbacks";

std::int64_t Now() {
  return std::chrono::duration_cast<seconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

void AskAsLiveService(ReplyRecorder& door) {
  const auto call = [&](const std::string& note, json body, seconds until = seconds(600)) {
    const std::int64_t ends = Now() + until.count();
    body["t"] = ends;
    if (!body.contains("sign")) body["sign"] = Md5Hex(kLiveKey + std::to_string(ends));
    door.Ask({.line = "POST /callback/live", .body = body.dump(), .headers = kPage, .note = note});
  };
  call("forged", {{"event_type", 1}, {"sign", "x"}});
  call("late", {{"event_type", 1}}, seconds(-600));
  call("another event", {{"event_type", 100}});
  call("no stream", {{"event_type", 1}});
  call("start", {{"event_type", 1}, {"stream_id", "ann"}, {"sequence", "1"}, {"event_time", 1}});
  call("stop", {{"event_type", 0}, {"channel_id", "ann"}, {"sequence", "1"}, {"event_time", 2}});
}

void AskAsTrtc(ReplyRecorder& door) {
  const auto call = [&](const std::string& note, const std::string& body,
                        const std::string& app = std::to_string(kTestAppId)) {
    door.Ask({.line = "POST /callback/trtc",
              .body = body,
              .headers = fmt::format("Sign: {}\r\nSdkAppId: {}\r\n",
                                     EncodeBase64(HmacSha256(Secret(kTrtcKey), body)), app),
              .note = note});
  };
  const auto event = [](int type, const json& info) {
    return json{{"EventType", type}, {"CallbackTs", Now() * 1000}, {"EventInfo", info}}.dump();
  };
  const json member = {{"RoomId", 7}, {"UserId", "ann"}};
  door.Ask({.line = "POST /callback/trtc", .body = "{}", .headers = "Sign: x\r\n", .note = "x"});
  call("another app", event(103, member), "1");
  call("array", "[]");
  call("no info", R"({"EventType":103})");
  call("no time", R"({"EventType":103,"EventInfo":{"RoomId":7,"UserId":"ann"}})");
  call("no user", event(103, {{"RoomId", 7}}));
  for (const int type : {101, 102, 103, 104, 201, 202, 203, 204}) {
    call(std::to_string(type), event(type, member));
  }
}

void AskAsImService(ReplyRecorder& door) {
  const auto call = [&](const std::string& note, const std::string& command, const json& body,
                        std::int64_t sent, std::uint32_t app = kTestAppId) {
    const std::string time = std::to_string(sent);
    const std::string reply =
        door.Send({.line = fmt::format("POST /callback/im?SdkAppid={}&CallbackCommand={}&Sign={}&"
                                       "RequestTime={}",
                                       app, command, Sha256Hex(kImToken + time), time),
                   .body = body.dump()});
    door.Keep("POST /callback/im - " + note, WithoutVariables(reply));
  };
  const std::string destroyed = "Group.CallbackAfterGroupDestroyed";
  const std::string exit = "Group.CallbackAfterMemberExit";
  call("late", destroyed, {{"GroupId", "r1"}}, Now() - 600);
  call("another app", destroyed, {{"GroupId", "r1"}}, Now(), 1);
  call("another command", "State.StateChange", json::object(), Now());
  call("array", destroyed, json::array(), Now());
  call("no group", destroyed, json::object(), Now());
  call("destroyed", destroyed, {{"GroupId", "r1"}}, Now());
  call("exit", exit, {{"GroupId", "r1"}, {"ExitMemberList", {{{"Member_Account", "a"}}}}}, Now());
}

TEST(RecordedDoors, OfACloudReplyAsRecorded) {
  // No room of these callbacks exists, so the IM service is not called.
  ServerProcess server({.settings = DoorSettings({{"live.callback_key", kLiveKey},
                                                  {"trtc.callback_key", kTrtcKey},
                                                  {"im.callback_token", kImToken},
                                                  {"im.base_url", "http://127.0.0.1:9"},
                                                  {"im.enabled", true}})});
  json replies = json::object();
  for (const char* listener : {"http", "admin"}) {
    ReplyRecorder door(server, listener);
    for (const char* path : {"/callback/live", "/callback/trtc", "/callback/im", "/callback/live/",
                             "/callback/rtmp"}) {
      AskInWrongWays(door, path);
    }
    AskAsLiveService(door);
    AskAsTrtc(door);
    AskAsImService(door);
    replies[listener] = door.replies();
  }
  ExpectRecorded("recorded_cloud_callbacks.json", replies);
}

// All doors

TEST(RecordedDoors, OfClientsShareTheirHeadersAndRefusalsAsRecorded) {
  ServerProcess server(
      {.settings = DoorSettings({{"channel.enabled", true}, {"channel.hold", "5s"}})});
  ReplyRecorder door(server, "http");
  for (const char* path :
       {"/weapp/live_room/get_pushers", "/weapp/live_room/none", "/weapp/utils/get_login_info",
        "/v4/openim/login", "/v4/openim/longpolling", "/v4/none", "/channel/poll", "/channel/none",
        "/none", "/webrtc/weapp/webrtc_room/get_room_members"}) {
    for (const char* method : {"GET ", "HEAD ", "OPTIONS ", "PUT ", "POST "}) {
      door.Ask({.line = std::string(method) + path, .headers = kPage});
    }
    door.Ask({.line = std::string("POST ") + path, .body = "{", .headers = kJson, .note = "bad"});
    door.Ask({.line = std::string("POST ") + path, .headers = kOtherPage, .note = "another page"});
    door.Ask({.line = std::string("OPTIONS ") + path, .headers = kOtherPage, .note = "another"});
    door.Ask({.line = std::string("POST ") + path, .body = TooLarge(), .note = "too large"});
  }
  door.Ask({.line = "POST /v1/group_open_long_polling_http_noauth_svc/get_msg", .body = "{}"});
  ExpectRecorded("recorded_clients.json", door.replies());
}

TEST(RecordedDoors, RefuseCallersAboveTheirRateAsRecorded) {
  ServerProcess server({.settings = DoorSettings({{"channel.enabled", true},
                                                  {"live.rtmp_callback_secret", kCallbackSecret},
                                                  {"live.push_key", kPushKey},
                                                  {"limits.per_address_rate", "1/s"},
                                                  {"limits.per_address_burst", 1}})});
  ReplyRecorder door(server, "http");
  const std::string upgrade =
      "Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
      "Sec-WebSocket-Version: 13\r\n";
  door.AskUntil("\"code\":6", {.line = "POST /weapp/live_room/get_room_list",
                               .body = R"({"index":0,"cnt":1})",
                               .headers = std::string(kPage) + kJson});
  door.AskUntil(" 429 ", {.line = "GET /channel/ws", .headers = kPage + upgrade});
  door.AskUntil("too many", {.line = "POST /channel/poll", .body = "{}", .headers = kPage});
  door.AskUntil("equests", {.line = "POST /v4/openim/login", .body = "{}", .headers = kPage});
  for (const char* line :
       {"OPTIONS /weapp/live_room/get_room_list", "GET /weapp/live_room/get_room_list", "GET /none",
        "OPTIONS /channel/poll", "GET /channel/poll", "POST /v4/none"}) {
    door.Ask({.line = line, .headers = kPage});  // these are never refused
  }
  AskAsSrs(door);
  ExpectRecorded("recorded_rates.json", door.replies());
}

}  // namespace
}  // namespace rtcroom
