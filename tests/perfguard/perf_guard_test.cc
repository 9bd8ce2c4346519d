// Cost of a request in counts that do not depend on machine load, compared with counts.txt.
// RTCROOM_WRITE_COUNTS=1 rewrites that file.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/perfguard/counters.h"
#include "tests/support/gen2_client.h"
#include "tests/support/raw_client.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using Costs = std::array<double, kCounters>;  ///< per request

constexpr std::array<const char*, kCounters> kNames = {
    "statements stepped", "statements prepared", "statements prepared again",  "allocations",
    "allocated bytes",    "system calls",        "bytes moved by system calls"};
/// Absolute difference that is always tolerated, even for small counts.
constexpr Costs kSlack = {0.5, 0.5, 0.1, 1.5, 128, 0.8, 64};
constexpr double kTolerance = 0.1;
constexpr int kRequests = 8;  ///< consecutive requests to one endpoint, each about a different room
constexpr int kRounds = 15;
/// The quickest rounds of a row, whose median counts. What timers of the server do meanwhile adds
/// to a round in proportion to its length, and one on a busy machine, or one that waits for a disk,
/// is as long as ten others.
constexpr int kCountedRounds = 5;
constexpr int kWarmUpRounds = 2;

/// A file that the server counts into.
class SharedCounters {
 public:
  SharedCounters() {
    const int file = ::open(path().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0 || ::ftruncate(file, sizeof(Counters)) != 0) throw std::runtime_error("no file");
    void* const mapped = ::mmap(nullptr, sizeof(Counters), PROT_READ, MAP_SHARED, file, 0);
    ::close(file);
    if (mapped == MAP_FAILED) throw std::runtime_error("no counters");
    counters_ = static_cast<const Counters*>(mapped);
  }
  [[nodiscard]] std::string path() const { return (directory_.path() / "counters").string(); }
  [[nodiscard]] Costs Read() const {
    Costs now{};
    std::ranges::transform(*counters_, now.begin(),
                           [](const auto& count) { return static_cast<double>(count.load()); });
    return now;
  }

 private:
  const TempDirectory directory_;
  const Counters* counters_ = nullptr;
};

/// One round of a row.
struct Round {
  std::chrono::steady_clock::duration length{};
  Costs costs{};
};

/// One endpoint in one state, called over one connection with numbered requests.
struct Row {
  std::string name;
  std::function<std::string(int)> request;
  std::function<void(int, const json&)> note = {};  ///< stores values of the reply for later rows
};

class PerfGuard : public testing::Test {
 protected:
  static std::string Post(const std::string& place, const json& body) {
    return RawPost("/weapp/" + place, body.dump());
  }
  static json Member(int i, const std::string& user) {
    return {{"roomID", fmt::format("room_{:02}", i)}, {"userID", user}};
  }
  static json Pusher(int i, const std::string& user) {
    json body = Member(i, user);
    body.update({{"userName", "a name"},
                 {"userAvatar", "https://avatars.invalid/a.png"},
                 {"pushURL", "rtmp://push.invalid/live/8888_" + user + "?bizid=8888"},
                 {"roomName", "a room"}});
    return body;
  }

  void AddGen1() {
    const auto add = [this](const std::string& endpoint, std::function<json(int)> body) {
      rows_.push_back({"gen-1 " + endpoint, [endpoint, body = std::move(body)](int i) {
                         return Post("multi_room/" + endpoint, body(i));
                       }});
    };
    add("get_im_login_info", [](int) { return json{{"userIDPrefix", "weixin"}}; });
    add("get_push_url", [](int i) { return Member(i, "host"); });
    add("create_room", [](int i) { return Pusher(i, "host"); });
    add("add_pusher", [](int i) { return Pusher(i, "guest"); });
    add("pusher_heartbeat", [](int i) { return Member(i, "guest"); });
    add("get_pushers", [](int i) { return Member(i, "guest"); });
    add("get_room_list", [](int) { return json{{"cnt", 20}, {"index", 0}}; });
    add("delete_pusher", [](int i) { return Member(i, "guest"); });
    add("destroy_room", [](int i) { return Member(i, "host"); });
  }

