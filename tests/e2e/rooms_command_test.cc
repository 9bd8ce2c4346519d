// `rtcroomd rooms` against the real server, and its effects on clients.
#include <csignal>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/room_calls.h"
#include "tests/support/server_process.h"
#include "tests/support/test_certificate.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class RoomsCommand : public testing::Test {
 protected:
  FinishedCommand Rooms(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "rooms");
    arguments.insert(arguments.end(), {"--config", server_.config_file().string(), "--target",
                                       server_.AddressOf("grpc")});
    return RunToEnd({.program = ServerBinary(), .arguments = std::move(arguments)});
  }
  ApiReply Call(const char* endpoint, const nlohmann::json& body) {
    ApiClient client = server_.Https();
    return client.Call("multi_room", endpoint, body);
  }
  std::vector<std::string> Pushers() {
    ApiClient client = server_.Https();
    return PushersOf(client, "multi_room", "r1");
  }
  /// A room of three.
  void MakeRoom() {
    ASSERT_EQ(Call("create_room", CreateBody("u1", "r1")).code(), kOk);
    ASSERT_EQ(Call("add_pusher", PusherBody("r1", "u2")).code(), kOk);
    ASSERT_EQ(Call("add_pusher", PusherBody("r1", "u3")).code(), kOk);
  }
  int AddAgain(const std::string& user) {
    return Call("add_pusher", PusherBody("r1", user)).code();
  }
  int Beat(const std::string& user) {
    return Call("pusher_heartbeat", MemberBody("r1", user)).code();
  }
  int PushUrl(const nlohmann::json& body) { return Call("get_push_url", body).code(); }

  ServerProcess server_{
      {.settings = {{"live.push_host", "push.example.com"}, {"grpc.token", "a token for tests"}}}};
};

TEST_F(RoomsCommand, ListsAndShowsRooms) {
  EXPECT_EQ(Rooms({"list", "--json"}).out, "");
  MakeRoom();
  const FinishedCommand listed = Rooms({"list"});
  EXPECT_EQ(listed.exit_code, 0) << listed.err;
  EXPECT_THAT(listed.out, HasSubstr("multi   r1"));
  const FinishedCommand shown = Rooms({"show", "multi", "r1", "--json"});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  const auto room = nlohmann::json::parse(shown.out);
  EXPECT_EQ(room["creator"], "u1");
  EXPECT_EQ(room["pushers"].size(), 3u);
  EXPECT_THAT(shown.out, Not(HasSubstr("rtmp://"))) << "push URLs may be signed";
  EXPECT_EQ(Rooms({"show", "double", "r1"}).exit_code, 1);
}

TEST_F(RoomsCommand, KeepsABanAcrossAKill) {
  MakeRoom();
  ASSERT_EQ(Rooms({"kick", "multi", "r1", "u2", "--ban", "1h"}).exit_code, 0);
  ASSERT_EQ(Rooms({"kick", "multi", "r1", "u4", "--ban", "1h"}).exit_code, 0) << "it never joined";
  server_.Kill9();
  server_.Start();
  EXPECT_THAT(Pushers(), ElementsAre("u1", "u3"));
  for (const char* user : {"u2", "u4"}) {
    EXPECT_EQ(AddAgain(user), kNotAuthorized) << user;
    EXPECT_EQ(PushUrl({{"userID", user}}), kNotAuthorized) << user;
    EXPECT_EQ(Beat(user), kNoSuchMember) << user;
  }
  server_.HandOver();
  EXPECT_EQ(AddAgain("u2"), kNotAuthorized);
  ASSERT_EQ(Rooms({"dismiss", "multi", "r1"}).exit_code, 0);
  ASSERT_EQ(Call("create_room", CreateBody("u1", "r1")).code(), kOk);
  EXPECT_EQ(AddAgain("u2"), kNotAuthorized) << "a ban outlives the room";
  ASSERT_EQ(Rooms({"kick", "multi", "r1", "u2", "--ban", "1ms"}).exit_code, 0);
  EXPECT_TRUE(Eventually([&] { return AddAgain("u2") == kOk; })) << "a later ban replaces it";
}

