#include "daemon/grpc/grpc_server.h"

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <future>
#include <string_view>
#include <thread>
#include <vector>

#include <grp.h>
#include <grpcpp/generic/generic_stub.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/http2_bytes.h"
#include "tests/support/loopback_socket.h"
#include "tests/support/raw_client.h"
#include "tests/unit/grpc/grpc_fixture.h"
#include "tests/unit/grpc/health_client.h"

namespace rtcroom {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

/// A stop that waits for it fails the test that it is part of.
constexpr std::chrono::minutes kLongerThanATest{10};

class GrpcServerTest : public GrpcTest {
 protected:
  std::string SocketPath() const { return (directory_.path() / "s").string(); }

  /// Connects to the socket in a child process of another user, without any other group.
  /// @return 0 or the error number.
  int ConnectAs(gid_t group) const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    SocketPath().copy(address.sun_path, sizeof(address.sun_path) - 1);
    const pid_t child = fork();
    if (child == 0) {  // only async-signal-safe calls after a fork
      constexpr uid_t kUser = 54'321;
      const bool is_other = setgroups(0, nullptr) == 0 && setgid(group) == 0 && setuid(kUser) == 0;
      const int client = socket(AF_UNIX, SOCK_STREAM, 0);
      const bool connected =
          is_other &&
          connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
      _exit(connected ? 0 : errno);
    }
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    return WEXITSTATUS(status);
  }

  /// A call that waits until `release`, since all callers of the pool are busy.
  std::future<grpc::Status> AskWhileAllCallersWaitFor(std::promise<void>& release) {
    const std::shared_future<void> released = release.get_future().share();
    for (std::size_t i = 0; i < RoomAdmin::kPool.callers; ++i) {
      EXPECT_TRUE(pool_.TrySubmit({.run = [released] { released.wait(); }, .expired = [] {}}));
    }
    return std::async(std::launch::async, [this] { return AskInfo(Connect()); });
  }
};

TEST_F(GrpcServerTest, AnswersOnAPort) {
  ASSERT_OK(Start(Options()));
  EXPECT_THAT(AskInfo(Connect()), HasCode(grpc::OK));
  EXPECT_THAT(server_->bound_address(), Not(HasSubstr(":0")));
}

TEST_F(GrpcServerTest, AnswersOnASocketOfItsUserAndGroup) {
  const mode_t usual = umask(077);
  const Status started = Start(Options("unix:" + SocketPath()));
  umask(usual);
  ASSERT_OK(started);
  EXPECT_THAT(AskInfo(Connect()), HasCode(grpc::OK));
  struct stat found{};
  ASSERT_EQ(stat(SocketPath().c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0660u);
  server_->Stop(milliseconds(0));
  EXPECT_NE(stat(SocketPath().c_str(), &found), 0) << "a stop removes the file";
}

TEST_F(GrpcServerTest, RefusesOtherUsersOnItsSocket) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can change the user";
  constexpr gid_t kOperators = 54'321;
  constexpr gid_t kOthers = 54'322;
  ASSERT_OK(Start(Options("unix:" + SocketPath())));
  std::filesystem::permissions(directory_.path(), std::filesystem::perms(0755));
  ASSERT_EQ(chown(SocketPath().c_str(), 0, kOperators), 0);
  EXPECT_EQ(ConnectAs(kOthers), EACCES);
  EXPECT_EQ(ConnectAs(kOperators), 0);
}

TEST_F(GrpcServerTest, GivesTheSocketOfWorkersTheGroupOfItsFolder) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can change the group";
  constexpr gid_t kWorkers = 54'323;
  const std::filesystem::path folder = directory_.path() / "workers";
  std::filesystem::create_directory(folder);
  ASSERT_EQ(chown(folder.c_str(), 0, kWorkers), 0);
  ASSERT_EQ(chmod(folder.c_str(), 02710), 0);
  GrpcServerOptions options = Options("unix:" + SocketPath());
  options.worker_listen.emplace_back("unix:" + (folder / "s").string());
  ASSERT_OK(Start(std::move(options)));
  struct stat found{};
  ASSERT_EQ(stat((folder / "s").c_str(), &found), 0);
  EXPECT_EQ(found.st_gid, kWorkers);
  EXPECT_EQ(found.st_mode & 0777, 0660u);
  server_->Stop(milliseconds(0));
  EXPECT_TRUE(std::filesystem::is_empty(folder)) << "a stop removes the file";
}

