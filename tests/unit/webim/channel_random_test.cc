// Phones with several loops of polls on a network that delays and loses requests and replies.
#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/webim/channel_world.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
constexpr std::uint64_t kRooms = 2;
constexpr std::size_t kPhones = 5;

/// Faults of a run. Requests and replies are delayed in any case.
struct Faults {
  unsigned loss_percent = 0;  ///< of the requests and of the replies
  bool restarts = false;      ///< now and then, also with a clock that is set back or forward
};

enum class Stage : std::uint8_t { kRequest, kWaiting, kReply, kEnded };

/// One loop of polls: it sends a request, waits for the reply, takes it in, and begins again.
struct Loop {
  bool is_account = false;
  Stage stage = Stage::kRequest;
  std::chrono::milliseconds left{};  ///< until the request, or the reply, arrives
  PollPtr poll{};
  // What the request carries: the phone's login and variables when it was sent.
  ChannelInstance login{};
  std::uint64_t position = 0;
  std::string key{};
};

/// A phone, what it should have received, and what it has.
class BusyPhone {
 public:
  BusyPhone(ChannelWorld& world, std::mt19937& random, const std::string& account)
      : world_(world), random_(random), phone_(world, account) {
    Begin(/*is_account=*/true);
  }

  void Join(std::uint64_t room) {
    const bool was_there = world_.IsMember(room, phone_.login().account);
    phone_.Join(room);
    // A second join keeps the position.
    if (!was_there) next_[room] = world_.LastSeq(room) + 1;
    if (!was_there) members_seen_ = world_.MembersVersion(room);
    room_ = room;
    Begin(/*is_account=*/false);
  }
  void LogIn() {
    phone_.LogIn();
    ++logins_;
    Begin(/*is_account=*/true);
    Join(room_);
  }
  /// A message to the account was stored.
  void Expect(std::uint64_t direct) { directs_sent_.push_back(direct); }

  /// Lets time pass for the requests and replies of this phone.
  void Pass(std::chrono::milliseconds time, unsigned loss_percent);
  /// All of its polls were cut.
  void Cut() {
    for (Loop& loop : loops_) Send(loop);
  }

  void CheckAll(bool lost_nothing) const;

 private:
  void Begin(bool is_account) {
    loops_.push_back({.is_account = is_account});
    Send(loops_.back());
  }
  /// With the variables as they are now.
  void Send(Loop& loop) {
    loop.stage = Stage::kRequest;
    loop.left = Delay();
    loop.poll.reset();
    loop.login = phone_.login();
    loop.position = loop.is_account ? phone_.cursor : phone_.start;
    loop.key = phone_.key;
  }
  std::chrono::milliseconds Delay() { return std::chrono::milliseconds(random_() % 300); }
  void Take(Loop& loop);
  void TakeRoom(const SentPoll& poll);

  ChannelWorld& world_;
  std::mt19937& random_;
  Phone phone_;
  std::vector<Loop> loops_;
  std::uint64_t room_ = 1;
  /// By room: the next message that was not received yet, and how often each one was.
  std::map<std::uint64_t, std::uint64_t> next_;
  std::map<std::uint64_t, std::map<std::uint64_t, int>> received_;
  std::vector<std::uint64_t> directs_sent_;
  std::map<std::uint64_t, int> directs_received_;
  std::vector<std::uint64_t> directs_in_order_;
  int logins_ = 1;
  std::uint64_t members_seen_ = 0;  ///< of its room, asked for at each notice
};

void BusyPhone::Pass(std::chrono::milliseconds time, unsigned loss_percent) {
  for (Loop& loop : loops_) {
    if (loop.stage == Stage::kWaiting && loop.poll->is_answered()) {
      loop.stage = Stage::kReply;
      loop.left = Delay();
    }
    loop.left -= time;
    if (loop.stage == Stage::kWaiting || loop.left > 0ms) continue;
    if (random_() % 100 < loss_percent) {
      Send(loop);  // the SDK asks again
    } else if (loop.stage == Stage::kRequest) {
      loop.stage = Stage::kWaiting;
      loop.poll = loop.is_account ? world_.PollAccount(loop.login, loop.position)
                                  : world_.PollRoom(loop.login, loop.position, loop.key);
    } else {
      Take(loop);
      if (loop.stage != Stage::kEnded) Send(loop);
    }
  }
  std::erase_if(loops_, [](const Loop& loop) { return loop.stage == Stage::kEnded; });
}

void BusyPhone::Take(Loop& loop) {
  EXPECT_EQ(loop.poll->replies(), 1U);
  if (!loop.is_account) {
    phone_.TakeRoom(loop.poll);
    TakeRoom(*loop.poll);
    return;
  }
  const int code = loop.poll->ErrorCode();
  if (code == 91101) loop.stage = Stage::kEnded;
  if (code != 0) {
    EXPECT_TRUE(code == 60008 || code == 91101) << code;
    return;
  }
  phone_.TakeAccount(loop.poll);
  for (const std::uint64_t direct : loop.poll->Directs()) {
    if (++directs_received_[direct] == 1) directs_in_order_.push_back(direct);
  }
  if (!loop.poll->Notices().empty()) members_seen_ = world_.MembersVersion(room_);
}

