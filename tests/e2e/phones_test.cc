// Two thousand phones on one server, with slow and hostile clients: the phones are not delayed.
#include <chrono>
#include <cstddef>
#include <iostream>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/config/config.h"
#include "tests/e2e/room_calls.h"
#include "tests/load/fleet_report.h"
#include "tests/load/phone_fleet.h"
#include "tests/load/slow_clients.h"
#include "tests/support/metrics_text.h"
#include "tests/support/process_stats.h"
#include "tests/support/raw_client.h"
#include "tests/support/sanitizers.h"
#include "tests/support/server_process.h"
#include "tests/support/wechat_stand_in.h"

namespace rtcroom {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// All phones of a test come from one address, and their heartbeats are not the only calls.
Settings ForManyFromOneAddress(const Settings& more = {}) {
  Settings settings = {{"server.max_connections_per_address", 20'000},
                       {"limits.per_address_rate", "0/s"},
                       {"limits.per_user_rate", "0/s"},
                       {"store.url", "memory:"},
                       {"log.level", "info"}};
  for (const auto& [key, value] : more) settings[key] = value;
  return settings;
}

/// Far above the specified times: test machines are busy.
constexpr seconds kSaneLatency{60};

FleetOptions Phones(const ServerProcess& server, std::size_t count, milliseconds interval) {
  return {.address = server.AddressOf("https"),
          .trusted = server.certificate(),
          .phones = count,
          .interval = interval,
          .late_after = kSaneLatency};
}

void ExpectAllWell(const PhoneStats& stats, std::size_t phones) {
  EXPECT_EQ(stats.held, phones);
  EXPECT_THAT(stats.failures, testing::Each(0U)) << "connect, handshake, closed, bad, code, late";
  EXPECT_GT(stats.heartbeats.count(), 0U);
  EXPECT_LT(stats.heartbeats.Percentile(99), kSaneLatency);
}

/// Adds it to the test's report and prints it.
void PrintLatencies(const std::string& what, const Latencies& latencies) {
  testing::Test::RecordProperty(what, latencies.Summary());
  std::cout << what << ": " << latencies.Summary() << "\n";
}

TEST(Phones, AreServedByTheThousand) {
  // A sanitizer costs as much CPU as thousands of phones.
  const std::size_t phone_count = IsServerSanitized() ? 200 : 2000;
  constexpr seconds kMeasured{8};
  if (const std::string why = ConnectionLimitProblem(phone_count); !why.empty())
    GTEST_SKIP() << why;
  ServerProcess server({.settings = ForManyFromOneAddress()});
  const pid_t process = server.child().pid();
  FleetReport report{.connections = phone_count, .measured = kMeasured, .has_server = true};
  report.server.before = MemoryOf(process);
  FleetOptions phones = Phones(server, phone_count, seconds(2));
  phones.joins_per_second = 2000;
  PhoneFleet fleet(phones);
  fleet.Gather();
  const milliseconds cpu_before = CpuTimeOf(process);
  fleet.BeatFor(kMeasured);
  report.server.cpu = CpuTimeOf(process) - cpu_before;
  report.server.at_full = MemoryOf(process);
  report.phones = fleet.Stats();
  ExpectAllWell(report.phones, phone_count);
  RecordProperty("report", report.Json());
  std::cout << report.Text();
}

std::size_t Count(const PhoneStats& stats, PhoneFailure failure) {
  return stats.failures.at(static_cast<std::size_t>(failure));
}

TEST(PhoneFleet, CountsFailedCalls) {
  constexpr std::size_t kPhones = 12;
  ServerProcess server({.settings = ForManyFromOneAddress({{"room.max_rooms", 2}})});
  const FleetOptions options = Phones(server, kPhones, milliseconds(50));
  PhoneFleet fleet(options);
  fleet.Gather();
  EXPECT_EQ(fleet.Stats().held, 2 * kPhonesPerRoom);
  EXPECT_EQ(Count(fleet.Stats(), PhoneFailure::kRefused), kPhonesPerRoom) << "no third room";
  server.Kill9();
  EXPECT_TRUE(Eventually([&] { return fleet.Stats().held == 0; }));
  EXPECT_EQ(Count(fleet.Stats(), PhoneFailure::kClosed), 2 * kPhonesPerRoom);
  PhoneFleet late(options);
  late.Gather();
  EXPECT_EQ(Count(late.Stats(), PhoneFailure::kConnect), kPhones);
  server.Start();
}

/// Joins and leaves a room, at the maximum rate of a user; each call must be answered with code 0.
class Guest {
 public:
  explicit Guest(const ServerProcess& server) : client_(server.Https()) {
    EXPECT_EQ(client_.Call("live_room", "create_room", CreateBody("host", "guests")).code(), kOk);
    thread_ = std::jthread([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        Call("add_pusher", PusherBody("guests", "guest"));
        Call("delete_pusher", MemberBody("guests", "guest"));
        std::this_thread::sleep_for(milliseconds(100));  // at most half of limits.per_user_rate
      }
    });
  }

  /// The latencies of all its calls; ends them.
  Latencies Leave() {
    thread_.request_stop();
    thread_.join();
    return latencies_;
  }

 private:
  void Call(const char* endpoint, const nlohmann::json& body) {
    const auto start = std::chrono::steady_clock::now();
    const ApiReply reply = client_.Call("live_room", endpoint, body);
    latencies_.Add(std::chrono::steady_clock::now() - start);
    EXPECT_EQ(reply.code(), kOk) << endpoint << ": " << reply;
  }

  ApiClient client_;
  Latencies latencies_;
  std::jthread thread_;  // last: it uses all of the above
};

/// Rooms with long lists that are expensive to write, since each byte is escaped: a few replies
/// fill the system's buffers of a client that does not read.
void FillRooms(const ServerProcess& server) {
  constexpr int kRooms = 30;
  ApiClient client = server.Https();
  for (int i = 0; i < kRooms; ++i) {
    nlohmann::json body = CreateBody("long" + std::to_string(i), "long" + std::to_string(i));
    body["roomName"] = std::string(1000, '\x01');
    body["userAvatar"] = std::string(1000, '\x02');
    ASSERT_EQ(client.Call("double_room", "create_room", body).code(), kOk);
  }
}

std::string ManyLongLists() {
  std::string requests;
  for (int i = 0; i < 50; ++i) {
    requests += RawPost("/weapp/double_room/get_room_list", R"({"index":0,"cnt":200})");
  }
  return requests;
}

/// The number of all connections that phones have opened so far.
double Openings(const ServerProcess& server) {
  const MetricsText metrics = MetricsText::Read(server.Admin().Get("/metrics").text);
  return metrics.Of(R"(rtcroomd_connections_total{listener="http"})") +
         metrics.Of(R"(rtcroomd_connections_total{listener="https"})");
}

/// The default limits of a server.
Settings DefaultLimits() {
  const LimitsConfig defaults;
  return {
      {"limits.per_address_rate", std::to_string(defaults.per_address_rate.per_second) + "/s"},
      {"limits.per_address_burst", defaults.per_address_burst},
      {"limits.per_user_rate", std::to_string(defaults.per_user_rate.per_second) + "/s"},
      {"limits.per_user_burst", defaults.per_user_burst},
      {"limits.pushers_rate", std::to_string(defaults.pushers_rate.per_second) + "/s"},
  };
}

TEST(SlowClients, DelayNoOtherClients) {
  constexpr std::size_t kSlow = 500;
  constexpr std::size_t kPhones = 100;
  if (const std::string why = ConnectionLimitProblem(kSlow + kPhones); !why.empty())
    GTEST_SKIP() << why;
  // Longer than `kSaneLatency`, so that a request blocked by a slow client is detected.
  Settings settings =
      ForManyFromOneAddress({{"server.idle_timeout", "75s"}, {"server.request_timeout", "75s"}});
  for (const auto& [key, value] : DefaultLimits()) settings[key] = value;
  ServerProcess server({.settings = settings});
  const pid_t process = server.child().pid();
  FillRooms(server);
  PhoneFleet fleet(Phones(server, kPhones, milliseconds(500)));
  fleet.Gather();
  Guest guest(server);
  const std::size_t descriptors = OpenDescriptorsOf(process);

  // They all send at the same moment, and the processing of their whole allowance competes for the
  // cores of this test: in the first second the other clients must not be affected. A busy machine
  // delays any client, so only bursts between two quiet intervals count, and one unaffected burst
  // suffices: a server that blocks does so each time. Each burst has clients of a separate address,
  // with a full allowance.
  // A sanitizer multiplies the CPU cost of any work: then the delays are not judged.
  const int most_bursts = IsServerSanitized() ? 1 : 8;
  constexpr int kEnoughNoticed = 6;
  constexpr milliseconds kQuiet{10};
  constexpr milliseconds kUnnoticed{50};
  std::optional<SlowClients> slow;
  const auto beat = [&](const std::string& what, milliseconds time) {
    fleet.BeatFor(time);
    const Latencies heartbeats = fleet.Stats().heartbeats;
    PrintLatencies(what, heartbeats);
    return heartbeats.Percentile(99);
  };
  bool is_unnoticed = false;
  bool was_noticed = false;  // the previous burst, after a quiet interval
  int noticed = 0;
  for (int burst = 0; burst < most_bursts && !is_unnoticed && noticed < kEnoughNoticed; ++burst) {
    const std::string number = std::to_string(burst);
    slow.reset();
    const bool is_quiet = beat("heartbeats_before_burst_" + number, milliseconds(500)) <= kQuiet;
    if (was_noticed && is_quiet) ++noticed;
    const double openings = Openings(server);
    slow.emplace(SlowTargets{.http = server.AddressOf("http"),
                             .https = server.AddressOf("https"),
                             .requests = ManyLongLists(),
                             .from = "127.0.0." + std::to_string(2 + burst)},
                 kSlow);
    is_unnoticed = beat("heartbeats_in_burst_" + number, seconds(1)) <= kUnnoticed;
    EXPECT_TRUE(Eventually([&] { return slow->connected() == kSlow; }));
    EXPECT_TRUE(Eventually([&] {
      return Openings(server) >= openings + static_cast<double>(kSlow);
    })) << "all at once";
    was_noticed = !is_unnoticed && is_quiet;
    fleet.BeatFor(milliseconds(500));  // time for late replies
  }
  if (!IsServerSanitized()) {
    EXPECT_LT(noticed, kEnoughNoticed) << "the burst delayed other clients in its first second";
  }
  fleet.BeatFor(seconds(4));
  const PhoneStats stats = fleet.Stats();
  ExpectAllWell(stats, kPhones);
  PrintLatencies("heartbeats", stats.heartbeats);
  PrintLatencies("joins_and_leaves", guest.Leave());

  // The guest has a separate connection, which may have opened or closed since the count.
  EXPECT_TRUE(
      Eventually([&] { return OpenDescriptorsOf(process) <= descriptors + 1; }, 4 * kWaitTimeout))
      << OpenDescriptorsOf(process) << " open, " << descriptors << " before: some were not closed";
  // By now the limits have ended every slow client, and with it every wait for one.
  ExpectAllWell(fleet.Stats(), kPhones);
}

TEST(UnresponsiveWechat, DelaysNoOtherRequests) {
  constexpr std::size_t kLogins = 200;
  constexpr std::size_t kPhones = 100;
  WechatStandIn wechat;
  wechat.Hold();
  ServerProcess server(
      {.settings = ForManyFromOneAddress({{"im.sdk_app_id", 1400000001},
                                          {"im.secret_key", "a key for tests"},
                                          {"wechat.app_id", "wx_app"},
                                          {"wechat.secret", "wx_secret"},
                                          {"wechat.base_url", wechat.base_url()}})});
  PhoneFleet fleet(Phones(server, kPhones, milliseconds(200)));
  fleet.Gather();
  fleet.BeatFor(seconds(2));
  PrintLatencies("heartbeats_before", fleet.Stats().heartbeats);

  std::vector<RawClient> logins;
  for (std::size_t i = 0; i < kLogins; ++i) {
    logins.emplace_back(server.AddressOf("http"));
    logins.back().Send(
        RawPost("/weapp/double_room/get_im_login_info",
                R"({"userIDPrefix":"weixin","code":"c)" + std::to_string(i) + "\"}"));
  }
  ASSERT_TRUE(Eventually([&] { return wechat.waiting() > 0; }));
  fleet.BeatFor(seconds(2));
  const PhoneStats stats = fleet.Stats();
  ExpectAllWell(stats, kPhones);
  PrintLatencies("heartbeats_meanwhile", stats.heartbeats);

  const auto start = std::chrono::steady_clock::now();
  for (RawClient& login : logins) {
    const RawReply reply = login.Receive();
    EXPECT_EQ(reply.status, 200) << reply.head;
    EXPECT_THAT(reply.code(), testing::AnyOf(kOk, kInternalFailure)) << reply.body;
  }
  RecordProperty(
      "logins_answered_within_s",
      std::to_string(
          std::chrono::duration_cast<seconds>(std::chrono::steady_clock::now() - start).count()));
  ExpectAllWell(fleet.Stats(), kPhones);
}

}  // namespace
}  // namespace rtcroom