TEST_F(GrpcServerTest, ReplacesAStaleSocket) {
  ASSERT_OK(Start(Options("unix:" + SocketPath())));
  server_->Stop(milliseconds(0), SocketAfterStop::kKept);
  (void)server_->TakeSockets();  // closes it; its file still exists
  ASSERT_OK(Start(Options("unix:" + SocketPath())));
  EXPECT_THAT(AskInfo(Connect()), HasCode(grpc::OK));
}

TEST_F(GrpcServerTest, KeepsTheSocketOfAnotherServer) {
  ASSERT_OK(Start(Options("unix:" + SocketPath())));
  const std::unique_ptr<GrpcServer> other = std::move(server_);
  EXPECT_ERROR(kUnavailable, Start(Options("unix:" + SocketPath())));
  server_.reset();
  struct stat found{};
  EXPECT_EQ(stat(SocketPath().c_str(), &found), 0);
}

TEST_F(GrpcServerTest, KeepsAFileThatIsNotASocket) {
  std::ofstream(SocketPath()) << "something dear";
  const Status started = Start(Options("unix:" + SocketPath()));
  ASSERT_FALSE(started.ok());
  EXPECT_THAT(started.error().detail, HasSubstr("Address already in use"));
}

TEST_F(GrpcServerTest, ContinuesWithAnInheritedSocket) {
  for (const std::string& address : {std::string("127.0.0.1:0"), "unix:" + SocketPath()}) {
    ASSERT_OK(Start(Options(address)));
    const std::string bound = server_->bound_address();
    server_->Stop(milliseconds(0), SocketAfterStop::kKept);
    GrpcServerOptions options{.is_open_on_loopback = true};
    options.inherited = server_->TakeSockets();
    ASSERT_OK(Start(std::move(options)));
    EXPECT_EQ(server_->bound_address(), bound);
    EXPECT_THAT(AskInfo(Connect()), HasCode(grpc::OK));
  }
}

TEST_F(GrpcServerTest, ContinuesWithAnInheritedSocketOfWorkers) {
  GrpcServerOptions options = Options();
  options.worker_listen.emplace_back("unix:" + SocketPath());
  ASSERT_OK(Start(std::move(options)));
  server_->Stop(milliseconds(0), SocketAfterStop::kKept);
  options = Options();
  options.worker_inherited = server_->TakeWorkerSockets();
  ASSERT_OK(Start(std::move(options)));
  EXPECT_THAT(AskInfo(Connect(grpc::InsecureChannelCredentials(), "unix:" + SocketPath())),
              HasCode(grpc::PERMISSION_DENIED));
  EXPECT_THAT(AskInfo(Connect()), HasCode(grpc::OK));
}

TEST_F(GrpcServerTest, ServesSeveralAddresses) {
  GrpcServerOptions options = Options();
  options.listen.emplace_back("127.0.0.1:0");
  ASSERT_OK(Start(std::move(options)));
  ASSERT_EQ(server_->bound_addresses().size(), 2U);
  for (const std::string& address : server_->bound_addresses()) {
    const auto channel = grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
    EXPECT_THAT(AskInfo(channel), HasCode(grpc::OK)) << address;
  }
}

TEST_F(GrpcServerTest, ServesNotBothPortsAndSocketFiles) {
  GrpcServerOptions options = Options();
  options.listen.emplace_back("unix:" + SocketPath());
  EXPECT_ERROR(kUnavailable, Start(std::move(options)));
  server_.reset();
  EXPECT_FALSE(std::filesystem::exists(SocketPath()));
}

TEST_F(GrpcServerTest, RefusesOtherMachinesWithoutCertificates) {
  for (const char* address : {"0.0.0.0:0", "[::]:0", "192.0.2.1:0", "nowhere:0", ""}) {
    const Status started = Start(Options(address));
    ASSERT_FALSE(started.ok()) << address;
    EXPECT_THAT(started.error().detail, HasSubstr("need TLS")) << address;
  }
}

TEST_F(GrpcServerTest, RefusesLoopbackWithoutAToken) {
  for (const char* address : {"127.0.0.1:0", "[::1]:0", "localhost:0"}) {
    const Status started = Start({.listen = {address}});
    ASSERT_FALSE(started.ok()) << address;
    EXPECT_THAT(started.error().detail, HasSubstr("grpc.token")) << address;
  }
  Result<ListeningSocket> inherited = Listen("127.0.0.1:0");
  ASSERT_OK(inherited);
  GrpcServerOptions options;
  options.inherited.push_back(*std::move(inherited));
  EXPECT_ERROR(kUnavailable, Start(std::move(options)));
}

