// The commands against a gRPC server in this process.
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "daemon/base/system_clock.h"
#include "daemon/grpc/grpc_admin_server.h"
#include "tests/support/service_fixture.h"
#include "tests/support/test_certificate.h"
#include "tests/unit/cli/cli_fixture.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// Rooms to query.
class Rooms : public ServiceFixture {
 public:
  void TestBody() override {}

  void Create(const std::string& id, const std::string& creator, RoomKind kind = RoomKind::kMulti) {
    EXPECT_OK(CreateRoom(ServiceFixture::Create(id, creator, kind)));
  }
  void Add(const std::string& id, const std::string& user) {
    EXPECT_OK(AddNow(rooms_, ServiceFixture::Add(Key(id), user)));
  }
  std::vector<std::string> UsersIn(const std::string& id) {
    return ServiceFixture::UsersIn(Key(id));
  }
  [[nodiscard]] Status TryToAdd(const std::string& id, const std::string& user) {
    return AddNow(rooms_, ServiceFixture::Add(Key(id), user));
  }
  void Record(const std::string& file, const std::string& room, const std::string& user) {
    const Recording recording{
        .file = file,
        .owner = StreamOwner{.room = Key(room), .room_number = 1, .user_id = {user}},
        .bytes = 5,
        .ended_at = kNoon};
    EXPECT_OK(sqlite_.recordings().PutRecordings({&recording, 1}));
  }
  Store& store() { return store_; }
  RecordingStore& recordings() { return sqlite_.recordings(); }
  RoomService& service() { return rooms_; }
  void Advance(std::chrono::milliseconds by) { clock_.Advance(by); }
};

class RoomsCommands : public CliTest {
 protected:
  void TearDown() override { server_.reset(); }

  /// Starts the server and sets its address in the configuration of the commands.
  void Serve(GrpcServerOptions options = {}) {
    if (options.listen.empty()) options.listen = {"unix:" + (directory_.path() / "s").string()};
    server_ = std::make_unique<GrpcAdminServer>(
        std::move(options), GrpcAdminServerDeps{.store = rooms_.store(),
                                                .recordings = rooms_.recordings(),
                                                .rooms = rooms_.service(),
                                                .end_logins =
                                                    [this](const UserId& user_id) {
                                                      logged_out_.push_back(user_id);
                                                      return Status();
                                                    },
                                                .facts = {.version = "1",
                                                          .started_at = kNoon,
                                                          .pushers = [] { return 0; },
                                                          .watchers = [] { return 0; }},
                                                .clock = system_clock_,
                                                .logger = logger_});
    ASSERT_OK(server_->Start());
    environment_["RTCROOMD_GRPC_LISTEN"] = server_->bound_address();
  }
  int RunRooms(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "rooms");
    return Run(arguments);
  }
  std::vector<std::string> Lines() {
    std::vector<std::string> lines;
    std::istringstream text(out());
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    return lines;
  }

  Rooms rooms_;
  SystemClock system_clock_;
  Logger logger_{LogFormat::kText, LogLevel::kError};
  std::vector<UserId> logged_out_;
  std::unique_ptr<GrpcAdminServer> server_;
};

TEST_F(RoomsCommands, ListEachRoomOnALine) {
  Serve();
  EXPECT_EQ(RunRooms({"list"}), kExitOk);
  EXPECT_EQ(Lines().size(), 1u) << "the head alone";
  rooms_.Create("r1", "u1");
  rooms_.Create("r2", "u2", RoomKind::kLive);
  EXPECT_EQ(RunRooms({"list"}), kExitOk);
  ASSERT_EQ(Lines().size(), 3u);
  EXPECT_THAT(Lines()[1], HasSubstr("r1"));
  EXPECT_THAT(Lines()[2], HasSubstr("r2"));
  EXPECT_EQ(RunRooms({"list", "--kind", "live"}), kExitOk);
  EXPECT_THAT(out(), Not(HasSubstr("r1")));
  EXPECT_THAT(out(), HasSubstr("r2"));
}

