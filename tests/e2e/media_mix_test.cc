// Mixes of real streams, made by the worker with ffmpeg.
#include <array>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <iostream>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include "tests/e2e/media_fixture.h"
#include "tests/support/manager_stand_in.h"
#include "tests/support/mix_source.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// Beginning to mix takes seconds on a busy machine, and so does each look at a mix.
constexpr std::chrono::seconds kMixTimeout{90};

// Of the picture of a mix; small ones are encoded quickly.
constexpr int kWidth = 128;
constexpr int kHeight = 96;

/// Sends a picture of one colour, and a tone, for five minutes.
class ColourPusher : public StreamProgram {
 public:
  ColourPusher(const std::string& url, const std::string& colour)
      : StreamProgram(
            {"-nostdin", "-v",        "error",    "-re",
             "-f",       "lavfi",     "-i",       "color=" + colour + ":size=64x48:rate=5",
             "-f",       "lavfi",     "-i",       "sine=sample_rate=44100",
             "-t",       "300",       "-c:v",     "libx264",
             "-preset",  "ultrafast", "-pix_fmt", "yuv420p",
             "-g",       "5",         "-c:a",     "aac",
             "-b:a",     "32k",       "-f",       "flv",
             url}) {}
};

/// Sends a tone only, for five minutes.
class TonePusher : public StreamProgram {
 public:
  explicit TonePusher(const std::string& url)
      : StreamProgram({"-nostdin", "-v", "error", "-re", "-f", "lavfi", "-i",
                       "sine=sample_rate=44100", "-t", "300", "-c:a", "aac", "-b:a", "32k", "-f",
                       "flv", url}) {}
};

/// A picture as a player shows it.
struct Picture {
  int width = 0;
  int height = 0;
  std::string rgb = {};  ///< three bytes for each pixel, row by row

  /// The nearest of the colours of test pictures; empty outside of the picture.
  [[nodiscard]] std::string ColourAt(int x, int y) const {
    const auto at = static_cast<std::size_t>(3 * (y * width + x));
    if (x >= width || at + 3 > rgb.size()) return "";
    const auto is_bright = [&](std::size_t i) {
      return static_cast<unsigned char>(rgb[at + i]) > 127;
    };
    static constexpr std::array<const char*, 8> kColours = {"black", "blue",    "lime",   "cyan",
                                                            "red",   "magenta", "yellow", "white"};
    const unsigned index =
        (is_bright(0) ? 4U : 0U) + (is_bright(1) ? 2U : 0U) + (is_bright(2) ? 1U : 0U);
    return kColours.at(index);
  }
};

/// @return nullopt when the file is not there.
std::optional<Picture> ReadPicture(const std::filesystem::path& file) {
  const std::string text = ReadWholeFile(file);
  Picture picture;
  int head_bytes = 0;
  if (std::sscanf(text.c_str(), "P6 %d %d 255%n", &picture.width, &picture.height, &head_bytes) !=
      2) {
    return std::nullopt;
  }
  picture.rgb = text.substr(static_cast<std::size_t>(head_bytes) + 1);
  return picture;
}

/// Plays a stream, and writes the pictures that it shows.
std::vector<std::string> PlayerArguments(const std::string& url,
                                         const std::vector<std::string>& output) {
  // Less analysis would miss the video, which begins with the next key frame.
  std::vector<std::string> arguments = {
      "-nostdin",         "-v",      "error", "-rw_timeout", "20000000", "-fpsprobesize", "0",
      "-analyzeduration", "3000000", "-i",    url,           "-an"};
  arguments.insert(arguments.end(), output.begin(), output.end());
  return arguments;
}

/// Plays the first picture of a stream; nullopt when none arrives for a while.
std::optional<Picture> Look(const std::string& url) {
  const TempDirectory folder;
  const std::filesystem::path file = folder.path() / "picture.ppm";
  StreamProgram player(PlayerArguments(url, {"-frames:v", "1", file.string()}));
  if (player.WaitForEnd() != 0) return std::nullopt;
  return ReadPicture(file);
}

