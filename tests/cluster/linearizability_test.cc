// Whatever fails: what clients at any node are told of a room is what one server would tell them
// that serves one call at a time.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <iterator>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/base/mutex.h"
#include "tests/cluster/failing_cluster.h"
#include "tests/cluster/trouble.h"
#include "tests/e2e/gen2_calls.h"
#include "tests/support/call_outcome.h"
#include "tests/support/cycles.h"
#include "tests/support/eventually.h"
#include "tests/support/linearization.h"

namespace rtcroom {
namespace {

using std::chrono::milliseconds;
using testing::IsEmpty;

constexpr std::size_t kLanes = 4;  ///< histories at a time
constexpr std::size_t kClients = 4;
constexpr std::size_t kCalls = 12;  ///< of a client in a history
constexpr const char* kKind = "double_room";
constexpr std::size_t kSeats = 2;

struct RoomCall {
  enum class What : std::uint8_t { kCreate, kJoin, kLeave, kEnd, kLook };

  What what = What::kLook;
  std::string user = {};
  std::optional<int> code = {};  ///< nullopt: not known
  std::vector<std::string> seen = {};
  bool is_refused = false;  ///< by a node that could not do it

  /// Whether it was acknowledged that it changed the room, or it may have.
  [[nodiscard]] bool Changes() const { return what != What::kLook && code.value_or(kOk) == kOk; }
};

std::string_view EndpointOf(RoomCall::What what) {
  using What = RoomCall::What;
  switch (what) {
    case What::kCreate:
      return "create_room";
    case What::kJoin:
      return "add_pusher";
    case What::kLeave:
      return "delete_pusher";
    case What::kEnd:
      return "destroy_room";
    case What::kLook:
      return "get_pushers";
  }
  return "";
}

/// A room of gen-1 (protocol A.4).
struct RoomState {
  std::vector<std::string> members = {};  ///< the creator first; empty: there is no room

  auto operator<=>(const RoomState&) const = default;

  bool Apply(const RoomCall& call) {
    const bool is_known = call.code.has_value();
    const int code = Change(call);
    if (!is_known) return true;
    if (code != *call.code) return false;
    return call.what != RoomCall::What::kLook || call.seen == members;
  }

 private:
  int Change(const RoomCall& call) {
    using What = RoomCall::What;
    const auto seat = std::ranges::find(members, call.user);
    const bool is_member = seat != members.end();
    const bool is_creator = is_member && seat == members.begin();
    switch (call.what) {
      case What::kCreate:
        if (members.empty()) members = {call.user};
        return members.front() == call.user ? kOk : kRoomTaken;
      case What::kJoin:
        if (members.empty()) return kNoSuchRoom;
        if (is_member) return kOk;
        if (members.size() == kSeats) return kRoomIsFull;
        members.push_back(call.user);
        return kOk;
      case What::kLeave:
        if (!is_member) return kNoSuchMember;
        is_creator ? members.clear() : (void)members.erase(seat);
        return kOk;
      case What::kEnd:
        if (!is_creator) return kNoSuchRoom;
        members.clear();
        return kOk;
      case What::kLook:
        return members.empty() ? kNoSuchRoom : kOk;
    }
    return kInternalFailure;
  }
};

using TimedRoomCall = TimedCall<RoomCall>;
using History = std::vector<TimedRoomCall>;

std::int64_t NowNs() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

std::string Described(const History& history) {
  History calls = history;
  std::ranges::sort(calls, {}, &TimedRoomCall::begun);
  std::string text;
  for (const auto& [call, begun, ended] : calls) {
    const std::int64_t from = begun - calls.front().begun;
    text += fmt::format("  {:9} to {:9} us: {} {}: {} [{}]\n", from / 1000,
                        ended == TimedRoomCall::kNever ? -1 : (from + ended - begun) / 1000,
                        EndpointOf(call.what), call.user, call.code.value_or(-1),
                        fmt::join(call.seen, " "));
  }
  return text;
}

/// Those whose outcomes one server would have to explain.
History ToBeExplained(const History& all, bool with_fail_over) {
  History history;
  for (const TimedRoomCall& timed : all) {
    if (timed.call.is_refused) continue;
    // What a fail-over undoes was not acknowledged, but others may have seen it.
    if (with_fail_over && !timed.call.Changes()) continue;
    history.push_back(timed);
  }
  return history;
}

class Linearizability : public testing::Test {
 protected:
  Linearizability() {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      lanes_.emplace_back([this, lane, seed = Draw()](const std::stop_token& stop) {
        std::mt19937 random(seed);
        for (int n = 0; !stop.stop_requested(); ++n) {
          RecordOne(fmt::format("h{}_{}", lane, n), random);
        }
      });
    }
  }