TEST_F(RoomsCommands, ListAllPages) {
  Serve();
  for (int i = 0; i < 450; ++i) rooms_.Create("r" + std::to_string(i), "u1");
  EXPECT_EQ(RunRooms({"list", "--json"}), kExitOk);
  const std::vector<std::string> lines = Lines();
  ASSERT_EQ(lines.size(), 450u);
  EXPECT_EQ(nlohmann::json::parse(lines[0])["room"]["room_id"], "r0");
  EXPECT_EQ(nlohmann::json::parse(lines[449])["room"]["room_id"], "r449");
}

TEST_F(RoomsCommands, ListRecordings) {
  Serve();
  EXPECT_EQ(Run({"recordings", "list"}), kExitOk);
  EXPECT_EQ(Lines().size(), 1u) << "the head alone";
  for (int i = 0; i < 250; ++i) rooms_.Record("a" + std::to_string(i), "r1", "bob");
  rooms_.Record("last\x1b.flv", "r2", "amy");
  EXPECT_EQ(Run({"recordings", "list", "--json"}), kExitOk);
  ASSERT_EQ(Lines().size(), 251u);
  EXPECT_EQ(nlohmann::json::parse(Lines()[0])["user_id"], "amy");
  EXPECT_EQ(nlohmann::json::parse(Lines()[0])["bytes"], "5");
  EXPECT_EQ(Run({"recordings", "list", "--room", "r2", "--user", "amy", "--kind", "multi"}),
            kExitOk);
  ASSERT_EQ(Lines().size(), 2u);
  EXPECT_THAT(Lines()[1], HasSubstr("last"));
  EXPECT_THAT(Lines()[1], HasSubstr("2023-11-14T22:13:20Z"));
  EXPECT_THAT(Lines()[1], Not(HasSubstr("\x1b")));
  EXPECT_EQ(Run({"recordings", "list", "--user", "a b"}), kExitUsage);
  EXPECT_THAT(err(), HasSubstr("recordings: user_id: "));
}

TEST_F(RoomsCommands, ShowARoom) {
  Serve();
  rooms_.Create("r1", "u1");
  rooms_.Add("r1", "u2");
  EXPECT_EQ(RunRooms({"show", "multi", "r1"}), kExitOk);
  EXPECT_THAT(out(), HasSubstr("u2"));
  EXPECT_EQ(RunRooms({"show", "multi", "r1", "--json"}), kExitOk);
  EXPECT_EQ(nlohmann::json::parse(out())["pushers"][1]["user_id"], "u2");
}

TEST_F(RoomsCommands, ReportAMissingRoomOrPusher) {
  Serve();
  rooms_.Create("r1", "u1");
  for (const char* command : {"show", "dismiss"}) {
    EXPECT_EQ(RunRooms({command, "live", "r1"}), kExitFailed);
    EXPECT_EQ(err(), "rooms: there is no such room\n");
  }
  EXPECT_EQ(RunRooms({"kick", "multi", "r1", "u2"}), kExitFailed);
  EXPECT_EQ(err(), "rooms: the user is no pusher of the room\n");
}

TEST_F(RoomsCommands, DismissARoom) {
  Serve();
  rooms_.Create("r1", "u1");
  EXPECT_EQ(RunRooms({"dismiss", "multi", "r1"}), kExitOk);
  EXPECT_EQ(out(), "dismissed\n");
  EXPECT_THAT(rooms_.UsersIn("r1"), IsEmpty());
}

TEST_F(RoomsCommands, LogAUserOut) {
  Serve();
  EXPECT_EQ(Run({"users", "logout", "u1"}), kExitOk);
  EXPECT_EQ(out(), "logged out\n");
  EXPECT_EQ(Run({"users", "logout", "a user"}), kExitUsage);
  EXPECT_THAT(err(), testing::StartsWith("users: "));
  EXPECT_THAT(logged_out_, testing::ElementsAre(UserId{"u1"}));
}

