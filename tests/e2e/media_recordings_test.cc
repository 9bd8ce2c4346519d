// Files that the media server records of real streams, in the index of recordings.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/media_fixture.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;

/// Every stream is recorded.
class MediaRecordings : public MediaTest {
 protected:
  explicit MediaRecordings(Settings more = {}) : MediaTest(std::move(more), {"--record"}) {}

  /// Publishes a stream of the user until the media server has written some of it.
  void RecordAStream(const std::string& user) {
    const std::size_t before = FilesOf(user).size();
    StreamPusher& pusher = PutOnAir(user);
    EXPECT_TRUE(Eventually([&] { return HasGrown(user, before); })) << pusher.Output();
    pusher.Signal(SIGTERM);
    EXPECT_TRUE(pusher.WaitForEnd());
  }
  /// Whether more files of the user's streams have pictures.
  bool HasGrown(const std::string& user, std::size_t files) {
    return std::ranges::count_if(FilesOf(user), HasPictures) > static_cast<std::ptrdiff_t>(files);
  }
  static bool HasPictures(const std::filesystem::path& file) {
    constexpr std::uintmax_t kHeadAndFirstPictures = 600;
    return std::filesystem::file_size(file) >= kHeadAndFirstPictures;
  }
  [[nodiscard]] std::vector<std::filesystem::path> FilesOf(const std::string& user) const {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(media_.recordings())) {
      if (entry.path().filename().string().starts_with(user + "-")) files.push_back(entry.path());
    }
    return files;
  }

  /// What the console lists of the user, the newest first.
  nlohmann::json Listed(const std::string& user) {
    const ApiReply reply = AdminGet("/console/api/recordings?kind=multi&userID=" + user);
    EXPECT_EQ(reply.status, 200) << reply;
    return reply.json.value("recordings", nlohmann::json::array());
  }
  /// Waits for a recording of the user, the only one.
  nlohmann::json ExpectListed(const std::string& user,
                              std::chrono::milliseconds timeout = kWaitTimeout) {
    nlohmann::json found;
    EXPECT_TRUE(Eventually(
        [&] {
          found = Listed(user);
          return !found.empty();
        },
        timeout, kSeldom))
        << user;
    EXPECT_EQ(found.size(), 1U) << found;
    return found.empty() ? nlohmann::json::object() : found[0];
  }
  /// The names of all files in the index.
  std::vector<std::string> AllListed() {
    const ApiReply reply = AdminGet("/console/api/recordings");
    std::vector<std::string> files;
    for (const nlohmann::json& row : reply.json["recordings"]) files.push_back(row["file"]);
    return files;
  }
  /// Fails unless the file is whole: ffmpeg decodes pictures, and has no complaint.
  void ExpectPlayable(const std::filesystem::path& file) {
    const FinishedCommand decoded = RunToEnd(
        {.program = RTCROOM_FFMPEG,
         .arguments = {"-nostdin", "-v", "error", "-i", file.string(), "-f", "framecrc", "-"}});
    EXPECT_EQ(decoded.exit_code, 0) << file;
    EXPECT_EQ(decoded.err, "") << file;
    EXPECT_THAT(decoded.out, HasSubstr("\n0, ")) << file << ": no pictures";
  }
  FinishedCommand ListByCommand() {
    return RunToEnd(
        {.program = ServerBinary(),
         .arguments = {"recordings", "list", "--json", "--config", server_.config_file().string(),
                       "--target", server_.AddressOf("grpc")}});
  }
};

TEST_F(MediaRecordings, AreListedWithTheirRoomAndUserOnceTheirStreamHasEnded) {
  Join("alice");
  RecordAStream("alice");
  const nlohmann::json row = ExpectListed("alice");
  EXPECT_EQ(row["kind"], "multi");
  EXPECT_EQ(row["roomID"], RoomOf("alice"));
  EXPECT_EQ(row["stream"], "alice");
  EXPECT_THAT(row["file"].get<std::string>(), MatchesRegex("alice-[0-9]+\\.flv"));
  EXPECT_LE(row["startedAtMs"], row["endedAtMs"]);
  const std::filesystem::path file = media_.recordings() / row["file"].get<std::string>();
  EXPECT_EQ(row["bytes"], std::filesystem::file_size(file));
  ExpectPlayable(file);

  const FinishedCommand printed = ListByCommand();
  EXPECT_EQ(printed.exit_code, 0) << printed.err;
  EXPECT_EQ(nlohmann::json::parse(printed.out)["file"], row["file"]) << printed.out;
}

TEST_F(MediaRecordings, AreStillThoseOfAMemberThatHasLeft) {
  Join("alice");
  StreamPusher& pusher = PutOnAir("alice");
  ASSERT_TRUE(Eventually([&] { return HasGrown("alice", 0); }));
  ASSERT_EQ(Rooms().Call(kMulti, "delete_pusher", MemberBody(RoomOf("alice"), "alice")).code(),
            kOk);
  pusher.Signal(SIGTERM);
  EXPECT_EQ(ExpectListed("alice")["roomID"], RoomOf("alice"));
}

