// Both dialects under load at once: each room is as its own callers left it (protocol C.3).
#include <algorithm>
#include <chrono>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/expected_reply.h"
#include "tests/e2e/gen2_calls.h"
#include "tests/e2e/racing_callers.h"

namespace rtcroom {
namespace {

using nlohmann::json;

constexpr std::size_t kCallersOfADialect = 6;
constexpr std::size_t kSteps = 400;
constexpr std::chrono::seconds kAtMost{10};
constexpr std::size_t kRoomsEach = 3;

enum class Speaks : std::uint8_t { kGen1, kGen2 };

/// A caller that creates, fills and ends rooms of its own, expects each reply exactly, and calls
/// the rooms of the other dialect, which must be absent for it.
class RandomCaller {
 public:
  /// @param counterpart  the caller of the other dialect that owns the rooms called.
  RandomCaller(Gen2Client& caller, Speaks speaks, std::string prefix, std::string counterpart,
               std::uint64_t seed)
      : caller_(caller),
        speaks_(speaks),
        prefix_(std::move(prefix)),
        counterpart_(std::move(counterpart)),
        random_(seed) {}

  /// @return the error, or empty.
  std::string Run() {
    const auto deadline = std::chrono::steady_clock::now() + kAtMost;
    for (std::size_t step = 0; step < kSteps; ++step) {
      if (std::chrono::steady_clock::now() >= deadline) break;
      Step();
      if (!fault_.empty()) return fault_;
    }
    return {};
  }
  [[nodiscard]] const std::set<std::string>& rooms() const { return rooms_; }
  [[nodiscard]] std::size_t calls() const { return calls_; }

 private:
  [[nodiscard]] bool IsGen1() const { return speaks_ == Speaks::kGen1; }
  [[nodiscard]] const std::string& user() const { return caller_.user_id(); }
  std::string Room(const std::string& prefix) {
    return prefix + "_" + std::to_string(random_() % kRoomsEach);
  }

  void Expect(const char* endpoint, json body, const ExpectedReply& expected) {
    ++calls_;
    const ApiReply reply = IsGen1() ? caller_.api().Call("multi_room", endpoint, body)
                                    : caller_.CallOf("multi_room", endpoint, body);
    const testing::AssertionResult outcome = IsReply(reply, expected, endpoint);
    if (!outcome) fault_ = std::string(endpoint) + " " + body.dump() + ": " + outcome.message();
  }

  void Step() {
    const std::string room = Room(prefix_);
    const bool exists = rooms_.contains(room);
    switch (random_() % 6) {
      case 0:
        return Join(room, exists);
      case 1:
        return Leave(room, exists);
      case 2:
        return Destroy(room, exists);
      case 3:
        return Expect("get_pushers", RoomBody(room), exists ? sentences::kSuccess : NoRoom());
      case 4:
        return Expect("pusher_heartbeat", MemberBody(room, user()),
                      exists ? sentences::kSuccess : NoMember());
      default:
        return Interfere(Room(counterpart_));
    }
  }

  void Join(const std::string& room, bool exists) {
    if (IsGen1()) {
      Expect("create_room", CreateBody(user(), room), sentences::kSuccess);
    } else {
      Expect("add_pusher", PusherBody(room, user()), sentences::kSuccess);
      json body = MemberBody(room, user());
      body["roomInfo"] = "i";
      Expect("create_room", body, sentences::kRoomTakenGen2);
    }
    if (!exists) rooms_.insert(room);
  }
  void Leave(const std::string& room, bool exists) {
    ExpectedReply expected = IsGen1() ? sentences::kGen1NoMember : sentences::kCannotLeave;
    Expect("delete_pusher", MemberBody(room, user()), exists ? sentences::kSuccess : expected);
    rooms_.erase(room);
  }
  void Destroy(const std::string& room, bool exists) {
    ExpectedReply expected = IsGen1() ? sentences::kGen1NoRoom : sentences::kNotCreator;
    Expect("destroy_room", MemberBody(room, user()), exists ? sentences::kSuccess : expected);
    rooms_.erase(room);
  }