TEST_F(RoomsCommand, DropsABanThatEndedWhileTheServerWasDown) {
  MakeRoom();
  ASSERT_EQ(Rooms({"kick", "multi", "r1", "u2", "--ban", "1ms"}).exit_code, 0);
  server_.Kill9();
  server_.Start();
  EXPECT_EQ(AddAgain("u2"), kOk);
}

TEST_F(RoomsCommand, RequiresTheToken) {
  const FinishedCommand stranger =
      RunToEnd({.program = ServerBinary(),
                .arguments = {"rooms", "list", "--target", server_.AddressOf("grpc")}});
  EXPECT_EQ(stranger.exit_code, 1);
  EXPECT_THAT(stranger.out, IsEmpty());
  EXPECT_THAT(stranger.err, HasSubstr("the token is missing or wrong"));
  EXPECT_EQ(server_.Terminate(), 0);
  EXPECT_THAT(server_.Log(), Not(HasSubstr("a token for tests")));
}

TEST(RoomsCommandOnASocket, FindsTheServerByItsConfiguration) {
  const TempDirectory directory;
  ServerProcess server(
      {.settings = {{"grpc.listen", "unix:" + (directory.path() / "grpc.sock").string()}}});
  ApiClient client = server.Https();
  ASSERT_EQ(client.Call("multi_room", "create_room", CreateBody("u1", "r1")).code(), kOk);
  const auto list = [&] {
    return RunToEnd({.program = ServerBinary(),
                     .arguments = {"rooms", "list", "--config", server.config_file().string()}});
  };
  EXPECT_THAT(list().out, HasSubstr("r1"));
  server.HandOver();
  EXPECT_THAT(list().out, HasSubstr("r1"));
  server.Kill9();
  EXPECT_EQ(list().exit_code, 1);
  server.Start();
  EXPECT_THAT(list().out, HasSubstr("r1")) << "the leftover file does not prevent the start";
}

TEST(RoomsCommandOnASocket, OfWorkersIsRefused) {
  const TempDirectory directory;
  ServerProcess server(
      {.settings = {{"grpc.worker_listen", "unix:" + (directory.path() / "workers").string()}}});
  const auto list = [&] {
    return RunToEnd({.program = ServerBinary(),
                     .arguments = {"rooms", "list", "--target", server.AddressOf("grpc-workers")}});
  };
  EXPECT_EQ(list().exit_code, 1);
  EXPECT_THAT(list().err, HasSubstr("this listener is for workers only"));
  server.HandOver();
  EXPECT_THAT(list().err, HasSubstr("this listener is for workers only"));
}

TEST(RoomsCommandByTls, UsesRenewedCertificatesAfterAReload) {
  const TempDirectory directory;
  const auto path = [&](const char* name) { return (directory.path() / name).string(); };
  WriteTestCertificate(path("server.pem"), path("server.key"));
  WriteTestCertificate(path("own.pem"), path("own.key"));
  ServerProcess server({.settings = {{"grpc.listen", "127.0.0.1:0"},
                                     {"grpc.tls_cert", path("server.pem")},
                                     {"grpc.tls_key", path("server.key")},
                                     {"grpc.client_ca", path("own.pem")}}});
  const auto list = [&](std::vector<std::string> options) {
    std::vector<std::string> arguments = {"rooms", "list", "--target", server.AddressOf("grpc")};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return RunToEnd({.program = ServerBinary(), .arguments = std::move(arguments)}).exit_code;
  };
  const std::vector<std::string> by_certificate = {
      "--ca", path("server.pem"), "--cert", path("own.pem"), "--key", path("own.key")};
  EXPECT_EQ(list(by_certificate), 0);
  EXPECT_EQ(list({"--ca", path("server.pem")}), 1) << "no client certificate";
  EXPECT_EQ(list({}), 1) << "no TLS";
  WriteTestCertificate(path("server.pem"), path("server.key"));
  EXPECT_EQ(list(by_certificate), 1) << "the previous certificate is still served";
  server.Signal(SIGHUP);
  ASSERT_TRUE(server.WaitForLog(R"("event":"reloaded")"));
  EXPECT_EQ(list(by_certificate), 0);
}

}  // namespace
}  // namespace rtcroom
