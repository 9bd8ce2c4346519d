// Callbacks of a media server with many streams, all from one address: the time to each answer, and
// the server's share of a core.
//
//   callback_load [STREAMS [PER-SECOND [SECONDS]]]    2000, 200, 60
//
// Most calls are updates of running streams; one in twenty ends a stream, and the next one
// publishes it again. Times count from when a call was due, so that a slow answer delays no later
// figure.
#include <chrono>
#include <cstddef>
#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "tests/e2e/room_calls.h"
#include "tests/support/latencies.h"
#include "tests/support/metrics_text.h"
#include "tests/support/process_stats.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using std::chrono::steady_clock;

constexpr const char* kSecret = "the secret of the callbacks";
/// As many as the relay of deploy/media keeps open.
constexpr std::size_t kConnections = 8;
constexpr std::size_t kCallsPerEnd = 20;

struct Stream {
  std::string name{};
  std::string arguments{};  ///< of its push URL
  std::size_t client = 0;
};

/// What one connection has seen.
struct Outcome {
  Latencies answers{};
  std::size_t refused = 0;
};

/// Members with a push URL each.
std::vector<Stream> MakeStreams(const ServerProcess& server, std::size_t count) {
  std::vector<Stream> streams;
  ApiClient client = server.Http();
  for (std::size_t i = 0; i < count; ++i) {
    const std::string user = fmt::format("user{:05}", i);
    const ApiReply made = client.Call("multi_room", "create_room", CreateBody(user, "r" + user));
    const std::string url =
        client.Call("multi_room", "get_push_url", {{"userID", user}}).Text("pushURL");
    if (made.code() != kOk || url.empty()) throw std::runtime_error("no member: " + made.text);
    streams.push_back({.name = user, .arguments = url.substr(url.find('?') + 1), .client = i + 1});
  }
  return streams;
}

bool IsAccepted(ApiClient& client, const std::string& call, const Stream& stream,
                const std::string& more) {
  const ApiReply reply = client.Send(
      {.target = "/callback/rtmp",
       .content_type = "application/x-www-form-urlencoded",
       .body = fmt::format("app=live&flashver=FMLE/3.0&swfurl=&tcurl=rtmp://127.0.0.1/live&pageurl="
                           "&addr=127.0.0.1&clientid={}&call={}&name={}{}&{}",
                           stream.client, call, stream.name, more, stream.arguments),
       .headers = {{"Authorization", std::string("Bearer ") + kSecret}}});
  return reply.status == 200;
}

/// The calls about some of the streams, each when it is due.
Outcome Call(const ServerProcess& server, std::vector<Stream> streams, std::size_t all,
             std::chrono::nanoseconds period, std::chrono::seconds length) {
  Outcome outcome;
  ApiClient client = server.Admin();
  steady_clock::time_point due = steady_clock::now();
  const steady_clock::time_point begin = due;
  const steady_clock::time_point until = due + length;
  const auto call = [&](const char* name, const Stream& stream, const std::string& more) {
    due += period;
    std::this_thread::sleep_until(due);
    if (!IsAccepted(client, name, stream, more)) ++outcome.refused;
    outcome.answers.Add(steady_clock::now() - due);
  };
  for (std::size_t i = 0; due < until; ++i) {
    Stream& stream = streams[i % streams.size()];
    if (i % kCallsPerEnd == kCallsPerEnd - 1) {
      call("publish_done", stream, "");
      stream.client += all;
      call("publish", stream, "&type=live");
      continue;
    }
    const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(due - begin).count();
    call("update_publish", stream, fmt::format("&time={}&timestamp={}", passed / 1000, passed));
  }
  return outcome;
}

int Run(std::size_t count, std::size_t per_second, std::chrono::seconds length) {
  ServerProcess server({.settings = {{"live.push_key", "a push key"},
                                     {"live.push_host", "127.0.0.1"},
                                     {"live.play_host", "127.0.0.1"},
                                     {"live.rtmp_callback_secret", kSecret},
                                     {"log.level", "info"}}});
  const std::vector<Stream> streams = MakeStreams(server, count);
  ApiClient admin = server.Admin();
  for (const Stream& stream : streams) {
    if (!IsAccepted(admin, "publish", stream, "&type=live")) throw std::runtime_error("refused");
  }

  const auto period = std::chrono::nanoseconds(std::chrono::seconds(kConnections)) / per_second;
  std::vector<Outcome> outcomes(kConnections);
  const auto cpu_before = CpuTimeOf(server.child().pid());
  const steady_clock::time_point begin = steady_clock::now();
  {
    std::vector<std::jthread> connections;
    for (std::size_t i = 0; i < kConnections; ++i) {
      std::vector<Stream> some;
      for (std::size_t at = i; at < count; at += kConnections) some.push_back(streams[at]);
      connections.emplace_back([&, i, some = std::move(some)] {
        outcomes[i] = Call(server, some, count, period, length);
      });
    }
  }
  const std::chrono::duration<double> took = steady_clock::now() - begin;
  const std::chrono::duration<double> cpu = CpuTimeOf(server.child().pid()) - cpu_before;

  Outcome all;
  for (const Outcome& one : outcomes) {
    all.answers.Add(one.answers);
    all.refused += one.refused;
  }
  const MetricsText metrics = MetricsText::Read(server.Admin().Get("/metrics").text);
  const auto calls = static_cast<double>(all.answers.count());
  std::cout
      << fmt::format(
             "{} streams ({} on at the end), {:.0f} callbacks/s for {:.0f} s: {}, refused {}, "
             "server {:.1f} % of a core, {:.0f} us each",
             count, metrics.Of(R"(rtcroomd_streams{state="on"})"), calls / took.count(),
             took.count(), all.answers.Summary(), all.refused, 100 * cpu.count() / took.count(),
             1e6 * cpu.count() / calls)
      << std::endl;
  return all.refused == 0 ? 0 : 1;
}

}  // namespace
}  // namespace rtcroom

int main(int argc, char** argv) {
  const std::size_t streams = argc > 1 ? std::stoul(argv[1]) : 2000;
  const std::size_t per_second = argc > 2 ? std::stoul(argv[2]) : 200;
  const int seconds = argc > 3 ? std::stoi(argv[3]) : 60;
  return rtcroom::Run(streams, per_second, std::chrono::seconds(seconds));
}
