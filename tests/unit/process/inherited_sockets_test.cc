#include "daemon/process/inherited_sockets.h"

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/grpc/grpc_address.h"
#include "tests/support/matchers.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr pid_t kOwnPid = 4711;
/// A descriptor number that is unused in tests.
constexpr int kFirst = 200;

/// Places a descriptor at the number of the next inherited one, as systemd does: blocking and open
/// across execve.
void Pass(int descriptor, int index) {
  ASSERT_EQ(dup2(descriptor, kFirst + index), kFirst + index);
}

/// @return the bound address.
std::string PassListening(const std::string& address, int index) {
  const Result<ListeningSocket> socket = Listen(address);
  EXPECT_OK(socket);
  EXPECT_EQ(fcntl(socket->socket.get(), F_SETFL, 0), 0);
  Pass(socket->socket.get(), index);
  return socket->address;
}

Environment Variables(const std::string& count, const std::string& names) {
  return {
      {"LISTEN_PID", std::to_string(kOwnPid)}, {"LISTEN_FDS", count}, {"LISTEN_FDNAMES", names}};
}

Result<InheritedSockets> Inherit(const Environment& environment) {
  return InheritedSockets::FromEnvironment(environment, kOwnPid, kFirst);
}

/// The socket of a listener with one address, or none.
std::optional<ListeningSocket> Take(InheritedSockets& inherited, std::string_view name,
                                    const std::string& address) {
  InheritedSockets::Taken taken = inherited.Take(name, {{address}});
  if (taken.sockets.empty()) return std::nullopt;
  return std::move(taken.sockets.front());
}

TEST(InheritedSockets, AreNoneWithoutTheVariables) {
  Result<InheritedSockets> none = Inherit({});
  ASSERT_OK(none);
  EXPECT_FALSE(Take(*none, "https", "127.0.0.1:1").has_value());
  EXPECT_OK(none->CheckAllTaken());
}

TEST(InheritedSockets, AreIgnoredIfForAnotherProcess) {
  Result<InheritedSockets> others =
      Inherit({{"LISTEN_PID", "1"}, {"LISTEN_FDS", "1"}, {"LISTEN_FDNAMES", "https"}});
  ASSERT_OK(others);
  EXPECT_OK(others->CheckAllTaken());
}

TEST(InheritedSockets, AreFoundByName) {
  const std::string http = PassListening("127.0.0.1:0", 0);
  const std::string https = PassListening("127.0.0.1:0", 1);
  Result<InheritedSockets> inherited = Inherit(Variables("2", "http:https"));
  ASSERT_OK(inherited);
  const auto taken = Take(*inherited, "https", "0.0.0.0:5757");
  ASSERT_TRUE(taken.has_value());
  EXPECT_EQ(taken->address, https);
  EXPECT_FALSE(Take(*inherited, "https", "0.0.0.0:5757").has_value()) << "each is taken once";
  EXPECT_EQ(Take(*inherited, "http", "")->address, http);
  EXPECT_OK(inherited->CheckAllTaken());
}

TEST(InheritedSockets, AreFoundByAddressIfTheirNamesAreUnknown) {
  const std::string address = PassListening("127.0.0.1:0", 0);
  Result<InheritedSockets> inherited = Inherit(Variables("1", "rtcroomd.socket"));
  ASSERT_OK(inherited);
  EXPECT_FALSE(Take(*inherited, "http", "").has_value());
  EXPECT_FALSE(Take(*inherited, "http", "127.0.0.1:1").has_value());
  EXPECT_EQ(Take(*inherited, "https", address)->address, address);
}

TEST(InheritedSockets, MayBeSeveralOfOneListener) {
  const std::string one = PassListening("127.0.0.1:0", 0);
  const std::string two = PassListening("127.0.0.1:0", 1);
  Result<InheritedSockets> named = Inherit(Variables("2", "http:http"));
  ASSERT_OK(named);
  InheritedSockets::Taken taken = named->Take("http", std::vector<std::string>{"127.0.0.1:1"});
  EXPECT_EQ(taken.sockets.size(), 2U);
  EXPECT_TRUE(taken.missing.empty()) << "the named ones replace what is configured";

  for (int index = 0; index < 2; ++index) {
    Pass(taken.sockets.at(static_cast<std::size_t>(index)).socket.get(), index);
  }
  Result<InheritedSockets> bound = Inherit(Variables("2", "a:b"));
  ASSERT_OK(bound);
  taken = bound->Take("http", std::vector<std::string>{one, "127.0.0.1:1"});
  ASSERT_EQ(taken.sockets.size(), 1U);
  EXPECT_EQ(taken.sockets.front().address, one);
  EXPECT_EQ(taken.missing, std::vector<std::string>{"127.0.0.1:1"});
  EXPECT_FALSE(bound->CheckAllTaken().ok()) << two;
}

