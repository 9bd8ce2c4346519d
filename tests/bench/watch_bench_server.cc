#include "tests/bench/watch_bench_server.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>

#include <fmt/format.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include "daemon/base/system_clock.h"
#include "daemon/grpc/watch_hub.h"
#include "daemon/grpc/watch_service.h"
#include "tests/support/rooms.h"
#include "tests/support/temp_store.h"

namespace rtcroom {
namespace {

/// Has one pusher rejoin repeatedly.
class ChangeMaker {
 public:
  explicit ChangeMaker(Store& store) : store_(store) {
    (void)Apply(store_, Creating(MakeRoom(RoomKind::kMulti, "busy", "host")));
  }

  void SetRate(std::uint64_t per_second) { rate_ = per_second; }
  [[nodiscard]] std::uint64_t made() const { return made_; }

 private:
  void Run(const std::stop_token& stop) {
    using namespace std::chrono_literals;
    auto next = std::chrono::steady_clock::now();
    while (!stop.stop_requested()) {
      const std::uint64_t rate = rate_;
      if (rate == 0) {
        std::this_thread::sleep_for(10ms);
        next = std::chrono::steady_clock::now();
        continue;
      }
      std::this_thread::sleep_until(next);
      next += std::chrono::nanoseconds(1s) / rate;
      MakeOne();
    }
  }

  void MakeOne() {
    const RoomKey key = MakeKey(RoomKind::kMulti, "busy");
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    Pusher pusher = MakePusher("host");
    pusher.user_name = std::to_string(std::chrono::nanoseconds(now).count());
    (void)store_.Update(key, [&](const Room* room) {
      return rules::AddPusher(room, Dialect::kGen1, pusher, {}, {}, kNoon);
    });
    // A store in use removes old events as well.
    constexpr std::uint64_t kBetweenTrims = 1000;
    if (++made_ % kBetweenTrims == 0) (void)store_.TrimEvents({.max_events = 10'000});
  }

  Store& store_;
  std::atomic<std::uint64_t> rate_{0};
  std::atomic<std::uint64_t> made_{0};
  std::jthread thread_{[this](const std::stop_token& stop) { Run(stop); }};
};

void Obey(std::istream& orders, ChangeMaker& changes, const WatchHub& hub) {
  for (std::string line; std::getline(orders, line);) {
    std::istringstream words(line);
    std::string order;
    std::uint64_t number = 0;
    words >> order >> number;
    if (order == "rate") changes.SetRate(number);
    if (order == "report") {
      std::cout << fmt::format("{} {} {}\n", changes.made(), hub.subscribers(),
                               hub.counts().slow_ended.load())
                << std::flush;
    }
  }
}

}  // namespace

int RunWatchBenchServer() {
  CommitSignal signal;
  TempStore store(StoreLimits{}, "00112233aabbccdd", signal);
  const SystemClock clock;
  Logger logger(LogFormat::kText, LogLevel::kInfo);
  WatchHub hub(store.rooms(), signal, clock, logger);
  WatchService service(hub);
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  std::cout << port << '\n' << std::flush;
  {
    ChangeMaker changes(store.rooms());
    Obey(std::cin, changes, hub);
  }
  hub.Stop();
  server->Shutdown();
  return 0;
}

}  // namespace rtcroom
