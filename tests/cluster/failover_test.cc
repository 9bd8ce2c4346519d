// Servers, their database and the network between them fail; nothing that was acknowledged is lost,
// and nobody who is alive is taken for dead.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cluster/beating_members.h"
#include "tests/cluster/failing_cluster.h"
#include "tests/cluster/roaming_writer.h"
#include "tests/cluster/stored_history.h"
#include "tests/cluster/trouble.h"
#include "tests/e2e/gen2_calls.h"
#include "tests/support/child_process.h"
#include "tests/support/cycles.h"
#include "tests/support/eventually.h"

namespace rtcroom {
namespace {

using std::chrono::milliseconds;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

/// Long enough for members of a busy machine to beat in time.
constexpr std::chrono::seconds kHeartbeatTimeout{20};
constexpr std::chrono::minutes kLongest{3};

/// Writers of both dialects, rivals for the seats of one room, and members that beat.
class Failover : public testing::Test {
 protected:
  Failover() {}

  static Settings NodesSettings() {
    return {{"room.heartbeat_timeout", fmt::format("{}s", kHeartbeatTimeout.count())},
            {"room.sweep_period", "1s"},
            {"log.level", "info"}};
  }

  void Begin(std::size_t nodes, PostgresServer::Standby standby) {
    cluster_ = std::make_unique<FailingCluster>(nodes, standby, NodesSettings());
    constexpr std::array<std::string_view, 3> kGen1 = {"double_room", "multi_room", "live_room"};
    for (std::size_t i = 0; i < 2 * kGen1.size(); ++i) {
      const bool is_gen2 = i >= kGen1.size();
      writers_.push_back(std::make_unique<RoamingWriter>(
          fmt::format("w{}_", i), is_gen2 ? "live_room" : kGen1.at(i),
          WriterTraits{.dialect = is_gen2 ? WriterDialect::kGen2 : WriterDialect::kGen1,
                       .is_sticky = i % 2 == 0},
          cluster_->ports(), members_, Draw()));
    }
    const std::int64_t now_ms = NowMs();
    ASSERT_EQ(Call(0, "double_room", "create_room", CreateBody("contested", "x")), kOk);
    members_.Add({.kind = "double_room", .room = "x", .user = "contested"}, now_ms);
    members_.BeatAt(cluster_->ports(), Draw());
  }

  void StartWriters() {
    for (const auto& writer : writers_) {
      threads_.emplace_back([&writer](const std::stop_token& stop) { writer->Write(stop); });
    }
    for (int i = 0; i < 2; ++i) {
      threads_.emplace_back([this, i, seed = Draw()](const std::stop_token& stop) {
        Contest(stop, fmt::format("x{}_{}_", i, seed), seed);
      });
    }
  }
  void StopWriters() { threads_.clear(); }

  /// Joins the room of two seats for a moment, again and again.
  void Contest(const std::stop_token& stop, const std::string& name, std::uint32_t seed) {
    constexpr milliseconds kPause{10};
    std::mt19937 random(seed);
    for (int n = 0; !stop.stop_requested(); ++n) {
      ApiClient client(cluster_->ports().at(random() % cluster_->ports().size()));
      const std::string user = name + std::to_string(n);
      (void)client.Call("double_room", "add_pusher", PusherBody("x", user));
      (void)client.Call("double_room", "delete_pusher", MemberBody("x", user));
      std::this_thread::sleep_for(kPause);
    }
  }

  [[nodiscard]] std::size_t Acknowledged() const {
    std::size_t sum = 0;
    for (const auto& writer : writers_) sum += writer->acknowledged();
    return sum;
  }
  [[nodiscard]] std::size_t Unknown() const {
    std::size_t sum = 0;
    for (const auto& writer : writers_) sum += writer->unknown();
    return sum;
  }
  /// Whether that many more changes are made.
  [[nodiscard]] bool MoreAreAcknowledged(std::size_t count) const {
    const std::size_t enough = Acknowledged() + count;
    return Eventually([&] { return Acknowledged() >= enough; }, kLongest);
  }