  /// In the name of the room's creator.
  void Interfere(const std::string& room) {
    const std::string& name = IsGen1() ? counterpart_ : user();
    Expect("get_pushers", RoomBody(room), NoRoom());
    Expect("pusher_heartbeat", MemberBody(room, name), NoMember());
    Expect("delete_pusher", MemberBody(room, name),
           IsGen1() ? sentences::kGen1NoMember : sentences::kCannotLeave);
    Expect("destroy_room", MemberBody(room, name),
           IsGen1() ? sentences::kGen1NoRoom : sentences::kNotCreator);
    if (IsGen1()) Expect("add_pusher", PusherBody(room, name), sentences::kGen1NoRoom);
  }

  [[nodiscard]] ExpectedReply NoRoom() const {
    return IsGen1() ? sentences::kGen1NoRoom : sentences::kNoRoom;
  }
  [[nodiscard]] ExpectedReply NoMember() const {
    return IsGen1() ? sentences::kGen1NoMember : sentences::kNoMember;
  }

  Gen2Client& caller_;
  const Speaks speaks_;
  const std::string prefix_;
  const std::string counterpart_;
  std::mt19937_64 random_;
  std::set<std::string> rooms_;
  std::string fault_;
  std::size_t calls_ = 0;
};

TEST(TwoDialects, DoNotInterfereUnderLoad) {
  const ServerProcess server({.settings = WithLogins({{"room.heartbeat_timeout", "1h"}})});
  std::vector<Gen2Client> logins = LogInMany(server, "gen2_", kCallersOfADialect);
  std::vector<Gen2Client> others = LogInMany(server, "gen1_", kCallersOfADialect);
  std::vector<RandomCaller> callers;
  for (std::size_t i = 0; i < kCallersOfADialect; ++i) {
    const std::string gen1 = others[i].user_id();
    const std::string gen2 = logins[i].user_id();
    callers.emplace_back(others[i], Speaks::kGen1, gen1, gen2, 2 * i);
    callers.emplace_back(logins[i], Speaks::kGen2, gen2, gen1, 2 * i + 1);
  }

  std::vector<std::string> faults(callers.size());
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < callers.size(); ++i) {
      threads.emplace_back([&, i] { faults[i] = callers[i].Run(); });
    }
  }
  EXPECT_THAT(faults, testing::Each(testing::IsEmpty()));

  std::set<std::string> gen1_rooms;
  std::set<std::string> gen2_rooms;
  std::size_t calls = 0;
  for (std::size_t i = 0; i < callers.size(); ++i) {
    (i % 2 == 0 ? gen1_rooms : gen2_rooms)
        .insert(callers[i].rooms().begin(), callers[i].rooms().end());
    calls += callers[i].calls();
  }
  EXPECT_GT(calls, callers.size() * 10) << "the callers made too few calls";
  ApiClient client = server.Https();
  EXPECT_THAT(RoomIds(client, "multi_room"), testing::UnorderedElementsAreArray(gen1_rooms));
  EXPECT_THAT(RoomIds(logins[0], "multi_room"), testing::UnorderedElementsAreArray(gen2_rooms));
}

TEST(TwoDialects, AssignAnIdToExactlyOneOfThem) {
  const ServerProcess server({.settings = WithLogins({{"log.level", "info"}})});
  std::vector<Gen2Client> callers = LogInMany(server, "u", 8);
  constexpr std::size_t kBothRounds = 50;
  const auto name = [](std::size_t round) { return "r" + std::to_string(round); };
  const auto codes = RaceFor<int>(
      callers, kBothRounds, [&](Gen2Client& caller, std::size_t number, std::size_t round) {
        const std::string& user = caller.user_id();
        if (number % 2 == 0) {
          return caller.api()
              .Call("multi_room", "create_room", CreateBody(user, name(round)))
              .code();
        }
        json body = MemberBody(name(round), user);
        body["roomInfo"] = "i";
        return caller.CallOf("multi_room", "create_room", body).code();
      });
  for (const std::vector<int>& round : codes) {
    EXPECT_EQ(std::ranges::count(round, kOk), 1);
    for (std::size_t number = 0; number < round.size(); ++number) {
      const int taken = number % 2 == 0 ? kRoomTaken : 11;
      EXPECT_THAT(round[number], testing::AnyOf(kOk, taken));
    }
  }
}

}  // namespace
}  // namespace rtcroom
