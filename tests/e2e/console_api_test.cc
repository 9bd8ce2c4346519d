// The console's API as the page in a browser uses it.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/room_calls.h"
#include "tests/support/child_process.h"
#include "tests/support/eventually.h"
#include "tests/support/metrics_text.h"
#include "tests/support/raw_client.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kToken = "a token for the console";
constexpr const char* kMulti = "multi_room";

class ConsoleTest : public testing::Test {
 protected:
  static std::map<std::string, std::string> Showing(const std::string& token) {
    return {{"Authorization", "Bearer " + token}};
  }
  ApiReply Get(const std::string& target, const std::string& token = kToken) {
    return admin_.Send({.method = "GET", .target = target, .headers = Showing(token)});
  }
  ApiReply Post(const std::string& target, const json& body, const std::string& token = kToken) {
    return admin_.Send({.target = target, .body = body.dump(), .headers = Showing(token)});
  }
  std::string MakeRoomOf(const std::string& user) {
    const ApiReply reply = client_.Call(kMulti, "create_room", CreateBody(user));
    EXPECT_EQ(reply.code(), kOk) << reply;
    return reply.Text("roomID");
  }
  RawClient Stream(const std::string& after = {}) {
    RawClient client(server_.AddressOf("admin"));
    client.Send("GET /console/api/stream?after=" + after + " HTTP/1.1\r\nAuthorization: Bearer " +
                kToken + "\r\n\r\n");
    return client;
  }
  static RawClient Opened(RawClient stream) {
    EXPECT_THAT(stream.ReceiveUntil(": open\n\n"), HasSubstr("200 OK"));
    return stream;
  }
  /// Writes the configuration with this token, and reloads it.
  void Reconfigure(const std::string& token) {
    std::string config = ReadWholeFile(server_.config_file());
    const std::size_t at = config.find("admin.token = ");
    ASSERT_NE(at, std::string::npos);
    config.replace(at, config.find('\n', at) - at, "admin.token = " + json(token).dump());
    std::ofstream(server_.config_file()) << config;
    server_.Signal(SIGHUP);
  }

  ServerProcess server_{{.settings = {{"admin.token", kToken}}}};
  ApiClient client_ = server_.Https();
  ApiClient admin_ = server_.Admin();
};

TEST_F(ConsoleTest, RequiresTheTokenExceptForThePage) {
  EXPECT_EQ(Get("/console/", "").status, 200);
  for (const char* token : {"", "a token", "a token for the consolf", "Bearer"}) {
    for (const char* path : {"server", "rooms", "room", "events", "stream"}) {
      const ApiReply reply = Get(std::string("/console/api/") + path, token);
      EXPECT_EQ(reply.status, 401) << path;
      EXPECT_EQ(reply.code(), kNotAuthorized) << path;
    }
    for (const char* path : {"kick", "dismiss"}) {
      EXPECT_EQ(Post(std::string("/console/api/") + path, json::object(), token).status, 401);
    }
  }
  EXPECT_EQ(Get("/console/api/server").status, 200);
  EXPECT_THAT(server_.StopAndReadLog(), Not(HasSubstr(kToken)));
}

TEST_F(ConsoleTest, ReloadsTheTokenWithoutARestart) {
  RawClient stream = Opened(Stream());
  Reconfigure("another token, longer");
  EXPECT_TRUE(Eventually(
      [&] { return Get("/console/api/server", "another token, longer").status == 200; }));
  EXPECT_EQ(Get("/console/api/server").status, 401);
  EXPECT_TRUE(Eventually([&] { return stream.IsReadable(); })) << "opened with the previous token";
  EXPECT_EQ(stream.ReceiveUntil("\n\n"), "") << "the stream ends without further data";
  Reconfigure("");
  EXPECT_TRUE(Eventually([&] { return Get("/console/").status == 404; }));
  EXPECT_EQ(Get("/console/api/server", "another token, longer").status, 401);
}