/// A viewer who stays.
class StreamWatcher {
 public:
  explicit StreamWatcher(const std::string& url)
      : player_(PlayerArguments(url, {"-vf", "fps=5", "-f", "image2", "-update", "1",
                                      "-atomic_writing", "1", file_.string()})) {}

  /// What it shows now; nullopt when it has shown nothing.
  [[nodiscard]] std::optional<Picture> Now() const { return ReadPicture(file_); }
  [[nodiscard]] bool HasLeft() { return player_.HasEnded(); }
  [[nodiscard]] std::string Output() const { return player_.Output(); }

 private:
  const TempDirectory folder_;
  const std::filesystem::path file_ = folder_.path() / "picture.ppm";
  StreamProgram player_;
};

/// The processes with that text among their arguments.
std::vector<pid_t> ProcessesWith(const std::string& text) {
  std::vector<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != name.npos) continue;
    if (ReadWholeFile(entry.path() / "cmdline").find(text) != std::string::npos) {
      found.push_back(std::stoi(name));
    }
  }
  return found;
}

/// Where a guest's picture is in the mix of a test, and a point in its middle.
struct Seat {
  std::string stream;
  int x = 0;
  std::string colour;
};

/// The members' streams go to the media server as in the other tests; which mixes are wanted comes
/// from a stand-in.
class MediaMix : public MediaTest {
 protected:
  using MediaTest::MediaTest;

  static constexpr int kSeat = 24;  ///< the length of each side of a guest's picture
  static constexpr int kSeatY = 8;
  const std::vector<Seat> kGuests = {
      {"guest1", 8, "lime"}, {"guest2", 48, "blue"}, {"guest3", 88, "yellow"}};

  void StartWorker(const std::string& notify_socket = "") {
    StartWorkerOf(source_.address(), notify_socket);
  }
  /// @param target  of the room server.
  void StartWorkerOf(const std::string& target, const std::string& notify_socket = "") {
    ChildCommand command{
        .program = ServerBinary(),
        .arguments = {"mix-worker", "--target", target, "--server",
                      "rtmp://" + media_.rtmp_address()},
        .environment = {{"RTCROOMD_MIX_FFMPEG", RTCROOM_FFMPEG}, {"RTCROOMD_LOG_FORMAT", "text"}},
        .stdout_file = worker_log_,
        .stderr_file = worker_log_};
    if (!notify_socket.empty()) command.environment.emplace_back("NOTIFY_SOCKET", notify_socket);
    worker_.emplace(command);
  }
  void TearDown() override {
    worker_.reset();
    if (HasFailure()) std::cerr << "--- worker log\n" << WorkerLog() << "---\n";
    MediaTest::TearDown();
  }
  [[nodiscard]] std::string WorkerLog() const { return ReadWholeFile(worker_log_); }
  bool WaitForWorkerLog(const std::string& text) {
    return Eventually([&] { return WorkerLog().find(text) != std::string::npos; }, kMixTimeout);
  }

  void Show(const std::string& user, const std::string& colour) {
    pushers_of_colours_.emplace_back(SignedUrl(user), colour);
    EXPECT_TRUE(Eventually([&] { return IsOnAir(user); })) << pushers_of_colours_.back().Output();
  }
  void ShowHostAndGuests() {
    Show("host", "red");
    for (const Seat& guest : kGuests) Show(guest.stream, guest.colour);
  }

  /// The host over the whole picture, and the first guests at their seats.
  void WantGuests(std::size_t count) {
    v1::WantedMixes wanted;
    v1::Mix& mix = *wanted.add_mixes();
    mix.set_stream("host");
    mix.set_width(kWidth);
    mix.set_height(kHeight);
    Add(mix, "host", 0, 0, kWidth, kHeight, 1);
    for (std::size_t i = 0; i < count; ++i) {
      Add(mix, kGuests[i].stream, kGuests[i].x, kSeatY, kSeat, kSeat, static_cast<int>(i) + 2);
    }
    source_.Want(wanted);
  }
  void WantHostAlone() {
    v1::WantedMixes wanted;
    wanted.add_mixes()->set_stream("host");
    wanted.mutable_mixes(0)->add_inputs()->set_stream("host");
    source_.Want(wanted);
  }