TEST_F(GrpcServerTest, ReportsAnAddressInUse) {
  ASSERT_OK(Start(Options()));
  const std::unique_ptr<GrpcServer> other = std::move(server_);
  const Status started = Start(Options(other->bound_address()));
  ASSERT_FALSE(started.ok());
  EXPECT_THAT(started.error().detail, HasSubstr(other->bound_address()));
}

TEST_F(GrpcServerTest, ReportsItsHealth) {
  ASSERT_OK(Start(Options()));
  const auto channel = Connect();
  EXPECT_EQ(CheckHealth(channel, ""), Health::kServing);
  EXPECT_EQ(CheckHealth(channel, RoomAdmin::kName), Health::kServing);
  EXPECT_EQ(CheckHealth(channel, "no.such.Service"), Health::kUnknown);
}

TEST_F(GrpcServerTest, ReportsUnhealthyBeforeItStops) {
  ASSERT_OK(Start(Options()));
  HealthWatch watch(Connect());
  ASSERT_EQ(watch.Next(), Health::kServing);
  const auto stopping = std::async(std::launch::async, [&] { server_->Stop(kLongerThanATest); });
  EXPECT_EQ(watch.Next(), Health::kNotServing);
  EXPECT_EQ(watch.Next(), Health::kGone) << "a health watcher does not delay a stop";
  EXPECT_EQ(stopping.wait_for(kWaitTimeout), std::future_status::ready);
}

TEST_F(GrpcServerTest, EndsStreamsOnceWhenItStops) {
  ASSERT_OK(Start(Options()));
  EXPECT_EQ(streams_ended_, 0);
  server_->Stop(milliseconds(0));
  server_->Stop(milliseconds(0));
  EXPECT_EQ(streams_ended_, 1);
}

TEST_F(GrpcServerTest, FinishesRunningCallsBeforeItStops) {
  ASSERT_OK(Start(Options()));
  std::promise<void> release;
  auto asked = AskWhileAllCallersWaitFor(release);
  ASSERT_TRUE(Eventually([&] { return admin_.calls_at_work() == 1; }));
  HealthWatch watch(Connect());
  ASSERT_EQ(watch.Next(), Health::kServing);
  const auto stopping = std::async(std::launch::async, [&] { server_->Stop(kWaitTimeout); });
  EXPECT_EQ(watch.Next(), Health::kNotServing);
  EXPECT_EQ(admin_.calls_at_work(), 1u);
  release.set_value();
  EXPECT_THAT(asked.get(), HasCode(grpc::OK));
}

TEST_F(GrpcServerTest, BoundsTheWaitForRunningCallsOnStop) {
  ASSERT_OK(Start(Options()));
  std::promise<void> release;
  auto asked = AskWhileAllCallersWaitFor(release);
  ASSERT_TRUE(Eventually([&] { return admin_.calls_at_work() == 1; }));
  const auto stopping = std::async(std::launch::async, [&] { server_->Stop(milliseconds(200)); });
  EXPECT_THAT(asked.get(), HasCode(grpc::UNAVAILABLE));
  release.set_value();
}

TEST_F(GrpcServerTest, StopsImmediatelyWithIdleClients) {
  ASSERT_OK(Start(Options()));
  RawClient silent(server_->bound_address());
  silent.Send(Http2Beginning());
  RawClient mute(server_->bound_address());
  // The gRPC server sends first.
  ASSERT_TRUE(Eventually([&] { return silent.IsReadable() && mute.IsReadable(); }));
  const auto stopping = std::async(std::launch::async, [&] { server_->Stop(kLongerThanATest); });
  EXPECT_EQ(stopping.wait_for(kWaitTimeout), std::future_status::ready);
}

TEST_F(GrpcServerTest, ClosesConnectionsThatStayIdle) {
  GrpcServerOptions options = Options();
  options.handshake_timeout = milliseconds(50);
  ASSERT_OK(Start(std::move(options)));
  for (const std::string_view sent : {std::string_view(), kClientPreface.substr(0, 10)}) {
    RawClient client(server_->bound_address());
    client.Send(sent);
    (void)client.ReceiveAll();
    EXPECT_TRUE(client.IsReadable()) << "closed by the server";
  }
}