  void RecordOne(const std::string& room, std::mt19937& random) {
    const std::int64_t begun = NowNs();
    std::vector<History> histories(kClients);
    {
      std::vector<std::jthread> clients;
      for (History& own : histories) {
        clients.emplace_back([this, &own, &room, seed = static_cast<std::uint32_t>(random())] {
          CallAbout(room, seed, own);
        });
      }
    }
    History history;
    for (const History& own : histories) history.insert(history.end(), own.begin(), own.end());
    const bool has_unknown = std::ranges::any_of(
        history, [](const auto& timed) { return timed.ended == TimedRoomCall::kNever; });
    const History to_explain = ToBeExplained(history, IsDuringAFailOver(begun));
    const bool is_explained = Linearization<RoomState, RoomCall>(to_explain).Exists(RoomState());
    const MutexLock lock(mutex_);
    ++recorded_;
    if (has_unknown) ++with_unknown_;
    calls_ += to_explain.size();
    if (!is_explained) unexplained_.push_back(room + ":\n" + Described(history));
  }

  void CallAbout(const std::string& room, std::uint32_t seed, History& history) {
    std::mt19937 random(seed);
    std::vector<ApiClient> nodes;
    for (const int port : cluster_.ports()) nodes.emplace_back(port);
    for (std::size_t i = 0; i < kCalls; ++i) {
      using What = RoomCall::What;
      constexpr What kWhats[] = {What::kCreate, What::kCreate, What::kJoin,  What::kJoin,
                                 What::kJoin,   What::kLeave,  What::kLeave, What::kEnd,
                                 What::kLook,   What::kLook};
      TimedRoomCall timed{.call = {.what = kWhats[random() % std::size(kWhats)],
                                   .user = fmt::format("u{}", random() % (kSeats + 1))}};
      RoomCall& call = timed.call;
      const nlohmann::json body =
          call.what == What::kCreate ? CreateBody(call.user, room) : PusherBody(room, call.user);
      timed.begun = NowNs();
      const ApiReply reply =
          nodes[random() % nodes.size()].Call(kKind, EndpointOf(call.what), body);
      const std::int64_t ended = NowNs();
      const CallOutcome outcome = OutcomeOf(reply);
      call.is_refused = outcome == CallOutcome::kNotDone;
      if (outcome != CallOutcome::kUnknown) timed.ended = ended;
      if (outcome == CallOutcome::kAnswered) {
        call.code = reply.code();
        if (call.what == What::kLook) call.seen = PusherIds(reply);
      }
      const bool tells_nothing = outcome == CallOutcome::kUnknown && call.what == What::kLook;
      if (!tells_nothing) history.push_back(std::move(timed));
      std::this_thread::sleep_for(milliseconds(random() % 40));  // the rate of calls
    }
  }

  void CauseAndSettle(Trouble trouble, std::size_t node, milliseconds length) {
    if (trouble == Trouble::kFailOver) fails_over_since_ = NowNs();
    Cause(cluster_, trouble, node, length, [] {});
    EXPECT_TRUE(cluster_.Settles());
    if (trouble == Trouble::kFailOver) {
      last_fail_over_ = NowNs();
      fails_over_since_ = kNone;
    }
  }

  /// Whether one was under way at or after that time.
  [[nodiscard]] bool IsDuringAFailOver(std::int64_t since) const {
    return fails_over_since_ != kNone || last_fail_over_ >= since;
  }

  [[nodiscard]] std::size_t recorded() {
    const MutexLock lock(mutex_);
    return recorded_;
  }
  std::uint32_t Draw() { return static_cast<std::uint32_t>(random_()); }

  static constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::max();

  std::mt19937 random_{Seed()};
  FailingCluster cluster_{3,
                          PostgresServer::Standby::kSynchronous,
                          {{"room.heartbeat_timeout", "1h"}, {"log.level", "info"}}};
  std::atomic<std::int64_t> fails_over_since_ = kNone;
  std::atomic<std::int64_t> last_fail_over_ = 0;
  Mutex mutex_;
  std::size_t recorded_ GUARDED_BY(mutex_) = 0;
  std::size_t with_unknown_ GUARDED_BY(mutex_) = 0;
  std::size_t calls_ GUARDED_BY(mutex_) = 0;
  std::vector<std::string> unexplained_ GUARDED_BY(mutex_);
  std::vector<std::jthread> lanes_;  // last: they use all other members
};

TEST_F(Linearizability, OfEachRoomWhileNodesAreKilledAndStoppedAndTheStandbyTakesOver) {
  const std::size_t wanted = Cycles(10);
  do {
    for (const Trouble trouble :
         {Trouble::kNodeKilled, Trouble::kNodeStopped, Trouble::kFailOver}) {
      const milliseconds length(trouble == Trouble::kNodeStopped ? Draw() % 9000 : Draw() % 2000);
      CauseAndSettle(trouble, Draw() % cluster_.size(), length);
    }
  } while (recorded() < wanted && !HasFailure());
  lanes_.clear();  // waits for them
  const MutexLock lock(mutex_);
  std::cout << fmt::format("{} histories of {} calls, {} with a call of unknown outcome", recorded_,
                           calls_, with_unknown_)
            << std::endl;
  EXPECT_THAT(unexplained_, IsEmpty());
}

}  // namespace
}  // namespace rtcroom