  [[nodiscard]] std::string MixUrl() const {
    return "rtmp://" + media_.rtmp_address() + "/mix/host";
  }
  [[nodiscard]] bool IsMixed() const { return media_.Publishers("mix").contains("host"); }
  /// The running programs of the worker, while nobody watches.
  [[nodiscard]] std::vector<pid_t> Programs() const { return ProcessesWith(MixUrl()); }

  /// Waits until `look` shows the host's colour, and that of the first guests at their seats.
  testing::AssertionResult HasGuests(std::size_t count,
                                     const std::function<std::optional<Picture>()>& look) {
    std::string last = "no picture";
    const bool has = Eventually(
        [&] {
          const std::optional<Picture> picture = look();
          if (!picture) return false;
          std::string expected = "red";
          std::string seen = picture->ColourAt(kWidth / 2, kHeight - 8);
          for (std::size_t i = 0; i < kGuests.size(); ++i) {
            expected += i < count ? " " + kGuests[i].colour : " red";
            seen += " " + picture->ColourAt(kGuests[i].x + kSeat / 2, kSeatY + kSeat / 2);
          }
          last = fmt::format("{}x{}: {}", picture->width, picture->height, seen);
          return last == fmt::format("{}x{}: {}", kWidth, kHeight, expected);
        },
        kMixTimeout);
    return has ? testing::AssertionSuccess() : testing::AssertionFailure() << last;
  }
  testing::AssertionResult HasGuests(std::size_t count) {
    return HasGuests(count, [this] { return Look(MixUrl()); });
  }

  const TempDirectory folder_;
  const std::filesystem::path worker_log_ = folder_.path() / "worker.log";
  MixSource source_;
  std::list<ColourPusher> pushers_of_colours_;
  std::optional<ChildProcess> worker_;

 private:
  static void Add(v1::Mix& mix, const std::string& stream, int x, int y, int width, int height,
                  int layer) {
    v1::MixInput& input = *mix.add_inputs();
    input.set_stream(stream);
    input.set_x(x);
    input.set_y(y);
    input.set_width(static_cast<std::uint32_t>(width));
    input.set_height(static_cast<std::uint32_t>(height));
    input.set_layer(static_cast<std::uint32_t>(layer));
    input.set_has_video(true);
    input.set_has_audio(true);
  }
};

TEST_F(MediaMix, HasHostAndGuestsInOnePictureWhichChangesForThoseWhoWatch) {
  StartWorker();
  ShowHostAndGuests();
  WantGuests(3);
  ASSERT_TRUE(Eventually([&] { return IsMixed(); }, kMixTimeout)) << WorkerLog();
  StreamWatcher watcher(MixUrl());
  const auto now = [&] { return watcher.Now(); };
  EXPECT_TRUE(HasGuests(3, now)) << watcher.Output();
  EXPECT_EQ(StreamsOn(), 4) << "a mix is none of the members' streams";

  pushers_of_colours_.back().Signal(SIGTERM);
  WantGuests(2);
  EXPECT_TRUE(HasGuests(2, now)) << watcher.Output();
  EXPECT_FALSE(watcher.HasLeft()) << watcher.Output();
  const ApiReply playlist = nginx().Pages().Send({.method = "GET", .target = "/mix/host.m3u8"});
  EXPECT_EQ(playlist.status, 200);

  source_.Want({});
  EXPECT_TRUE(Eventually([&] { return !IsMixed(); }));
  EXPECT_THAT(WorkerLog(), HasSubstr("mix_stopped"));
}

TEST_F(MediaMix, PassesAHostThatIsAloneOnAsItIs) {
  StartWorker();
  Show("host", "red");
  WantHostAlone();
  ASSERT_TRUE(Eventually([&] { return IsMixed(); }, kMixTimeout));
  std::optional<Picture> picture;
  EXPECT_TRUE(Eventually([&] { return (picture = Look(MixUrl())).has_value(); }, kMixTimeout));
  ASSERT_TRUE(picture);
  EXPECT_EQ(picture->width, 64);
  EXPECT_EQ(picture->height, 48);
  EXPECT_EQ(picture->ColourAt(32, 24), "red");
}

