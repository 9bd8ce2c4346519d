// Duration of /metrics while the server holds many rooms under load from phones.
//
//   scrape_under_load [ROOMS [SECONDS]]    100000, 30
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "tests/e2e/room_calls.h"
#include "tests/support/latencies.h"
#include "tests/support/metrics_text.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

constexpr std::size_t kPhones = 16;
/// Prometheus scrapes every 15 s; this is for many samples in a short time.
constexpr std::chrono::milliseconds kBetweenScrapes{50};

std::string RoomNumber(std::size_t number) { return fmt::format("r{:06}", number); }

void Fill(const ServerProcess& server, std::size_t rooms) {
  std::vector<std::jthread> phones;
  for (std::size_t phone = 0; phone < 4 * kPhones; ++phone) {
    phones.emplace_back([&, phone] {
      ApiClient client = server.Http();
      for (std::size_t room = phone; room < rooms; room += 4 * kPhones) {
        const ApiReply made =
            client.Call("multi_room", "create_room", CreateBody("host", RoomNumber(room)));
        if (made.code() != kOk) std::cerr << "create_room: " << made.text << '\n';
      }
    });
  }
}

/// The calls of the phones, in order: mostly heartbeats and polls, sometimes a join and a leave.
void KeepBusy(const ServerProcess& server, std::size_t rooms, std::size_t phone,
              std::atomic<std::uint64_t>& requests, const std::stop_token& stop) {
  ApiClient client = server.Http();
  const std::string user = "guest" + std::to_string(phone);
  for (std::size_t turn = phone; !stop.stop_requested(); turn += 7919) {
    const std::string room = RoomNumber(turn % rooms);
    client.Call("multi_room", "pusher_heartbeat", MemberBody(room, "host"));
    client.Call("multi_room", "get_pushers", RoomBody(room));
    client.Call("multi_room", "get_room_list", {{"index", turn % rooms}, {"cnt", 20}});
    client.Call("multi_room", "add_pusher", PusherBody(room, user));
    client.Call("multi_room", "delete_pusher", MemberBody(room, user));
    requests += 5;
  }
}

Latencies Scrape(const ServerProcess& server, std::chrono::seconds length) {
  Latencies latencies;
  ApiClient client = server.Admin();
  const auto until = std::chrono::steady_clock::now() + length;
  while (std::chrono::steady_clock::now() < until) {
    const auto begun = std::chrono::steady_clock::now();
    const ApiReply reply = client.Get("/metrics");
    latencies.Add(std::chrono::steady_clock::now() - begun);
    if (reply.status != 200) std::cerr << "/metrics: " << reply << '\n';
    std::this_thread::sleep_for(kBetweenScrapes);
  }
  return latencies;
}

int Run(std::size_t rooms, std::chrono::seconds length) {
  const ServerProcess server(
      {.settings = {{"room.heartbeat_timeout", "1h"}, {"log.level", "info"}}});
  const Latencies when_empty = Scrape(server, std::chrono::seconds(3));
  Fill(server, rooms);
  const Latencies when_idle = Scrape(server, std::chrono::seconds(3));
  std::atomic<std::uint64_t> requests{0};
  std::vector<std::jthread> phones;
  for (std::size_t phone = 0; phone < kPhones; ++phone) {
    phones.emplace_back([&, phone](const std::stop_token& stop) {
      KeepBusy(server, rooms, phone, requests, stop);
    });
  }
  const std::uint64_t before = requests;
  const Latencies under_load = Scrape(server, length);
  const std::uint64_t made = requests - before;
  phones.clear();

  const ApiReply last = server.Admin().Get("/metrics");
  const MetricsText metrics = MetricsText::Read(last.text);
  std::cout << "rooms " << metrics.Of(R"(rtcroomd_rooms{kind="multi"})") << ", series "
            << metrics.series.size() << ", bytes " << last.text.size() << ", requests/s "
            << made / static_cast<std::uint64_t>(length.count()) << "\n  no rooms          "
            << when_empty.Summary() << "\n  all rooms, idle   " << when_idle.Summary()
            << "\n  all rooms, load   " << under_load.Summary() << std::endl;
  return 0;
}

}  // namespace
}  // namespace rtcroom

int main(int argc, char** argv) {
  const std::size_t rooms = argc > 1 ? std::stoul(argv[1]) : 100'000;
  const int seconds = argc > 2 ? std::stoi(argv[2]) : 30;
  return rtcroom::Run(rooms, std::chrono::seconds(seconds));
}
