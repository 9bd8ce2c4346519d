#include "daemon/auth/made_key.h"

#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/base/atomic_file.h"
#include "daemon/base/system_random.h"
#include "tests/support/matchers.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {
namespace {

namespace fs = std::filesystem;

class MadeKey : public testing::Test {
 protected:
  Result<Secret> Load() { return LoadOrMakeKey(path_, 32, random_); }

  const TempDirectory directory_;
  const fs::path path_ = directory_.path() / "key";
  SystemRandom random_;
};

TEST_F(MadeKey, IsMadeOnce) {
  const auto made = Load();
  ASSERT_OK(made);
  EXPECT_THAT(made->Reveal(), testing::MatchesRegex("[0-9a-f]{64}"));
  EXPECT_EQ(Load()->Reveal(), made->Reveal());
}

TEST_F(MadeKey, IsReadableByItsOwnerOnly) {
  ASSERT_OK(Load());
  EXPECT_EQ(fs::status(path_).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(MadeKey, IsTheFirstLineOfItsFile) {
  ASSERT_OK(WriteFileAtomically(path_, "one\r\ntwo\n", 0600, random_));
  EXPECT_EQ(Load()->Reveal(), "one");
}

TEST_F(MadeKey, ReplacesAnEmptyFile) {
  ASSERT_OK(WriteFileAtomically(path_, "\n", 0600, random_));
  EXPECT_EQ(Load()->Reveal().size(), 64U);
}

TEST_F(MadeKey, NamesAPathThatCannotBeWritten) {
  const auto refused = LoadOrMakeKey(directory_.path() / "none" / "key", 32, random_);
  EXPECT_ERROR(kUnavailable, refused);
  EXPECT_THAT(refused.error().detail, testing::HasSubstr("none"));
}

}  // namespace
}  // namespace rtcroom