TEST_F(MediaMix, ComesBackWithANextWorkerAndLeavesNothingOfAKilledOne) {
  StartWorker();
  Show("host", "red");
  Show("guest1", "lime");
  WantGuests(1);
  ASSERT_TRUE(Eventually([&] { return IsMixed(); }, kMixTimeout));
  worker_->Signal(SIGKILL);
  EXPECT_EQ(worker_->WaitForExit(), 128 + SIGKILL);
  EXPECT_TRUE(Eventually([&] { return Programs().empty() && !IsMixed(); }));
  StartWorker();
  EXPECT_TRUE(HasGuests(1));
}

TEST_F(MediaMix, GoesOnWhileTheRoomServerIsAway) {
  StartWorker();
  Show("host", "red");
  Show("guest1", "lime");
  WantGuests(1);
  ASSERT_TRUE(Eventually([&] { return IsMixed(); }, kMixTimeout));
  const std::vector<pid_t> before = Programs();
  source_.Stop();
  ASSERT_TRUE(WaitForWorkerLog("mixes_not_followed"));
  EXPECT_TRUE(HasGuests(1));
  source_.Start();
  ASSERT_TRUE(Eventually([&] { return source_.followers() == 1; }));
  EXPECT_TRUE(HasGuests(1));
  EXPECT_EQ(Programs(), before);
}

TEST_F(MediaMix, IsMadeAgainWhenItsProgramEnds) {
  StartWorker();
  Show("host", "red");
  WantHostAlone();
  std::vector<pid_t> first;
  const auto is_mixed_by_one = [&](std::vector<pid_t>& programs) {
    return IsMixed() && (programs = Programs()).size() == 1;
  };
  ASSERT_TRUE(Eventually([&] { return is_mixed_by_one(first); }, kMixTimeout));
  ::kill(first.front(), SIGKILL);
  std::vector<pid_t> next;
  EXPECT_TRUE(Eventually([&] { return is_mixed_by_one(next) && next != first; }, kMixTimeout));
  EXPECT_THAT(WorkerLog(), HasSubstr("mix_ended"));
}

TEST_F(MediaMix, EndsWithAWorkerThatIsStopped) {
  ManagerStandIn manager("@rtcroomd-mix-test/" + std::to_string(::getpid()));
  StartWorker(manager.address());
  EXPECT_TRUE(manager.Await("READY", "1"));
  Show("host", "red");
  WantHostAlone();
  ASSERT_TRUE(Eventually([&] { return IsMixed(); }, kMixTimeout));
  EXPECT_TRUE(manager.Await("STATUS", "1 mixes; the room server is there"));
  worker_->Signal(SIGTERM);
  EXPECT_EQ(worker_->WaitForExit(), 0);
  EXPECT_THAT(Programs(), IsEmpty());
  EXPECT_TRUE(manager.Await("STOPPING", "1"));
  EXPECT_TRUE(IsOnAir("host"));
}

/// With the room server itself.
class MediaMixOfARoom : public MediaMix {
 protected:
  static constexpr const char* kLive = "live_room";
  static constexpr const char* kShow = "show";

  MediaMixOfARoom() : MediaMixOfARoom(std::make_unique<TempDirectory>()) {}

  void CreateShow() {
    const ApiReply created = Rooms().Call(kLive, "create_room", CreateBody("host", kShow));
    ASSERT_EQ(created.code(), kOk) << created;
    const ApiReply added = Rooms().Call(kLive, "add_pusher", PusherBody(kShow, "guest"));
    ASSERT_EQ(added.code(), kOk) << added;
  }
  /// As the host's client asks for the guest in its picture.
  void MergeGuest() {
    nlohmann::json inputs = nlohmann::json::array();
    for (const char* stream : {"host", "guest"}) {
      inputs.push_back(
          {{"input_stream_id", stream}, {"layout_params", {{"image_layer", inputs.size() + 1}}}});
    }
    nlohmann::json body = MemberBody(kShow, "host");
    body["mergeParams"] = {
        {"interface", {{"para", {{"output_stream_id", "host"}, {"input_stream_list", inputs}}}}}};
    const ApiReply merged = Rooms().Call(kLive, "merge_stream", body);
    ASSERT_EQ(merged.code(), kOk) << merged;
  }
  /// Waits until viewers see the host as it is.
  testing::AssertionResult ShowsHostAlone() {
    return Shows([](const Picture& picture) {
      return picture.width == 64 && picture.ColourAt(32, 24) == "red";
    });
  }
  /// Waits until they see the guest in the usual place.
  testing::AssertionResult ShowsGuest() {
    return Shows([](const Picture& picture) {
      return picture.width == 360 && picture.height == 640 && picture.ColourAt(100, 100) == "red" &&
             picture.ColourAt(300, 490) == "lime";
    });
  }

