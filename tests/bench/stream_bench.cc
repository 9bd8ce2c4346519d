// Real streams, from ffmpeg through nginx as deploy/media configures it, beside the server.
//
//   stream_bench kick [KICKS]
//     100: from an operator's kick to the end of the stream
//   stream_bench reload [KICKS]
//     20: the same for streams in a worker of nginx that a reload has replaced
//   stream_bench kill [KILLS [STREAMS]]
//     100, 20: the server is killed under running streams, right after a kick; the streams alone
//     keep their members, who do not beat
//   stream_bench drop [STREAMS]
//     20: from the end of a stream to the eviction of its silent member, with the default times
//   stream_bench restart [RESTARTS [STREAMS]]
//     100, 20: nginx restarts, and silent members push again; after a last restart none does
//   stream_bench takeover [TAKEOVERS]
//     20: from the second connection of a user, whose first hangs, to its stream on air
//   stream_bench record [FILES]
//     20: from the end of a stream to its file in the list of recordings
//   stream_bench streams [STREAMS [SECONDS]]
//     20, 60: CPU of both servers
//
// A stream has 360x640 pixels, 15 pictures a second and sound, encoded once. nginx asks about each
// running stream twice a second, ten times as often as deploy/media lets it.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "tests/e2e/gen2_calls.h"
#include "tests/e2e/nginx_media_server.h"
#include "tests/e2e/stream_pusher.h"
#include "tests/support/eventually.h"
#include "tests/support/latencies.h"
#include "tests/support/metrics_text.h"
#include "tests/support/process_stats.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr const char* kToken = "a token of the operator";

/// Fails loudly: a figure of a part that did not work would be wrong.
void Check(bool is_so, const std::string& what) {
  if (!is_so) throw std::runtime_error(what);
}

/// Ten seconds of pictures and sound.
std::string MakeClip(const std::filesystem::path& folder) {
  const std::string clip = (folder / "clip.flv").string();
  const FinishedCommand made = RunToEnd({.program = RTCROOM_FFMPEG,
                                         .arguments = {"-nostdin",
                                                       "-v",
                                                       "error",
                                                       "-f",
                                                       "lavfi",
                                                       "-i",
                                                       "testsrc=size=360x640:rate=15:duration=10",
                                                       "-f",
                                                       "lavfi",
                                                       "-i",
                                                       "sine=duration=10",
                                                       "-c:v",
                                                       "libx264",
                                                       "-preset",
                                                       "veryfast",
                                                       "-g",
                                                       "15",
                                                       "-pix_fmt",
                                                       "yuv420p",
                                                       "-b:v",
                                                       "500k",
                                                       "-c:a",
                                                       "aac",
                                                       "-b:a",
                                                       "32k",
                                                       clip}},
                                        60s);
  Check(made.exit_code == 0, made.err);
  return clip;
}

/// Sends a clip again and again.
class ClipPusher : public StreamProgram {
 public:
  ClipPusher(const std::string& clip, const std::string& url)
      : StreamProgram({"-nostdin", "-v", "error", "-re", "-stream_loop", "-1", "-i", clip, "-c",
                       "copy", "-f", "flv", url}) {}
};

/// Both servers, and members that push. Each member has a room of its own.
class Streams {
 public:
  explicit Streams(Settings settings, NginxProcesses processes = NginxProcesses::kOne,
                   const std::vector<std::string>& media_options = {})
      : media_(media_options, processes),
        server_({.settings = media_.RoomSettings(WithToken(std::move(settings)))}) {}

