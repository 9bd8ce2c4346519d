// A server out of file descriptors stays alive, does not spin, and recovers at once.
#include <chrono>
#include <cstddef>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "tests/e2e/room_calls.h"
#include "tests/support/process_stats.h"
#include "tests/support/raw_client.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::string_view kAnyTarget = "/weapp/double_room/get_room_list";
constexpr std::string_view kAnyBody = R"({"index":0,"cnt":1})";

/// Lowers another process's limit of open files until the end of the scope.
class DescriptorLimit {
 public:
  DescriptorLimit(pid_t process, std::size_t most) : process_(process) {
    ::prlimit(process_, RLIMIT_NOFILE, nullptr, &usual_);
    const rlimit lowered{.rlim_cur = most, .rlim_max = usual_.rlim_max};
    EXPECT_EQ(::prlimit(process_, RLIMIT_NOFILE, &lowered, nullptr), 0);
  }
  ~DescriptorLimit() { ::prlimit(process_, RLIMIT_NOFILE, &usual_, nullptr); }
  DescriptorLimit(const DescriptorLimit&) = delete;
  DescriptorLimit& operator=(const DescriptorLimit&) = delete;

 private:
  const pid_t process_;
  rlimit usual_{};
};

TEST(Descriptors, ExhaustionIsSurvivedRepeatedly) {
  constexpr int kRounds = 5;
  constexpr std::size_t kSpare = 6;
  constexpr std::size_t kClients = 40;
  constexpr milliseconds kExhausted{500};
  // Of one core: a spinning server uses all of it, or as much as the machine has free.
  constexpr double kIdleShare = 0.3;
  ServerProcess server({.settings = {{"store.url", "memory:"}, {"log.level", "info"}}});
  const pid_t process = server.child().pid();
  const std::size_t base = OpenDescriptorsOf(process);
  const DescriptorLimit limit(process, base + kSpare);

  for (int round = 0; round < kRounds; ++round) {
    {
      std::vector<RawClient> clients;
      clients.reserve(kClients);
      for (std::size_t i = 0; i < kClients; ++i) clients.emplace_back(server.AddressOf("http"));
      ASSERT_TRUE(Eventually([&] { return OpenDescriptorsOf(process) > base; }));
      const auto begun = steady_clock::now();
      const milliseconds before = CpuTimeOf(process);
      std::this_thread::sleep_for(kExhausted);  // long enough for spinning to show
      const milliseconds used = CpuTimeOf(process) - before;
      EXPECT_LT(used, kIdleShare * (steady_clock::now() - begun)) << "round " << round;
    }
    RawClient client(server.AddressOf("http"));
    client.Send(RawPost(kAnyTarget, kAnyBody));
    EXPECT_EQ(client.Receive().code(), kOk) << "round " << round;
  }
}

}  // namespace
}  // namespace rtcroom
