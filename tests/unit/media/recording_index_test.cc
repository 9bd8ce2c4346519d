#include "daemon/media/recording_index.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "daemon/base/mutex.h"
#include "storage/memory/memory_store.h"
#include "tests/support/captured_log.h"
#include "tests/support/eventually.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_media.h"
#include "tests/support/fake_streams.h"
#include "tests/support/matchers.h"
#include "tests/support/recording_listener.h"
#include "tests/support/rooms.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Fails every write while `is_broken`.
class BreakableIndex : public RecordingStore {
 public:
  explicit BreakableIndex(RecordingStore& store) : store_(store) {}

  Status PutRecordings(std::span<const Recording> recordings) override {
    if (is_broken) return Error{Errc::kStoreBroken, "broken"};
    return store_.PutRecordings(recordings);
  }
  Result<std::optional<Recording>> FindRecording(std::string_view file) override {
    ++finds;
    return store_.FindRecording(file);
  }
  Result<std::vector<Recording>> ListRecordings(const RecordingQuery& query) override {
    return store_.ListRecordings(query);
  }
  Result<std::vector<Recording>> LoadRecordingsEndedBefore(TimePoint time,
                                                           const RecordingPosition& after,
                                                           std::size_t limit) override {
    return store_.LoadRecordingsEndedBefore(time, after, limit);
  }
  Status RemoveRecording(std::string_view file, TimePoint as_of) override {
    if (is_broken) return Error{Errc::kStoreBroken, "broken"};
    return store_.RemoveRecording(file, as_of);
  }

  bool is_broken = false;
  int finds = 0;

 private:
  RecordingStore& store_;
};

/// @threads safe from any thread.
class CountedRecordings : public RecordedFileObserver {
 public:
  void OnRecording(std::string_view result) override {
    const MutexLock lock(mutex_);
    counted_.emplace_back(result);
  }
  void OnFreeSpace(std::uint64_t bytes) override { free_ = bytes; }
  [[nodiscard]] std::uint64_t free() const { return free_; }
  [[nodiscard]] std::vector<std::string> counted() const {
    const MutexLock lock(mutex_);
    return counted_;
  }

 private:
  mutable Mutex mutex_;
  std::vector<std::string> counted_ GUARDED_BY(mutex_);
  std::atomic<std::uint64_t> free_ = 0;
};

/// Gen-1 streams are named as their users; see `FakeStreams`.
class RecordingIndexTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(root_);
    clock_.Advance(1h);
    removal_.Begin({});
    removal_.Round();
  }
  void Advance(std::chrono::milliseconds by) {
    clock_.Advance(by);
    removal_.Round();
  }

  /// Makes or extends a file, as if it had been written at that time.
  void Write(const std::string& name, TimePoint written_at, const std::string& content = "12345") {
    const fs::path file = root_ / name;
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::app) << content;
    const auto ms = written_at.time_since_epoch().count();
    const timespec time{.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1'000'000};
    const timespec times[] = {time, time};
    ASSERT_EQ(::utimensat(AT_FDCWD, file.c_str(), times, 0), 0);
  }
  /// As the media server names it.
  static std::string Name(const std::string& stream, TimePoint started_at) {
    return stream + "-" +
           std::to_string(
               std::chrono::floor<std::chrono::seconds>(started_at.time_since_epoch()).count()) +
           ".flv";
  }
  void Report(const std::string& name, const std::string& stream) {
    index_.Index((root_ / name).string(), stream);
  }
  void Scan() { index_.Scan({}); }
  std::vector<std::string> Files() {
    std::vector<std::string> files;
    const auto all = store_.ListRecordings({.limit = 1000});
    EXPECT_OK(all);
    for (const Recording& recording : *all) files.push_back(recording.file);
    return files;
  }
  Recording Only() {
    const auto all = store_.ListRecordings({});
    EXPECT_EQ(all->size(), 1u);
    return all->empty() ? Recording() : all->front();
  }
  /// From now on the user is the only member of a room.
  void Join(const std::string& user) {
    Room room = MakeRoom(RoomKind::kMulti, "r1", user);
    room.sequence = 7;
    room.pushers = {{.user_id = {user}, .added_at = clock_.Now()}};
    claims_.Restore(room);
  }

  FakeClock clock_;
  RecordingListener listener_;
  MemoryStore memory_{{}, "00c0ffee00c0ffee", listener_};
  BreakableIndex store_{memory_};
  FakeStreams streams_;
  StreamClaims claims_{streams_};
  FakeMedia media_{clock_};
  CountedRecordings counts_;
  CapturedLog log_;
  Logger logger_{LogFormat::kJson, LogLevel::kInfo, log_.file()};
  TempDirectory directory_;
  const fs::path root_ = fs::canonical(directory_.path()) / "recordings";
  RemovalClock removal_{clock_};
  std::optional<std::uint64_t> free_bytes_ = 1000;
  const RecordingDeps deps_{.store = store_,
                            .claims = claims_,
                            .media = media_,
                            .observer = counts_,
                            .clock = clock_,
                            .removal = removal_,
                            .logger = logger_,
                            .free_bytes = [this] { return free_bytes_; }};
  RecordingIndex index_{{.root = root_.string()}, deps_};
};

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
  EXPECT_THAT(counts_.counted(), ElementsAre("indexed"));
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
  EXPECT_THAT(counts_.counted(), testing::Each("ignored"));
  EXPECT_EQ(counts_.counted().size(), 8u);
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
  EXPECT_EQ(counts_.free(), 1000u);
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
  ASSERT_OK(memory_.PutRecordings(
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
