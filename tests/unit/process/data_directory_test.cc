#include "daemon/process/data_directory.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/matchers.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {
namespace {

using testing::HasSubstr;

TEST(DataDirectory, IsCreatedForItsOwnerOnlyIfMissing) {
  const TempDirectory temp;
  const std::filesystem::path path = temp.path() / "a" / "b";
  const auto directory = DataDirectory::Open(path);
  ASSERT_OK(directory);
  EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms::owner_all);
}

TEST(DataDirectory, IsLockedByOneProcess) {
  const TempDirectory temp;
  {
    const auto first = DataDirectory::Open(temp.path());
    ASSERT_OK(first);
    const auto second = DataDirectory::Open(temp.path());
    ASSERT_FALSE(second.ok());
    EXPECT_THAT(second.error().detail, HasSubstr("in use by another process"));
  }
  EXPECT_OK(DataDirectory::Open(temp.path()));
}

TEST(DataDirectory, NamesAnUnusablePath) {
  const TempDirectory temp;
  std::ofstream(temp.path() / "file").put('x');
  const auto directory = DataDirectory::Open(temp.path() / "file" / "data");
  ASSERT_FALSE(directory.ok());
  EXPECT_THAT(directory.error().detail, HasSubstr((temp.path() / "file" / "data").string()));
}

}  // namespace
}  // namespace rtcroom