  std::string SignedUrl(const std::string& user) {
    const ApiReply reply = server_.Http().Call("multi_room", "get_push_url", {{"userID", user}});
    Check(!reply.Text("pushURL").empty(), reply.text);
    return reply.Text("pushURL");
  }
  /// @return the URL.
  std::string Push(const std::string& user) {
    std::string url = SignedUrl(user);
    pushers_.erase(user);
    pushers_.try_emplace(user, clip_, url);
    return url;
  }
  /// @return the URL.
  std::string Seat(const std::string& user) {
    const std::string url = Push(user);
    Check(Eventually([&] { return IsOnAir(user); }), user + " is not on air");
    const ApiReply made =
        server_.Http().Call("multi_room", "create_room", CreateBody(user, "room_" + user));
    Check(made.code() == kOk, made.text);
    return url;
  }
  std::optional<std::string> ClientOf(const std::string& user) { return media_.PublisherOf(user); }
  bool IsOnAir(const std::string& user) { return ClientOf(user).has_value(); }
  std::size_t CountRecordings(const std::string& user) {
    const ApiReply reply =
        server_.Admin().Send({.method = "GET",
                              .target = "/console/api/recordings?kind=multi&userID=" + user,
                              .headers = {{"Authorization", std::string("Bearer ") + kToken}}});
    return reply.json.value("recordings", nlohmann::json::array()).size();
  }
  bool IsMember(const std::string& user) {
    return server_.Http().Call("multi_room", "get_pushers", RoomBody("room_" + user)).code() == kOk;
  }
  void Kick(const std::string& user) {
    const ApiReply reply =
        server_.Admin().Send({.target = "/console/api/kick",
                              .body = nlohmann::json{{"kind", "multi"},
                                                     {"roomID", "room_" + user},
                                                     {"userID", user},
                                                     {"banSeconds", 3600}}
                                          .dump(),
                              .headers = {{"Authorization", std::string("Bearer ") + kToken}}});
    Check(reply.code() == kOk, reply.text);
  }
  double StreamsOn() {
    return MetricsText::Read(server_.Admin().Get("/metrics").text)
        .Of(R"(rtcroomd_streams{state="on"})");
  }
  ClipPusher& PusherOf(const std::string& user) { return pushers_.at(user); }
  void End(const std::string& user) { pushers_.erase(user); }
  std::size_t CountEnded() {
    return static_cast<std::size_t>(
        std::ranges::count_if(pushers_, [](auto& pusher) { return pusher.second.HasEnded(); }));
  }
  /// Whether the media server still refuses that URL.
  bool IsDead(const std::string& user, const std::string& url) {
    ClipPusher again(clip_, url);
    const std::optional<int> result = again.WaitForEnd();
    return result && *result != 0 && !IsOnAir(user);
  }

  [[nodiscard]] const std::string& clip() const { return clip_; }
  NginxMediaServer& media() { return media_; }
  ServerProcess& server() { return server_; }

 private:
  static Settings WithToken(Settings settings) {
    settings.merge(Settings{{"admin.token", kToken}, {"log.level", "info"}});
    return settings;
  }

  const TempDirectory folder_;
  const std::string clip_ = MakeClip(folder_.path());
  NginxMediaServer media_;
  ServerProcess server_;
  std::map<std::string, ClipPusher> pushers_;
};

std::string UserOf(std::size_t number) { return fmt::format("user{:04}", number); }

/// The defaults: the harness sets a timeout that outlives a test.
Settings DefaultTimes() { return {{"room.heartbeat_timeout", "25s"}, {"room.sweep_period", "5s"}}; }

std::size_t CountMembers(Streams& streams, std::size_t count) {
  std::size_t members = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (streams.IsMember(UserOf(i))) ++members;
  }
  return members;
}

/// @param is_reloaded  after each stream's begin.
void MeasureKicks(std::size_t kicks, bool is_reloaded) {
  Streams streams({}, is_reloaded ? NginxProcesses::kMasterAndWorker : NginxProcesses::kOne);
  Latencies until_reply;
  Latencies until_end;
  for (std::size_t i = 0; i < kicks; ++i) {
    const std::string user = UserOf(i);
    streams.Seat(user);
    if (is_reloaded) streams.media().Reload();
    const steady_clock::time_point begin = steady_clock::now();
    streams.Kick(user);
    until_reply.Add(steady_clock::now() - begin);
    Check(streams.PusherOf(user).WaitForEnd().has_value(), user + " goes on");
    until_end.Add(steady_clock::now() - begin);
    streams.End(user);
  }
  std::cout << "kick -> reply:                 " << until_reply.Summary()
            << "\nkick -> publisher disconnected: " << until_end.Summary() << std::endl;
}