  /// A room whose creator beats, and two who never do.
  void SeatSilent(std::size_t cycle) {
    const std::string room = fmt::format("q{}", cycle);
    const std::int64_t now_ms = NowMs();
    ASSERT_EQ(Call(cycle, "multi_room", "create_room", CreateBody(room + "_creator", room)), kOk);
    members_.Add({.kind = "multi_room", .room = room, .user = room + "_creator"}, now_ms);
    for (std::size_t i = 0; i < 2; ++i) {
      const std::string user = fmt::format("silent_{}_{}", room, i);
      silent_joined_ms_[user] = NowMs();
      ASSERT_EQ(Call(cycle + i, "multi_room", "add_pusher", PusherBody(room, user)), kOk);
    }
  }
  void ExpectSilentGone(std::size_t cycle) {
    constexpr milliseconds kPause{300};
    const std::string room = fmt::format("q{}", cycle);
    for (std::size_t i = 0; i < cluster_->size(); ++i) {
      ApiClient client(cluster_->ports().at(i));
      std::vector<std::string> seen;
      EXPECT_TRUE(Eventually(
          [&] {
            seen = PushersOf(client, "multi_room", room);
            const bool gone = seen == std::vector{room + "_creator"};
            if (!gone) std::this_thread::sleep_for(kPause);
            return gone;
          },
          kLongest))
          << room << " at node " << i << ": " << testing::PrintToString(seen);
    }
  }

  void CauseAny(Trouble trouble) {
    const std::size_t node = Draw() % cluster_->size();
    milliseconds length(1000 + Draw() % 9000);
    if (trouble == Trouble::kFailOver && Draw() % 2 == 0) length = milliseconds(0);
    std::cout << fmt::format("{} ms: {} (node {}, {} ms)", NowMs(), NameOf(trouble), node,
                             length.count())
              << std::endl;
    Cause(*cluster_, trouble, node, length, [&] { EXPECT_TRUE(MoreAreAcknowledged(20)); });
  }

  /// What is not as it was acknowledged; while nobody writes.
  std::vector<std::string> TakeStock() {
    PostgresServer& database = cluster_->primary();
    std::vector<std::string> faults;
    std::set<std::string> excused;
    for (const Eviction& eviction : EvictionsIn(database)) {
      const auto silent = silent_joined_ms_.find(eviction.user);
      if (eviction.room == "x" && eviction.user != "contested") continue;  // a rival
      if (eviction.room.starts_with("settled")) continue;
      const std::int64_t heard_ms = silent != silent_joined_ms_.end()
                                        ? silent->second
                                        : members_.LastHeardMs(eviction.room, eviction.user);
      const std::int64_t silence_ms = eviction.at_ms - heard_ms;
      const std::string what =
          fmt::format("{} of {} was evicted at {} (ms), {} ms after its last answered beat",
                      eviction.user, eviction.room, eviction.at_ms, silence_ms);
      if (milliseconds(silence_ms) < kHeartbeatTimeout) {
        faults.push_back(what);
      } else if (silent == silent_joined_ms_.end()) {
        excused.insert(eviction.room);
        if (seen_excuses_.insert(eviction.room + eviction.user).second) faults.push_back(what);
      }
    }
    for (const auto& [room, what] : members_.Denied()) {
      if (!excused.contains(room)) faults.push_back(what);
    }
    const Ledger stored = RoomsIn(database);
    for (const auto& writer : writers_) {
      std::ranges::copy(writer->TakeStock(stored, excused), std::back_inserter(faults));
    }
    std::ranges::copy(HistoryFaults(database), std::back_inserter(faults));
    return faults;
  }

  void ExpectSilentGoneOnce() {
    std::map<std::string, std::int64_t> once;
    for (const auto& [user, joined_ms] : silent_joined_ms_) once[user] = 1;
    EXPECT_EQ(LeavesIn(cluster_->primary(), "silent"), once);
  }

  void ExpectAllNodesAgree() {
    const Ledger stored = RoomsIn(cluster_->primary());
    for (std::size_t i = 0; i < cluster_->size(); ++i) {
      ApiClient client(cluster_->ports().at(i));
      for (const auto& [room, members] : stored) {
        if (room == "x") continue;
        std::vector<std::string> seen;
        EXPECT_TRUE(Eventually([&] {
          seen = PusherIds(AskForPushers(client, room));
          return seen == members;
        })) << room
            << " at node " << i << ": " << testing::PrintToString(seen);
      }
    }
  }