void BusyPhone::TakeRoom(const SentPoll& poll) {
  EXPECT_EQ(poll.ErrorCode(), 0);
  if (!poll.Notices().empty()) members_seen_ = world_.MembersVersion(room_);
  for (const auto& entry : poll.reply()["RspMsgList"]) {
    if (entry["Event"] != 3) continue;
    const std::string group = entry["ToGroupId"];
    const std::uint64_t room = std::stoull(group.substr(group.rfind('_') + 1));
    const std::uint64_t seq = entry["MsgSeq"];
    ++received_[room][seq];
    EXPECT_LE(seq, next_[room]) << "of room " << room << ": a message was left out";
    next_[room] = std::max(next_[room], seq + 1);
  }
}

void BusyPhone::CheckAll(bool lost_nothing) const {
  EXPECT_EQ(next_.at(room_), world_.LastSeq(room_) + 1) << "in room " << room_;
  EXPECT_EQ(members_seen_, world_.MembersVersion(room_));
  EXPECT_EQ(directs_in_order_, directs_sent_);
  if (!lost_nothing) return;
  for (const auto& [room, messages] : received_) {
    for (const auto& [seq, times] : messages) {
      EXPECT_EQ(times, 1) << "of message " << seq << " in room " << room;
    }
  }
  for (const auto& [direct, times] : directs_received_) {
    // A new login is given what the one before had not confirmed.
    EXPECT_LE(times, logins_) << "of direct message " << direct;
  }
}

/// @return the state's counts.
ChannelCounts Play(std::uint32_t seed, const Faults& faults, int steps) {
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  ChannelWorld world({.hold = 10s, .tail = 5});
  std::vector<std::unique_ptr<BusyPhone>> phones;
  for (std::size_t i = 0; i < kPhones; ++i) {
    phones.push_back(std::make_unique<BusyPhone>(world, random, "user_" + std::to_string(i)));
    phones.back()->Join(1 + i % kRooms);
  }
  std::uint64_t newest_direct = 0;
  int restarts_in = 0;
  const auto pass = [&](unsigned loss_percent) {
    const std::chrono::milliseconds time(random() % 100);
    world.Advance(time);
    for (const auto& phone : phones) phone->Pass(time, loss_percent);
  };
  const auto rest = [&] {  // beyond the hold of the polls
    for (int i = 0; i < 250; ++i) pass(faults.loss_percent);
  };
  for (int step = 0; step < steps; ++step) {
    const std::uint64_t room = 1 + random() % kRooms;
    const std::size_t chosen = random() % kPhones;
    switch (random() % 40) {
      case 0:
      case 1:
      case 2:
        world.Store(room);
        break;
      case 3:
      case 4:
      case 5:
        world.Feed();
        break;
      case 6:
      case 7:
        phones[chosen]->Expect(++newest_direct);
        world.StoreDirect("user_" + std::to_string(chosen), newest_direct);
        break;
      case 8:
        world.ChangeMembers(room);
        break;
      case 9:
        if (random() % 20 == 0) phones[chosen]->Join(room);
        break;
      case 10:
        if (random() % 40 == 0) phones[chosen]->LogIn();
        break;
      case 11:
        if (random() % 10 == 0) rest();
        break;
      case 12:
        if (!faults.restarts || ++restarts_in % 50 != 0) break;
        world.Feed();
        world.Restart();
        world.JumpWallClock(std::chrono::minutes(random() % 200) - 100min);
        for (const auto& phone : phones) phone->Cut();
        break;
      default:
        pass(faults.loss_percent);
    }
  }
  // Without further faults everything arrives.
  world.Feed();
  for (int i = 0; i < 1'000; ++i) pass(0);
  for (const auto& phone : phones) phone->CheckAll(faults.loss_percent == 0 && !faults.restarts);
  const ChannelCounts counts = world.counts();
  // Nothing waits for ever.
  world.Advance(11s);
  EXPECT_EQ(world.sizes().polls, 0U);
  world.Advance(10min);
  EXPECT_EQ(world.sizes().instances, 0U);
  EXPECT_EQ(world.sizes().groups, 0U);
  return counts;
}

constexpr int kSteps = 5'000;

class ChannelRandomTest : public testing::TestWithParam<std::uint32_t> {};

TEST_P(ChannelRandomTest, WithoutLossesEverythingArrivesOnceInOrder) {
  const ChannelCounts counts = Play(GetParam(), {}, kSteps);
  EXPECT_EQ(counts.gaps, 0U);
}

TEST_P(ChannelRandomTest, WithLossesEverythingArrivesInOrder) {
  const ChannelCounts counts = Play(GetParam(), {.loss_percent = 15}, kSteps);
  EXPECT_GT(counts.redeliveries, 0U);
  EXPECT_EQ(counts.gaps, 0U);
}

TEST_P(ChannelRandomTest, WithLossesAndRestartsEverythingArrivesInOrder) {
  (void)Play(GetParam(), {.loss_percent = 5, .restarts = true}, kSteps);
}

INSTANTIATE_TEST_SUITE_P(Seeds, ChannelRandomTest, testing::Range(1U, 4U));

}  // namespace
}  // namespace rtcroom