  void AddGen2() {
    const auto name_of = [](int i) { return fmt::format("user_{:02}", i); };
    rows_.push_back({"gen-2 login",
                     [this, name_of](int i) {
                       return RawPost(
                           fmt::format("/weapp/live_room/login?sdkAppID={}&accountType=0&userID={}"
                                       "&userSig={}",
                                       kTestAppId, name_of(i), tickets_.at(i)),
                           "{}");
                     },
                     [this](int i, const json& reply) { tokens_[i] = reply.at("token"); }});
    // Each caller creates a room; the next caller enters it.
    const auto add = [this, name_of](const std::string& endpoint, int caller,
                                     std::function<json(int, const std::string&)> body) {
      const std::string state = endpoint == "add_pusher" && caller == 0 ? " (first)" : "";
      rows_.push_back({"gen-2 " + endpoint + state, [=, this](int i) {
                         const int by = (i + caller) % kRequests;
                         return Post(fmt::format("live_room/{}?userID={}&token={}", endpoint,
                                                 name_of(by), tokens_.at(by)),
                                     body(i, name_of(by)));
                       }});
    };
    const auto named = [&](const std::string& endpoint, int caller, const json& more = {}) {
      add(endpoint, caller, [more](int i, const std::string& user) {
        json body = Member(i, user);
        if (!more.is_null()) body.update(more);
        return body;
      });
    };
    named("get_push_url", 0);
    named("create_room", 0, {{"roomInfo", "a room"}});
    add("add_pusher", 0, Pusher);
    add("add_pusher", 1, Pusher);
    named("pusher_heartbeat", 1);
    named("get_pushers", 1);
    named("get_room_list", 1, {{"cnt", 20}, {"index", 0}});
    named("set_custom_field", 1, {{"fieldName", "likes"}, {"operation", "inc"}});
    named("get_custom_info", 1);
    named("add_audience", 2, {{"userInfo", "a viewer"}});
    named("audience_heartbeat", 2);
    named("get_audiences", 2);
    named("delete_audience", 2);
    named("delete_pusher", 1);
    named("destroy_room", 0);
    named("logout", 0);
  }

  void AddWebrtc() {
    const auto add = [this](const std::string& endpoint, const std::string& user) {
      rows_.push_back({"webrtc " + endpoint, [this, endpoint, user](int i) {
                         json body = {{"userID", user}, {"roomInfo", "a room"}};
                         if (numbers_.contains(i)) body["roomID"] = numbers_.at(i);
                         return Post("webrtc_room/" + endpoint, body);
                       }});
    };
    rows_.push_back({"webrtc create_room",
                     [](int) {
                       return Post("webrtc_room/create_room",
                                   {{"userID", "host"}, {"roomInfo", "a room"}});
                     },
                     [this](int i, const json& reply) { numbers_[i] = reply.at("roomID"); }});
    add("enter_room", "guest");
    add("heartbeat", "guest");
    add("get_room_members", "guest");
    rows_.push_back({"webrtc get_room_list", [](int) {
                       return Post("webrtc_room/get_room_list", {{"count", 20}, {"index", 0}});
                     }});
    add("quit_room", "guest");
    rows_.push_back({"webrtc quit_room (last)", [this](int i) {
                       return Post("webrtc_room/quit_room",
                                   {{"userID", "host"}, {"roomID", numbers_.at(i)}});
                     }});
  }

