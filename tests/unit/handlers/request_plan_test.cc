// The threads that requests run on, determined by the router from method and raw path.
#include <map>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/endpoint_fields.h"
#include "tests/support/router_fixture.h"

namespace rtcroom {
namespace {

std::string PathOf(const EndpointCall& call) {
  return fmt::format("/weapp/{}/{}", call.areas.back(), call.endpoint);
}

RequestPlan PlanOf(const RouterFixture& server, std::string_view method, std::string path) {
  HttpRequest request{.method = std::string(method), .path = std::move(path)};
  return server.router.Resolve(request);
}

TEST(RequestPlan, UsesTheLoopOnlyForEndpointsThatNeitherWriteNorWait) {
  const std::map<std::string_view, Lane> waiting = {
      {"get_pushers", Lane::kRead},
      {"get_room_list", Lane::kRead},
      {"get_custom_info", Lane::kRead},
      {"get_audiences", Lane::kRead},
      {"get_whep_url", Lane::kRead},
      {"get_room_members", Lane::kRead},
      {"get_im_login_info", Lane::kWorker},
      {"create_room", Lane::kWorker},
      {"merge_stream", Lane::kWorker},
      {"login", Lane::kWorker},
      {"logout", Lane::kWorker},
      {"set_custom_field", Lane::kWorker},
      {"add_audience", Lane::kWorker},
      {"delete_audience", Lane::kWorker},
      {"GET get_login_info", Lane::kWorker},
      {"webrtc get_login_info", Lane::kWorker},
      {"enter_room", Lane::kWorker},
      {"quit_room", Lane::kUrgent},
      {"add_pusher", Lane::kWorker},
      {"destroy_room", Lane::kUrgent},
      {"delete_pusher", Lane::kUrgent},
      {"logfilelist", Lane::kWorker},
      {"getlogfile", Lane::kWorker},
  };
  RouterFixture server;
  server.utils.SwitchOn();
  for (const EndpointCall& call : AllCalls()) {
    const bool is_webrtc = call.protocol == Protocol::kWebrtc;
    const std::string with_method =
        fmt::format("{} {}", is_webrtc ? "webrtc" : call.method, call.endpoint);
    auto row = waiting.find(call.endpoint);
    if (row == waiting.end()) row = waiting.find(with_method);
    const Lane lane = row == waiting.end() ? Lane::kInline : row->second;
    EXPECT_EQ(PlanOf(server, call.method, PathOf(call)).lane, lane) << with_method;
  }
}

TEST(RequestPlan, PacesGetPushers) {
  const RouterFixture server{{.gen1_prefix = "/v1"}};
  for (const EndpointCall& call : AllCalls()) {
    EXPECT_EQ(PlanOf(server, call.method, PathOf(call)).paced, call.endpoint == "get_pushers")
        << call;
  }
  EXPECT_TRUE(PlanOf(server, "POST", "/v1/double_room/get_pushers").paced);
}

TEST(RequestPlan, MatchesPathsLikeTheRouter) {
  const RouterFixture server{{.prefix = "/a/b", .gen2_prefix = "/v2"}};
  for (const char* path : {"/a/b/double_room/add_pusher", "//A/B//Double_Room/ADD_PUSHER/",
                           "a/b/multi_room/add_pusher", "/V2/live_room/add_pusher"}) {
    EXPECT_EQ(PlanOf(server, "POST", path).lane, Lane::kWorker) << path;
    EXPECT_EQ(server.Post(path, "").status, 200) << path;
  }
}

TEST(RequestPlan, RefusesUnroutableRequestsInline) {
  const RouterFixture server;
  for (const char* path : {"", "/", "/weapp", "/weapp/double_room", "/nowhere/x/add_pusher",
                           "/weapp/double_room/add_pusher/x", "/weapp/double_room/add_pushers",
                           "/weapp/utils/add_pusher", "/weapp/double_room/merge_stream"}) {
    EXPECT_EQ(PlanOf(server, "POST", path).lane, Lane::kInline) << path;
  }
  for (const char* method : {"OPTIONS", "GET", "HEAD", "BREW", "post", ""}) {
    const RequestPlan plan = PlanOf(server, method, "/weapp/double_room/add_pusher");
    EXPECT_EQ(plan.lane, Lane::kInline) << method;
    EXPECT_FALSE(plan.paced);
  }
}

}  // namespace
}  // namespace rtcroom
