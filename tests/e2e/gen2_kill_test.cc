// Changes acknowledged to gen-2 clients survive a kill of the process: logins and logouts, prepared
// rooms, viewers, custom fields. Those that the server makes itself are whole or not made.
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/gen2_changes.h"
#include "tests/e2e/kill_cycle.h"
#include "tests/e2e/store_audit.h"
#include "tests/support/cycles.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

constexpr std::size_t kGen2Writers = 4;

TEST(Gen2Kill, LosesNoAcknowledgedWrite) {
  std::mt19937 random(Seed());
  ServerProcess server({.settings = WithLogins({{"room.heartbeat_timeout", "1h"},
                                                {"room.inactive_ttl", "1h"},
                                                {"room.max_audiences", 1000},
                                                {"log.level", "info"}})});
  std::deque<Gen2Recorder> recorders;
  for (std::size_t i = 0; i < kGen2Writers; ++i) {
    recorders.emplace_back(
        Gen2Changes(server, "w" + std::to_string(i) + "_", static_cast<std::uint32_t>(random())));
  }
  const std::size_t cycles = Cycles(2);
  for (std::size_t cycle = 0; cycle < cycles && !testing::Test::HasFailure(); ++cycle) {
    WriteAndKill(server, recorders, random);
    server.Start();
    for (Gen2Recorder& recorder : recorders) ExpectKept(server, recorder);
  }
  EXPECT_EQ(server.Terminate(), 0);
  EXPECT_THAT(AuditStore(server.data_directory() / "rtcroomd.db"), testing::IsEmpty());
}

/// Users that log in, join the room "show" and give no sign after that, on a connection of theirs.
struct VanishingViewers {
  std::string prefix{};
  std::vector<std::string> joined{};  ///< that were told so

  void JoinUntilCutOff(ApiClient api, std::atomic<std::size_t>& count) {
    while (true) {
      const std::string user = prefix + std::to_string(joined.size());
      ApiReply reply = LogIn(api, {.user_id = user, .user_sig = MakeTicket(user)}, "live_room");
      if (reply.code() == kOk) {
        reply = api.Call("live_room", "add_audience", AudienceBody("show", user),
                         "userID=" + user + "&token=" + reply.Text("token"));
      }
      if (reply.status == 0) return;
      EXPECT_EQ(reply.code(), kOk) << reply;
      if (reply.code() != kOk) return;
      joined.push_back(user);
      ++count;
    }
  }
};

TEST(Gen2Kill, PairsTheJoinsOfViewersWithTheirLapses) {
  constexpr std::size_t kMostJoins = 60;
  std::mt19937 random(Seed());
  ServerProcess server({.settings = WithLogins({{"channel.enabled", true},
                                                {"room.audience_timeout", "1s"},
                                                {"room.sweep_period", "500ms"},
                                                {"room.max_audiences", 100000},
                                                {"log.level", "info"}})});
  const std::filesystem::path database = server.data_directory() / "rtcroomd.db";
  const auto lapses = [&] {
    return std::ranges::count(EventsOf(database), "audience_deleted", &AuditedEvent::what);
  };
  Gen2Client host = LoggedIn(server, "host", "live_room");
  ASSERT_EQ(host.Call("add_pusher", PusherBody("show", "host")).code(), kOk);
  std::set<std::string> acknowledged;
  const std::size_t cycles = Cycles(2);
  for (std::size_t cycle = 0; cycle < cycles && !testing::Test::HasFailure(); ++cycle) {
    const auto before = lapses();
    std::deque<VanishingViewers> viewers;
    for (const char* name : {"a", "b"}) {
      viewers.push_back({.prefix = name + std::to_string(cycle) + "_"});
    }
    {
      std::atomic<std::size_t> joined{0};
      std::vector<std::jthread> threads;
      for (VanishingViewers& some : viewers) {
        threads.emplace_back([&some, &joined, api = server.Https()]() mutable {
          some.JoinUntilCutOff(std::move(api), joined);
        });
      }
      EXPECT_TRUE(Eventually([&] { return lapses() > before; }));
      // At any moment of a sweep, or between two, while others join.
      const std::size_t enough = joined + 1 + random() % kMostJoins;
      EXPECT_TRUE(Eventually([&] { return joined >= enough; }));
      server.Kill9();
    }
    for (const VanishingViewers& some : viewers) {
      acknowledged.insert(some.joined.begin(), some.joined.end());
    }
    server.Start();
    Gen2Client again(server.Https(), "host", "live_room", host.token());
    const ApiReply list = again.Call("get_audiences", RoomBody("show"));
    ASSERT_EQ(list.code(), kOk) << list;
    EXPECT_EQ(list.json["audienceCount"], list.json["audiences"].size());
  }
  EXPECT_EQ(server.Terminate(), 0);
  EXPECT_THAT(AuditStore(database), testing::IsEmpty()) << "count, list and events agree";
  std::set<std::string> there;
  for (const AuditedEvent& event : EventsOf(database)) {
    if (event.what == "audience_added") {
      EXPECT_TRUE(there.insert(event.user).second) << event.user << " was there";
      acknowledged.erase(event.user);
    } else if (event.what == "audience_deleted") {
      EXPECT_EQ(there.erase(event.user), 1U) << event.user << " was not there";
    }
  }
  EXPECT_EQ(CountRows(database, "audiences"), static_cast<std::int64_t>(there.size()));
  EXPECT_THAT(acknowledged, testing::IsEmpty()) << "they have joined";
}

}  // namespace
}  // namespace rtcroom
