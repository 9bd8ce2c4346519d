#include "daemon/process/log_folder.h"

#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/matchers.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

/// A log folder, with files outside and inside that must not be read.
class LogFolderTest : public testing::Test {
 protected:
  LogFolderTest() {
    fs::create_directories(logs_ / "old" / "older");
    Write(logs_ / "a.log", "first\nsecond\n");
    Write(logs_ / "old" / "b.log", "old\n");
    Write(outside_, "secret\n");
  }

  static void Write(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    const Result<std::vector<LogFile>> files = folder_.List();
    EXPECT_OK(files);
    for (const LogFile& file : *files) names.push_back(file.name);
    return names;
  }

  const TempDirectory directory_;
  const fs::path logs_ = directory_.path() / "logs";
  const fs::path outside_ = directory_.path() / "secret";
  const LogFolder folder_{logs_};
};

TEST_F(LogFolderTest, ReadsFilesBelowIt) {
  EXPECT_EQ(*folder_.ReadTail("a.log"), "first\nsecond\n");
  EXPECT_EQ(*folder_.ReadTail("old/b.log"), "old\n");
  Write(logs_ / "empty", "");
  EXPECT_EQ(*folder_.ReadTail("empty"), "");
}

TEST_F(LogFolderTest, ReadsNothingElse) {
  fs::create_symlink(outside_, logs_ / "link");
  fs::create_symlink("a.log", logs_ / "inner_link");
  fs::create_directory_symlink(directory_.path(), logs_ / "linked_folder");
  fs::create_directory_symlink("old", logs_ / "linked_inner_folder");
  ASSERT_EQ(::mkfifo((logs_ / "pipe").c_str(), 0600), 0);
  Write(logs_ / "%2e%2e", "odd but ours\n");
  const std::vector<std::string> names = {
      "",
      ".",
      "..",
      "/",
      "../secret",
      "../logs/a.log",
      "./a.log",
      "old/../a.log",
      "old/../../secret",
      "old/..",
      "old/.",
      "a.log/..",
      "a.log/",
      "/a.log",
      "//a.log",
      "old//b.log",
      outside_.string(),
      (logs_ / "a.log").string(),
      "/etc/passwd",
      "/dev/zero",
      "/proc/self/environ",
      "%2e%2e/secret",
      "..%2fsecret",
      "..\\secret",
      "link",
      "inner_link",
      "linked_folder/secret",
      "linked_inner_folder/b.log",
      "old",
      "old/older",
      "pipe",
      "nothing",
      "nothing/a.log",
      "a.log/b",
      std::string("a.log\0", 6),
      std::string("a.log\0.txt", 10),
      std::string("\0", 1),
      std::string(300, 'x'),
      std::string(LogFolder::kMaxNameBytes + 1, 'x'),
      "1/2/3/4/5/6/7/8/9",
      "A.LOG",
  };
  for (const std::string& name : names) {
    EXPECT_ERROR(kFileNotFound, folder_.ReadTail(name)) << testing::PrintToString(name);
  }
  EXPECT_EQ(*folder_.ReadTail("%2e%2e"), "odd but ours\n") << "names are not decoded";
}

TEST_F(LogFolderTest, DoesNotBlockOnAPipe) {
  ASSERT_EQ(::mkfifo((logs_ / "old" / "pipe").c_str(), 0600), 0);
  EXPECT_ERROR(kFileNotFound, folder_.ReadTail("old/pipe"));
}

TEST_F(LogFolderTest, OmitsNamesFromNotFoundErrors) {
  const Result<std::string> tail = folder_.ReadTail("nothing");
  EXPECT_EQ(tail.error().detail.find("nothing"), std::string::npos);
  EXPECT_EQ(tail.error().detail.find(logs_.string()), std::string::npos);
}

TEST_F(LogFolderTest, ReadsTheEndOfALongFileFromALineOn) {
  const std::string line = "0123456789abcde\n";
  std::string text = "cut off\n";
  while (text.size() <= LogFolder::kMaxTailBytes) text += line;
  Write(logs_ / "long.log", text);
  const std::string tail = *folder_.ReadTail("long.log");
  EXPECT_LE(tail.size(), LogFolder::kMaxTailBytes);
  EXPECT_GE(tail.size(), LogFolder::kMaxTailBytes - line.size());
  EXPECT_TRUE(tail.starts_with(line));
  EXPECT_TRUE(text.ends_with(tail));
}

TEST_F(LogFolderTest, ReadsTheEndOfOneLongLine) {
  Write(logs_ / "line.log", std::string(LogFolder::kMaxTailBytes + 5, 'x') + "\n");
  EXPECT_EQ(folder_.ReadTail("line.log")->size(), LogFolder::kMaxTailBytes);
}

TEST_F(LogFolderTest, ReadsAFileOfExactlyTheBoundWhole) {
  Write(logs_ / "whole.log", std::string(LogFolder::kMaxTailBytes, 'x'));
  EXPECT_EQ(folder_.ReadTail("whole.log")->size(), LogFolder::kMaxTailBytes);
}

TEST_F(LogFolderTest, ListsFilesByNameWithTheirSize) {
  Write(logs_ / "z.log", "12345");
  const Result<std::vector<LogFile>> files = folder_.List();
  ASSERT_OK(files);
  EXPECT_THAT(Names(), ElementsAre("a.log", "old/b.log", "z.log"));
  EXPECT_EQ(files->at(2).bytes, 5U);
}

TEST_F(LogFolderTest, ListsOnlyReadableFiles) {
  fs::create_symlink(outside_, logs_ / "link");
  fs::create_directory_symlink(directory_.path(), logs_ / "linked_folder");
  ASSERT_EQ(::mkfifo((logs_ / "pipe").c_str(), 0600), 0);
  Write(logs_ / "no\xFFtext", "x");
  fs::create_directories(logs_ / "1/2/3/4/5/6/7/8");
  Write(logs_ / "1/2/3/4/5/6/7/eighth", "x");
  Write(logs_ / "1/2/3/4/5/6/7/8/ninth", "x");
  EXPECT_THAT(Names(), ElementsAre("1/2/3/4/5/6/7/eighth", "a.log", "old/b.log"));
  for (const std::string& name : Names()) EXPECT_OK(folder_.ReadTail(name)) << name;
}

TEST_F(LogFolderTest, ListsABoundedNumberOfFiles) {
  for (std::size_t i = 0; i <= LogFolder::kMaxFiles; ++i) {
    Write(logs_ / ("many" + std::to_string(i)), "");
  }
  EXPECT_EQ(Names().size(), LogFolder::kMaxFiles);
}

TEST_F(LogFolderTest, IsEmptyWithoutAFolder) {
  const LogFolder none{fs::path()};
  EXPECT_THAT(*none.List(), IsEmpty());
  EXPECT_ERROR(kFileNotFound, none.ReadTail("a.log"));
}

TEST_F(LogFolderTest, ReportsAnUnreadableFolder) {
  for (const fs::path& path : {logs_ / "gone", logs_ / "a.log"}) {
    const LogFolder gone{path};
    EXPECT_ERROR(kUnavailable, gone.List());
    EXPECT_ERROR(kUnavailable, gone.ReadTail("a.log"));
    EXPECT_EQ(gone.List().error().detail.find(path.string()), std::string::npos);
  }
}

TEST_F(LogFolderTest, AcceptsASymbolicLinkAsFolder) {
  fs::create_directory_symlink(logs_, directory_.path() / "current");
  EXPECT_EQ(*LogFolder(directory_.path() / "current").ReadTail("old/b.log"), "old\n");
}

}  // namespace
}  // namespace rtcroom
