// The stop and the reload of a server, and the notifications of its watchers.
#include <chrono>
#include <cstddef>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/e2e/room_calls.h"
#include "tests/support/raw_client.h"
#include "tests/support/server_process.h"
#include "tests/support/wechat_stand_in.h"

namespace rtcroom {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Health, IsServedByTheAdminListener) {
  const ServerProcess server;
  ApiClient admin = server.Admin();
  EXPECT_EQ(admin.Get("/healthz").status, 200);
  EXPECT_EQ(admin.Get("/readyz").status, 200);
  EXPECT_THAT(admin.Get("/metrics").text, HasSubstr("rtcroomd_"));
  EXPECT_EQ(admin.Get("/weapp/double_room/get_room_list").status, 404)
      << "this listener serves no rooms";
}

TEST(Health, IsServedWhileOthersHoldAllConnections) {
  constexpr int kMostConnections = 256;
  const ServerProcess server;
  std::vector<RawClient> idle;
  for (int i = 0; i < kMostConnections; ++i) idle.emplace_back(server.AddressOf("admin"));
  EXPECT_EQ(server.Admin().Get("/healthz").status, 200);
}

/// Requests a reload and waits until the log has its result.
bool Reload(ServerProcess& server, const std::string& event) {
  server.Signal(SIGHUP);
  return server.WaitForLog(event);
}

TEST(Reload, AppliesTheLogLevel) {
  ServerProcess server;
  std::string config = ReadWholeFile(server.config_file());
  const std::size_t level = config.find("\"debug\"");
  ASSERT_NE(level, std::string::npos);
  std::ofstream(server.config_file()) << config.replace(level, 7, "\"info\"");
  const std::string reloaded = R"("event":"reloaded","log_level":"info")";
  ASSERT_TRUE(Reload(server, reloaded));
  EXPECT_EQ(server.Https().Call("double_room", "get_room_list", {{"cnt", 1}, {"index", 0}}).code(),
            kOk);
  const std::string log = server.StopAndReadLog();
  EXPECT_THAT(log.substr(log.find(reloaded)),
              testing::AllOf(Not(HasSubstr("get_room_list")), Not(HasSubstr(R"("level":"debug")"))))
      << "requests are logged at debug only";
}

TEST(Reload, AppliesLimits) {
  ServerProcess server;
  std::string config = ReadWholeFile(server.config_file());
  const std::string off = R"(limits.per_address_rate = "0/s")";
  const std::size_t rate = config.find(off);
  ASSERT_NE(rate, std::string::npos);
  config.replace(rate, off.size(), R"(limits.per_address_rate = "1/s")");
  std::ofstream(server.config_file()) << config << "limits.per_address_burst = 1\n";
  ASSERT_TRUE(Reload(server, "limits.per_address_rate"));
  ApiClient client = server.Https();
  const auto list = [&client] {
    return client.Call("double_room", "get_room_list", {{"cnt", 1}, {"index", 0}}).code();
  };
  EXPECT_EQ(list(), kOk);
  // A token is refilled every second, possibly before a slow machine's next call.
  EXPECT_TRUE(Eventually([&] { return list() == kInternalFailure; }));
}

TEST(Reload, IgnoresAnInvalidConfiguration) {
  ServerProcess server;
  std::ofstream(server.config_file(), std::ios::app) << "\n[nonsense]\nkey = 1\n";
  ASSERT_TRUE(Reload(server, R"("event":"reload_refused","key":"nonsense")"));
  EXPECT_EQ(server.Https().Call("double_room", "get_room_list", {{"cnt", 1}, {"index", 0}}).code(),
            kOk);
}

TEST(Stop, ExitsWith0OnSigtermAndSigint) {
  for (const int signal : {SIGTERM, SIGINT}) {
    ServerProcess server;
    ApiClient idle = server.Https();
    EXPECT_EQ(idle.Call("double_room", "create_room", CreateBody("u1")).code(), kOk);
    server.Signal(signal);
    EXPECT_EQ(server.child().WaitForExit(), std::optional<int>(0));
  }
}

/// @return whether the exchange that the request waits for was answered before its timeout.
bool StopDuringARequest() {
  constexpr std::chrono::seconds kMostOfAnExchange{3};
  WechatStandIn wechat;
  wechat.Answer("slow", {R"({"openid":"o_slow","session_key":"k"})"});
  wechat.Hold();
  ServerProcess server({.settings = {{"im.sdk_app_id", 1400000001},
                                     {"im.secret_key", "a key for tests"},
                                     {"wechat.app_id", "wx_app"},
                                     {"wechat.secret", "wx_secret"},
                                     {"wechat.base_url", wechat.base_url()}}});
  ApiReply reply;
  auto not_before = std::chrono::steady_clock::now();
  {
    const std::jthread caller([&] {
      ApiClient client = server.Https();
      reply = client.Call("double_room", "get_im_login_info",
                          {{"userIDPrefix", "weixin"}, {"code", "slow"}});
    });
    EXPECT_TRUE(Eventually([&] {
      const auto now = std::chrono::steady_clock::now();
      if (wechat.waiting() >= 1) return true;
      not_before = now;
      return false;
    }));
    server.Signal(SIGTERM);
    // Watchers must see the refusal of new requests while this one still runs.
    ApiClient admin = server.Admin();
    EXPECT_TRUE(Eventually([&] { return admin.Get("/readyz").status != 200; }));
    wechat.Release();
  }
  const bool was_in_time = std::chrono::steady_clock::now() - not_before < kMostOfAnExchange;
  EXPECT_EQ(reply.code(), kOk) << reply;
  if (was_in_time) {
    EXPECT_EQ(reply.Text("userID"), "o_slow");
  }
  EXPECT_EQ(server.child().WaitForExit(), std::optional<int>(0));
  return was_in_time;
}

TEST(Stop, FinishesARunningRequest) {
  while (!StopDuringARequest() && !testing::Test::HasFailure()) {
  }
}

}  // namespace
}  // namespace rtcroom
