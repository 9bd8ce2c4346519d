// Concurrent complete calls of gen-2 clients (protocol B.9), any of which may fall silent at any
// moment: the remaining state, and the reason of each end (protocol B.4.4, B.6, F.4).
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <map>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/gen2_caller.h"
#include "tests/e2e/store_audit.h"
#include "tests/support/cycles.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using testing::AnyOf;
using testing::IsEmpty;

constexpr std::chrono::milliseconds kShortLease{3000};
constexpr std::size_t kCalls = 24;

class Gen2Calls : public testing::Test {
 protected:
  std::size_t Draw(std::size_t choices) {
    return std::uniform_int_distribution<std::size_t>(0, choices - 1)(random_);
  }

  void Plan(CallerRole role, const std::string& kind, const std::string& room) {
    constexpr std::size_t kEndless = 1'000'000;
    constexpr std::size_t kMostCallsOfTheSilent = 20;
    const std::string user = "user_" + std::to_string(callers_.size());
    // Clients send no forms to the webrtc service.
    const bool posts_forms = kind != "webrtc_room" && Draw(3) == 0;
    callers_.emplace_back(
        server_, CallerPlan{.role = role,
                            .kind = kind,
                            .user_id = user,
                            .room_id = room,
                            .form = posts_forms ? BodyForm::kUrlEncoded : BodyForm::kJson,
                            .last_call = Draw(2) == 0 ? 1 + Draw(kMostCallsOfTheSilent) : kEndless,
                            .seed = static_cast<std::uint32_t>(random_())});
  }

  void PlanCall(std::size_t number) {
    const std::string room = "call" + std::to_string(number);
    const std::size_t guests = 1 + Draw(4);
    switch (number % 3) {
      case 0: {
        const char* kind = Draw(2) == 0 ? "double_room" : "multi_room";
        Plan(CallerRole::kVideoHost, kind, room);
        for (std::size_t i = 0; i < guests; ++i) Plan(CallerRole::kVideoGuest, kind, room);
        return;
      }
      case 1:
        Plan(CallerRole::kLiveHost, "live_room", room);
        for (std::size_t i = 0; i < guests; ++i) {
          Plan(Draw(2) == 0 ? CallerRole::kViewer : CallerRole::kLinkMic, "live_room", room);
        }
        return;
      default:
        Plan(CallerRole::kWebrtcHost, "webrtc_room", room);
        for (std::size_t i = 0; i < guests; ++i) {
          Plan(CallerRole::kWebrtcGuest, "webrtc_room", room);
        }
    }
  }

  void CallAllAtOnce() {
    std::vector<std::jthread> threads;
    threads.reserve(callers_.size());
    for (Caller& caller : callers_) threads.emplace_back([&caller] { caller.Run(); });
  }

  [[nodiscard]] double RoomsLeft() const {
    double rooms = 0;
    for (const char* kind : {"double", "multi", "live", "webrtc"}) {
      rooms += MetricOf(server_, "rtcroomd_rooms{kind=\"" + std::string(kind) + "\"}");
    }
    return rooms;
  }

  std::mt19937 random_{Seed()};
  ServerProcess server_{{.settings = WithLogins({{"live.bizid", "8888"},
                                                 {"live.push_key", "testpushkey0123456789"},
                                                 {"log.level", "info"},
                                                 {"room.heartbeat_timeout",
                                                  std::to_string(kShortLease.count()) + "ms"},
                                                 {"room.sweep_period", "100ms"},
                                                 {"room.inactive_ttl", "2s"}})}};
  std::vector<Caller> callers_;
};

/// The possible ends of a room of that kind.
testing::Matcher<std::string> EndOf(const std::string& kind, bool had_pushers) {
  if (!had_pushers) return AnyOf("idle", "destroyed");
  if (kind == "live") return AnyOf("destroyed", "creator_left");
  return testing::StrEq("last_left");
}

TEST_F(Gen2Calls, EndByTheRulesAfterTimeoutsAndLeaveNothing) {
  for (std::size_t number = 0; number < kCalls; ++number) PlanCall(number);
  CallAllAtOnce();
  EXPECT_TRUE(Eventually([&] { return RoomsLeft() == 0; })) << RoomsLeft();
  EXPECT_TRUE(Eventually([&] { return MetricOf(server_, "rtcroomd_leases") == 0; }));
  EXPECT_EQ(server_.Terminate(), 0);
  const std::filesystem::path database = server_.data_directory() / "rtcroomd.db";
  EXPECT_THAT(AuditStore(database), IsEmpty());
  for (const char* table : {"rooms", "pushers", "audiences", "deliveries"}) {
    EXPECT_EQ(CountRows(database, table), 0) << table;
  }

  std::map<std::string, const Caller*> caller_of;
  for (const Caller& caller : callers_) caller_of[caller.plan().user_id] = &caller;
  std::set<std::uint64_t> had_pushers;
  std::map<std::string, std::string> last_reason;
  std::size_t evictions = 0;
  for (const AuditedEvent& event : EventsOf(database)) {
    SCOPED_TRACE(event.room + " " + event.what + " " + event.user + " " + event.reason);
    if (event.what == "pusher_added") had_pushers.insert(event.room_number);
    if (event.what == "pusher_deleted") {
      EXPECT_THAT(event.reason, AnyOf("left", "heartbeat_timeout", "room_destroyed"));
      last_reason[event.user] = event.reason;
      if (event.reason == "heartbeat_timeout") {
        ++evictions;
        const Caller& caller = *caller_of.at(event.user);
        EXPECT_TRUE(caller.fell_silent() || caller.longest_pause() >= kShortLease)
            << "evicted without being silent for the timeout";
      }
    }
    if (event.what == "room_destroyed") {
      EXPECT_THAT(event.reason, EndOf(event.kind, had_pushers.contains(event.room_number)));
    }
  }
  std::cout << callers_.size() << " callers, " << had_pushers.size() << " rooms, " << evictions
            << " evictions\n";
  EXPECT_GT(had_pushers.size(), 0U);
}

}  // namespace
}  // namespace rtcroom
