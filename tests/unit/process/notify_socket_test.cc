#include "daemon/process/notify_socket.h"

#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/support/manager_stand_in.h"
#include "tests/support/matchers.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {
namespace {

using std::chrono::microseconds;

constexpr std::chrono::milliseconds kAtOnce{0};
constexpr pid_t kNotifiedPid = 4711;

void ExpectDelivered(const std::string& address) {
  ManagerStandIn manager(address);
  Result<NotifySocket> socket = NotifySocket::At(address);
  ASSERT_OK(socket);
  socket->Notify("READY=1\nSTATUS=serving");
  const std::optional<Notice> notice = manager.Next(kAtOnce);
  ASSERT_TRUE(notice) << "a datagram arrives immediately";
  EXPECT_EQ(notice->text, "READY=1\nSTATUS=serving");
  EXPECT_EQ(notice->sender, getpid());
}

TEST(NotifySocket, DeliversToAPath) {
  const TempDirectory directory;
  ExpectDelivered((directory.path() / "notify").string());
}

TEST(NotifySocket, DeliversToAnAbstractName) {
  ExpectDelivered("@rtcroomd-test/" + std::to_string(getpid()) + "/notify");
}

TEST(NotifySocket, DeliversToTheLongestNames) {
  ExpectDelivered("@" + std::to_string(getpid()) + std::string(100, 'n') + "/");
  std::string longest = "@" + std::to_string(getpid());
  longest.resize(108, 'x');
  ExpectDelivered(longest);
}

TEST(NotifySocket, IgnoresAMissingReceiver) {
  const TempDirectory directory;
  Result<NotifySocket> socket = NotifySocket::At((directory.path() / "nobody").string());
  ASSERT_OK(socket);
  socket->Notify("READY=1");
}

TEST(NotifySocket, RejectsInvalidAddresses) {
  for (const std::string& address : {std::string("vsock:2:1234"), std::string("notify"),
                                     "/" + std::string(107, 'n'), "@" + std::string(108, 'n')}) {
    EXPECT_ERROR(kBadRequest, NotifySocket::At(address)) << address;
  }
}

TEST(WatchdogTimeout, IsForThisProcessOnly) {
  EXPECT_EQ(*WatchdogTimeout({.watchdog_usec = "30000000", .watchdog_pid = "4711"}, kNotifiedPid),
            microseconds(30'000'000));
  EXPECT_EQ(*WatchdogTimeout({.watchdog_usec = "30000000"}, kNotifiedPid),
            microseconds(30'000'000));
  EXPECT_EQ(*WatchdogTimeout({.watchdog_usec = "30000000", .watchdog_pid = "4712"}, kNotifiedPid),
            std::nullopt);
  EXPECT_EQ(*WatchdogTimeout({.watchdog_pid = "4711"}, kNotifiedPid), std::nullopt);
}

TEST(WatchdogTimeout, RejectsInvalidTimes) {
  for (const char* const text :
       {"0", "-1", "30s", " 1", "99999999999999999999", "18446744073709551615"}) {
    EXPECT_ERROR(kBadRequest, WatchdogTimeout({.watchdog_usec = text}, kNotifiedPid)) << text;
  }
}

TEST(NotifyVariables, AreRecognizedByName) {
  EXPECT_TRUE(IsNotifyVariable("NOTIFY_SOCKET=/run/systemd/notify"));
  EXPECT_TRUE(IsNotifyVariable("WATCHDOG_USEC=1"));
  EXPECT_TRUE(IsNotifyVariable("WATCHDOG_PID=1"));
  EXPECT_FALSE(IsNotifyVariable("NOTIFY_SOCKETS=1"));
  EXPECT_FALSE(IsNotifyVariable("PATH=NOTIFY_SOCKET"));
}

}  // namespace
}  // namespace rtcroom