void MeasureKills(std::size_t kills, std::size_t count) {
  Streams streams(DefaultTimes());
  for (std::size_t i = 0; i < count; ++i) streams.Seat(UserOf(i));
  const steady_clock::time_point seated = steady_clock::now();
  std::map<std::string, std::string> kicked;  // with their URLs
  Latencies until_known;
  std::size_t forgotten = 0;
  for (std::size_t kill = 0; kill < kills; ++kill) {
    const std::string user = fmt::format("kicked{:04}", kill);
    kicked[user] = streams.Seat(user);
    streams.Kick(user);
    streams.server().Kill9();
    streams.server().Start();
    const steady_clock::time_point ready = steady_clock::now();
    Check(streams.PusherOf(user).WaitForEnd().has_value(), user + " goes on");
    streams.End(user);
    const auto on = static_cast<double>(count - streams.CountEnded());
    Check(Eventually([&] { return streams.StreamsOn() == on; }), "streams are not known again");
    until_known.Add(steady_clock::now() - ready);
    if (!streams.IsDead(user, kicked[user])) ++forgotten;
  }
  const std::chrono::duration<double> silent = steady_clock::now() - seated;
  const std::size_t lost_members = count - CountMembers(streams, count);
  for (const auto& [user, url] : kicked) {
    if (!streams.IsDead(user, url)) ++forgotten;
  }
  std::cout
      << fmt::format(
             "{} kills under {} streams: {} streams cut, {} members lost, silent for {:.0f} s, "
             "{} of {} kicks forgotten; ready -> streams known again: {}",
             kills, count, streams.CountEnded(), lost_members, silent.count(), forgotten,
             kicked.size(), until_known.Summary())
      << std::endl;
}

void MeasureRestarts(std::size_t restarts, std::size_t count) {
  Streams streams(DefaultTimes());
  for (std::size_t i = 0; i < count; ++i) streams.Seat(UserOf(i));
  const auto restart = [&] {
    streams.media().Kill9();
    streams.media().Start();
  };
  Latencies until_back;
  for (std::size_t i = 0; i < restarts; ++i) {
    restart();
    const steady_clock::time_point begin = steady_clock::now();
    for (std::size_t user = 0; user < count; ++user) streams.Push(UserOf(user));
    Check(Eventually([&] { return streams.media().Publishers("live").size() == count; }),
          "not all are back");
    until_back.Add(steady_clock::now() - begin);
  }
  const std::size_t left = CountMembers(streams, count);
  restart();
  const steady_clock::time_point begin = steady_clock::now();
  Check(Eventually([&] { return CountMembers(streams, count) == 0; }, 120s), "not all are gone");
  const std::chrono::duration<double> until_gone = steady_clock::now() - begin;
  std::cout << fmt::format(
                   "{} restarts: {} of {} silent members evicted; restart -> all on air: {}; "
                   "without pushing again all gone after {:.1f} s",
                   restarts, count - left, count, until_back.Summary(), until_gone.count())
            << std::endl;
}

void MeasureDrops(std::size_t count) {
  Streams streams(DefaultTimes());
  for (std::size_t i = 0; i < count; ++i) streams.Seat(UserOf(i));
  const steady_clock::time_point seated = steady_clock::now();
  std::this_thread::sleep_until(seated + 30s);  // all are silent for longer than the timeout
  Check(CountMembers(streams, count) == count, "evicted too early");

  // Spread over two periods of the sweep.
  std::map<std::string, steady_clock::time_point> ended;
  Latencies until_eviction;
  std::size_t next = 0;
  const steady_clock::time_point begin = steady_clock::now();
  while (until_eviction.count() < count) {
    Check(steady_clock::now() < begin + 60s, "not all are evicted");
    if (next < count && steady_clock::now() >= begin + next * 10s / count) {
      const std::string user = UserOf(next++);
      streams.End(user);
      ended[user] = steady_clock::now();
    }
    std::erase_if(ended, [&](const auto& one) {
      if (streams.IsMember(one.first)) return false;
      until_eviction.Add(steady_clock::now() - one.second);
      return true;
    });
    std::this_thread::sleep_for(10ms);
  }
  std::cout << "end of stream -> eviction: min "
            << static_cast<double>(until_eviction.Percentile(0).count()) / 1e6 << " s, "
            << until_eviction.Summary() << std::endl;
}