  /// The median cost of every row over its quickest rounds.
  std::map<std::string, Costs> Measure() {
    AddGen1();
    AddGen2();
    AddWebrtc();
    for (int i = 0; i < kRequests; ++i) tickets_[i] = MakeTicket(fmt::format("user_{:02}", i));
    RawClient client(server_.AddressOf("http"));
    std::map<std::string, std::vector<Round>> rounds;
    for (int round = -kWarmUpRounds; round < kRounds; ++round) {
      for (const Row& row : rows_) {
        const auto begun = std::chrono::steady_clock::now();
        const Costs before = counters_.Read();
        for (int i = 0; i < kRequests; ++i) {
          client.Send(row.request(i));
          const RawReply reply = client.Receive();
          EXPECT_EQ(reply.code(), 0) << row.name << ": " << reply.head << reply.body;
          if (testing::Test::HasFailure()) return {};
          if (row.note) row.note(i, json::parse(reply.body));
        }
        const Costs after = counters_.Read();
        if (round < 0) continue;
        Round done{.length = std::chrono::steady_clock::now() - begun};
        for (std::size_t k = 0; k < kCounters; ++k) {
          done.costs.at(k) = (after.at(k) - before.at(k)) / kRequests;
        }
        rounds[row.name].push_back(done);
      }
    }
    std::map<std::string, Costs> costs;
    for (auto& [name, done] : rounds) {
      std::ranges::nth_element(done, done.begin() + kCountedRounds, {}, &Round::length);
      done.resize(kCountedRounds);
      for (std::size_t k = 0; k < kCounters; ++k) {
        const auto median = done.begin() + kCountedRounds / 2;
        std::ranges::nth_element(done, median, {},
                                 [k](const Round& one) { return one.costs.at(k); });
        costs[name].at(k) = median->costs.at(k);
      }
    }
    return costs;
  }

 private:
  const SharedCounters counters_;
  const TempDirectory memory_{"/dev/shm"};  // commits wait for no disk, which others may keep busy
  ServerProcess server_{
      {.settings = WithLogins({{"log.level", "info"},
                               {"server.workers", 1},
                               {"store.data_dir", (memory_.path() / "data").string()},
                               {"grpc.listen", ""},  // off: it reads events at unpredictable times
                               {"live.bizid", "8888"},
                               {"live.push_key", "a push key"},
                               {"live.play_key", "a play key"}}),
       .environment = {{"LD_PRELOAD", RTCROOM_COUNTING}, {kCountersVariable, counters_.path()}}}};
  std::vector<Row> rows_;
  std::map<int, std::string> tickets_;
  std::map<int, std::string> tokens_;
  std::map<int, json> numbers_;
};

std::map<std::string, Costs> HeldCounts() {
  std::map<std::string, Costs> held;
  std::ifstream file(RTCROOM_COUNTS_FILE);
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(':');
    if (line.starts_with('#') || colon == std::string::npos) continue;
    std::istringstream values(line.substr(colon + 1));
    for (double& value : held[line.substr(0, colon)]) values >> value;
  }
  return held;
}

void WriteCounts(const std::map<std::string, Costs>& costs) {
  std::ofstream file(RTCROOM_COUNTS_FILE);
  file << "# Cost of one request; written by `./tests/run counts`.\n# endpoint: "
       << fmt::format("{}\n", fmt::join(kNames, ", "));
  for (const auto& [name, cost] : costs) {
    file << fmt::format("{}:{:{}}", name, "", 34 - name.size());
    for (const double count : cost) file << fmt::format(" {:>8.1f}", count);
    file << '\n';
  }
}

TEST_F(PerfGuard, EachEndpointStaysWithinItsRecordedCost) {
  const std::map<std::string, Costs> costs = Measure();
  if (HasFailure()) return;
  if (std::getenv("RTCROOM_WRITE_COUNTS") != nullptr) return WriteCounts(costs);
  const std::map<std::string, Costs> held = HeldCounts();
  EXPECT_EQ(held.size(), costs.size());
  for (const auto& [name, cost] : costs) {
    ASSERT_TRUE(held.contains(name)) << name;
    for (std::size_t k = 0; k < kCounters; ++k) {
      const double was = held.at(name).at(k);
      const double is = cost.at(k);
      EXPECT_LE(std::abs(is - was), std::max(was * kTolerance, kSlack.at(k)))
          << fmt::format("{}: {} were {:.1f} and are {:.1f}", name, kNames.at(k), was, is);
    }
  }
  if (HasFailure()) GTEST_LOG_(ERROR) << "if the change is intended, run: ./tests/run counts";
}

}  // namespace
}  // namespace rtcroom