TEST_F(MediaRecordings, OfATakenOverStreamAreAllListedAndPlay) {
  Join("alice");
  PutOnAir("alice");
  ASSERT_TRUE(Eventually([&] { return HasGrown("alice", 0); }));
  StreamPusher& next = Push(LaterUrl("alice"));
  EXPECT_TRUE(IsCut(pushers_.front()));
  ASSERT_TRUE(Eventually([&] { return HasGrown("alice", 1); })) << next.Output();
  next.Signal(SIGTERM);
  EXPECT_TRUE(Eventually([&] { return Listed("alice").size() == 2; })) << Listed("alice");
  for (const std::filesystem::path& file : FilesOf("alice")) ExpectPlayable(file);
}

// Those that begin in the same second share a file.
TEST_F(MediaRecordings, OfManyConnectionsInASecondPlay) {
  Join("alice");
  const std::string url = SignedUrl("alice");
  constexpr int kConnections = 5;
  for (int i = 0; i < kConnections; ++i) Push(url);
  const auto is_one_left = [&] {
    return std::ranges::count_if(pushers_, [](StreamPusher& one) { return !one.HasEnded(); }) == 1;
  };
  EXPECT_TRUE(Eventually([&] { return is_one_left() && IsOnAir("alice"); }));
  ASSERT_TRUE(Eventually([&] { return HasGrown("alice", 0); }));
  for (StreamPusher& pusher : pushers_) pusher.Signal(SIGTERM);
  const std::size_t files = FilesOf("alice").size();
  EXPECT_TRUE(Eventually([&] { return Listed("alice").size() == files; })) << Listed("alice");
  for (const std::filesystem::path& file : FilesOf("alice")) {
    if (HasPictures(file)) ExpectPlayable(file);
  }
}

TEST_F(MediaRecordings, WhoseEndWasNotReportedAreFoundByTheScan) {
  Join("alice");
  StreamPusher& pusher = PutOnAir("alice");
  ASSERT_TRUE(Eventually([&] { return HasGrown("alice", 0); }));
  media_.Kill9();
  EXPECT_TRUE(IsCut(pusher));
  media_.Start();
  // A scan begins within a minute.
  const nlohmann::json row = ExpectListed("alice", 2 * kWaitTimeout);
  EXPECT_EQ(row["roomID"], RoomOf("alice"));
  const std::vector<std::filesystem::path> files = FilesOf("alice");
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(row["file"], files[0].filename().string());
  EXPECT_EQ(row["bytes"], std::filesystem::file_size(files[0]));
  ExpectPlayable(files[0]);
}

TEST_F(MediaRecordings, OutsideTheirFolderAreNotListed) {
  PutOnAir("alice");
  const std::string client = media_.PublisherOf("alice").value_or("");
  const std::filesystem::path inside = media_.recordings();
  std::ofstream(inside.parent_path() / "outside-1.flv") << "of another program";
  std::filesystem::create_symlink(inside.parent_path() / "outside-1.flv", inside / "link-1.flv");
  const std::vector<std::string> paths = {
      "/etc/passwd",
      (inside / "../outside-1.flv").string(),
      (inside / "link-1.flv").string(),
      (inside / "../push-key").string(),
      inside.string(),
      (inside / "alice-1.flv").string(),  // not there
  };
  for (const std::string& path : paths) {
    const ApiReply reply = server_.Admin().Send(
        {.target = "/callback/rtmp",
         .content_type = "application/x-www-form-urlencoded",
         .body =
             "call=record_done&app=live&name=alice&recorder=&clientid=" + client + "&path=" + path,
         .headers = {{"Authorization", "Bearer " + media_.SecretOf("callback-secret")}}});
    EXPECT_EQ(reply.status, 200) << path << reply;
  }
  const std::string ignored = R"(rtcroomd_recordings_total{result="ignored"})";
  EXPECT_TRUE(Eventually([&] { return Metric(ignored) == static_cast<double>(paths.size()); }))
      << Metric(ignored);
  EXPECT_THAT(AllListed(), IsEmpty());
}

class RetainedRecordings : public MediaRecordings {
 protected:
  RetainedRecordings()
      : MediaRecordings({{"recording.retention", std::to_string(kRetention.count()) + "s"}}) {}

  /// Longer than the time between two scans: the first one that finds the old file leaves the
  /// other.
  static constexpr std::chrono::seconds kRetention{45};
};

TEST_F(RetainedRecordings, AreRemovedWithTheirFiles) {
  Join("alice");
  Join("bob");
  RecordAStream("alice");
  const std::string old = ExpectListed("alice").value("file", "");
  const auto is_old = [&] {
    const auto written = std::filesystem::last_write_time(media_.recordings() / old);
    return std::filesystem::file_time_type::clock::now() - written > kRetention;
  };
  ASSERT_TRUE(Eventually(is_old, 2 * kWaitTimeout, kSeldom));
  RecordAStream("bob");
  const std::string fresh = ExpectListed("bob").value("file", "");
  EXPECT_TRUE(Eventually([&] { return Listed("alice").empty(); }, 2 * kWaitTimeout, kSeldom));
  EXPECT_THAT(AllListed(), ElementsAre(fresh));
  EXPECT_THAT(FilesOf("alice"), IsEmpty());
  ExpectPlayable(media_.recordings() / fresh);
}

}  // namespace
}  // namespace rtcroom