void MeasureTakeovers(std::size_t takeovers) {
  Streams streams({});
  Latencies until_on_air;
  for (std::size_t i = 0; i < takeovers; ++i) {
    const std::string user = UserOf(i);
    const std::string url = streams.Seat(user);
    const std::optional<std::string> first = streams.ClientOf(user);
    // As of a phone that has lost its network: the connection stays, and nothing arrives.
    streams.PusherOf(user).Signal(SIGSTOP);
    const steady_clock::time_point begin = steady_clock::now();
    ClipPusher second(streams.clip(), url);
    const auto is_taken_over = [&] {
      const std::optional<std::string> client = streams.ClientOf(user);
      return client && client != first;
    };
    Check(Eventually(is_taken_over), user + " is not back: " + second.Output());
    until_on_air.Add(steady_clock::now() - begin);
    Check(streams.IsMember(user), user + " is no member any more");
    streams.End(user);
  }
  std::cout << "second connection -> on air, with the start of ffmpeg: " << until_on_air.Summary()
            << std::endl;
}

void MeasureRecordings(std::size_t files) {
  Streams streams({}, NginxProcesses::kOne, {"--record"});
  Latencies until_listed;
  for (std::size_t i = 0; i < files; ++i) {
    const std::string user = UserOf(i);
    streams.Seat(user);
    Check(Eventually([&] { return streams.StreamsOn() == 1; }), user + " is not known");
    std::this_thread::sleep_for(1s);  // for some pictures
    Check(streams.CountRecordings(user) == 0, "listed too early");
    streams.PusherOf(user).Signal(SIGKILL);
    const steady_clock::time_point begin = steady_clock::now();
    Check(Eventually([&] { return streams.CountRecordings(user) == 1; }), user + " is not listed");
    until_listed.Add(steady_clock::now() - begin);
    streams.End(user);
  }
  std::cout << "end of stream -> recording listed: " << until_listed.Summary() << std::endl;
}

void MeasureStreams(std::size_t count, std::chrono::seconds length) {
  Streams streams({});
  for (std::size_t i = 0; i < count; ++i) streams.Seat(UserOf(i));
  const auto nginx_before = CpuTimeOf(streams.media().pid());
  const auto rooms_before = CpuTimeOf(streams.server().child().pid());
  const steady_clock::time_point begin = steady_clock::now();
  std::this_thread::sleep_until(begin + length);
  const std::chrono::duration<double> took = steady_clock::now() - begin;
  const std::chrono::duration<double> nginx = CpuTimeOf(streams.media().pid()) - nginx_before;
  const std::chrono::duration<double> rooms =
      CpuTimeOf(streams.server().child().pid()) - rooms_before;
  std::cout
      << fmt::format(
             "{} streams for {:.0f} s: {} cut, {} known at the end, nginx {:.2f} % of a core, "
             "the room server {:.2f} %",
             count, took.count(), streams.CountEnded(), streams.StreamsOn(), 100 * nginx / took,
             100 * rooms / took)
      << std::endl;
}

int Run(const std::vector<std::string>& arguments) {
  const auto number = [&](std::size_t at, std::size_t usual) {
    return arguments.size() > at ? std::stoul(arguments[at]) : usual;
  };
  const std::string what = arguments.empty() ? "" : arguments[0];
  if (what == "kick") {
    MeasureKicks(number(1, 100), false);
  } else if (what == "reload") {
    MeasureKicks(number(1, 20), true);
  } else if (what == "kill") {
    MeasureKills(number(1, 100), number(2, 20));
  } else if (what == "drop") {
    MeasureDrops(number(1, 20));
  } else if (what == "restart") {
    MeasureRestarts(number(1, 100), number(2, 20));
  } else if (what == "takeover") {
    MeasureTakeovers(number(1, 20));
  } else if (what == "record") {
    MeasureRecordings(number(1, 20));
  } else if (what == "streams") {
    MeasureStreams(number(1, 20), std::chrono::seconds(number(2, 60)));
  } else {
    std::cerr
        << "stream_bench kick|reload|kill|drop|restart|takeover|record|streams [NUMBER [NUMBER]]\n";
    return 2;
  }
  return 0;
}

}  // namespace
}  // namespace rtcroom

int main(int argc, char** argv) { return rtcroom::Run({argv + 1, argv + argc}); }
