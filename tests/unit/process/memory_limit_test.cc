#include "daemon/process/memory_limit.h"

#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/temp_directory.h"

namespace rtcroom {
namespace {

constexpr std::uint64_t kPhysical = 8'000'000'000;

class MemoryLimitTest : public testing::Test {
 protected:
  void Write(const std::filesystem::path& file, const std::string& text) {
    std::filesystem::create_directories((root_.path() / file).parent_path());
    std::ofstream(root_.path() / file) << text;
  }
  [[nodiscard]] std::uint64_t Limit() const {
    return MemoryLimit({.own_cgroup = root_.path() / "own",
                        .cgroups = root_.path() / "cgroups",
                        .physical = kPhysical});
  }

  TempDirectory root_;
};

TEST_F(MemoryLimitTest, IsThePhysicalMemoryWithoutACgroup) { EXPECT_EQ(Limit(), kPhysical); }

TEST_F(MemoryLimitTest, IsTheMinimumOfAllEnclosingCgroups) {
  Write("own", "0::/system.slice/rtcroomd.service\n");
  Write("cgroups/system.slice/rtcroomd.service/memory.max", "max\n");
  EXPECT_EQ(Limit(), kPhysical);
  Write("cgroups/system.slice/memory.max", "300000000\n");
  EXPECT_EQ(Limit(), 300'000'000U);
  Write("cgroups/system.slice/rtcroomd.service/memory.max", "200000000\n");
  EXPECT_EQ(Limit(), 200'000'000U);
}

TEST_F(MemoryLimitTest, IsThatOfTheRootInAContainer) {
  Write("own", "0::/\n");
  Write("cgroups/memory.max", "536870912\n");
  EXPECT_EQ(Limit(), 536'870'912U);
}

TEST_F(MemoryLimitTest, FindsItsCgroupAmongVersion1Entries) {
  Write("own", "9:memory:/other\n0::/mine\n");
  Write("cgroups/other/memory.max", "1\n");
  Write("cgroups/mine/memory.max", "200000000\n");
  EXPECT_EQ(Limit(), 200'000'000U);
}

TEST_F(MemoryLimitTest, NeverExceedsThePhysicalMemory) {
  Write("own", "0::/mine\n");
  Write("cgroups/mine/memory.max", "9223372036854771712\n");
  EXPECT_EQ(Limit(), kPhysical);
}

TEST(MemoryLimit, IsFoundOnThisMachine) {
  EXPECT_GT(MemoryLimit(), 10'000'000U);
  EXPECT_LE(MemoryLimit(), MemorySources::PhysicalMemory());
}

}  // namespace
}  // namespace rtcroom
