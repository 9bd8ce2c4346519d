#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/media/recording_index_fixture.h"

namespace rtcroom {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(RecordingIndexTest, RecordingsOlderThanTheRetentionAreRemovedWithTheirFiles) {
  RecordingIndex index({.root = root_.string(), .retention = 1h}, deps_);
  Write("old-1.flv", clock_.Now());
  Advance(30min);
  Write("new-1.flv", clock_.Now());
  index.Scan({});
  Advance(30min + 1ms);
  std::ofstream(root_ / "notes.txt") << "no recording";
  index.Scan({});
  EXPECT_THAT(Files(), ElementsAre("new-1.flv"));
  EXPECT_FALSE(fs::exists(root_ / "old-1.flv"));
  EXPECT_TRUE(fs::exists(root_ / "notes.txt"));
  fs::remove(root_ / "new-1.flv");
  Advance(1h);
  index.Scan({});
  EXPECT_THAT(Files(), IsEmpty()) << "its file is gone already";
}

TEST_F(RecordingIndexTest, InASharedStoreTheFilesOfOtherFoldersAreLeftToTheirNodesForADay) {
  RecordingIndex index({.root = root_.string(), .retention = 1h, .store_is_shared = true}, deps_);
  const Recording elsewhere{.file = "elsewhere-1.flv", .bytes = 5, .ended_at = clock_.Now()};
  ASSERT_OK(store_.PutRecordings({&elsewhere, 1}));
  Write("here-1.flv", clock_.Now());
  Advance(1min);
  index.Scan({});
  Advance(1h);
  index.Scan({});
  EXPECT_THAT(Files(), ElementsAre("elsewhere-1.flv"));
  Advance(24h);
  index.Scan({});
  EXPECT_THAT(Files(), IsEmpty()) << "no node has it";
}

TEST_F(RecordingIndexTest, TheOldestAreRemovedWhileTheDiskIsShortOfSpace) {
  RecordingIndex index({.root = root_.string(), .min_free_bytes = 1007}, deps_);
  for (const char* const name : {"a-1.flv", "b-1.flv", "c-1.flv", "d-1.flv"}) {
    Write(name, clock_.Now());
    Advance(1min);
  }
  media_.Set("a", MediaState::Kind::kOn);
  Advance(1min);
  Write("a-1.flv", clock_.Now());
  Advance(1min);
  index.Scan({});
  EXPECT_THAT(Files(), ElementsAre("d-1.flv")) << "7 bytes are missing, and a is written to";
  EXPECT_FALSE(fs::exists(root_ / "b-1.flv"));
  EXPECT_TRUE(fs::exists(root_ / "a-1.flv"));
  EXPECT_THAT(log_.Text(), HasSubstr("recordings_removed_for_space"));
  EXPECT_THAT(log_.Text(), HasSubstr("recordings_fill_disk"));
  free_bytes_ = 1007;
  index.Scan({});
  EXPECT_THAT(Files(), ElementsAre("d-1.flv"));
}

TEST_F(RecordingIndexTest, TheOldestAreRemovedThoughTheWallClockWasSetBack) {
  RecordingIndex index({.root = root_.string(), .min_free_bytes = 1005}, deps_);
  Write("a-1.flv", clock_.Now());
  Advance(1min);
  Write("b-1.flv", clock_.Now());
  Advance(1min);
  clock_.JumpWallClock(-40 * 24h);
  Write("c-1.flv", clock_.Now());
  index.Scan({});
  EXPECT_THAT(Files(), ElementsAre("b-1.flv"));
  EXPECT_FALSE(fs::exists(root_ / "a-1.flv"));
  EXPECT_TRUE(fs::exists(root_ / "c-1.flv")) << "it is being written";
}

TEST_F(RecordingIndexTest, EmptyFoldersAreRemovedWithTheirLastRecording) {
  RecordingIndex index({.root = root_.string(), .retention = 1h, .removes_folders = true}, deps_);
  Write("live/alice/a-1.flv", clock_.Now());
  Write("live/bob/b-1.flv", clock_.Now());
  std::ofstream(root_ / "live/bob/notes.txt") << "no recording";
  Advance(1min);
  index.Scan({});
  Advance(1h);
  index.Scan({});
  EXPECT_FALSE(fs::exists(root_ / "live/alice"));
  EXPECT_TRUE(fs::exists(root_ / "live/bob/notes.txt"));
}

TEST_F(RecordingIndexTest, WithoutARetentionRecordingsAreKept) {
  Write("old-1.flv", clock_.Now());
  Advance(24h * 10'000);
  Scan();
  Scan();
  EXPECT_THAT(Files(), ElementsAre("old-1.flv"));
}

TEST_F(RecordingIndexTest, ARecordingWhoseFileCannotBeRemovedIsKept) {
  RecordingIndex index({.root = root_.string(), .retention = 1h}, deps_);
  Write("a-1.flv", clock_.Now());
  Write("b-1.flv", clock_.Now());
  Advance(1min);
  index.Scan({});
  fs::remove(root_ / "a-1.flv");
  fs::create_directories(root_ / "a-1.flv/in the way");
  Advance(1h);
  index.Scan({});
  EXPECT_THAT(Files(), ElementsAre("a-1.flv"));
  EXPECT_THAT(log_.Text(), HasSubstr("recordings_not_removed"));
}

TEST_F(RecordingIndexTest, NothingIsForgottenWhileTheFolderIsMissing) {
  RecordingIndex index({.root = root_.string(), .retention = 1h}, deps_);
  Write("a-1.flv", clock_.Now());
  Advance(1min);
  index.Scan({});
  fs::rename(root_, directory_.path() / "away");
  Advance(2h);
  index.Scan({});
  EXPECT_THAT(Files(), ElementsAre("a-1.flv"));
}

TEST_F(RecordingIndexTest, RetentionNeverRemovesAFileOutside) {
  RecordingIndex index({.root = root_.string(), .retention = 1h}, deps_);
  std::ofstream(directory_.path() / "out-1.flv") << "1";
  fs::create_directory_symlink(directory_.path(), root_ / "up");
  ASSERT_OK(sqlite_.recordings().PutRecordings(
      std::vector{Recording{.file = "up/out-1.flv", .ended_at = clock_.Now() - 2h},
                  Recording{.file = "../out-1.flv", .ended_at = clock_.Now() - 2h}}));
  index.Scan({});
  EXPECT_TRUE(fs::exists(directory_.path() / "out-1.flv"));
}

TEST_F(RecordingIndexTest, AFileWrittenSinceIsKeptWithItsNewEnd) {
  RecordingIndex index({.root = root_.string(), .retention = 1h}, deps_);
  Write("a-1.flv", clock_.Now());
  Report("a-1.flv", "a");
  media_.Set("a", MediaState::Kind::kOn);
  Advance(2h);
  Write("a-1.flv", clock_.Now());
  index.Scan({});
  EXPECT_EQ(Only().bytes, 10u);
  EXPECT_EQ(Only().ended_at, clock_.Now());
}

TEST_F(RecordingIndexTest, NoJumpOfTheWallClockRemovesARecording) {
  RecordingIndex index({.root = root_.string(), .retention = 1h}, deps_);
  Write("a-1.flv", clock_.Now());
  Advance(1min);
  index.Scan({});
  for (const std::chrono::milliseconds jump : {2h, -2h, 87'660h, -87'660h}) {
    clock_.JumpWallClock(jump);
    removal_.Round();
    index.Scan({});
    EXPECT_TRUE(fs::exists(root_ / "a-1.flv"));
    clock_.JumpWallClock(-jump);
  }
  Advance(1h);
  index.Scan({});
  EXPECT_FALSE(fs::exists(root_ / "a-1.flv"));
}

TEST_F(RecordingIndexTest, AFileWithADateOfLongAgoIsKeptForTheRetention) {
  RecordingIndex index({.root = root_.string(), .retention = 1h}, deps_);
  Write("a-1.flv", clock_.Now() - 24h * 40);
  index.Scan({});
  EXPECT_EQ(Only().ended_at, clock_.Now());
  Advance(1h);
  index.Scan({});
  EXPECT_THAT(Files(), ElementsAre("a-1.flv"));
  Advance(1ms);
  index.Scan({});
  EXPECT_THAT(Files(), IsEmpty());
}

}  // namespace
}  // namespace rtcroom