TEST(InheritedSockets, MayBeUnixSocketsForGrpcOnly) {
  const TempDirectory directory;
  const std::string address = "unix:" + (directory.path() / "s").string();
  {
    const Result<ListeningSocket> listening = ListenForGrpc(address);
    ASSERT_OK(listening);
    Pass(listening->socket.get(), 0);
    Pass(listening->socket.get(), 1);
  }
  Result<InheritedSockets> inherited = Inherit(Variables("2", "grpc:https"));
  ASSERT_OK(inherited);
  EXPECT_FALSE(Take(*inherited, "https", "").has_value());
  EXPECT_EQ(Take(*inherited, "grpc", "127.0.0.1:1")->address, address) << "by its name";
  EXPECT_FALSE(Take(*inherited, "http", address).has_value());
  EXPECT_EQ(Take(*inherited, "grpc-workers", address)->address, address) << "by its address";
  EXPECT_OK(inherited->CheckAllTaken());
}

TEST(InheritedSockets, NeedNoNames) {
  const std::string address = PassListening("127.0.0.1:0", 0);
  Environment environment = Variables("1", "");
  environment.erase("LISTEN_FDNAMES");
  Result<InheritedSockets> inherited = Inherit(environment);
  ASSERT_OK(inherited);
  EXPECT_TRUE(Take(*inherited, "https", address).has_value());
}

TEST(InheritedSockets, AreNonBlockingAndCloseOnExec) {
  PassListening("127.0.0.1:0", 0);
  Result<InheritedSockets> inherited = Inherit(Variables("1", "https"));
  ASSERT_OK(inherited);
  const auto taken = Take(*inherited, "https", "");
  ASSERT_TRUE(taken.has_value());
  EXPECT_NE(fcntl(taken->socket.get(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(fcntl(taken->socket.get(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST(InheritedSockets, AreReportedIfUnused) {
  const std::string address = PassListening("127.0.0.1:0", 0);
  const Result<InheritedSockets> inherited = Inherit(Variables("1", "gopher"));
  ASSERT_OK(inherited);
  const Status left = inherited->CheckAllTaken();
  ASSERT_FALSE(left.ok());
  EXPECT_THAT(left.error().detail,
              AllOf(HasSubstr("descriptor 200"), HasSubstr("gopher"), HasSubstr(address)));
}

TEST(InheritedSockets, MustBeListeningTcpSockets) {
  const std::vector<std::pair<int, std::string>> wrong = {
      {open("/dev/null", O_RDONLY | O_CLOEXEC), "descriptor 200: not a stream socket"},
      {socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "descriptor 200: not a stream socket"},
      {socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "descriptor 200: not listening"},
      {socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "descriptor 200: not listening"},
  };
  for (const auto& [descriptor, complaint] : wrong) {
    Pass(descriptor, 0);
    close(descriptor);
    const Result<InheritedSockets> inherited = Inherit(Variables("1", "https"));
    ASSERT_FALSE(inherited.ok());
    EXPECT_THAT(inherited.error().detail, HasSubstr(complaint));
  }
  const Result<InheritedSockets> missing = Inherit(Variables("1", "https"));
  ASSERT_FALSE(missing.ok());
  EXPECT_THAT(missing.error().detail, HasSubstr("descriptor 200: not open"));
}

TEST(InheritedSockets, MustHaveValidCountAndNames) {
  for (const char* count : {"", "one", "-1", "1x", "100000"}) {
    EXPECT_ERROR(kUnavailable, Inherit(Variables(count, "https"))) << count;
  }
  const Result<InheritedSockets> short_of_names = Inherit(Variables("2", "https"));
  ASSERT_FALSE(short_of_names.ok());
  EXPECT_THAT(short_of_names.error().detail, HasSubstr("1 names for 2 sockets"));
}

TEST(ListenVariables, AreRecognizedByName) {
  EXPECT_TRUE(IsListenVariable("LISTEN_PID=1"));
  EXPECT_TRUE(IsListenVariable("LISTEN_FDS=1"));
  EXPECT_TRUE(IsListenVariable("LISTEN_FDNAMES="));
  EXPECT_FALSE(IsListenVariable("LISTEN_PIDS=1"));
  EXPECT_FALSE(IsListenVariable("PATH=/bin"));
}

TEST(ListenVariables, AreRemovedForChildren) {
  // NOLINTBEGIN(concurrency-mt-unsafe): there is one thread
  setenv("LISTEN_FDS", "1", 1);
  UnsetListenVariables();
  EXPECT_EQ(getenv("LISTEN_FDS"), nullptr);
  // NOLINTEND(concurrency-mt-unsafe)
}

}  // namespace
}  // namespace rtcroom
