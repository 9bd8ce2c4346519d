#include "daemon/process/scoped_file_owner.h"

#include <cstddef>
#include <vector>

#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/support/temp_directory.h"

namespace rtcroom {
namespace {

using testing::IsEmpty;

std::vector<gid_t> Groups() {
  std::vector<gid_t> groups(static_cast<std::size_t>(::getgroups(0, nullptr)));
  EXPECT_EQ(::getgroups(static_cast<int>(groups.size()), groups.data()),
            static_cast<int>(groups.size()));
  return groups;
}

/// As root, with supplementary groups.
class ActingOwnerTest : public testing::Test {
 protected:
  static constexpr uid_t kOwner = 47'110;
  static constexpr gid_t kGroup = 47'111;

  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to act as another user";
    const std::vector<gid_t> ours = {0, 47'112};
    ASSERT_EQ(::setgroups(ours.size(), ours.data()), 0);
  }
  void TearDown() override {
    if (::geteuid() == 0) ::setgroups(before_.size(), before_.data());
  }

  const std::vector<gid_t> before_ = Groups();
  const TempDirectory directory_;
};

TEST_F(ActingOwnerTest, HasOnlyTheGroupOfTheDirectory) {
  ASSERT_EQ(::chown(directory_.path().c_str(), kOwner, kGroup), 0);
  const std::vector<gid_t> groups = Groups();
  {
    const auto owner = ScopedFileOwner::ForPath(directory_.path() / "file");
    ASSERT_TRUE(owner);
    EXPECT_EQ(::geteuid(), kOwner);
    EXPECT_EQ(::getegid(), kGroup);
    EXPECT_THAT(Groups(), IsEmpty());
  }
  EXPECT_EQ(::geteuid(), 0U);
  EXPECT_EQ(::getegid(), 0U);
  EXPECT_EQ(Groups(), groups);
}

TEST_F(ActingOwnerTest, IsRootWhereRootOwnsTheDirectory) {
  const std::vector<gid_t> groups = Groups();
  const auto owner = ScopedFileOwner::ForPath(directory_.path());
  ASSERT_TRUE(owner);
  EXPECT_EQ(::geteuid(), 0U);
  EXPECT_EQ(Groups(), groups);
}

}  // namespace
}  // namespace rtcroom