TEST_F(ConsoleTest, ServesItsPageUnderAStrictPolicy) {
  const ApiReply page = Get("/console/", "");
  EXPECT_EQ(page.headers.at("content-type"), "text/html; charset=utf-8");
  const std::string policy = page.headers.at("content-security-policy");
  EXPECT_THAT(policy, HasSubstr("default-src 'none'; script-src 'self';"));
  EXPECT_THAT(policy, HasSubstr("connect-src 'self' http://" + server_.AddressOf("http") +
                                " https://" + server_.AddressOf("https") + ";"));
  RawClient client(server_.AddressOf("admin"));
  client.Send("GET /console/ HTTP/1.1\r\nIf-None-Match: " + page.headers.at("etag") + "\r\n\r\n");
  const RawReply again = client.Receive("HEAD");  // its replies have no body either
  EXPECT_EQ(again.status, 304);
  EXPECT_FALSE(again.HasHeader("Content-Length"));
  client.Send("GET /healthz HTTP/1.1\r\n\r\n");
  EXPECT_EQ(client.Receive("GET").status, 200) << "the previous reply left no bytes";
}

TEST_F(ConsoleTest, ReportsServerFigures) {
  MakeRoomOf("amy");
  const json server = Get("/console/api/server").json;
  EXPECT_EQ(server["rooms"]["multi"], 1);
  EXPECT_EQ(server["pushers"], 1);
  EXPECT_EQ(server["totals"]["requests"], 1);
  EXPECT_EQ(server["totals"]["handshakes"], 1);
  EXPECT_EQ(server["publicApi"]["http"], "http://" + server_.AddressOf("http") + "/weapp");
  (void)client_.Call(kMulti, "pusher_heartbeat", MemberBody("nowhere", "amy"));
  EXPECT_EQ(Get("/console/api/server").json["totals"]["failures"], 1);
}

TEST_F(ConsoleTest, StreamsEventsAndResumesFromACursor) {
  RawClient stream = Opened(Stream());
  const std::string room = MakeRoomOf("amy");
  ASSERT_EQ(client_.Call(kMulti, "add_pusher", PusherBody(room, "bob")).code(), kOk);
  const std::string created = stream.ReceiveUntil("\n\n");
  const std::string cursor = created.substr(4, created.find('\n') - 4);
  EXPECT_THAT(created, HasSubstr("event: room_created\n"));
  (void)stream.ReceiveUntil("\"userID\":\"bob\"");
  ASSERT_EQ(
      Post("/console/api/kick", {{"kind", "multi"}, {"roomID", room}, {"userID", "bob"}}).code(),
      kOk);
  ASSERT_EQ(Post("/console/api/dismiss", {{"kind", "multi"}, {"roomID", room}}).code(), kOk);
  const std::string rest = stream.ReceiveUntil("event: room_destroyed\n");
  EXPECT_LT(rest.find("\"kicked\""), rest.find("\"room_destroyed\""));

  RawClient resumed = Opened(Stream(cursor));
  const std::string again = resumed.ReceiveUntil("event: room_destroyed\n");
  EXPECT_THAT(again, Not(HasSubstr("room_created")));
  EXPECT_LT(again.find("\"amy\""), again.find("\"bob\""));
  EXPECT_LT(again.find("pusher_added"), again.find("pusher_deleted"));

  RawClient lost = Opened(Stream("0123456789abcdef-1"));
  EXPECT_THAT(lost.ReceiveUntil("\n\n"), HasSubstr("event: gap\n"));
  (void)MakeRoomOf("carl");
  EXPECT_THAT(lost.ReceiveUntil("\n\n"), HasSubstr("event: room_created\n"));
}

TEST_F(ConsoleTest, EndsStreamsWhenTheServerStops) {
  RawClient stream = Opened(Stream());
  EXPECT_EQ(server_.Terminate(), 0);
  EXPECT_EQ(stream.ReceiveAll(), "");
}

TEST_F(ConsoleTest, AnswersHealthChecksWithOpenStreamsAndAHangingClient) {
  std::vector<RawClient> streams;
  for (int i = 0; i < 16; ++i) streams.push_back(Opened(Stream()));
  RawClient hanging(server_.AddressOf("admin"));
  hanging.Send("GET /console/api/rooms HTTP/1.1\r\nAuthor");
  EXPECT_EQ(Get("/readyz").status, 200);
  const ApiReply refused = Get("/console/api/stream");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.code(), kInternalFailure);
  (void)MakeRoomOf("amy");
  for (RawClient& stream : streams) {
    EXPECT_THAT(stream.ReceiveUntil("\n\n"), HasSubstr("event: room_created\n"));
  }
  streams.pop_back();
  EXPECT_TRUE(Eventually([&] {
    RawClient another = Stream();
    return another.ReceiveUntil("\n\n").find("200 OK") != std::string::npos;
  }));
}