TEST_F(GrpcServerTest, ClosesConnectionsWithoutHttp2) {
  ASSERT_OK(Start(Options()));
  RawClient browser(server_->bound_address());
  browser.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  (void)browser.ReceiveAll();
  EXPECT_TRUE(browser.IsReadable()) << "closed by the server";
}

TEST_F(GrpcServerTest, RefusesARequestThatIsTooLong) {
  ASSERT_OK(Start(Options()));
  grpc::ClientContext context;
  SetDeadline(context);
  v1::ListRoomsRequest request;
  request.set_page_token(std::string(70'000, 'x'));
  v1::ListRoomsResponse response;
  const auto channel = Connect();
  EXPECT_THAT(v1::RoomAdmin::NewStub(channel)->ListRooms(&context, request, &response),
              HasCode(grpc::RESOURCE_EXHAUSTED));
  EXPECT_THAT(AskInfo(channel), HasCode(grpc::OK));
}

TEST_F(GrpcServerTest, RefusesMetadataThatIsTooLong) {
  ASSERT_OK(Start(Options()));
  const auto channel = Connect();
  grpc::ClientContext context;
  SetDeadline(context);
  context.AddMetadata("x-long", std::string(10'000, 'x'));
  v1::GetServerInfoResponse response;
  EXPECT_THAT(v1::RoomAdmin::NewStub(channel)->GetServerInfo(&context, {}, &response),
              HasCode(grpc::RESOURCE_EXHAUSTED));
  EXPECT_THAT(AskInfo(Connect()), HasCode(grpc::OK))
      << "the library may have closed the connection";
}

// A few kilobytes may expand to megabytes.
TEST_F(GrpcServerTest, RefusesCompressedRequests) {
  ASSERT_OK(Start(Options()));
  grpc::ClientContext context;
  SetDeadline(context);
  context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  v1::ListRoomsRequest request;
  request.set_page_token(std::string(10'000'000, 'x'));
  v1::ListRoomsResponse response;
  EXPECT_THAT(v1::RoomAdmin::NewStub(Connect())->ListRooms(&context, request, &response),
              HasCode(grpc::UNIMPLEMENTED));
}

TEST_F(GrpcServerTest, BoundsTheOpenCallsPerConnection) {
  GrpcServerOptions options = Options();
  options.max_streams = 2;
  ASSERT_OK(Start(std::move(options)));
  const auto channel = Connect();
  HealthWatch first(channel);
  ASSERT_EQ(first.Next(), Health::kServing);
  {
    HealthWatch second(channel);
    ASSERT_EQ(second.Next(), Health::kServing);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + milliseconds(100));
    v1::GetServerInfoResponse response;
    EXPECT_THAT(v1::RoomAdmin::NewStub(channel)->GetServerInfo(&context, {}, &response),
                HasCode(grpc::DEADLINE_EXCEEDED));
  }
  EXPECT_THAT(AskInfo(channel), HasCode(grpc::OK)) << "one call has ended";
}

TEST_F(GrpcServerTest, ServesConcurrentCalls) {
  ASSERT_OK(Start(Options()));
  std::atomic<int> failed{0};
  {
    std::vector<std::jthread> callers;
    for (int i = 0; i < 8; ++i) {
      callers.emplace_back([&] {
        const auto channel = Connect();
        for (int call = 0; call < 50; ++call) failed += AskInfo(channel).ok() ? 0 : 1;
      });
    }
  }
  EXPECT_EQ(failed, 0);
}

TEST_F(GrpcServerTest, LogsNothingThatAClientSent) {
  GrpcServerOptions options = Options();
  options.token = Secret("open sesame");
  ASSERT_OK(Start(std::move(options)));
  const auto channel = Connect();
  EXPECT_THAT(AskInfo(channel, "open sesame"), HasCode(grpc::OK));
  EXPECT_THAT(AskInfo(channel, "close sesame"), HasCode(grpc::UNAUTHENTICATED));
  RawClient client(server_->bound_address());
  client.Send(Http2Beginning() +
              FrameOf(FrameType::kHeaders, kEndHeaders, 1,
                      HeaderField(":status", "sesame street") + CallHeaders("/sesame/street")));
  EXPECT_TRUE(Eventually([&] { return Log().find("grpc_library_error") != std::string::npos; }));
  EXPECT_THAT(Log(), Not(HasSubstr("sesame")));
}

}  // namespace
}  // namespace rtcroom
