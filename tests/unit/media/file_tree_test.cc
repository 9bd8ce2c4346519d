#include "daemon/media/file_tree.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/matchers.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

class FileTreeTest : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(root_); }

  static void Write(const fs::path& file, const std::string& content = "12345") {
    fs::create_directories(file.parent_path());
    std::ofstream(file) << content;
  }
  /// The path in the folder, or the reason of the error.
  std::string Found(const std::string& path) const {
    const Result<FileTree::File> found = tree_.Find(path);
    return found ? found->path : found.error().detail;
  }
  std::vector<std::string> Visited() const {
    std::vector<std::string> paths;
    EXPECT_OK(tree_.Visit([&](const FileTree::File& file) {
      paths.push_back(file.path);
      return true;
    }));
    return paths;
  }

  TempDirectory directory_;
  const fs::path outside_ = fs::canonical(directory_.path()) / "outside.flv";
  const fs::path root_ = fs::canonical(directory_.path()) / "root";
  const FileTree tree_{root_.string()};
};

TEST_F(FileTreeTest, FindsFilesByAbsolutePathAndByPathInTheFolder) {
  Write(root_ / "2023/a b.flv");
  const Result<FileTree::File> found = tree_.Find((root_ / "2023/a b.flv").string());
  ASSERT_OK(found);
  EXPECT_EQ(found->path, "2023/a b.flv");
  EXPECT_EQ(found->bytes, 5u);
  const auto age = std::chrono::system_clock::now() - found->written_at;
  EXPECT_LT(age, std::chrono::hours(1));
  EXPECT_EQ(*tree_.Find("2023/a b.flv"), *found);
  EXPECT_EQ(*tree_.Find("./2023//../2023/a b.flv"), *found);
}

TEST_F(FileTreeTest, RefusesPathsOutside) {
  Write(outside_);
  Write(root_.string() + "-too/a.flv");
  for (const std::string& path :
       {outside_.string(), std::string("../outside.flv"), (root_ / "../outside.flv").string(),
        root_.string() + "-too/a.flv", std::string("/etc/passwd"), std::string("/"),
        directory_.path().string()}) {
    EXPECT_EQ(Found(path), "outside of the folder") << path;
  }
}

TEST_F(FileTreeTest, RefusesLinksThatLeadOutside) {
  Write(outside_);
  fs::create_symlink(outside_, root_ / "link.flv");
  fs::create_directory_symlink(directory_.path(), root_ / "up");
  EXPECT_EQ(Found("link.flv"), "outside of the folder");
  EXPECT_EQ(Found((root_ / "up/outside.flv").string()), "outside of the folder");
  EXPECT_THAT(Visited(), UnorderedElementsAre());
}

TEST_F(FileTreeTest, ALinkInsideNamesTheRealFile) {
  Write(root_ / "a.flv");
  fs::create_symlink("a.flv", root_ / "b.flv");
  fs::create_directory_symlink(root_, directory_.path() / "other name");
  EXPECT_EQ(Found("b.flv"), "a.flv");
  EXPECT_EQ(Found((directory_.path() / "other name/a.flv").string()), "a.flv");
  EXPECT_EQ(
      FileTree((directory_.path() / "other name").string()).Find((root_ / "a.flv").string())->path,
      "a.flv");
}

TEST_F(FileTreeTest, RefusesWhatIsNoRegularFile) {
  fs::create_directory(root_ / "folder.flv");
  ASSERT_EQ(::mkfifo((root_ / "pipe.flv").c_str(), 0600), 0);
  Write(root_ / "\xff.flv");
  for (const char* const path : {"folder.flv", "pipe.flv", "\xff.flv"}) {
    EXPECT_THAT(Found(path), HasSubstr("not a regular file")) << path;
  }
  EXPECT_THAT(Found("absent.flv"), HasSubstr("cannot be found"));
  EXPECT_THAT(Found(std::string(5000, 'a')), HasSubstr("cannot be found"));
  EXPECT_THAT(Found("a.flv/b.flv"), HasSubstr("cannot be found"));
  EXPECT_EQ(Found(""), "not a path");
  Write(root_ / "a.flv");
  EXPECT_EQ(Found(std::string("a.flv\0.txt", 10)), "not a path");
  EXPECT_ERROR(kBadRequest, tree_.Find("."));
}

TEST_F(FileTreeTest, AMissingFolderIsUnavailable) {
  const FileTree missing((root_ / "missing").string());
  EXPECT_ERROR(kUnavailable, missing.Find("a.flv"));
  EXPECT_ERROR(kUnavailable, missing.Visit([](const FileTree::File&) { return true; }));
  EXPECT_ERROR(kUnavailable, missing.Remove("a.flv"));
}

TEST_F(FileTreeTest, VisitsAllFilesUntilRefused) {
  Write(root_ / "a.flv");
  Write(root_ / "b/c/d.flv");
  Write(root_ / "\xff.flv");
  EXPECT_THAT(Visited(), UnorderedElementsAre("a.flv", "b/c/d.flv"));
  int visited = 0;
  EXPECT_OK(tree_.Visit([&](const FileTree::File&) { return ++visited < 1; }));
  EXPECT_EQ(visited, 1);
}

TEST_F(FileTreeTest, RemovesFilesInTheFolderOnly) {
  Write(outside_);
  Write(root_ / "b/c.flv");
  fs::create_directory_symlink(directory_.path(), root_ / "up");
  fs::create_symlink(outside_, root_ / "link.flv");
  EXPECT_OK(tree_.Remove("b/c.flv"));
  EXPECT_FALSE(fs::exists(root_ / "b/c.flv"));
  EXPECT_OK(tree_.Remove("b/c.flv")) << "it is gone already";
  EXPECT_OK(tree_.Remove("x/y.flv"));
  EXPECT_OK(tree_.Remove("link.flv"));
  EXPECT_ERROR(kUnavailable, tree_.Remove("up/outside.flv"));
  EXPECT_ERROR(kUnavailable, tree_.Remove("b"));
  for (const std::string& path :
       {std::string("../outside.flv"), outside_.string(), std::string(),
        std::string("b/../../outside.flv"), std::string("b//c.flv"), std::string("b\0", 2)}) {
    EXPECT_ERROR(kBadRequest, tree_.Remove(path)) << path;
  }
  EXPECT_TRUE(fs::exists(outside_));
}

}  // namespace
}  // namespace rtcroom