TEST_F(RoomsCommands, KickAPusher) {
  Serve();
  rooms_.Create("r1", "u1");
  rooms_.Add("r1", "u2");
  EXPECT_EQ(RunRooms({"kick", "multi", "r1", "u2"}), kExitOk);
  EXPECT_EQ(out(), "kicked\n");
  EXPECT_THAT(rooms_.UsersIn("r1"), ElementsAre("u1"));
  EXPECT_EQ(RunRooms({"kick", "multi", "r1", "u1"}), kExitOk);
  EXPECT_EQ(out(), "kicked; the room has ended with it\n");
}

TEST_F(RoomsCommands, BanAUser) {
  Serve();
  rooms_.Create("r1", "u1");
  EXPECT_EQ(RunRooms({"kick", "multi", "r1", "u2", "--ban", "1500ms"}), kExitOk);
  EXPECT_EQ(out(), "was not in the room; kept out until 2023-11-14T22:13:21Z\n");
  EXPECT_ERROR(kNotAllowed, rooms_.TryToAdd("r1", "u2"));
  rooms_.Advance(std::chrono::milliseconds(1499));
  EXPECT_ERROR(kNotAllowed, rooms_.TryToAdd("r1", "u2"));
  rooms_.Advance(std::chrono::milliseconds(1));
  EXPECT_OK(rooms_.TryToAdd("r1", "u2"));
  EXPECT_EQ(RunRooms({"kick", "multi", "r1", "u2", "--ban", "366d", "--json"}), kExitOk);
  EXPECT_EQ(nlohmann::json::parse(out())["was_pusher"], true);
}

TEST_F(RoomsCommands, RejectInvalidArguments) {
  Serve();
  for (const std::vector<std::string>& wrong : std::vector<std::vector<std::string>>{
           {},
           {"show"},
           {"show", "multi"},
           {"show", "seminar", "r1"},
           {"show", "multi", "a b"},
           {"list", "--kind", "1"},
           {"kick", "multi", "r1"},
           {"kick", "multi", "r1", ""},
           {"kick", "multi", "r1", "u1", "--ban", "soon"},
           {"kick", "multi", "r1", "u1", "--ban", "0s"},
           {"kick", "multi", "r1", "u1", "--ban", "367d"},
           {"kick", "multi", "r1", "u1", "--token", "t"},
           {"list", "--target", "nowhere"},
           {"list", "--target", ":1"},
           {"list", "--target", "unix:"},
           {"list", "--cert", "c"},
           {"list", "--ca", "/nowhere/ca.pem"},
           {"list", "--config", "/nowhere/rtcroomd.toml"},
       }) {
    EXPECT_EQ(RunRooms(wrong), kExitUsage) << testing::PrintToString(wrong);
    EXPECT_THAT(err(), Not(IsEmpty())) << testing::PrintToString(wrong);
    EXPECT_THAT(out(), IsEmpty()) << testing::PrintToString(wrong);
  }
}

TEST_F(RoomsCommands, ReportAnUnreachableServer) {
  environment_ = {{"RTCROOMD_GRPC_LISTEN", "unix:" + (directory_.path() / "nobody").string()}};
  EXPECT_EQ(RunRooms({"list"}), kExitFailed);
  EXPECT_THAT(err(), HasSubstr("rooms: "));
}

TEST_F(RoomsCommands, RequireATargetIfTheAddressIsNotConfigured) {
  environment_ = {{"RTCROOMD_GRPC_LISTEN", ""}};
  EXPECT_EQ(RunRooms({"list"}), kExitUsage);
  EXPECT_THAT(err(), HasSubstr("grpc.listen: off"));
  environment_ = {{"RTCROOMD_GRPC_LISTEN", "127.0.0.1:0"}};
  EXPECT_EQ(RunRooms({"list", "--dev"}), kExitUsage);
  EXPECT_THAT(err(), HasSubstr("--target"));
}

TEST_F(RoomsCommands, UseThePackagedSocketByDefault) {
  environment_ = {};
  EXPECT_EQ(RunRooms({"list", "--ca", "/nowhere/ca.pem"}), kExitUsage);
  EXPECT_THAT(err(), HasSubstr("/nowhere/ca.pem")) << "the address needs no other option";
  environment_ = {{"RTCROOMD_GRPC_LISTEN", "127.0.0.1:1"}};
  EXPECT_EQ(RunRooms({"list"}), kExitUsage);
  EXPECT_THAT(err(), HasSubstr("grpc.token")) << "the same rule as the server's";
}

