// The cost of an unavailable IM service for the other calls: phones change rooms while the stand-in
// answers, hangs and refuses connections, in turn; the latencies are reported for each.
//
//   im_latency [SECONDS]    of each turn; 5
#include <atomic>
#include <chrono>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/room_calls.h"
#include "tests/support/im_stand_in.h"
#include "tests/support/latencies.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

constexpr std::size_t kPhones = 8;

/// The latencies of the phones in one turn.
struct Waiting {
  Latencies changes;  ///< add_pusher and delete_pusher
  Latencies others;   ///< pusher_heartbeat and get_pushers
};

Waiting Measure(const ServerProcess& server, std::chrono::seconds length) {
  std::vector<Waiting> of_phones(kPhones);
  {
    std::vector<std::jthread> phones;
    for (std::size_t phone = 0; phone < kPhones; ++phone) {
      phones.emplace_back([&, phone] {
        ApiClient client = server.Http();
        const std::string room = "r" + std::to_string(phone);
        const auto timed = [&](Latencies& into, const char* endpoint, const nlohmann::json& body) {
          const auto begun = std::chrono::steady_clock::now();
          const ApiReply reply = client.Call("multi_room", endpoint, body);
          into.Add(std::chrono::steady_clock::now() - begun);
          if (reply.code() != kOk) std::cerr << endpoint << ": " << reply.text << '\n';
        };
        const auto until = std::chrono::steady_clock::now() + length;
        while (std::chrono::steady_clock::now() < until) {
          Waiting& waiting = of_phones[phone];
          timed(waiting.changes, "add_pusher", PusherBody(room, "guest"));
          timed(waiting.others, "pusher_heartbeat", MemberBody(room, "guest"));
          timed(waiting.others, "get_pushers", RoomBody(room));
          timed(waiting.changes, "delete_pusher", MemberBody(room, "guest"));
        }
      });
    }
  }
  Waiting all;
  for (const Waiting& one : of_phones) {
    all.changes.Add(one.changes);
    all.others.Add(one.others);
  }
  return all;
}

int Run(std::chrono::seconds length) {
  ImStandIn im;
  const ServerProcess server({.settings = {{"im.enabled", true},
                                           {"im.base_url", im.base_url()},
                                           {"im.sdk_app_id", 1400000001},
                                           {"im.secret_key", "a key of the benchmark"},
                                           {"log.level", "info"},
                                           {"room.heartbeat_timeout", "1h"}}});
  ApiClient client = server.Http();
  for (std::size_t phone = 0; phone < kPhones; ++phone) {
    client.Call("multi_room", "create_room", CreateBody("host", "r" + std::to_string(phone)));
  }
  const auto measure = [&](const char* service) {
    // A create in the meantime waits for the service; the others must not be delayed.
    std::jthread creators([&](const std::stop_token& stop) {
      ApiClient creator = server.Http();
      while (!stop.stop_requested()) {
        const ApiReply made = creator.Call("multi_room", "create_room", CreateBody("creator"));
        if (made.code() != kOk) continue;
        creator.Call("multi_room", "destroy_room", MemberBody(made.Text("roomID"), "creator"));
      }
    });
    const Waiting waiting = Measure(server, length);
    creators.request_stop();
    std::cout << service << "\n  add_pusher, delete_pusher      " << waiting.changes.Summary()
              << "\n  pusher_heartbeat, get_pushers   " << waiting.others.Summary() << std::endl;
  };
  measure("the IM service answers");
  im.Behave(ImConduct::Replying(ImConduct::Reply::kHang));
  measure("it hangs");
  im.Behave(ImConduct::Well());
  im.Release();
  im.GoDown();
  measure("it refuses connections");
  im.GoUp();
  measure("it answers again");
  return 0;
}

}  // namespace
}  // namespace rtcroom

int main(int argc, char** argv) {
  const int seconds = argc > 1 ? std::stoi(argv[1]) : 5;
  return rtcroom::Run(std::chrono::seconds(seconds));
}
