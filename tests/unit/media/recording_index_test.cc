#include "daemon/media/recording_index.h"

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/eventually.h"
#include "tests/unit/media/recording_index_fixture.h"

namespace rtcroom {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(RecordingIndexTest, AReportedFileIsIndexedWithItsOwner) {
  Join("bob");
  const TimePoint started = clock_.Now();
  clock_.Advance(60s);
  const std::string name = Name("bob", started);
  Write(name, clock_.Now());
  Report(name, "bob");
  const Recording row = Only();
  EXPECT_EQ(row.file, name);
  EXPECT_EQ(row.stream, "bob");
  EXPECT_EQ(
      row.owner,
      (StreamOwner{.room = MakeKey(RoomKind::kMulti, "r1"), .room_number = 7, .user_id = {"bob"}}));
  EXPECT_EQ(row.bytes, 5u);
  EXPECT_EQ(row.started_at, started);
  EXPECT_EQ(row.ended_at, clock_.Now());
  EXPECT_THAT(LinesOf(counted_), ElementsAre("indexed 1"));
}

TEST_F(RecordingIndexTest, TheNameGivesTheStreamOfAnUnknownClient) {
  Join("bob");
  Write("bob-1.flv", clock_.Now());
  Report("bob-1.flv", "");
  EXPECT_EQ(Only().stream, "bob");
  EXPECT_EQ(Only().owner->user_id.value, "bob");
}

TEST_F(RecordingIndexTest, AStreamWithoutAMemberIsIndexedWithoutAnOwner) {
  Write("demo-1.flv", clock_.Now());
  Report("demo-1.flv", "demo");
  EXPECT_EQ(Only().owner, std::nullopt);
}

TEST_F(RecordingIndexTest, AnotherNameSaysNothingOfTheStart) {
  Write("alice/1.mp4", clock_.Now());
  Write(Name("amy", clock_.Now()), clock_.Now());
  Write(Name("bob", clock_.Now() + 1h), clock_.Now());
  Report("alice/1.mp4", "alice");
  Report(Name("amy", clock_.Now()), "alice");
  Report(Name("bob", clock_.Now() + 1h), "bob");
  const auto all = store_.ListRecordings({});
  ASSERT_EQ(all->size(), 3u);
  for (const Recording& row : *all) EXPECT_EQ(row.started_at, std::nullopt) << row.file;
}

TEST_F(RecordingIndexTest, ASecondReportOfAFileUpdatesItsRow) {
  Write("bob-1.flv", clock_.Now());
  Report("bob-1.flv", "bob");
  clock_.Advance(1s);
  Write("bob-1.flv", clock_.Now());
  Report("bob-1.flv", "bob");
  EXPECT_EQ(Only().bytes, 10u);
  EXPECT_EQ(Only().ended_at, clock_.Now());
}

TEST_F(RecordingIndexTest, ReportsOfOtherPathsAreIgnored) {
  std::ofstream(directory_.path() / "out-1.flv") << "1";
  fs::create_symlink(directory_.path() / "out-1.flv", root_ / "link-1.flv");
  for (const std::string& path :
       {(directory_.path() / "out-1.flv").string(), (root_ / "../out-1.flv").string(),
        (root_ / "link-1.flv").string(), (root_ / "absent-1.flv").string(), root_.string(),
        std::string("/etc/passwd"), std::string(), std::string(10'000, '/')}) {
    index_.Index(path, "bob");
  }
  EXPECT_THAT(Files(), IsEmpty());
  EXPECT_THAT(LinesOf(counted_), ElementsAre("ignored 8"));
  EXPECT_THAT(log_.Text(), HasSubstr("recording_ignored"));
  EXPECT_THAT(log_.Text(), HasSubstr("outside of the folder"));
}

TEST_F(RecordingIndexTest, AScanFindsFilesThatWereNotReported) {
  Join("bob");
  const std::string name = Name("bob", clock_.Now());
  clock_.Advance(60s);
  Write("2023/" + name, clock_.Now());
  Write("2023/" + name + ".part", clock_.Now());
  clock_.Advance(RecordingIndex::kSettleTime + 1ms);
  Scan();
  EXPECT_EQ(Only().file, "2023/" + name);
  EXPECT_EQ(Only().owner->user_id.value, "bob");
}

TEST_F(RecordingIndexTest, AScanLeavesFilesThatMayGrow) {
  Write("bob-1.flv", clock_.Now());
  clock_.Advance(RecordingIndex::kSettleTime);
  Scan();
  EXPECT_THAT(Files(), IsEmpty()) << "written lately";
  media_.Set("bob", MediaState::Kind::kOn);
  clock_.Advance(1h);
  Scan();
  EXPECT_THAT(Files(), IsEmpty()) << "the stream is on";
  media_.Set("bob", MediaState::Kind::kOff);
  Scan();
  EXPECT_THAT(Files(), ElementsAre("bob-1.flv"));
}

TEST_F(RecordingIndexTest, AScanFindsFilesOfEarlierConnections) {
  Write("bob-1.flv", clock_.Now());
  clock_.Advance(1min);
  media_.Set("bob", MediaState::Kind::kOn);
  clock_.Advance(1min);
  Scan();
  EXPECT_THAT(Files(), ElementsAre("bob-1.flv"));
}

TEST_F(RecordingIndexTest, LaterScansLookAtLaterFilesOnly) {
  for (int i = 0; i < 3; ++i) Write("bob-" + std::to_string(i) + ".flv", clock_.Now());
  clock_.Advance(1min);
  Scan();
  EXPECT_EQ(store_.finds, 3);
  EXPECT_EQ(Files().size(), 3u);
  clock_.Advance(1min);
  Scan();
  EXPECT_EQ(store_.finds, 3);
  Write("bob-4.flv", clock_.Now());
  clock_.Advance(1min);
  Scan();
  EXPECT_EQ(store_.finds, 4);
  EXPECT_EQ(Files().size(), 4u);
  clock_.JumpWallClock(-1h);
  Write("bob-5.flv", clock_.Now() - 1min);
  Scan();
  EXPECT_EQ(Files().size(), 5u);
}

TEST_F(RecordingIndexTest, AScanRepeatsWhatCouldNotBeStored) {
  Write("bob-1.flv", clock_.Now());
  clock_.Advance(1min);
  store_.is_broken = true;
  Report("bob-1.flv", "bob");
  Scan();
  EXPECT_THAT(Files(), IsEmpty());
  clock_.Advance(1min);
  store_.is_broken = false;
  Scan();
  EXPECT_THAT(Files(), ElementsAre("bob-1.flv"));
  EXPECT_THAT(log_.Text(), HasSubstr("recordings_not_stored"));
}

TEST_F(RecordingIndexTest, AScanAddsManyFiles) {
  for (int i = 0; i < 250; ++i) Write("bob-" + std::to_string(i) + ".flv", clock_.Now());
  clock_.Advance(1min);
  Scan();
  EXPECT_EQ(store_.ListRecordings({.limit = 1000})->size(), 250u);
}

TEST_F(RecordingIndexTest, AScanReportsTheFreeSpace) {
  Scan();
  EXPECT_EQ(index_.free_bytes(), 1000u);
}

TEST_F(RecordingIndexTest, AMissingFolderIsLoggedOnceUntilItIsThere) {
  fs::remove_all(root_);
  Scan();
  Scan();
  const std::string text = log_.Text();
  EXPECT_THAT(text, HasSubstr("recordings_not_scanned"));
  EXPECT_EQ(text.find("recordings_not_scanned"), text.rfind("recordings_not_scanned"));
  fs::create_directories(root_);
  Write("bob-1.flv", clock_.Now() - 1min);
  Scan();
  EXPECT_THAT(Files(), ElementsAre("bob-1.flv"));
}

TEST_F(RecordingIndexTest, ItsThreadsIndexReportsAndScanAtOnce) {
  Write("lost-1.flv", clock_.Now() - 1min);
  index_.Start();
  EXPECT_TRUE(Eventually([&] { return Files().size() == 1; }));
  Write("bob-1.flv", clock_.Now());
  index_.Completed((root_ / "bob-1.flv").string(), "bob");
  EXPECT_TRUE(Eventually([&] { return Files().size() == 2; }));
  index_.Stop();
  index_.Stop();
}

}  // namespace
}  // namespace rtcroom