TEST_F(ConsoleTest, DisconnectsASlowReaderWithoutAffectingOthers) {
  // More than the buffers of a connection and its limits can hold.
  constexpr int kChanges = 4'000;
  constexpr int kThreads = 8;
  const RawClient slow = Opened(Stream());
  std::vector<std::jthread> callers;
  for (int caller = 0; caller < kThreads; ++caller) {
    callers.emplace_back([this, caller] {
      ApiClient client = server_.Http();
      json body = CreateBody("user" + std::to_string(caller));
      body["userName"] = std::string(128, 'n');
      const ApiReply made = client.Call(kMulti, "create_room", body);
      EXPECT_EQ(made.code(), kOk) << made;
      json again = PusherBody(made.Text("roomID"), "user" + std::to_string(caller));
      again["userName"] = std::string(128, 'n');
      for (int i = 0; i < kChanges / kThreads; ++i) {
        EXPECT_EQ(client.Call(kMulti, "add_pusher", again).code(), kOk);
      }
    });
  }
  callers.clear();
  RawClient quick = Opened(Stream());
  const std::string refusals = R"(rtcroomd_refusals_total{cause="write_timeout",listener="admin"})";
  EXPECT_TRUE(Eventually([&] { return MetricsText::Read(Get("/metrics").text).Of(refusals) == 1; },
                         2 * kWaitTimeout));
  EXPECT_GE(Get("/console/api/server").json["totals"]["refusals"], 1);
  // The stream is only idle, and gets a periodic keep-alive.
  while (quick.IsReadable()) {
    const std::string received = quick.ReceiveUntil("\n\n");
    ASSERT_NE(received, "") << "this stream was ended too";
    EXPECT_THAT(received, Not(HasSubstr("event:")));
  }
}

TEST(DevModeConsole, PrintsTheLoginLinkWithoutLoggingIt) {
  const TempDirectory directory;
  const std::filesystem::path out = directory.path() / "out";
  const std::filesystem::path log = directory.path() / "log";
  const std::filesystem::path config = directory.path() / "rtcroomd.toml";
  std::ofstream(config) << TomlOf({{"server.http_listen", "127.0.0.1:0"},
                                   {"server.https_listen", ""},
                                   {"admin.listen", "127.0.0.1:0"},
                                   {"grpc.listen", ""},
                                   {"store.data_dir", (directory.path() / "data").string()}});
  ChildProcess server({.program = ServerBinary(),
                       .arguments = {"serve", "--dev", "--config", config.string()},
                       .stdout_file = out,
                       .stderr_file = log});
  const std::regex link(R"(http://127\.0\.0\.1:(\d+)/console/#token=([0-9a-f]{32})\n)");
  std::smatch found;
  std::string printed;
  ASSERT_TRUE(Eventually([&] {
    printed = ReadWholeFile(out);
    return std::regex_search(printed, found, link);
  })) << printed;
  const std::string token = found[2];
  ApiClient admin(std::stoi(found[1]));
  const ApiRequest request{.method = "GET",
                           .target = "/console/api/server",
                           .headers = {{"Authorization", "Bearer " + token}}};
  EXPECT_EQ(admin.Get("/console/").status, 200);
  EXPECT_EQ(admin.Send(request).status, 200);
  EXPECT_EQ(admin.Get("/console/api/server").status, 401);
  // The result stays, although no configuration has it.
  server.Signal(SIGHUP);
  EXPECT_TRUE(Eventually([&] { return ReadWholeFile(log).find("reloaded") != std::string::npos; }));
  EXPECT_EQ(admin.Send(request).status, 200);
  server.Signal(SIGTERM);
  EXPECT_EQ(server.WaitForExit(), 0);
  EXPECT_THAT(ReadWholeFile(log), Not(HasSubstr(token)));
}

}  // namespace
}  // namespace rtcroom
