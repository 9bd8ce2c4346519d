// Replies equal the recorded ones byte for byte, since clients may use parsers of their own.
// RTCROOM_WRITE_REPLIES=1 records them again.
#include "tests/e2e/recorded_replies.h"

#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/e2e/hostile_requests.h"
#include "tests/support/raw_client.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

constexpr std::string_view kJsonHeader = "Content-Type: application/json\r\n";
constexpr std::string_view kCloseHeader = "Connection: close\r\n";

struct RecordedRequest {
  std::string name;
  std::string bytes;
};

std::string Post(std::string_view endpoint, std::string_view body, std::string_view headers = {}) {
  return RawPost("/weapp/" + std::string(endpoint), body,
                 std::string(kJsonHeader).append(headers).append(kCloseHeader));
}

std::string Head(std::string_view line, std::string_view headers = {}) {
  return std::string(line).append("\r\nHost: h\r\n").append(headers).append(kCloseHeader) + "\r\n";
}

// Calls whose replies hold neither times nor random text. In order: they use one server.
std::vector<RecordedRequest> Calls() {
  const std::string pusher =
      R"({"roomID":"r1","userID":"bob","userName":"Bob","userAvatar":"b.png","pushURL":"rtmp://p/b"})";
  return {
      {"create_room", Post("live_room/create_room",
                           R"({"roomID":"r1","userID":"ann","userName":"Ann","userAvatar":"a.png",)"
                           R"("pushURL":"rtmp://p/a","roomInfo":"first \"room\""})")},
      {"create_room again",
       Post("live_room/create_room", R"({"roomID":"r1","userID":"eve","roomInfo":"x"})")},
      {"add_pusher", Post("live_room/add_pusher", pusher)},
      {"add_pusher without a room", Post("live_room/add_pusher", R"({"userID":"bob"})")},
      {"add_pusher to another room",
       Post("live_room/add_pusher", R"({"roomID":"none","userID":"bob","pushURL":"rtmp://p/b"})")},
      {"pusher_heartbeat", Post("live_room/pusher_heartbeat", R"({"roomID":"r1","userID":"bob"})")},
      {"pusher_heartbeat of a stranger",
       Post("live_room/pusher_heartbeat", R"({"roomID":"r1","userID":"eve"})")},
      {"get_pushers", Post("live_room/get_pushers", R"({"roomID":"r1"})")},
      {"get_pushers of another room", Post("live_room/get_pushers", R"({"roomID":"none"})")},
      {"get_room_list", Post("live_room/get_room_list", R"({"index":0,"cnt":10})")},
      {"get_room_list in a form",
       RawPost("/weapp/live_room/get_room_list", "index=0&cnt=10",
               "Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n")},
      {"with an origin", Post("live_room/get_room_list", R"({"index":0,"cnt":1})",
                              "Origin: https://example.com\r\n")},
      {"merge_stream",
       Post("live_room/merge_stream", R"({"roomID":"r1","userID":"ann","mergeParams":{}})")},
      {"gen-2 without a token",
       Post("live_room/get_pushers?userID=ann&token=", R"({"roomID":"r1"})")},
      {"gen-2 login with nothing", Post("double_room/login?sdkAppID=1", "")},
      {"webrtc members", Post("webrtc_room/get_room_members", R"({"roomID":"none"})")},
      {"delete_pusher", Post("live_room/delete_pusher", R"({"roomID":"r1","userID":"bob"})")},
      {"destroy_room by another",
       Post("live_room/destroy_room", R"({"roomID":"r1","userID":"eve"})")},
      {"destroy_room", Post("live_room/destroy_room", R"({"roomID":"r1","userID":"ann"})")},
      {"not JSON", Post("live_room/get_pushers", "{")},
      {"unknown path", Post("live_room/none", "{}")},
      {"encoded path", Post("live%5froom/get%5Fpushers", R"({"roomID":"none"})")},
      {"GET", Head("GET /weapp/live_room/get_pushers HTTP/1.1")},
      {"HEAD", Head("HEAD /weapp/live_room/get_pushers HTTP/1.1")},
      {"OPTIONS",
       Head("OPTIONS /weapp/live_room/get_pushers HTTP/1.1", "Origin: https://example.com\r\n")},
      {"OPTIONS of no path", Head("OPTIONS * HTTP/1.1")},
      {"HTTP/1.0 kept alive",
       "POST /weapp/live_room/get_pushers HTTP/1.0\r\nConnection: "
       "keep-alive\r\nContent-Length: 2\r\n\r\n{}"
       "GET / HTTP/1.0\r\n\r\n"},
      {"two in one packet", RawPost("/weapp/live_room/get_pushers", "{}") +
                                Post("live_room/get_room_list", R"({"index":0,"cnt":1})")},
  };
}

// Calls to the admin listener.
std::vector<RecordedRequest> AdminCalls() {
  return {
      {"admin healthz", Head("GET /healthz HTTP/1.1")},
      {"admin healthz HEAD", Head("HEAD /healthz HTTP/1.1")},
      {"admin readyz", Head("GET /readyz HTTP/1.1")},
      {"admin readyz POST", Head("POST /readyz HTTP/1.1", "Content-Length: 0\r\n")},
      {"admin unknown path", Head("GET /none HTTP/1.1")},
      {"admin backup without a token",
       Head("POST /admin/backup HTTP/1.1", "Content-Length: 0\r\n")},
  };
}

std::vector<RecordedRequest> Hostilities() {
  std::vector<RecordedRequest> requests;
  for (HostileRequest& hostile : HostileRequests()) {
    if (hostile.afterwards == Afterwards::kHangsUp) continue;
    std::string bytes = std::move(hostile.bytes);
    if (hostile.afterwards == Afterwards::kServes) {
      bytes += Post("double_room/get_room_list", kGoodBody);
    }
    requests.push_back({.name = "hostile: " + hostile.name, .bytes = std::move(bytes)});
  }
  return requests;
}

std::string Ask(RawClient client, const std::string& bytes) {
  client.Send(bytes);
  return client.ReceiveAll();
}

class RecordedReplies : public testing::Test {
 protected:
  ServerProcess server_{
      {.settings = {{"limits.per_address_rate", "0/s"}, {"limits.per_user_rate", "0/s"}}}};
};

TEST_F(RecordedReplies, AreIdenticalOverHttpAndHttps) {
  nlohmann::json replies = nlohmann::json::object();
  const RawTls tls{.trusted = server_.certificate()};
  for (const RecordedRequest& request : Hostilities()) {
    replies[request.name] = Ask(RawClient(server_.AddressOf("http")), request.bytes);
    EXPECT_EQ(Ask({server_.AddressOf("https"), tls}, request.bytes),
              replies[request.name].get<std::string>())
        << request.name;
  }
  for (const RecordedRequest& request : Calls()) {
    replies["http: " + request.name] = Ask(RawClient(server_.AddressOf("http")), request.bytes);
  }
  for (const RecordedRequest& request : Calls()) {
    replies["https: " + request.name] = Ask({server_.AddressOf("https"), tls}, request.bytes);
  }
  for (const RecordedRequest& request : AdminCalls()) {
    replies[request.name] = Ask(RawClient(server_.AddressOf("admin")), request.bytes);
  }
  ExpectRecorded("recorded_replies.json", replies);
}

}  // namespace
}  // namespace rtcroom
