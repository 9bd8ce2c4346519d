// A server with room for browsers, and what they and their worker send.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/e2e/gen2_calls.h"
#include "tests/e2e/utils_calls.h"
#include "tests/support/server_process.h"
#include "tests/support/web_worker_stand_in.h"

namespace rtcroom {

inline constexpr const char* kMulti = "multi_room";
inline constexpr const char* kAdminToken = "a token of the operator";

class WebSessionsTest : public testing::Test {
 protected:
  explicit WebSessionsTest(Settings settings = {}) : server_({.settings = WithWeb(settings)}) {}

  static Settings WithWeb(Settings settings) {
    settings.merge(Settings{{"admin.token", kAdminToken},
                            {"live.push_key", "push key"},
                            {"live.push_host", "media.example.com"},
                            {"live.play_host", "media.example.com"},
                            {"live.rtmp_callback_secret", "secret of the callbacks"},
                            {"web.max_sessions", 64}});
    return settings;
  }
  /// A worker that is known to the server.
  std::unique_ptr<WebWorkerStandIn> Worker(
      WebWorkerStandIn::Answerer answer = WebWorkerStandIn::AnswerAll,
      v1::WebHello hello = WebWorkerStandIn::Hello()) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    auto worker = std::make_unique<WebWorkerStandIn>(
        grpc::CreateCustomChannel(server_.AddressOf("grpc"), grpc::InsecureChannelCredentials(),
                                  arguments),
        std::move(hello), std::move(answer));
    EXPECT_TRUE(Eventually([&] { return worker->keep().has_value(); }));
    return worker;
  }

  void Join(const std::string& user, const std::string& room = "room") {
    ApiClient client = server_.Https();
    const nlohmann::json body = PusherBody(room, user);
    ApiReply reply = client.Call(kMulti, "add_pusher", body);
    if (reply.code() == kNoSuchRoom) {
      reply = client.Call(kMulti, "create_room", CreateBody(user, room));
    }
    ASSERT_EQ(reply.code(), kOk) << reply;
  }
  std::string Ask(const std::string& endpoint, nlohmann::json body, const std::string& field) {
    const ApiReply reply = server_.Https().Call(kMulti, endpoint, body);
    EXPECT_EQ(reply.code(), kOk) << reply;
    return reply.Text(field);
  }
  std::string WhipUrl(const std::string& user, const std::string& room = "room") {
    return Ask("get_whip_url", {{"userID", user}, {"roomID", room}}, "whipURL");
  }
  std::string WhepUrl(const std::string& user, const std::string& of) {
    return Ask("get_whep_url", {{"userID", user}, {"roomID", "room"}, {"of", of}}, "whepURL");
  }
  ApiReply Offer(const std::string& url, const std::string& sdp = "v=0 offer",
                 const std::string& type = "application/sdp") {
    return server_.Https().Send({.target = url, .content_type = type, .body = sdp});
  }
  /// @return the ID of the new session.
  std::string Open(const std::string& url) {
    const ApiReply reply = Offer(url);
    EXPECT_EQ(reply.status, 201) << reply;
    const auto location = reply.headers.find("location");
    return location == reply.headers.end()
               ? ""
               : location->second.substr(location->second.rfind('/') + 1);
  }
  ApiReply Delete(const std::string& session) {
    return server_.Https().Send({.method = "DELETE", .target = "/weapp/web/" + session});
  }
  ApiReply Kick(nlohmann::json body) {
    body.update({{"kind", "multi"}, {"roomID", "room"}});
    return server_.Admin().Send(
        {.target = "/console/api/kick",
         .body = body.dump(),
         .headers = {{"Authorization", std::string("Bearer ") + kAdminToken}}});
  }
  static std::map<std::string, std::string> Sessions(const std::string& reason,
                                                     const std::vector<std::string>& sessions) {
    std::map<std::string, std::string> reasons;
    for (const std::string& session : sessions) reasons[session] = reason;
    return reasons;
  }

  ServerProcess server_;
};

}  // namespace rtcroom