  testing::AssertionResult Shows(const std::function<bool(const Picture&)>& is_right) {
    const bool shows = Eventually(
        [&] {
          const std::optional<Picture> picture = Look(MixUrl());
          return picture && is_right(*picture);
        },
        kMixTimeout);
    return shows ? testing::AssertionSuccess() : testing::AssertionFailure();
  }

 private:
  explicit MediaMixOfARoom(std::unique_ptr<TempDirectory> folder)
      : MediaMix({{"mix.max", 4},
                  {"grpc.worker_listen", "unix:" + (folder->path() / "workers").string()}}),
        folder_(std::move(folder)) {}

  const std::unique_ptr<TempDirectory> folder_;
};

TEST_F(MediaMixOfARoom, FollowsItsMembersAndOutlivesTheRoomServer) {
  CreateShow();
  StartWorkerOf(server_.AddressOf("grpc-workers"));
  Show("host", "red");
  EXPECT_TRUE(ShowsHostAlone());
  Show("guest", "lime");
  MergeGuest();
  EXPECT_TRUE(ShowsGuest());

  const std::vector<pid_t> programs = Programs();
  EXPECT_THAT(programs, SizeIs(1));
  server_.Kill9();
  server_.Start();
  EXPECT_TRUE(Eventually([&] { return Metric("rtcroomd_mix_followers") == 1; }, kMixTimeout));
  EXPECT_TRUE(ShowsGuest());
  EXPECT_EQ(Programs(), programs) << "it went on";

  pushers_of_colours_.back().Signal(SIGTERM);
  EXPECT_TRUE(ShowsHostAlone());
}

TEST_F(MediaMixOfARoom, GoesOnWithAGuestWithoutACamera) {
  CreateShow();
  StartWorkerOf(server_.AddressOf("grpc-workers"));
  Show("host", "red");
  const TonePusher guest(SignedUrl("guest"));
  ASSERT_TRUE(Eventually([&] { return IsOnAir("guest"); })) << guest.Output();
  MergeGuest();
  EXPECT_TRUE(Shows([](const Picture& picture) {
    return picture.width == 360 && picture.height == 640 && picture.ColourAt(300, 490) == "red";
  }));
}

TEST(MixWorker, RefusesWhatItCannotUse) {
  const auto run = [](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "mix-worker");
    return RunToEnd({.program = ServerBinary(), .arguments = std::move(arguments)});
  };
  const FinishedCommand server = run({"--target", "unix:/x", "--server", "http://media"});
  EXPECT_EQ(server.exit_code, 2);
  EXPECT_THAT(server.err, HasSubstr("--server: must be rtmp://HOST"));
  const FinishedCommand target = run({"--target", "rooms.example.com:1"});
  EXPECT_EQ(target.exit_code, 2);
  EXPECT_THAT(target.err, HasSubstr("mix-worker: --target: another machine is asked by TLS only"));
  const FinishedCommand program = RunToEnd({.program = ServerBinary(),
                                            .arguments = {"mix-worker", "--target", "unix:/x"},
                                            .environment = {{"RTCROOMD_MIX_FFMPEG", "ffmpeg"}}});
  EXPECT_EQ(program.exit_code, 2);
  EXPECT_THAT(program.err, HasSubstr("mix.ffmpeg"));
}

}  // namespace
}  // namespace rtcroom