TEST_F(RoomsCommands, FindAServerInDevMode) {
  Serve({.listen = {"127.0.0.1:0"}, .is_open_on_loopback = true});
  EXPECT_EQ(RunRooms({"list", "--dev"}), kExitOk) << err();
}

TEST_F(RoomsCommands, FindAServerInDevModeByItsPort) {
  Serve({.listen = {"127.0.0.1:0"}, .is_open_on_loopback = true});
  environment_.erase("RTCROOMD_GRPC_LISTEN");
  const std::string address = server_->bound_address();
  const int port = std::stoi(address.substr(address.rfind(':') + 1));
  EXPECT_EQ(RunRooms({"list", "--dev", "--port", std::to_string(port - 2)}), kExitOk) << err();
}

TEST_F(RoomsCommands, ConnectToTheGivenTarget) {
  Serve({.listen = {"127.0.0.1:0"}, .is_open_on_loopback = true});
  environment_.erase("RTCROOMD_GRPC_LISTEN");
  EXPECT_EQ(RunRooms({"list", "--target", server_->bound_address()}), kExitOk);
}

TEST_F(RoomsCommands, ReadTheTokenFromTheConfiguration) {
  Serve({.token = Secret("a token for tests")});
  EXPECT_EQ(RunRooms({"list"}), kExitFailed);
  EXPECT_EQ(err(), "rooms: the token is missing or wrong\n");
  environment_["RTCROOMD_GRPC_TOKEN_FILE"] = MakeFile("token", "a token for tests\n");
  EXPECT_EQ(RunRooms({"list"}), kExitOk);
  const std::string config = MakeFile("c.toml", "[grpc]\ntoken = 'a token for tests'\n");
  environment_.erase("RTCROOMD_GRPC_TOKEN_FILE");
  EXPECT_EQ(RunRooms({"list", "--config", config}), kExitOk);
}

TEST_F(RoomsCommands, RefuseRemoteTargetsWithoutTls) {
  EXPECT_EQ(RunRooms({"list", "--target", "192.0.2.1:5759"}), kExitUsage);
  EXPECT_THAT(err(), HasSubstr("TLS"));
  EXPECT_EQ(RunRooms({"list", "--target", "rooms.example.com:5759"}), kExitUsage);
}

TEST_F(RoomsCommands, PresentTheirCertificateAndVerifyTheServer) {
  const auto path = [&](const char* name) { return (directory_.path() / name).string(); };
  WriteTestCertificate(path("server.pem"), path("server.key"));
  WriteTestCertificate(path("own.pem"), path("own.key"));
  Serve({.listen = {"127.0.0.1:0"},
         .tls = {
             .cert = path("server.pem"), .key = path("server.key"), .client_ca = path("own.pem")}});
  environment_.clear();
  const std::string target = server_->bound_address();
  const std::vector<std::string> with_certificate = {
      "list", "--target", target, "--cert", path("own.pem"), "--key", path("own.key")};
  const auto and_ca = [&](std::string ca) {
    std::vector<std::string> arguments = with_certificate;
    arguments.insert(arguments.end(), {"--ca", std::move(ca)});
    return arguments;
  };
  EXPECT_EQ(RunRooms(and_ca(path("server.pem"))), kExitOk) << err();
  EXPECT_EQ(RunRooms(and_ca(path("own.pem"))), kExitFailed)
      << "not the CA of the server's certificate";
  EXPECT_EQ(RunRooms({"list", "--target", target, "--ca", path("server.pem")}), kExitFailed)
      << "no client certificate";
  environment_["RTCROOMD_GRPC_TLS_CERT"] = path("server.pem");
  environment_["RTCROOMD_GRPC_TLS_KEY"] = path("server.key");
  EXPECT_EQ(RunRooms(with_certificate), kExitOk) << "the server's own is trusted: " << err();
}

}  // namespace
}  // namespace rtcroom