  ApiReply AskForPushers(ApiClient& client, const std::string& room) const {
    std::string kind = "multi_room";
    std::string query;
    for (const auto& writer : writers_) {
      if (!writer->changes().Owns(room)) continue;
      kind = writer->changes().kind();
      query = writer->changes().AnyQuery();
    }
    return client.Call(kind, "get_pushers", RoomBody(room), query);
  }

  /// For the search for the reasons of a failure.
  void PrintWarnings() {
    for (std::size_t i = 0; i < cluster_->size(); ++i) {
      std::cout << fmt::format("--- node {} (port {})\n{}", i, cluster_->ports().at(i),
                               cluster_->Warnings(i));
    }
  }

  int Call(std::size_t node, std::string_view kind, const char* endpoint,
           const nlohmann::json& body) {
    ApiClient client(cluster_->ports().at(node % cluster_->size()));
    return client.Call(kind, endpoint, body).code();
  }
  std::uint32_t Draw() { return static_cast<std::uint32_t>(random_()); }

  std::mt19937 random_{Seed()};
  std::unique_ptr<FailingCluster> cluster_;
  std::map<std::string, std::int64_t> silent_joined_ms_;
  std::set<std::string> seen_excuses_;
  BeatingMembers members_;
  std::vector<std::unique_ptr<RoamingWriter>> writers_;
  std::vector<std::jthread> threads_;  // last: they use all other members
};

TEST_F(Failover, LosesNoAcknowledgedChangeAndEvictsNobodyAlive) {
  const std::size_t cycles = Cycles(1);
  ASSERT_NO_FATAL_FAILURE(Begin(3, PostgresServer::Standby::kSynchronous));
  std::vector<Trouble> to_come;
  for (std::size_t cycle = 0; cycle < cycles && !HasFailure(); ++cycle) {
    if (to_come.empty()) {  // each as often as the others
      to_come.assign(kTroubles.begin(), kTroubles.end());
      std::ranges::shuffle(to_come, random_);
    }
    ASSERT_NO_FATAL_FAILURE(SeatSilent(cycle));
    StartWriters();
    EXPECT_TRUE(MoreAreAcknowledged(50));
    CauseAny(to_come.back());
    EXPECT_TRUE(cluster_->Settles());
    EXPECT_TRUE(MoreAreAcknowledged(50));
    ExpectSilentGone(cycle);
    StopWriters();
    EXPECT_TRUE(cluster_->Settles());
    EXPECT_THAT(TakeStock(), IsEmpty()) << NameOf(to_come.back());
    ExpectSilentGoneOnce();
    ExpectAllNodesAgree();
    std::cout << fmt::format("{} ms: cycle {} done: {} acknowledged, {} unknown, {} beats heard",
                             NowMs(), cycle, Acknowledged(), Unknown(), members_.heard())
              << std::endl;
    to_come.pop_back();
  }
  const FinishedCommand check =
      RunToEnd({.program = ServerBinary(),
                .arguments = {"check-store"},
                .environment = {{"RTCROOMD_STORE_URL", cluster_->primary().Url().Reveal()}}});
  EXPECT_EQ(check.exit_code, 0) << check.out << check.err;
  if (HasFailure()) PrintWarnings();
}

TEST_F(Failover, FindsWhatAnAsynchronousStandbyLoses) {
  ASSERT_NO_FATAL_FAILURE(Begin(1, PostgresServer::Standby::kAsynchronous));
  StartWriters();
  EXPECT_TRUE(MoreAreAcknowledged(50));
  cluster_->standby().Stop();  // it lags from here on
  EXPECT_TRUE(MoreAreAcknowledged(50));
  cluster_->primary().Crash();
  StopWriters();
  cluster_->standby().Start();
  cluster_->Promote();
  EXPECT_TRUE(cluster_->Settles());
  EXPECT_THAT(TakeStock(), Contains(HasSubstr("acknowledged")));
}

}  // namespace
}  // namespace rtcroom
