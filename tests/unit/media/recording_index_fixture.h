// An index of recordings over a store that can be broken.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "daemon/base/mutex.h"
#include "daemon/media/recording_index.h"
#include "tests/support/captured_log.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_media.h"
#include "tests/support/fake_streams.h"
#include "tests/support/matchers.h"
#include "tests/support/recording_listener.h"
#include "tests/support/rooms.h"
#include "tests/support/tally_lines.h"
#include "tests/support/temp_directory.h"
#include "tests/support/temp_store.h"

namespace rtcroom {

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

class RecordingIndexTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(root_);
    clock_.Advance(std::chrono::hours(1));
    removal_.Begin({});
    removal_.Round();
  }
  void Advance(std::chrono::milliseconds by) {
    clock_.Advance(by);
    removal_.Round();
  }

  /// Makes or extends a file, as if it had been written at that time.
  void Write(const std::string& name, TimePoint written_at, const std::string& content = "12345") {
    const std::filesystem::path file = root_ / name;
    std::filesystem::create_directories(file.parent_path());
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
  TempStore sqlite_{{}, "00c0ffee00c0ffee", listener_};
  BreakableIndex store_{sqlite_.recordings()};
  FakeStreams streams_;
  StreamClaims claims_{streams_};
  FakeMedia media_{clock_};
  Tally counted_;
  CapturedLog log_;
  Logger logger_{LogFormat::kJson, LogLevel::kInfo, log_.file()};
  TempDirectory directory_;
  const std::filesystem::path root_ = std::filesystem::canonical(directory_.path()) / "recordings";
  RemovalClock removal_{clock_};
  std::optional<std::uint64_t> free_bytes_ = 1000;
  const RecordingDeps deps_{.store = store_,
                            .claims = claims_,
                            .media = media_,
                            .files = counted_,
                            .clock = clock_,
                            .removal = removal_,
                            .logger = logger_,
                            .free_bytes = [this] { return free_bytes_; }};
  RecordingIndex index_{{.root = root_.string()}, deps_};
};

}  // namespace rtcroom
